//! The `baggage` header.

use std::fmt::Write as _;

use super::baggage_error::{Finding, ParseBaggageError, Reason};
use super::header_names::BAGGAGE;
use crate::propagation::carrier::joined;
use crate::propagation::{Extracted, Extractor, HeaderProblem, Injector, Propagator, TraceStart};
use crate::value::baggage::trim;
use crate::value::baggage::{
    BaggageEntry, check_key, check_metadata, is_baggage_octet, is_plain_in_value,
};
use crate::value::visible::quoted;
use crate::value::{Baggage, TraceContext};

/// Writes and reads `baggage`.
///
/// It reads only baggage, and no context. An invalid member is ignored, and the other members
/// are kept. Empty baggage is not written.
///
/// Source: W3C Baggage, *Baggage HTTP Header Format*.
///
/// ```
/// use trace_core::propagation::{BaggagePropagator, Propagator};
///
/// let found = BaggagePropagator.extract(&[("baggage", "user=Am%C3%A9lie, plan=pro;ttl=1")]);
/// assert_eq!(found.baggage.get("user"), Some("Amélie"));
/// assert_eq!(found.baggage.metadata("plan"), Some("ttl=1"));
/// assert_eq!(found.baggage.to_header(), "user=Am%C3%A9lie,plan=pro;ttl=1");
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct BaggagePropagator;

/// The largest number of invalid members that are reported one by one.
const MAX_ERRORS: usize = 64;

impl Propagator for BaggagePropagator {
    fn inject(&self, context: &TraceContext, headers: &mut dyn Injector) {
        if context.baggage.is_empty() {
            headers.remove(BAGGAGE);
        } else {
            headers.set(BAGGAGE, &context.baggage.to_header());
        }
    }

    fn inject_start(&self, _start: TraceStart, baggage: &Baggage, headers: &mut dyn Injector) {
        if !baggage.is_empty() {
            headers.set(BAGGAGE, &baggage.to_header());
        }
    }

    fn extract(&self, headers: &dyn Extractor) -> Extracted {
        Self::find(headers).unwrap_or_default()
    }
}

impl BaggagePropagator {
    /// Reads the header; `None` if there is none.
    pub(in crate::propagation) fn find(headers: &dyn Extractor) -> Option<Extracted> {
        let (baggage, errors) = Baggage::from_header(&joined(headers, BAGGAGE)?);
        Some(Extracted {
            baggage,
            problems: errors.into_iter().map(HeaderProblem::Baggage).collect(),
            ..Extracted::default()
        })
    }
}

impl Baggage {
    /// Returns the text of the `baggage` header. It is empty if there is no entry.
    #[must_use]
    pub fn to_header(&self) -> String {
        let mut text = String::new();
        for entry in self.entries() {
            if !text.is_empty() {
                text.push(',');
            }
            text.push_str(&entry.key);
            text.push('=');
            for byte in entry.value.bytes() {
                if is_plain_in_value(byte) {
                    text.push(char::from(byte));
                } else {
                    // Writing to a string cannot fail.
                    let _ = write!(text, "%{byte:02X}");
                }
            }
            if !entry.metadata.is_empty() {
                text.push(';');
                text.push_str(&entry.metadata);
            }
        }
        text
    }

    /// Reads the text of the `baggage` header. Returns the valid members, and an error for each
    /// invalid one. Join several header lines with commas first.
    ///
    /// An invalid member is ignored. So is a member for which there is no room in 64 entries
    /// and 8,192 bytes. The other members are kept. After 64 errors, one last error contains
    /// the number of further members that were ignored. If several members have the same key,
    /// the last one is kept, as in OpenTelemetry. Invalid UTF-8 becomes `U+FFFD`. Empty members
    /// are not errors.
    #[must_use]
    pub fn from_header(text: &str) -> (Self, Vec<ParseBaggageError>) {
        let (mut baggage, mut errors, mut more) = (Self::new(), Vec::new(), 0);
        let members = text.split(',').map(trim).filter(|text| !text.is_empty());
        for (index, member) in members.enumerate() {
            let inserted = parse_member(member)
                .and_then(|entry| baggage.insert_entry(entry).map_err(Finding::Invalid));
            match inserted {
                Ok(_) => {}
                Err(_) if errors.len() == MAX_ERRORS => more += 1,
                Err(finding) => errors.push(ParseBaggageError(Reason::Member {
                    number: index + 1,
                    text: quoted(member),
                    finding,
                })),
            }
        }
        if more > 0 {
            errors.push(ParseBaggageError(Reason::More(more)));
        }
        (baggage, errors)
    }
}

fn parse_member(member: &str) -> Result<BaggageEntry, Finding> {
    let (pair, metadata) = match member.split_once(';') {
        Some((pair, metadata)) => (pair, Some(metadata)),
        None => (member, None),
    };
    let (key, value) = pair.split_once('=').ok_or(Finding::NoEqualsSign)?;
    let key = trim(key);
    check_key(key).map_err(Finding::Invalid)?;
    let metadata = metadata.map_or(Ok(Box::default()), check_metadata);
    Ok(BaggageEntry {
        key: key.into(),
        value: decode(trim(value))?,
        metadata: metadata.map_err(Finding::Invalid)?,
    })
}

/// Source: W3C Baggage, *value*.
fn decode(value: &str) -> Result<Box<str>, Finding> {
    // Most values have no escapes, so this needs one pass and one allocation.
    if value.bytes().all(is_plain_in_value) {
        return Ok(value.into());
    }
    if let Some(found) = value.chars().find(|found| !is_baggage_octet(*found)) {
        return Err(Finding::ValueCharacter(found));
    }
    let mut decoded = Vec::with_capacity(value.len());
    let mut bytes = value.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => {
                let mut digit = || {
                    bytes
                        .next()
                        .and_then(|digit| char::from(digit).to_digit(16))
                };
                let (high, low) = digit().zip(digit()).ok_or(Finding::Percent)?;
                (high << 4 | low) as u8
            }
            byte => byte,
        });
    }
    let text = String::from_utf8(decoded);
    Ok(text
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
        .into())
}
