//! Writes the spans of one encoder, each in the fastest way that it allows.

use trace_core::__private::{plain, site_of};
use trace_core::SpanView;

use super::plain_span::plain_span;
use super::sites::Sites;
use super::span;
use crate::encode::log_placement::LogPlacement;
use crate::facts::Said;

/// Writes spans. Keeps what they share.
pub(in crate::encode) struct SpanWriter {
    sites: Sites,
    /// Where plain spans are written, before they are copied. Larger ones go the other way.
    room: Box<[u8; ROOM_BYTES]>,
}

const ROOM_BYTES: usize = 4 << 10;

impl Default for SpanWriter {
    fn default() -> Self {
        Self {
            sites: Sites::default(),
            room: Box::new([0; ROOM_BYTES]),
        }
    }
}

impl SpanWriter {
    /// Writes a span as an item of a `ScopeSpans`.
    #[inline]
    pub(in crate::encode) fn write(
        &mut self,
        out: &mut Vec<u8>,
        span: &SpanView<'_>,
        scope_is_tagged: bool,
        said: Said<'_>,
        logs: LogPlacement,
    ) {
        if !said.is_anything()
            && let Some(plain) = plain(span)
            && let Some(site) = self.sites.fields(plain.site())
            && let Some(bytes) = plain_span(&mut *self.room, &plain, site)
        {
            return out.extend_from_slice(bytes);
        }
        let as_site = site_of(span).filter(|of_span| of_span.is_as_site);
        let site = as_site.and_then(|of_span| self.sites.fields(of_span.site));
        span::span(out, span, scope_is_tagged, said, logs, site);
    }
}
