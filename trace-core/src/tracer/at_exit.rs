//! Delivers the remaining spans at the end of a process whose tracer is still installed.
//!
//! Owns the list of installed tracers. `process/exit.rs` registers the call at the end of the
//! process; `ending.rs` ends a tracer.

use std::sync::{Arc, Mutex, MutexGuard};

use super::ending::Ending;
use crate::process::caught::catch;
use crate::process::clock::Deadline;
use crate::process::exit::AtExit;
use crate::process::fork::PerProcess;
use crate::process::sync::Unpoisoned;
use crate::record::entered;

/// Tracers whose guard exists or is being dropped. The child of a `fork` begins with an empty
/// list.
static INSTALLED: PerProcess<Mutex<Vec<Ending>>> = PerProcess::new();

/// Locks the list. Application code must not run under this lock: if it ended the process, the
/// handler below would wait for a lock that its own thread holds.
fn installed() -> MutexGuard<'static, Vec<Ending>> {
    let installed = INSTALLED.get(|_| Mutex::default());
    installed.lock().unpoisoned()
}

static AT_EXIT: AtExit = AtExit::new(at_exit);

/// Adds a tracer, which is shut down when the process ends.
pub(super) fn add(ending: &Ending) {
    AT_EXIT.ensure_registered();
    installed().push(ending.clone());
}

/// Removes a tracer that was shut down.
pub(super) fn remove(ending: &Ending) {
    let mut installed = installed();
    let at = installed
        .iter()
        .position(|other| Arc::ptr_eq(&other.core, &ending.core));
    let removed = at.map(|at| installed.swap_remove(at));
    drop(installed);
    // This may drop values of the application, so the lock is released first.
    drop(removed);
}

/// Shuts down all installed tracers. Does not unwind, and works even if thread-locals are
/// already destroyed.
extern "C" fn at_exit() {
    // This is a copy. The tracers stay in the list, so that another thread that ends the
    // process at the same time also waits for them.
    let installed = installed().clone();
    if installed.is_empty() {
        return;
    }
    let end = || {
        entered::hand_over_all();
        // All deadlines begin now, so that the timeouts of several tracers do not add up.
        let after = |ending: Ending| (Deadline::after(ending.shutdown_timeout), ending);
        let endings: Vec<_> = installed.into_iter().map(after).collect();
        for (deadline, ending) in endings {
            ending.end_process(deadline);
        }
    };
    let _is_well = catch(end);
}
