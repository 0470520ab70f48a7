//! The spans of `tracing` that a thread has entered.
//!
//! The thread's current span of this process's traces is the recorder's. This stack knows which
//! spans of `tracing` were entered, and so whether the innermost span is one of them.

use std::cell::RefCell;

use trace_core::__private::bridge::{Position, position};
use tracing_core::Metadata;

use crate::span::Visit;

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
    visit: Option<Visit>,
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
    visit: Option<Visit>,
) {
    let entered = Entered {
        bridge,
        id,
        metadata,
        position: position(),
        visit,
    };
    let _pushed = ENTERED.try_with(|stack| {
        if let Ok(mut stack) = stack.try_borrow_mut() {
            stack.push(entered);
        }
    });
}

/// Removes the last entry of a span; returns its visit. `None` if the span was not entered on
/// this thread.
pub(crate) fn remove(bridge: u32, id: u64) -> Option<Visit> {
    let removed = ENTERED.try_with(|stack| {
        let mut stack = stack.try_borrow_mut().ok()?;
        let at = stack
            .iter()
            .rposition(|entered| (entered.bridge, entered.id) == (bridge, id))?;
        Some(stack.remove(at))
    });
    removed.ok().flatten()?.visit
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
