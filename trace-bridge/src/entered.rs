//! The spans of `tracing` that a thread has entered.
//!
//! The thread's current span of this process's traces is the recorder's. This stack knows which
//! spans of `tracing` were entered, and so whether the innermost span is one of them.
//!
//! # Guards that are dropped in the wrong order
//!
//! A span that was entered later may have begun in a scope of the recorder that belongs to a
//! visit below it, and has to stay current. So a span that is left while others are within it
//! stays entered in the recorder until they are left, too.

use std::cell::RefCell;
use std::sync::Arc;

use trace_core::__private::bridge::{Position, position};
use tracing_core::Metadata;

use crate::span::{BridgedSpan, Visit};
use crate::state::State;
use crate::store::SlotId;

/// A span that was entered.
#[derive(Debug)]
struct Entered {
    /// Which bridge has entered it.
    bridge: u32,
    /// Its id for `tracing`.
    id: u64,
    metadata: &'static Metadata<'static>,
    /// What was current right after it was entered.
    position: Position,
    /// `None` if the bridge has no span for it.
    visit: Option<(SlotId, Visit)>,
    /// What the subscriber within has entered for it.
    within: Option<u64>,
    /// Set once it was left while other spans were within it. The last entry never is.
    left: Option<KeptOpen>,
}

thread_local! {
    /// The spans that this thread has entered, the innermost one last. No code of the
    /// application runs while it is borrowed.
    static ENTERED: RefCell<Vec<Entered>> = const { RefCell::new(Vec::new()) };
}

/// Notes that a span was entered. Dropped, and so left, at the end of a thread.
pub(crate) fn push(
    bridge: u32,
    id: u64,
    metadata: &'static Metadata<'static>,
    visit: Option<(SlotId, Visit)>,
    within: Option<u64>,
) {
    let position = position();
    let _pushed = ENTERED.try_with(|stack| {
        if let Ok(mut stack) = stack.try_borrow_mut() {
            stack.push(Entered {
                bridge,
                id,
                metadata,
                position,
                visit,
                within,
                left: None,
            });
        }
    });
}

/// Leaves a span on this thread. Returns what the subscriber within has to leave for it, or `None`
/// if it was not entered.
pub(crate) fn exit(state: &Arc<State>, id: u64) -> Option<Option<u64>> {
    let removed = remove(state.number, id)?;
    if let Some(slot) = removed.still_around {
        state.spans.with(slot, BridgedSpan::note_left);
        let kept = KeptOpen::new(state, slot);
        mark_left(state.number, id, kept);
        return Some(removed.within);
    }
    if let Some((slot, visit)) = removed.visit {
        state.spans.with(slot, |span| {
            span.leave(visit);
            span.note_left();
        });
    }
    if removed.has_left {
        while let Some((visit, kept)) = pop_left() {
            kept.state.spans.with(kept.slot, |span| span.leave(visit));
        }
    }
    Some(removed.within)
}

/// What became of the last entry of a span.
struct Removed {
    visit: Option<(SlotId, Visit)>,
    within: Option<u64>,
    /// The span, if others are within it. Then the entry is still there.
    still_around: Option<SlotId>,
    /// Whether the next one was left before.
    has_left: bool,
}

fn remove(bridge: u32, id: u64) -> Option<Removed> {
    let removed = ENTERED.try_with(|stack| {
        let mut stack = stack.try_borrow_mut().ok()?;
        let at = find(&stack, bridge, id)?;
        if at + 1 < stack.len()
            && let Some(entered) = stack.get(at)
            && let Some((slot, _)) = &entered.visit
        {
            return Some(Removed {
                visit: None,
                within: entered.within,
                still_around: Some(*slot),
                has_left: false,
            });
        }
        let Entered { visit, within, .. } = stack.remove(at);
        Some(Removed {
            visit,
            within,
            still_around: None,
            has_left: stack.last().is_some_and(|last| last.left.is_some()),
        })
    });
    removed.ok().flatten()
}

fn find(stack: &[Entered], bridge: u32, id: u64) -> Option<usize> {
    stack
        .iter()
        .rposition(|entered| (entered.bridge, entered.id) == (bridge, id) && entered.left.is_none())
}

fn mark_left(bridge: u32, id: u64, kept: KeptOpen) {
    let _marked = ENTERED.try_with(|stack| {
        let mut stack = stack.try_borrow_mut().ok()?;
        let at = find(&stack, bridge, id)?;
        stack.get_mut(at)?.left = Some(kept);
        Some(())
    });
}

/// Removes the innermost entry, if it was left before.
fn pop_left() -> Option<(Visit, KeptOpen)> {
    let popped = ENTERED.try_with(|stack| {
        let mut stack = stack.try_borrow_mut().ok()?;
        let last = stack.pop_if(|last| last.left.is_some())?;
        let (_, visit) = last.visit?;
        Some((visit, last.left?))
    });
    popped.ok().flatten()
}

/// A handle of a span that was left and is still entered in the recorder.
#[derive(Debug)]
struct KeptOpen {
    state: Arc<State>,
    slot: SlotId,
}

impl KeptOpen {
    fn new(state: &Arc<State>, slot: SlotId) -> Self {
        state.spans.add_handle(slot);
        Self {
            state: Arc::clone(state),
            slot,
        }
    }
}

impl Drop for KeptOpen {
    fn drop(&mut self) {
        self.state.close(self.slot);
    }
}

/// The innermost span of `tracing`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Innermost {
    pub(crate) id: u64,
    pub(crate) metadata: &'static Metadata<'static>,
    /// Whether the bridge has a span for it. If not, entering it elsewhere enters no trace.
    pub(crate) has_visit: bool,
}

/// Returns the innermost span of `tracing`, if no other span of ours was entered or begun within
/// it.
pub(crate) fn innermost(bridge: u32) -> Option<Innermost> {
    let here = position();
    let innermost = ENTERED.try_with(|stack| {
        let stack = stack.try_borrow().ok()?;
        let last = stack.last()?;
        let is_innermost = last.bridge == bridge && last.position == here;
        is_innermost.then_some(Innermost {
            id: last.id,
            metadata: last.metadata,
            has_visit: last.visit.is_some(),
        })
    });
    innermost.ok().flatten()
}
