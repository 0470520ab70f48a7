//! Baggage as Jaeger's clients write it: one header for each entry.

use std::fmt::Write as _;

use crate::propagation::{Extracted, Extractor, HeaderProblem, Injector};
use crate::value::Baggage;
use crate::value::visible::quoted;

const PREFIX: &str = "uberctx-";

/// The most headers that are reported one by one.
const MAX_PROBLEMS: usize = 64;

/// Writes each entry. Removes older entries, if the carrier can list its headers.
pub(super) fn inject(baggage: &Baggage, headers: &mut dyn Injector) {
    headers.remove_prefixed(PREFIX);
    for (key, value) in baggage.iter() {
        let name = format!("{PREFIX}{}", key.to_ascii_lowercase());
        headers.set(&name, &encode(value));
    }
}

pub(super) fn extract(headers: &dyn Extractor) -> Extracted {
    let mut found = Extracted::default();
    let mut more = 0;
    headers.for_each_prefixed(PREFIX, &mut |name, value| {
        // The prefix is ASCII, so the cut is at a character boundary.
        let key = name.get(PREFIX.len()..).unwrap_or_default();
        let Err(error) = found
            .baggage
            .insert(key.to_ascii_lowercase(), decode(value))
        else {
            return;
        };
        match found.problems.len() {
            MAX_PROBLEMS => more += 1,
            _ => {
                // In a map of texts a name may contain any character.
                let name = quoted(name).to_ascii_lowercase();
                let finding = format!("`{name}`: {error}");
                let problem = HeaderProblem::of_baggage(&name, finding);
                found.problems.push(problem);
            }
        }
    });
    if more > 0 {
        let finding = format!("{more} more headers `{PREFIX}…` are left out; expected up to 64");
        let problem = HeaderProblem::of_more_baggage(PREFIX, finding, more);
        found.problems.push(problem);
    }
    found
}

fn encode(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                text.push(char::from(byte));
            }
            // Writing to a string cannot fail.
            byte => drop(write!(text, "%{byte:02X}")),
        }
    }
    text
}

/// Decodes a value. Clients use percent-encoding or form encoding, in which `+` is a space.
/// Both encode a `+` itself. A `%` without two hex digits is kept as it is.
fn decode(mut rest: &[u8]) -> String {
    let mut decoded = Vec::with_capacity(rest.len());
    while let [byte, after @ ..] = rest {
        rest = after;
        decoded.push(match (byte, after) {
            (b'+', _) => b' ',
            (b'%', [high, low, after @ ..]) => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => {
                    rest = after;
                    high << 4 | low
                }
                _ => b'%',
            },
            (byte, _) => *byte,
        });
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

fn digit(byte: u8) -> Option<u8> {
    let digit = char::from(byte).to_digit(16)?;
    u8::try_from(digit).ok()
}
