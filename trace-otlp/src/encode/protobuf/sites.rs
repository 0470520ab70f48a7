//! Keeps the fields that all spans of one place in the source share, encoded once.

use trace_core::__private::Site;
use trace_core::SpanKind;

use super::field::text;
use super::plain_site::PlainSite;
use super::span_key as key;
use super::value::attribute;
use crate::facts;

/// The fields of the sites whose spans were written so far.
#[derive(Default)]
pub(super) struct Sites {
    /// By the number of the site. Sites are numbered from 1 in the order in which they
    /// record for the first time, so the list has as many items as there are sites.
    fields: Vec<Option<SiteFields>>,
}

/// Encoded fields of the spans of a site.
pub(super) struct SiteFields {
    site: &'static Site,
    pub(super) name_and_kind: Vec<u8>,
    /// The attributes with the file and the line; empty if they are not known.
    pub(super) source: Vec<u8>,
    /// What else its plain spans share; `None` if none of its spans is written as plain.
    pub(super) plain: Option<PlainSite>,
}

impl Sites {
    /// Returns the fields of a site's spans.
    #[inline]
    pub(super) fn fields(&mut self, site: &'static Site) -> Option<&SiteFields> {
        let index = site.number() as usize;
        let known = self.fields.get(index).and_then(Option::as_ref);
        // In the child of a fork, a number may be of another site than in the parent.
        if !known.is_some_and(|known| std::ptr::eq(known.site, site)) {
            self.keep(index, site);
        }
        self.fields.get(index)?.as_ref()
    }

    #[cold]
    fn keep(&mut self, index: usize, site: &'static Site) {
        if self.fields.len() <= index {
            self.fields.resize_with(index + 1, || None);
        }
        let mut encoded = Vec::new();
        name_and_kind(&mut encoded, site.operation_name(), site.kind());
        let mut fields = SiteFields {
            site,
            plain: PlainSite::new(site, &encoded),
            name_and_kind: encoded,
            source: Vec::new(),
        };
        if !site.file().is_empty() {
            for (name, value) in facts::source(site.file(), site.line()) {
                attribute(&mut fields.source, key::ATTRIBUTES, name, value);
            }
        }
        if let Some(place) = self.fields.get_mut(index) {
            *place = Some(fields);
        }
    }
}

/// Writes the name and the kind of a span.
pub(super) fn name_and_kind(out: &mut Vec<u8>, name: &str, kind: SpanKind) {
    text(out, key::NAME, name);
    out.extend_from_slice(&[key::KIND, kind.as_number()]);
}
