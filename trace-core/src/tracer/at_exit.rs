//! What is delivered at the end of a process whose tracer is still installed.

use std::sync::{Arc, Mutex, MutexGuard};

use super::ending::Ending;
use crate::process::caught::catch;
use crate::process::clock::Deadline;
use crate::process::exit::AtExit;
use crate::process::fork::PerProcess;
use crate::process::sync::Unpoisoned;
use crate::record::entered;

/// Tracers whose guard was not dropped, or whose drop goes on. The child of a `fork` has
/// none of its parent's.
static INSTALLED: PerProcess<Mutex<Vec<Ending>>> = PerProcess::new();

/// No code of the application runs while it is locked, and so none that ends the process.
fn installed() -> MutexGuard<'static, Vec<Ending>> {
    let installed = INSTALLED.get(|_| Mutex::default());
    installed.lock().unpoisoned()
}

static AT_EXIT: AtExit = AtExit::new(at_exit);

/// Has a tracer shut down when the process ends.
pub(super) fn add(ending: &Ending) {
    AT_EXIT.ask();
    installed().push(ending.clone());
}

/// Says that a tracer was shut down.
pub(super) fn remove(ending: &Ending) {
    let mut installed = installed();
    let at = installed
        .iter()
        .position(|other| Arc::ptr_eq(&other.core, &ending.core));
    let removed = at.map(|at| installed.swap_remove(at));
    drop(installed);
    // Code of the application may be dropped with it.
    drop(removed);
}

/// Does not unwind, and reaches thread-locals only where they may be gone.
extern "C" fn at_exit() {
    // They stay: another thread that ends the process meanwhile waits for them, too.
    let installed = installed().clone();
    if installed.is_empty() {
        return;
    }
    let end = || {
        entered::hand_over_all();
        let after = |ending: Ending| (Deadline::after(ending.shutdown_timeout), ending);
        let endings: Vec<_> = installed.into_iter().map(after).collect();
        for (deadline, ending) in endings {
            ending.end_process(deadline);
        }
    };
    let _is_well = catch(end);
}
