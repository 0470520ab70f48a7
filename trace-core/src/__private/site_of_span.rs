//! What a span shares with the place in the source where it was opened, for collectors that
//! keep what they have made of it.

use crate::collector::SpanView;

pub use crate::collector::{PlainSpan, PlainTags, SiteOfSpan};

/// Returns the site of a span; `None` if the span is a record.
#[inline]
#[must_use]
pub fn site_of(span: &SpanView<'_>) -> Option<SiteOfSpan> {
    span.site()
}

/// Returns a span in a form that is read faster; `None` if it has more than most spans have.
#[inline]
#[must_use]
pub fn plain<'a>(span: &SpanView<'a>) -> Option<PlainSpan<'a>> {
    span.plain()
}
