//! The text of `traceparent`.

use std::fmt::{self, Write as _};

use crate::value::baggage::trim;
use crate::value::hex::{HexFinding, parse_hex};
use crate::value::{ParseIdError, SpanId, TraceContext, TraceFlags, TraceId};

/// A text that is no `traceparent`. The caller starts a new trace.
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
    /// Returns the text of the `traceparent` header: version 00, 55 characters.
    ///
    /// State, baggage and the parent of the current span are not in it.
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
        // Allocated once: most calls of a client write it.
        let mut text = String::with_capacity(55);
        let (trace_id, span_id) = (self.trace_id, self.span_id);
        let _infallible = write!(text, "00-{trace_id}-{span_id}-{flags:02x}");
        text
    }

    /// Reads the text of a `traceparent` header; the context is remote.
    ///
    /// Version 00 has exactly 55 characters. Of higher versions what version 00
    /// has is read, with the flags that it has: *sampled* and *random*. Others are
    /// not kept. Spaces and tabs around the text are no part of it.
    /// Source: W3C Trace Context Level 2, *Traceparent Header* and *Versioning of
    /// traceparent*.
    ///
    /// # Errors
    ///
    /// When a field is missing or bad; start a new trace.
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
        Ok(Self {
            flags: known(flags),
            is_remote: true,
            ..Self::new(trace_id, span_id)
        })
    }
}

impl ParseTraceparentError {
    /// The header is there more than once, so that none of them can be trusted.
    pub(super) const REPEATED: Self = Self(Reason::Repeated);
}

/// Returns the flags that have a meaning.
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
