//! Keeps the fields that all spans of one place in the source share, encoded once.

use trace_core::__private::{Site, site_of};
use trace_core::{SpanKind, SpanView};

use super::field::text;
use super::span_key as key;
use super::value::attribute;
use crate::facts;

/// The fields of the sites whose spans were written so far.
#[derive(Default)]
pub(in crate::encode) struct Sites {
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
}

impl Sites {
    /// Returns the fields of a span that are those of its site; `None` if it may have others.
    #[inline]
    pub(super) fn of(&mut self, span: &SpanView<'_>) -> Option<&SiteFields> {
        let of_span = site_of(span).filter(|of_span| of_span.is_as_site)?;
        let index = of_span.site.number() as usize;
        let known = self.fields.get(index).and_then(Option::as_ref);
        // In the child of a fork, a number may be of another site than in the parent.
        if !known.is_some_and(|known| std::ptr::eq(known.site, of_span.site)) {
            self.keep(index, of_span.site);
        }
        self.fields.get(index)?.as_ref()
    }

    #[cold]
    fn keep(&mut self, index: usize, site: &'static Site) {
        if self.fields.len() <= index {
            self.fields.resize_with(index + 1, || None);
        }
        let mut fields = SiteFields {
            site,
            name_and_kind: Vec::new(),
            source: Vec::new(),
        };
        name_and_kind(
            &mut fields.name_and_kind,
            site.operation_name(),
            site.kind(),
        );
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
