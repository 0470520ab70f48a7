//! What `parent = ..`, `remote = ..` and `links(..)` become.

use crate::propagation::ContextSource;
use crate::propagation::link_source::LinkSource;
use crate::propagation::trust::Trust;
use crate::record::{self, IfRecording, write};
use crate::root::SiteAtOrigin;
use crate::root::origin;
use crate::value::Link;

/// Where a span belongs, if not below the current one.
#[derive(Debug)]
pub struct SpanOrigin(pub(super) Box<origin::SpanOrigin>);

impl SpanOrigin {
    /// Below the span of a context.
    pub fn parent<T: ContextSource + ?Sized>(context: &T) -> Self {
        Self(Box::new(origin::SpanOrigin::parent(context.extracted())))
    }

    /// At the top of this process's part of a remote trace.
    pub fn remote<T: ContextSource + ?Sized>(context: &T) -> Self {
        Self(Box::new(origin::SpanOrigin::remote(context.extracted())))
    }

    /// Sets how far the context is trusted.
    #[must_use]
    pub fn trust(mut self, trust: Trust) -> Self {
        self.0.set_trust(trust);
        self
    }

    /// Returns what begins the span of a site at this origin.
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
