//! What code finds in a subscriber that is, or contains, a bridge.

use std::sync::Arc;

use tracing_core::Metadata;
use tracing_core::span::Id;

use crate::ids::OwnId;
use crate::span::Visit;
use crate::state::{Parent, State};
use crate::store::{InnerIds, SlotId};

/// A bridge, with what it knows about the ids of the subscriber around or within it.
#[derive(Clone, Debug)]
pub(crate) struct Handle {
    pub(crate) state: Arc<State>,
    pub(crate) ids: Arc<InnerIds>,
    /// Whether no subscriber of others is within, so that no id of the bridge can be taken for
    /// another one.
    pub(crate) is_bare: bool,
}

impl Handle {
    pub(crate) fn new(state: State, is_bare: bool) -> Self {
        Self {
            state: Arc::new(state),
            ids: Arc::new(InnerIds::new()),
            is_bare,
        }
    }

    /// Returns the bridge's span of an id.
    #[inline]
    pub(crate) fn slot(&self, id: &Id) -> Option<SlotId> {
        match OwnId::from_id(id) {
            Some(own) => own.slot(),
            None => self.ids.get(id.into_u64())?.slot,
        }
    }

    /// Returns the bridge's parent of a span or event.
    #[inline]
    pub(crate) fn parent(&self, id: Option<&Id>, is_root: bool) -> Parent {
        match id {
            None if is_root => Parent::Nothing,
            None => Parent::Current,
            Some(id) if OwnId::from_id(id) == Some(OwnId::Nothing) => Parent::Nothing,
            // A span that only another subscriber knows says nothing about the trace.
            Some(id) => self.slot(id).map_or(Parent::Current, Parent::Span),
        }
    }

    /// Makes the bridge's span of an id current on this thread.
    #[inline]
    pub(crate) fn enter(&self, id: &Id) -> Option<(SlotId, Visit, &'static Metadata<'static>)> {
        let slot = self.slot(id)?;
        let spans = &self.state.spans;
        spans.with(slot, |span| (slot, span.enter(), span.callsite.metadata))
    }

    /// Calls `read` with the bridge's span of an id.
    #[cfg(feature = "tracing")]
    pub(crate) fn with<R>(
        &self,
        id: &Id,
        read: impl FnOnce(&crate::span::BridgedSpan) -> R,
    ) -> Option<R> {
        self.state.spans.with(self.slot(id)?, read)
    }
}
