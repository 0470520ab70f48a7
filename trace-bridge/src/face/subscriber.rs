//! The face that stands alone: a `Subscriber` whose spans are all of this process's traces.

use std::sync::Arc;

use tracing_core::span::{Attributes, Current, Id, Record};
use tracing_core::{Event, Interest, LevelFilter, Metadata, Subscriber};

use crate::current::current_metadata;
use crate::entered;
use crate::ids::OwnId;
use crate::state::{Parent, State};
use crate::stats::BridgeStats;
use trace_core::__private::bridge::{Position, position};

/// A subscriber of `tracing` whose spans are spans of the running trace. Made by
/// [`subscriber`](crate::subscriber).
#[derive(Debug)]
pub struct BridgeSubscriber {
    state: Arc<State>,
}

impl BridgeSubscriber {
    pub(crate) fn new(state: Arc<State>) -> Self {
        Self { state }
    }

    /// Returns what it has left out so far.
    #[must_use]
    pub fn stats(&self) -> BridgeStats {
        BridgeStats::of(&self.state)
    }
}

/// Returns the parent that an id names.
pub(super) fn parent_of(id: Option<&Id>, is_root: bool) -> Parent {
    match id.map(OwnId::from_id) {
        None if is_root => Parent::Nothing,
        Some(Some(OwnId::Slot(slot))) => Parent::Span(slot),
        Some(Some(OwnId::Nothing)) => Parent::Nothing,
        None | Some(Some(OwnId::Current) | None) => Parent::Current,
    }
}

impl Subscriber for BridgeSubscriber {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        self.state.interest(metadata)
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.state.is_enabled(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.state.rules.max_level())
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let parent = parent_of(attributes.parent(), attributes.is_root());
        let slot = self.state.new_span(attributes, parent);
        slot.map_or(OwnId::Nothing, OwnId::Slot).to_id()
    }

    fn record(&self, id: &Id, values: &Record<'_>) {
        if let Some(slot) = OwnId::from_id(id).and_then(OwnId::slot) {
            self.state.record(slot, values);
        }
    }

    fn record_follows_from(&self, id: &Id, followed: &Id) {
        let slot = |id| OwnId::from_id(id).and_then(OwnId::slot);
        if let (Some(slot), Some(followed)) = (slot(id), slot(followed)) {
            self.state.follows_from(slot, followed);
        }
    }

    fn event(&self, event: &Event<'_>) {
        let parent = parent_of(event.parent(), event.is_root());
        self.state.event(event, parent);
    }

    fn enter(&self, id: &Id) {
        let Some(slot) = OwnId::from_id(id).and_then(OwnId::slot) else {
            return;
        };
        let entered = self
            .state
            .spans
            .with(slot, |span| (span.enter(), span.callsite.metadata));
        if let Some((visit, metadata)) = entered {
            entered::push(self.state.number, id.into_u64(), metadata, Some(visit));
        }
    }

    fn exit(&self, id: &Id) {
        let Some(slot) = OwnId::from_id(id).and_then(OwnId::slot) else {
            return;
        };
        if let Some(visit) = entered::remove(self.state.number, id.into_u64()) {
            self.state.spans.with(slot, |span| span.exit(visit));
        }
    }

    fn clone_span(&self, id: &Id) -> Id {
        match OwnId::from_id(id) {
            Some(OwnId::Current) => {
                let slot = self.state.capture_current();
                slot.map_or(OwnId::Nothing, OwnId::Slot).to_id()
            }
            Some(OwnId::Slot(slot)) if !self.state.spans.add_handle(slot) => OwnId::Nothing.to_id(),
            _ => id.clone(),
        }
    }

    fn try_close(&self, id: Id) -> bool {
        let slot = OwnId::from_id(&id).and_then(OwnId::slot);
        slot.is_some_and(|slot| self.state.close(slot))
    }

    fn current_span(&self) -> Current {
        if let Some((id, metadata)) = entered::innermost(self.state.number) {
            return Current::new(Id::from_u64(id), metadata);
        }
        match position() {
            Position::Outside | Position::Recorded(0) => Current::none(),
            Position::Recorded(_) | Position::Unsampled(_) => {
                Current::new(OwnId::Current.to_id(), current_metadata())
            }
        }
    }
}
