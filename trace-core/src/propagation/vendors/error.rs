//! The error for headers that are not the W3C's.

use std::fmt;

use crate::value::hex::HexFinding;
use crate::value::visible::quoted;

/// A header, or a part of one, that a propagator for B3, Jaeger, Datadog, X-Ray or
/// `X-Trace-Id` left out.
///
/// ```
/// use trace_core::propagation::{B3Propagator, Propagator};
///
/// let found = B3Propagator.extract(&[("b3", "4bf92f3577b34da6-00f067aa0ba902b7-x")]);
/// assert_eq!(
///     found.problems[0].to_string(),
///     "sampling state in `b3` is `x`; expected `0`, `1` or `d`"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseVendorError {
    header: &'static str,
    /// The part of the header, in words; empty for the whole header.
    part: &'static str,
    finding: Finding,
    expected: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Finding {
    Missing,
    Hex(HexFinding),
    Text(Box<str>),
    GoesOn,
    TooLong,
}

/// A header or a part of one, and what is expected there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) header: &'static str,
    pub(super) part: &'static str,
    pub(super) expected: &'static str,
}

impl Field {
    /// A header that has no parts.
    pub(super) const fn whole(header: &'static str, expected: &'static str) -> Self {
        Self {
            header,
            part: "",
            expected,
        }
    }

    pub(super) const fn missing(self) -> ParseVendorError {
        self.error(Finding::Missing)
    }

    pub(super) const fn hex(self, finding: HexFinding) -> ParseVendorError {
        self.error(Finding::Hex(finding))
    }

    /// The text is not the expected one.
    pub(super) fn is(self, text: &str) -> ParseVendorError {
        self.error(Finding::Text(quoted(text)))
    }

    /// There is more text after the last part.
    pub(super) const fn goes_on(self) -> ParseVendorError {
        self.error(Finding::GoesOn)
    }

    /// The text is longer than what can be kept.
    pub(super) const fn too_long(self) -> ParseVendorError {
        self.error(Finding::TooLong)
    }

    const fn error(self, finding: Finding) -> ParseVendorError {
        ParseVendorError {
            header: self.header,
            part: self.part,
            finding,
            expected: self.expected,
        }
    }
}

impl ParseVendorError {
    /// Returns the name of the header, in lower case.
    #[must_use]
    pub const fn header(&self) -> &'static str {
        self.header
    }
}

impl fmt::Display for ParseVendorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.part {
            "" => write!(f, "`{}` ", self.header)?,
            part => write!(f, "{part} in `{}` ", self.header)?,
        }
        match &self.finding {
            Finding::Missing => f.write_str("is missing")?,
            Finding::Hex(finding) => finding.fmt(f)?,
            Finding::Text(found) => write!(f, "is `{found}`")?,
            Finding::GoesOn => f.write_str("is not the end")?,
            Finding::TooLong => f.write_str("is more than is kept")?,
        }
        write!(f, "; expected {}", self.expected)
    }
}

impl std::error::Error for ParseVendorError {}
