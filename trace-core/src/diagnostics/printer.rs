//! Writes lines to standard error. A failure to write is ignored.

use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread::Builder;
use std::time::Duration;

use super::kind::Diagnostic;
use crate::process::caught::catch;

/// Longest time that the end of a tracer or of the process waits for standard error.
const MAX_WAIT: Duration = Duration::from_millis(500);

/// Writes lines at the end of a tracer or of the process, and waits at most [`MAX_WAIT`].
///
/// A separate thread writes the lines, because another thread may hold the lock of standard
/// error forever, or its reader may be stuck. After the wait, the writing thread continues
/// alone.
pub(super) fn print_at_end(lines: Vec<Diagnostic>) {
    let lines = Arc::new(lines);
    let own = Arc::clone(&lines);
    let (done, is_done) = channel::<()>();
    let print_all = move || {
        own.iter().for_each(print);
        drop(done);
    };
    let name = "trace-printer".to_owned();
    // At the end of a process, when thread-locals are destroyed, std may panic here.
    let thread = catch(|| Builder::new().name(name).spawn(print_all));
    let Some(Ok(thread)) = thread else {
        return lines.iter().for_each(print);
    };
    // The thread sends nothing. The channel closes when the thread has written all lines.
    let timed_out = Err(std::sync::mpsc::RecvTimeoutError::Timeout);
    if is_done.recv_timeout(MAX_WAIT) != timed_out {
        let _is_well = thread.join();
    }
}

/// Writes a line. Blocks as long as standard error is locked.
pub(super) fn print(line: &Diagnostic) {
    // `eprintln!` panics if standard error is broken.
    let _is_well = catch(|| {
        if cfg!(panic = "abort") {
            use std::io::Write;
            // `eprintln!` would end the process if standard error is broken.
            let _written = writeln!(std::io::stderr(), "trace-core: {line}");
        } else {
            #[expect(clippy::print_stderr, reason = "tests capture what is printed so")]
            {
                eprintln!("trace-core: {line}");
            }
        }
    });
}
