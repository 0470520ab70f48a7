//! The face for a program that can only add a layer.

use std::any::TypeId;

use tracing_core::span::{Attributes, Id, Record};
use tracing_core::{Dispatch, Event, LevelFilter, Subscriber};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

use crate::entered;
use crate::handle::Handle;
use crate::state::State;
use crate::stats::BridgeStats;

/// A layer of `tracing-subscriber`. Made by [`layer`](crate::layer).
///
/// A layer sees less than what stands [around](crate::around) the whole stack. If you can, use
/// that.
///
/// | | around | layer |
/// |---|---|---|
/// | a span of `tracing` below one of ours, and the other way round | yes | yes |
/// | `Span::current()` directly below a span of ours | that span | the next span of `tracing` outside it |
/// | when a span is delivered | when its last handle is gone | when its last child is closed, too |
/// | after a handle was dropped on a thread where its subscriber is not current | nothing | its parents stay open, as the registry loses its references |
/// | what a filter of the whole stack refuses, such as `EnvFilter` as a layer | recorded | lost, and said once |
///
/// Add the filter to the layer that writes lines, and not to the whole stack:
///
/// ```
/// use tracing_subscriber::filter::LevelFilter;
/// use tracing_subscriber::prelude::*;
///
/// let subscriber = tracing_subscriber::registry()
///     .with(tracing_subscriber::fmt::layer().with_filter(LevelFilter::WARN))
///     .with(trace_bridge::layer());
/// # let _ = subscriber;
/// ```
#[derive(Debug)]
pub struct BridgeLayer {
    handle: Handle,
}

impl BridgeLayer {
    pub(crate) fn new(state: State) -> Self {
        Self {
            handle: Handle::new(state, false),
        }
    }

    /// Returns what the layer has left out so far.
    #[must_use]
    pub fn stats(&self) -> BridgeStats {
        BridgeStats::of(&self.handle.state)
    }
}

impl<S> Layer<S> for BridgeLayer
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_register_dispatch(&self, dispatch: &Dispatch) {
        let wanted = self.handle.state.rules.max_level();
        let Some(hint) = dispatch
            .downcast_ref::<S>()
            .and_then(Subscriber::max_level_hint)
        else {
            return;
        };
        if hint < wanted && hint < LevelFilter::DEBUG {
            trace_core::__private::bridge::tell(&format!(
                "a filter of the whole stack removes spans above {hint} before `trace_bridge::layer()` sees them: add it by `.with_filter(..)` to the layer that writes lines, or use `trace_bridge::around(..)`"
            ));
        }
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, _: Context<'_, S>) {
        let parent = attributes.parent();
        let parent = self.handle.parent(parent, attributes.is_root());
        let slot = self.handle.state.new_span(attributes, parent);
        if slot.is_some() {
            let id = id.into_u64();
            self.handle.ids.insert(id, slot);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _: Context<'_, S>) {
        if let Some(slot) = self.handle.slot(id) {
            self.handle.state.record(slot, values);
        }
    }

    fn on_follows_from(&self, id: &Id, followed: &Id, _: Context<'_, S>) {
        if let (Some(slot), Some(followed)) = (self.handle.slot(id), self.handle.slot(followed)) {
            self.handle.state.follows_from(slot, followed);
        }
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let parent = self.handle.parent(event.parent(), event.is_root());
        self.handle.state.event(event, parent);
    }

    fn on_enter(&self, id: &Id, _: Context<'_, S>) {
        if let Some((slot, visit, metadata)) = self.handle.enter(id) {
            let bridge = self.handle.state.number;
            entered::push(bridge, id.into_u64(), metadata, Some((slot, visit)), None);
        }
    }

    fn on_exit(&self, id: &Id, _: Context<'_, S>) {
        entered::exit(&self.handle.state, id.into_u64());
    }

    fn on_close(&self, id: Id, _: Context<'_, S>) {
        let last = self.handle.ids.remove_handle(id.into_u64());
        if let Some(slot) = last.and_then(|span| span.slot) {
            self.handle.state.close(slot);
        }
    }

    #[expect(
        unsafe_code,
        reason = "how `tracing-subscriber` finds a type within a stack"
    )]
    unsafe fn downcast_raw(&self, id: TypeId) -> Option<*const ()> {
        if id == TypeId::of::<Self>() {
            return Some(std::ptr::from_ref(self).cast());
        }
        (id == TypeId::of::<Handle>()).then(|| std::ptr::from_ref(&self.handle).cast())
    }
}
