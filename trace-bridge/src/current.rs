//! Call sites of the bridge's own.
//!
//! No filter is asked about them beforehand: they are not registered.

use std::sync::OnceLock;

use tracing_core::metadata::Kind;
use tracing_core::{Interest, Level, Metadata, callsite, metadata};

use crate::callsite::Callsite;

/// See [`current_metadata`].
struct Current;

/// See [`stand_in_metadata`].
struct StandIn;

static CURRENT: Metadata<'static> = metadata! {
    name: "current",
    target: "trace_bridge",
    level: Level::ERROR,
    fields: &[],
    callsite: &Current,
    kind: Kind::SPAN,
};

static STAND_IN: Metadata<'static> = metadata! {
    name: "trace",
    target: "trace_bridge",
    // Most filters refuse it.
    level: Level::TRACE,
    fields: &[],
    callsite: &StandIn,
    kind: Kind::SPAN,
};

impl callsite::Callsite for Current {
    fn set_interest(&self, _: Interest) {}

    fn metadata(&self) -> &Metadata<'_> {
        &CURRENT
    }
}

impl callsite::Callsite for StandIn {
    fn set_interest(&self, _: Interest) {}

    fn metadata(&self) -> &Metadata<'_> {
        &STAND_IN
    }
}

/// Returns what `Span::current()` says of a span that is not of `tracing`.
pub(crate) fn current_metadata() -> &'static Metadata<'static> {
    &CURRENT
}

/// Returns the metadata of stand-ins; see [`around`](crate::around).
pub(crate) fn stand_in_metadata() -> &'static Metadata<'static> {
    &STAND_IN
}

/// Returns the call site of captured spans.
pub(crate) fn current_callsite() -> &'static Callsite {
    static KNOWN: OnceLock<&'static Callsite> = OnceLock::new();
    KNOWN.get_or_init(|| Callsite::get(current_metadata()))
}
