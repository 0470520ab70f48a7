//! Held roots of a site, for a bridge from another library.

use super::begin::{Begin, SiteAtOrigin, begin_scope};
use super::origin::SpanOrigin;
use crate::propagation::Extracted;
use crate::span::open_span::OpenSpan;
use crate::stream::Site;
use crate::value::TraceContext;

/// Starts a root of a site, through the sampler: below a span of another process, or in a new
/// trace.
pub(crate) fn start_site_root(site: &'static Site, parent: Option<TraceContext>) -> OpenSpan {
    let extracted = Extracted {
        context: parent,
        ..Extracted::default()
    };
    let root = SiteAtOrigin {
        site: || site,
        origin: Some(Box::new(SpanOrigin::remote(extracted))),
    };
    OpenSpan::root(|| begin_scope(&root), || root.open())
}
