//! The text of `traceparent`.

use std::fmt;

use crate::propagation::carrier::text;
use crate::value::baggage::trim;
use crate::value::hex::{HexFinding, lower_hex, parse_hex, sixteen_digits, write_hex};
use crate::value::{ParseIdError, SpanId, TraceContext, TraceFlags, TraceId};

/// The error for an invalid `traceparent`. The caller should start a new trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseTraceparentError(Reason);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Reason {
    Missing(Field),
    Hex(Field, HexFinding),
    VersionFf,
    Trailing,
    Repeated,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Version,
    TraceId,
    ParentId,
    TraceFlags,
}

impl TraceContext {
    /// Returns the text of the `traceparent` header, in version 00 with 55 characters.
    ///
    /// It does not contain the `tracestate`, the baggage or the parent of the current span.
    ///
    /// Source: W3C Trace Context Level 2, *Traceparent Header*.
    ///
    /// ```
    /// use trace_core::TraceContext;
    ///
    /// let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    /// assert_eq!(TraceContext::from_traceparent(text)?.to_traceparent(), text);
    /// # Ok::<(), trace_core::propagation::ParseTraceparentError>(())
    /// ```
    #[must_use]
    pub fn to_traceparent(&self) -> String {
        // "The behavior of other flags is not defined. Vendors MUST set those to
        // zero."
        let flags = known(self.flags).as_byte();
        // Most client calls write this header, and `format!` would be slower.
        let mut text = *b"00-00000000000000000000000000000000-0000000000000000-00";
        if let Some(digits) = text.get_mut(3..35) {
            write_hex(self.trace_id.get(), digits);
        }
        if let Some(digits) = text.get_mut(36..52) {
            write_hex(self.span_id.get().into(), digits);
        }
        if let Some(digits) = text.get_mut(53..55) {
            write_hex(flags.into(), digits);
        }
        // All bytes are ASCII.
        String::from_utf8(text.into()).unwrap_or_default()
    }

    /// Reads the text of a `traceparent` header. The context is remote.
    ///
    /// Version 00 has exactly 55 characters. In higher versions, only the fields of version 00
    /// are read. The flags *sampled* and *random* are kept, and other flags are not. Spaces and
    /// tabs around the text are ignored.
    ///
    /// Source: W3C Trace Context Level 2, *Traceparent Header* and *Versioning of
    /// traceparent*.
    ///
    /// # Errors
    ///
    /// If a field is missing or invalid. Start a new trace then.
    ///
    /// ```
    /// use trace_core::TraceContext;
    ///
    /// let text = "00-00000000000000000000000000000000-00f067aa0ba902b7-01";
    /// assert_eq!(
    ///     TraceContext::from_traceparent(text).unwrap_err().to_string(),
    ///     "`trace-id` in `traceparent` is all zeros; expected 32 lower-case hex digits"
    /// );
    /// ```
    pub fn from_traceparent(text: &str) -> Result<Self, ParseTraceparentError> {
        if let Some(context) = read_version_00(text.as_bytes()) {
            return Ok(context);
        }
        let mut fields = trim(text).splitn(5, '-');
        let mut next = |field| {
            let text = fields.next();
            text.ok_or(ParseTraceparentError(Reason::Missing(field)))
        };
        let version = parse_byte(Field::Version, next(Field::Version)?)?;
        if version == 0xff {
            return Err(ParseTraceparentError(Reason::VersionFf));
        }
        let trace_id = next(Field::TraceId)?.parse::<TraceId>();
        let trace_id = trace_id.map_err(|error| bad_id(Field::TraceId, &error))?;
        let span_id = next(Field::ParentId)?.parse::<SpanId>();
        let span_id = span_id.map_err(|error| bad_id(Field::ParentId, &error))?;
        let flags = parse_byte(Field::TraceFlags, next(Field::TraceFlags)?)?;
        let flags = TraceFlags::from_byte(flags);
        if version == 0 && fields.next().is_some() {
            return Err(ParseTraceparentError(Reason::Trailing));
        }
        Ok(received(trace_id, span_id, flags))
    }
}

/// Reads the value of a `traceparent` header.
pub(super) fn read_value(value: &[u8]) -> Result<TraceContext, ParseTraceparentError> {
    // All bytes of a valid text are ASCII, so it need not be checked for UTF-8.
    match read_version_00(value) {
        Some(context) => Ok(context),
        None => TraceContext::from_traceparent(&text(value)),
    }
}

/// Reads a valid text of version 00, as nearly all texts are. The function for all other texts
/// finds out which field is invalid, and takes five times as long.
fn read_version_00(text: &[u8]) -> Option<TraceContext> {
    let [b'0', b'0', b'-', text @ ..] = text else {
        return None;
    };
    let (high, text) = text.split_first_chunk()?;
    let (low, text) = text.split_first_chunk()?;
    let [b'-', text @ ..] = text else { return None };
    let (span_id, text) = text.split_first_chunk()?;
    let [b'-', flags @ ..] = text else {
        return None;
    };
    let trace_id = u128::from(sixteen_digits(high)?) << 64 | u128::from(sixteen_digits(low)?);
    let trace_id = TraceId::new(trace_id)?;
    let span_id = SpanId::new(sixteen_digits(span_id)?)?;
    let flags = lower_hex(flags).filter(|_| flags.len() == 2)?;
    Some(received(
        trace_id,
        span_id,
        TraceFlags::from_byte(flags as u8),
    ))
}

fn received(trace_id: TraceId, span_id: SpanId, flags: TraceFlags) -> TraceContext {
    TraceContext {
        flags: known(flags),
        is_remote: true,
        ..TraceContext::new(trace_id, span_id)
    }
}

impl ParseTraceparentError {
    /// There are several such headers, so none of them can be trusted.
    pub(super) const REPEATED: Self = Self(Reason::Repeated);
}

/// Returns the flags that are defined.
const fn known(flags: TraceFlags) -> TraceFlags {
    TraceFlags::NONE
        .with_sampled(flags.is_sampled())
        .with_random(flags.is_random())
}

fn parse_byte(field: Field, text: &str) -> Result<u8, ParseTraceparentError> {
    parse_hex(text, 2)
        .map(|value| value as u8)
        .map_err(|finding| ParseTraceparentError(Reason::Hex(field, finding)))
}

fn bad_id(field: Field, error: &ParseIdError) -> ParseTraceparentError {
    ParseTraceparentError(Reason::Hex(field, error.finding()))
}

impl Field {
    const fn name(self) -> &'static str {
        match self {
            Self::Version => "version",
            Self::TraceId => "trace-id",
            Self::ParentId => "parent-id",
            Self::TraceFlags => "trace-flags",
        }
    }

    const fn digits(self) -> u8 {
        match self {
            Self::Version | Self::TraceFlags => 2,
            Self::TraceId => 32,
            Self::ParentId => 16,
        }
    }
}

impl fmt::Display for ParseTraceparentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = match self.0 {
            Reason::Missing(field) => {
                write!(f, "`{}` in `traceparent` is missing", field.name())?;
                field
            }
            Reason::Hex(field, finding) => {
                write!(f, "`{}` in `traceparent` {finding}", field.name())?;
                field
            }
            Reason::VersionFf => {
                return f.write_str("`version` in `traceparent` is `ff`; expected `00` to `fe`");
            }
            Reason::Trailing => {
                return f.write_str(
                    "`traceparent` of version 00 goes on after `trace-flags`; \
                     expected 55 characters",
                );
            }
            Reason::Repeated => {
                return f.write_str("`traceparent` is there more than once; expected one");
            }
        };
        write!(f, "; expected {} lower-case hex digits", field.digits())
    }
}

impl std::error::Error for ParseTraceparentError {}
