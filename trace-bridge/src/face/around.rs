//! The face around another subscriber: what the user's stack shows, and this process's traces.
//!
//! The subscriber within sees what its own filters let through, with its own ids. Each span that
//! the bridge records has an id of the subscriber within, too. If its filters refuse the span, a
//! *stand-in* has that id: a span without fields, which is never entered. So code that takes the
//! subscriber within out by a downcast, as `tracing-error` does, finds each id that it is given.
//!
//! # Whose handles are counted
//!
//! A registry has references of its own: of a span that is entered, and of the parents of open
//! spans. It takes them by itself and gives them back by `try_close` of the whole subscriber. So a
//! `try_close` that comes while the subscriber within runs `exit` or `try_close` is its own, and
//! no handle of the application.

use std::any::TypeId;
use std::cell::Cell;

use tracing_core::field::ValueSet;
use tracing_core::span::{Attributes, Current, Id, Record};
use tracing_core::subscriber::NoSubscriber;
use tracing_core::{Dispatch, Event, Interest, LevelFilter, Metadata, Subscriber};

use crate::callsite::Callsite;
use crate::current::{current_metadata, stand_in_metadata};
use crate::entered;
use crate::handle::Handle;
use crate::ids::OwnId;
use crate::site_flags::InnerInterest;
use crate::state::State;
use crate::stats::BridgeStats;
use crate::store::SlotId;
use trace_core::__private::bridge::{Position, position};

thread_local! {
    /// Whether the subscriber within runs `exit` or `try_close` on this thread.
    static IS_RELEASING: Cell<bool> = const { Cell::new(false) };
}

/// Runs code of the subscriber within that may give back references of its own.
fn releasing<R>(run: impl FnOnce() -> R) -> R {
    struct Reset(bool);
    impl Drop for Reset {
        fn drop(&mut self) {
            IS_RELEASING.set(self.0);
        }
    }
    let _reset = Reset(IS_RELEASING.replace(true));
    run()
}

/// A subscriber around another one. Made by [`around`](crate::around).
///
/// A downcast of it gives what a downcast of the subscriber within gives.
#[derive(Debug)]
pub struct Around<S> {
    handle: Handle,
    inner: S,
    /// Whether nothing is within, so that no id of the bridge can be taken for another one.
    is_bare: bool,
}

impl<S: Subscriber> Around<S> {
    pub(crate) fn new(state: State, inner: S) -> Self {
        let is_bare = (&inner as &dyn Subscriber).is::<NoSubscriber>();
        Self {
            handle: Handle::new(state),
            inner,
            is_bare,
        }
    }

    /// Returns the subscriber within.
    pub const fn inner(&self) -> &S {
        &self.inner
    }

    /// Returns what the bridge has left out so far.
    #[must_use]
    pub fn stats(&self) -> BridgeStats {
        BridgeStats::of(&self.handle.state)
    }

    /// Asks the subscriber within whether it wants a span or event, right before it gets it, so
    /// that filters of single layers are up to date.
    fn is_wanted_within(&self, metadata: &'static Metadata<'static>) -> bool {
        match self.handle.state.sites.inner(Callsite::get(metadata)) {
            InnerInterest::Always => true,
            InnerInterest::Never => false,
            InnerInterest::Sometimes => self.inner.enabled(metadata),
        }
    }

    /// Makes a span in the subscriber within that stands for one of the bridge. Nothing shows it,
    /// unless it is named as a parent.
    fn stand_in(&self, parent: Option<&Id>) -> Id {
        let metadata = stand_in_metadata();
        // Filters of single layers refuse it. A filter of the whole stack is not followed here.
        let _is_wanted = self.inner.enabled(metadata);
        let values: &ValueSet<'_> = &metadata.fields().value_set(&[]);
        let attributes = match parent {
            Some(parent) => Attributes::child_of(parent.clone(), metadata, values),
            None => Attributes::new_root(metadata, values),
        };
        self.inner.new_span(&attributes)
    }

    /// Gives the bridge's span an id of the subscriber within, by a stand-in below its current
    /// span, or below the span that was asked for.
    fn stand_in_for(
        &self,
        slot: Option<SlotId>,
        parent: Option<&Id>,
        is_root: bool,
        fields: Option<u64>,
    ) -> Id {
        if self.is_bare {
            return slot.map_or(OwnId::Nothing, OwnId::Slot).to_id();
        }
        let current = match parent {
            None if !is_root => self.inner.current_span(),
            _ => Current::none(),
        };
        let enters = parent
            .or(current.id())
            .filter(|parent| OwnId::from_id(parent).is_none());
        let id = self.stand_in(enters);
        let enters = enters.and_then(|id| self.entered_within(id));
        let ids = &self.handle.ids;
        ids.insert_stand_in(id.into_u64(), slot, enters, fields);
        id
    }

    /// Returns what the subscriber within enters when an id is entered.
    fn entered_within(&self, id: &Id) -> Option<u64> {
        let id = id.into_u64();
        self.handle.ids.get(id).map_or(Some(id), |span| span.enters)
    }
}

impl<S: Subscriber> Subscriber for Around<S> {
    fn on_register_dispatch(&self, dispatch: &Dispatch) {
        self.inner.on_register_dispatch(dispatch);
    }

    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        let inner = self.inner.register_callsite(metadata);
        let callsite = Callsite::get(metadata);
        self.handle.state.sites.set_inner(callsite, &inner);
        if inner.is_never() {
            self.handle.state.interest(metadata)
        } else {
            inner
        }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let is_enabled = self.handle.state.is_enabled(metadata) || self.inner.enabled(metadata);
        if !is_enabled {
            self.handle.state.note_refused_by_place(metadata);
        }
        is_enabled
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(
            self.inner
                .max_level_hint()?
                .max(self.handle.state.rules.max_level()),
        )
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let (parent, is_root) = (attributes.parent(), attributes.is_root());
        let slot = self
            .handle
            .state
            .new_span(attributes, self.handle.parent(parent, is_root));
        let metadata = attributes.metadata();
        if !self.is_wanted_within(metadata) {
            return self.stand_in_for(slot, parent, is_root, None);
        }
        let is_own_parent = parent.is_some_and(|parent| OwnId::from_id(parent).is_some());
        let id = match is_own_parent {
            // It does not know ids of the bridge.
            true => self
                .inner
                .new_span(&Attributes::new(metadata, attributes.values())),
            false => self.inner.new_span(attributes),
        };
        if slot.is_some() {
            self.handle.ids.insert(id.into_u64(), slot);
        }
        id
    }

    fn record(&self, id: &Id, values: &Record<'_>) {
        let number = id.into_u64();
        let Some(own) = OwnId::from_id(id) else {
            let known = self.handle.ids.get(number);
            let fields = known.map_or(Some(number), |known| known.fields);
            // If the fields are those of another span, the bridge has refused that one.
            let is_own = fields.is_none_or(|fields| fields == number);
            if let Some(slot) = known.and_then(|known| known.slot).filter(|_| is_own) {
                self.handle.state.record(slot, values);
            }
            if let Some(fields) = fields {
                self.inner.record(&Id::from_u64(fields), values);
            }
            return;
        };
        if let Some(slot) = own.slot() {
            self.handle.state.record(slot, values);
        }
    }

    fn record_follows_from(&self, id: &Id, followed: &Id) {
        if let (Some(slot), Some(followed)) = (self.handle.slot(id), self.handle.slot(followed)) {
            self.handle.state.follows_from(slot, followed);
        }
        if OwnId::from_id(id).is_none() && OwnId::from_id(followed).is_none() {
            self.inner.record_follows_from(id, followed);
        }
    }

    fn event(&self, event: &Event<'_>) {
        let parent = self.handle.parent(event.parent(), event.is_root());
        self.handle.state.event(event, parent);
        // Its `event_enabled` is asked here and not by `tracing`, as it is for the subscriber
        // within alone.
        if self.is_wanted_within(event.metadata()) && self.inner.event_enabled(event) {
            self.inner.event(event);
        }
    }

    fn enter(&self, id: &Id) {
        let own = OwnId::from_id(id);
        if own.is_none()
            && let Some(enters) = self.entered_within(id)
        {
            self.inner.enter(&Id::from_u64(enters));
        }
        let span = self.handle.enter(id);
        let span = span.map(|(slot, visit, metadata)| (Some((slot, visit)), metadata));
        // A span that only the subscriber within knows is innermost, too.
        let current = || {
            let current = self.inner.current_span();
            current.metadata().map(|metadata| (None, metadata))
        };
        if let Some((visit, metadata)) = span.or_else(|| own.is_none().then(current).flatten()) {
            entered::push(self.handle.state.number, id.into_u64(), metadata, visit);
        }
    }

    fn exit(&self, id: &Id) {
        entered::exit(&self.handle.state, id.into_u64());
        if OwnId::from_id(id).is_none()
            && let Some(enters) = self.entered_within(id)
        {
            releasing(|| self.inner.exit(&Id::from_u64(enters)));
        }
    }

    fn clone_span(&self, id: &Id) -> Id {
        match OwnId::from_id(id) {
            Some(OwnId::Current) => {
                let innermost = entered::innermost(self.handle.state.number);
                let slot = self.handle.state.capture_current();
                self.stand_in_for(slot, None, false, innermost.map(|innermost| innermost.id))
            }
            Some(OwnId::Slot(slot)) => match self.handle.state.spans.add_handle(slot) {
                true => id.clone(),
                false => OwnId::Nothing.to_id(),
            },
            Some(OwnId::Nothing) => id.clone(),
            None => {
                self.handle.ids.add_handle(id.into_u64());
                self.inner.clone_span(id)
            }
        }
    }

    fn try_close(&self, id: Id) -> bool {
        let Some(own) = OwnId::from_id(&id) else {
            if IS_RELEASING.get() {
                return self.inner.try_close(id);
            }
            // Before the subscriber within can give the id again.
            let last = self.handle.ids.remove_handle(id.into_u64());
            if let Some(slot) = last.and_then(|span| span.slot) {
                self.handle.state.close(slot);
            }
            return releasing(|| self.inner.try_close(id));
        };
        own.slot().is_some_and(|slot| self.handle.state.close(slot))
    }

    fn current_span(&self) -> Current {
        let innermost = entered::innermost(self.handle.state.number);
        let runs = !matches!(position(), Position::Outside | Position::Recorded(0));
        match innermost {
            // A handle of it has to be one of the trace, too.
            Some(innermost) if runs && !innermost.has_visit => {
                Current::new(OwnId::Current.to_id(), innermost.metadata)
            }
            Some(innermost) => Current::new(Id::from_u64(innermost.id), innermost.metadata),
            None if runs => Current::new(OwnId::Current.to_id(), current_metadata()),
            None => self.inner.current_span(),
        }
    }

    #[expect(
        unsafe_code,
        reason = "`tracing-core` has no other way to forward a downcast"
    )]
    unsafe fn downcast_raw(&self, id: TypeId) -> Option<*const ()> {
        if id == TypeId::of::<Self>() {
            return Some(std::ptr::from_ref(self).cast());
        }
        if id == TypeId::of::<Handle>() {
            return Some(std::ptr::from_ref(&self.handle).cast());
        }
        // SAFETY: the caller's promise is passed on: it uses the pointer as one to a value of
        // the type that it asked for, while this subscriber lives, which owns `inner`.
        unsafe { self.inner.downcast_raw(id) }
    }
}
