//! Methods on `tracing::Span`, for programs that come from `tracing-opentelemetry`.

use std::borrow::Cow;

use trace_core::__private::bridge::tell;
use trace_core::{Link, Status, TagSource, TraceContext};

use crate::handle::Handle;
use crate::span::{BridgedSpan, Said};

/// What a span of `tracing` can do that `tracing` has no words for.
///
/// Where the span is not recorded, or the subscriber is no bridge, these methods do nothing.
///
/// ```
/// use trace_bridge::SpanExt;
///
/// let span = tracing::info_span!("publish");
/// span.set_attribute("messaging.system", "kafka");
/// ```
pub trait SpanExt {
    /// Sets the span of another process as the parent, and so the trace. Returns whether it
    /// could.
    ///
    /// It can for spans that are [roots](crate::Bridge::roots) by a rule, until they are first
    /// entered. The parent of any other span is known when it begins: begin it within
    /// [`root`](trace_core::root) with that context.
    fn set_parent(&self, parent: TraceContext) -> bool;

    /// Returns the span's context, to send to another service; `None` without a trace.
    fn context(&self) -> Option<TraceContext>;

    /// Adds a link to a span of another trace.
    fn add_link(&self, link: impl Into<Link>);

    /// Adds a tag, whose key need not be a field of the span.
    fn set_attribute(&self, key: impl Into<Cow<'static, str>>, value: impl TagSource);

    /// Sets whether the work failed.
    fn set_status(&self, status: impl Into<Status>);
}

impl SpanExt for tracing::Span {
    fn set_parent(&self, parent: TraceContext) -> bool {
        let is_set = with_span(self, |span| span.set_parent(parent)).unwrap_or(false);
        if !is_set && let Some(metadata) = self.metadata() {
            tell(&format!(
                "the parent of the span `{}` cannot be set any more: make it a root by `Bridge::roots`, and set the parent before the span is entered; or begin it within `trace_core::root(..).extracted(..)`",
                metadata.name(),
            ));
        }
        is_set
    }

    fn context(&self) -> Option<TraceContext> {
        with_span(self, BridgedSpan::context).flatten()
    }

    fn add_link(&self, link: impl Into<Link>) {
        with_span(self, |span| span.say(Said::Link(link.into())));
    }

    fn set_attribute(&self, key: impl Into<Cow<'static, str>>, value: impl TagSource) {
        with_span(self, |span| span.add_named_tag(key.into(), &value));
    }

    fn set_status(&self, status: impl Into<Status>) {
        with_span(self, |span| span.set_status(status.into()));
    }
}

fn with_span<R>(span: &tracing::Span, use_it: impl FnOnce(&BridgedSpan) -> R) -> Option<R> {
    let used = span.with_subscriber(|(id, dispatch)| {
        let bridge = dispatch.downcast_ref::<Handle>()?;
        bridge.with(id, use_it)
    });
    used.flatten()
}
