//! The face that stands alone: a `Subscriber` whose spans are all of this process's traces.

use std::any::TypeId;

use tracing_core::span::{Attributes, Current, Id, Record};
use tracing_core::{Event, Interest, LevelFilter, Metadata, Subscriber};

use crate::current::current_metadata;
use crate::entered;
use crate::handle::Handle;
use crate::ids::OwnId;
use crate::state::State;
use crate::stats::BridgeStats;
use trace_core::__private::bridge::{Position, position};

/// A subscriber of `tracing` whose spans are spans of the running trace. Made by
/// [`subscriber`](crate::subscriber).
#[derive(Debug)]
pub struct BridgeSubscriber {
    handle: Handle,
}

impl BridgeSubscriber {
    pub(crate) fn new(state: State) -> Self {
        Self {
            handle: Handle::new(state, true),
        }
    }

    /// Returns what it has left out so far.
    #[must_use]
    pub fn stats(&self) -> BridgeStats {
        BridgeStats::of(&self.handle.state)
    }
}

impl Subscriber for BridgeSubscriber {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        self.handle.state.interest(metadata)
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let is_enabled = self.handle.state.is_enabled(metadata);
        if !is_enabled {
            self.handle.state.note_refused_by_place(metadata);
        }
        is_enabled
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.handle.state.rules.max_level())
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let parent = self
            .handle
            .parent(attributes.parent(), attributes.is_root());
        let slot = self.handle.state.new_span(attributes, parent);
        slot.map_or(OwnId::Nothing, OwnId::Slot).to_id()
    }

    fn record(&self, id: &Id, values: &Record<'_>) {
        if let Some(slot) = self.handle.slot(id) {
            self.handle.state.record(slot, values);
        }
    }

    fn record_follows_from(&self, id: &Id, followed: &Id) {
        if let (Some(slot), Some(followed)) = (self.handle.slot(id), self.handle.slot(followed)) {
            self.handle.state.follows_from(slot, followed);
        }
    }

    fn event(&self, event: &Event<'_>) {
        let parent = self.handle.parent(event.parent(), event.is_root());
        self.handle.state.event(event, parent);
    }

    fn enter(&self, id: &Id) {
        if let Some((slot, visit, metadata)) = self.handle.enter(id) {
            let bridge = self.handle.state.number;
            entered::push(bridge, id.into_u64(), metadata, Some((slot, visit)), None);
        }
    }

    fn exit(&self, id: &Id) {
        entered::exit(&self.handle.state, id.into_u64());
    }

    fn clone_span(&self, id: &Id) -> Id {
        match OwnId::from_id(id) {
            Some(OwnId::Current) => {
                let slot = self.handle.state.capture_current();
                slot.map_or(OwnId::Nothing, OwnId::Slot).to_id()
            }
            Some(OwnId::Slot(slot)) if !self.handle.state.spans.add_handle(slot) => {
                OwnId::Nothing.to_id()
            }
            _ => id.clone(),
        }
    }

    fn try_close(&self, id: Id) -> bool {
        let slot = self.handle.slot(&id);
        slot.is_some_and(|slot| self.handle.state.close(slot))
    }

    fn current_span(&self) -> Current {
        if let Some(innermost) = entered::innermost(self.handle.state.number) {
            return Current::new(Id::from_u64(innermost.id), innermost.metadata);
        }
        match position() {
            Position::Outside | Position::Recorded(0) => Current::none(),
            Position::Recorded(_) | Position::Unsampled(_) => {
                Current::new(OwnId::Current.to_id(), current_metadata())
            }
        }
    }

    #[expect(
        unsafe_code,
        reason = "how `tracing-core` finds a type within a subscriber"
    )]
    unsafe fn downcast_raw(&self, id: TypeId) -> Option<*const ()> {
        if id == TypeId::of::<Self>() {
            return Some(std::ptr::from_ref(self).cast());
        }
        (id == TypeId::of::<Handle>()).then(|| std::ptr::from_ref(&self.handle).cast())
    }
}
