//! What is open of a tracer besides the code that asks.
//!
//! A test waits until nothing is. The scopes around the code that waits cannot end before
//! it, so they are found here and left out.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::on_thread::ENTERED;
use crate::record::scope::active::Active;
use crate::record::thread;
use crate::record::trace::{Beside, StillOpen, TracerCore};

/// What is open of the traces of a tracer that surround this thread's code, one for each
/// scope.
fn open_around(tracer: &Arc<TracerCore>) -> Vec<Beside> {
    ENTERED.with_borrow_mut(|stack| {
        let depth = stack.scopes.depth();
        let mut found = Vec::new();
        for at in 0..depth {
            let Some(scope) = stack.scopes.get_mut(at) else {
                continue;
            };
            let is_innermost = at + 1 == depth;
            let span = if is_innermost {
                thread::span()
            } else {
                scope.position.span
            };
            if let Active::Recorded(recording) = scope.active()
                && Arc::ptr_eq(recording.tracer(), tracer)
            {
                if is_innermost {
                    // Counts of the running scope are in the stage still.
                    recording.take_stage();
                }
                found.push(recording.beside(span));
            }
        }
        found
    })
}

impl TracerCore {
    /// What is open of this tracer, besides what surrounds the running code: that cannot
    /// end before it.
    pub(crate) fn still_open(self: &Arc<Self>) -> StillOpen {
        let Some(watch) = &self.watch else {
            return StillOpen::default();
        };
        let mut around: BTreeMap<u32, Beside> = BTreeMap::new();
        for beside in open_around(self) {
            let of_trace = around.entry(beside.part).or_insert(Beside {
                spans_here: 0,
                ..beside
            });
            // This one is open, and none of those that are waited for.
            of_trace.scopes -= 1;
            of_trace.spans_here += beside.spans_here;
        }
        let watched = watch.watched();
        let mut open = StillOpen {
            begun: watched.begun,
            tasks: watched.tasks,
            ..StillOpen::default()
        };
        for (part, name) in &watched.traces {
            let Some(beside) = around.get(part) else {
                open.traces.push(name.clone());
                continue;
            };
            let spans = beside.strays + beside.spans_here;
            if beside.scopes > 0 || spans > 0 {
                open.own.push((name.clone(), beside.scopes, spans));
            }
        }
        open.traces.sort();
        open
    }
}
