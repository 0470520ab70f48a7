//! Writes lines to the standard error.

use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread::Builder;
use std::time::Duration;

use super::kind::Diagnostic;
use crate::process::caught::catch;

/// How long an end waits for the standard error.
const MAX_WAIT: Duration = Duration::from_millis(500);

/// Writes lines at the end of a tracer or of the process, which are not to wait for ever: a
/// thread may have the standard error locked for good, or nobody may read it. So another
/// thread writes them.
pub(super) fn print_at_end(lines: Vec<Diagnostic>) {
    let lines = Arc::new(lines);
    let own = Arc::clone(&lines);
    let (done, is_done) = channel::<()>();
    let print_all = move || {
        own.iter().for_each(print);
        drop(done);
    };
    let name = "trace-printer".to_owned();
    // Without its thread-locals, at the end of a process, std may panic instead.
    let thread = catch(|| Builder::new().name(name).spawn(print_all));
    let Some(Ok(thread)) = thread else {
        return lines.iter().for_each(print);
    };
    let timed_out = Err(std::sync::mpsc::RecvTimeoutError::Timeout);
    if is_done.recv_timeout(MAX_WAIT) != timed_out {
        let _is_well = thread.join();
    }
}

/// Writes a line.
pub(super) fn print(line: &Diagnostic) {
    // A standard error that is broken may panic.
    let _is_well = catch(|| {
        if cfg!(panic = "abort") {
            use std::io::Write;
            // Below, a standard error that is broken would end the process.
            let _written = writeln!(std::io::stderr(), "trace-core: {line}");
        } else {
            #[expect(clippy::print_stderr, reason = "tests capture what is printed so")]
            {
                eprintln!("trace-core: {line}");
            }
        }
    });
}
