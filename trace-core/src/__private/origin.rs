//! The calls to which `parent = ..`, `remote = ..` and `links(..)` expand.
//!
//! This file only converts their values. `root/origin.rs` implements origins.

use crate::propagation::ContextSource;
use crate::propagation::link_source::LinkSource;
use crate::propagation::trust::Trust;
use crate::record::{self, IfRecording, write};
use crate::root::SiteAtOrigin;
use crate::root::origin;
use crate::value::Link;

/// The explicit parent of a span, for generated code.
#[derive(Debug)]
pub struct SpanOrigin(pub(super) Box<origin::SpanOrigin>);

impl SpanOrigin {
    /// For `parent = context`: the span is below the context's span.
    pub fn parent<T: ContextSource + ?Sized>(context: &T) -> Self {
        Self(Box::new(origin::SpanOrigin::parent(context.extracted())))
    }

    /// For `remote = context`: the span is the first of this process in the caller's trace.
    pub fn remote<T: ContextSource + ?Sized>(context: &T) -> Self {
        Self(Box::new(origin::SpanOrigin::remote(context.extracted())))
    }

    /// For `trust = ..`: sets how far a remote context is trusted.
    #[must_use]
    pub fn trust(mut self, trust: Trust) -> Self {
        self.0.set_trust(trust);
        self
    }

    /// Makes the description of a span of this site and origin.
    pub(super) fn begin<S>(self, site: S) -> IfRecording<SiteAtOrigin<S>> {
        let origin = Some(self.0);
        IfRecording::from_fn(|| SiteAtOrigin { site, origin })
    }
}

/// Adds links to the current span.
pub fn link<T: LinkSource + ?Sized>(links: &T) {
    let _panicked = record::quietly(|paused| {
        links.for_each_link(&mut |link| {
            paused.resume();
            if let Some(span) = write::own_span() {
                write::link(span, &link);
            }
            paused.pause_again();
        });
    });
}

/// Copies links for a future that starts later.
pub fn captured_links<T: LinkSource + ?Sized>(links: &T) -> Vec<Link> {
    let mut captured = Vec::new();
    let _panicked = record::quietly(|_| links.for_each_link(&mut |link| captured.push(link)));
    captured
}
