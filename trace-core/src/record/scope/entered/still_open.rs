//! What is open of a tracer, without the code that asks.
//!
//! A test waits until nothing is open. The scopes around the code that waits cannot end
//! before it does, so they are found here and left out of the count.
//!
//! Only this thread's stack is read. Scopes that run on other threads, or wait in a task,
//! are counted as open by their trace. They may begin and end while this counts, so the
//! caller asks again until the number of beginnings no longer changes.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::on_thread::ENTERED;
use crate::record::scope::active::Active;
use crate::record::thread;
use crate::record::trace::{Beside, StillOpen, TracerCore};

/// What is open of the traces of a tracer that surround this thread's code: one value for
/// each scope that records, from the outermost on.
fn open_around(tracer: &Arc<TracerCore>) -> Vec<Beside> {
    ENTERED.with_borrow_mut(|stack| {
        // Nothing below borrows the stack again: the recordings are asked directly.
        let depth = stack.scopes.depth();
        let mut found = Vec::new();
        for at in 0..depth {
            let Some(scope) = stack.scopes.get_mut(at) else {
                continue;
            };
            let is_innermost = at + 1 == depth;
            // The running scope's position is in the block; its place has an old one.
            let span = if is_innermost {
                thread::span()
            } else {
                scope.position.span
            };
            if let Active::Recorded(recording) = scope.active()
                && Arc::ptr_eq(recording.tracer(), tracer)
            {
                if is_innermost {
                    // The spans that it has opened and ended since are counted in the
                    // stage only. That stage is the innermost scope's, whatever is below.
                    recording.take_stage();
                }
                found.push(recording.beside(span));
            }
        }
        found
    })
}

impl TracerCore {
    /// What is open of this tracer, without what surrounds the running code, which cannot
    /// end before that code. Nothing if no test watches the tracer.
    pub(crate) fn still_open(self: &Arc<Self>) -> StillOpen {
        let Some(watch) = &self.watch else {
            return StillOpen::default();
        };
        let mut around: BTreeMap<u32, Beside> = BTreeMap::new();
        // Several scopes around this code may be of one part. `scopes` and `strays` are
        // counts of the whole part and are taken once; `spans_here` differs in each scope.
        for beside in open_around(self) {
            let counts = around.entry(beside.part).or_insert(Beside {
                spans_here: 0,
                ..beside
            });
            // This scope is open, but nobody waits for it.
            counts.scopes -= 1;
            counts.spans_here += beside.spans_here;
        }
        // Locked when the stack is no longer borrowed: other threads hold this lock while
        // they begin and end traces, and none of them needs this thread's stack.
        let watched = watch.watched();
        let mut open = StillOpen {
            begun: watched.begun,
            tasks: watched.tasks,
            ..StillOpen::default()
        };
        for (part, name) in &watched.traces {
            // No scope of it surrounds this code: it is waited for as a whole, by its name.
            let Some(beside) = around.get(part) else {
                open.traces.push(name.clone());
                continue;
            };
            // A span that ends away from its scope leaves one too many in its scope and one
            // too few in the other. So only the sum says how many are open.
            let spans = beside.strays + beside.spans_here;
            if beside.scopes > 0 || spans > 0 {
                open.own.push((name.clone(), beside.scopes, spans));
            }
        }
        open.traces.sort();
        open
    }
}
