//! Finds what is open at a tracer, without the calling code.
//!
//! A test waits until nothing is open. The scopes around the waiting code cannot end before
//! the code does, so they are not counted.
//!
//! Only this thread's stack is read. Scopes that run on other threads, or wait in a task, are
//! counted by their trace. They may begin and end during the count, so the caller repeats it
//! until the number of beginnings no longer changes.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::on_thread::ENTERED;
use crate::record::scope::active::Active;
use crate::record::thread;
use crate::record::trace::{Beside, StillOpen, TracerCore};

/// What is open in the traces of a tracer around this thread's code: one value for each
/// recording scope, the outermost first.
fn open_around(tracer: &Arc<TracerCore>) -> Vec<Beside> {
    ENTERED.with_borrow_mut(|stack| {
        // The code below does not borrow the stack again, because it uses the recordings
        // directly.
        let depth = stack.scopes.depth();
        let mut found = Vec::new();
        for at in 0..depth {
            let Some(scope) = stack.scopes.get_mut(at) else {
                continue;
            };
            let is_innermost = at + 1 == depth;
            // The running scope's position is in the block. The position in its place is
            // outdated.
            let span = if is_innermost {
                thread::span()
            } else {
                scope.position.span
            };
            if let Active::Recorded(recording) = scope.active()
                && Arc::ptr_eq(recording.tracer(), tracer)
            {
                if is_innermost {
                    // Its most recent openings and ends are counted only in the stage. The
                    // stage belongs to the innermost scope.
                    recording.take_stage();
                }
                found.push(recording.beside(span));
            }
        }
        found
    })
}

impl TracerCore {
    /// What is open at this tracer, without the scopes and spans around the running code,
    /// which cannot end before it. Nothing is open if no test watches the tracer.
    pub(crate) fn still_open(self: &Arc<Self>) -> StillOpen {
        let Some(watch) = &self.watch else {
            return StillOpen::default();
        };
        let mut around: BTreeMap<u32, Beside> = BTreeMap::new();
        // Several scopes around this code may belong to one part. `scopes` and `strays` count
        // the whole part and are used once. `spans_here` differs in each scope.
        for beside in open_around(self) {
            let counts = around.entry(beside.part).or_insert(Beside {
                spans_here: 0,
                ..beside
            });
            // This scope is open, but is not waited for.
            counts.scopes -= 1;
            counts.spans_here += beside.spans_here;
        }
        // Locked after the borrow of the stack. Other threads hold this lock while they begin
        // and end traces, and do not need this thread's stack.
        let watched = watch.watched();
        let mut open = StillOpen {
            begun: watched.begun,
            tasks: watched.tasks,
            ..StillOpen::default()
        };
        for (part, name) in &watched.traces {
            // No scope of this trace surrounds the running code. The whole trace counts, by
            // its name.
            let Some(beside) = around.get(part) else {
                open.traces.push(name.clone());
                continue;
            };
            // If a span ends outside its scope, the count of that scope is one too high, and
            // the other count is one too low. Only the sum is exact.
            let spans = beside.strays + beside.spans_here;
            if beside.scopes > 0 || spans > 0 {
                open.own.push((name.clone(), beside.scopes, spans));
            }
        }
        open.traces.sort();
        open
    }
}
