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
//! `try_close` that comes while the subscriber within runs `exit` or `try_close` counts as its
//! own. If it was a handle that a layer had kept in a span, the bridge's span ends when the one
//! within is closed.

use std::any::TypeId;
use tracing_core::span::{Attributes, Current, Id, Record};
use tracing_core::subscriber::NoSubscriber;
use tracing_core::{Dispatch, Event, Interest, LevelFilter, Metadata, Subscriber};

use super::within::{self, releases, releasing};
use crate::callsite::Callsite;
use crate::current::current_metadata;
use crate::entered;
use crate::handle::Handle;
use crate::ids::OwnId;
use crate::state::State;
use crate::stats::BridgeStats;
use trace_core::__private::bridge::{Position, position, tell};

/// A subscriber around another one. Made by [`around`](crate::around).
///
/// A downcast of it gives what a downcast of the subscriber within gives.
///
/// What is within sees what it sees without the bridge, with one exception. A span that a filter
/// of the whole stack refuses is a span `trace` of the target `trace_bridge` there, as is a handle
/// by `Span::current()` of a span of ours. A layer that has no filter of its own sees that such a
/// span is made and closed: lines of `FmtSpan::NEW` and `CLOSE` show it, and
/// `tracing-opentelemetry` sends it. Add the filter to each such layer to see nothing of it.
///
/// If another bridge is within, that one records nothing, and this is said once.
#[derive(Debug)]
pub struct Around<S> {
    pub(super) handle: Handle,
    pub(super) inner: S,
}

impl<S: Subscriber> Around<S> {
    pub(crate) fn new(state: State, inner: S) -> Self {
        let within: &dyn Subscriber = &inner;
        let bridge = within.downcast_ref::<Handle>();
        let is_bare = match bridge {
            Some(bridge) => {
                // Each of them would record everything.
                bridge.state.turn_off();
                tell("a bridge is around another one, which records nothing then: use one of them");
                bridge.is_bare
            }
            None => within.is::<NoSubscriber>(),
        };
        let handle = Handle::new(state, is_bare);
        Self { handle, inner }
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

    /// Asks the subscriber within whether it wants a span or event that it gets then.
    fn is_wanted_within(&self, metadata: &'static Metadata<'static>) -> bool {
        let interest = self.handle.state.sites.inner(Callsite::get(metadata));
        within::wants(&self.inner, interest, metadata)
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
        let is_enabled =
            self.handle.state.is_enabled(metadata) || within::asks(&self.inner, metadata);
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
        if self.handle.state.is_off() {
            return self.inner.new_span(attributes);
        }
        let (parent, is_root) = (attributes.parent(), attributes.is_root());
        let metadata = attributes.metadata();
        let begin = || {
            let parent = self.handle.parent(parent, is_root);
            self.handle.state.new_span(attributes, parent)
        };
        if !self.is_wanted_within(metadata) {
            return self.stand_in_for(parent, is_root, None, begin);
        }
        let id = match parent.and_then(|parent| self.parent_within(parent)) {
            None => self.inner.new_span(attributes),
            Some(within) => {
                let values = attributes.values();
                self.inner.new_span(&match within {
                    Some(parent) => Attributes::child_of(parent, metadata, values),
                    None => Attributes::new(metadata, values),
                })
            }
        };
        // After the layers within, which may panic.
        if let Some(slot) = begin() {
            self.handle.ids.insert(id.into_u64(), Some(slot));
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
        let within = self.to_enter_within(id);
        if let Some(within) = &within {
            self.inner.enter(within);
        }
        let span = self.handle.enter(id);
        let span = span.map(|(slot, visit, metadata)| (Some((slot, visit)), metadata));
        // A span that only the subscriber within knows is innermost, too.
        let current = || {
            let current = self.inner.current_span();
            current.metadata().map(|metadata| (None, metadata))
        };
        let is_within = OwnId::from_id(id).is_none();
        if let Some((visit, metadata)) = span.or_else(|| is_within.then(current).flatten()) {
            let within = within.map(|within| within.into_u64());
            let bridge = self.handle.state.number;
            entered::push(bridge, id.into_u64(), metadata, visit, within);
        }
    }

    fn exit(&self, id: &Id) {
        let within = match entered::exit(&self.handle.state, id.into_u64()) {
            Some(within) => within,
            None => self.to_leave_within(id),
        };
        let number = match self.handle.state.is_off() {
            true => releases().unwrap_or_default(),
            false => self.handle.state.number,
        };
        if let Some(within) = within {
            releasing(number, || self.inner.exit(&Id::from_u64(within)));
        }
    }

    fn clone_span(&self, id: &Id) -> Id {
        match OwnId::from_id(id) {
            Some(OwnId::Current) => {
                let innermost = entered::innermost(self.handle.state.number);
                let fields = innermost.map(|innermost| innermost.id);
                self.stand_in_for(None, false, fields, || self.handle.state.capture_current())
            }
            Some(OwnId::Slot(slot)) => match self.handle.state.spans.add_handle(slot) {
                true => id.clone(),
                false => OwnId::Nothing.to_id(),
            },
            Some(OwnId::Nothing) => id.clone(),
            None => {
                let cloned = self.inner.clone_span(id);
                self.handle.ids.add_handle(id.into_u64());
                cloned
            }
        }
    }

    fn try_close(&self, id: Id) -> bool {
        if self.handle.state.is_off() {
            return self.inner.try_close(id);
        }
        let Some(own) = OwnId::from_id(&id) else {
            let (bridge, number) = (self.handle.state.number, id.into_u64());
            if let Some(releasing) = releases() {
                if releasing != bridge {
                    // A registry gives back its references to the subscriber that is current,
                    // which need not be the one around it. The id is one of another registry.
                    return false;
                }
                let known = self.handle.ids.get(number);
                let is_closed = self.inner.try_close(id);
                if let Some(known) = known.filter(|_| is_closed) {
                    self.forget(number, known.slot);
                }
                return is_closed;
            }
            // Before the subscriber within can give the id again.
            let last = self.handle.ids.remove_handle(number);
            if let Some(slot) = last.and_then(|span| span.slot) {
                self.handle.state.close(slot);
            }
            return releasing(bridge, || self.inner.try_close(id));
        };
        own.slot().is_some_and(|slot| self.handle.state.close(slot))
    }

    fn current_span(&self) -> Current {
        if self.handle.state.is_off() {
            return self.inner.current_span();
        }
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
