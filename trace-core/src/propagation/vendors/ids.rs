//! Ids as vendors write them: hex digits in either case, of several lengths.

use super::error::{Field, ParseVendorError};
use crate::value::baggage::trim;
use crate::value::hex::{HexFinding, parse_any_hex};
use crate::value::{SpanId, TraceId};

/// Reads a trace id of 32 hex digits, or of 16, which is padded with zeros.
///
/// Source: B3 Propagation, *TraceId*.
pub(super) fn trace_id(field: Field, text: &str) -> Result<TraceId, ParseVendorError> {
    number(
        field,
        text,
        |length| matches!(length, 16 | 32),
        TraceId::new,
    )
}

/// Reads a span id of 16 hex digits.
pub(super) fn span_id(field: Field, text: &str) -> Result<SpanId, ParseVendorError> {
    number(
        field,
        text,
        |length| length == 16,
        |id| SpanId::new(low(id)),
    )
}

/// Reads a trace id whose leading zeros may be missing.
///
/// Source: Jaeger, *Propagation Format*.
pub(super) fn short_trace_id(field: Field, text: &str) -> Result<TraceId, ParseVendorError> {
    number(field, text, |length| matches!(length, 1..=32), TraceId::new)
}

/// Reads a span id whose leading zeros may be missing.
pub(super) fn short_span_id(field: Field, text: &str) -> Result<SpanId, ParseVendorError> {
    number(
        field,
        text,
        |length| matches!(length, 1..=16),
        |id| SpanId::new(low(id)),
    )
}

/// Returns the low 64 bits of a number.
pub(super) fn low(number: u128) -> u64 {
    u64::try_from(number & u128::from(u64::MAX)).unwrap_or(0)
}

fn number<Id>(
    field: Field,
    text: &str,
    is_length: impl Fn(usize) -> bool,
    id: impl Fn(u128) -> Option<Id>,
) -> Result<Id, ParseVendorError> {
    parse_any_hex(trim(text), is_length)
        .and_then(|number| id(number).ok_or(HexFinding::AllZero))
        .map_err(|finding| field.hex(finding))
}
