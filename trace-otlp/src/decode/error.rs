//! The error of decoding, with the line, column and path of the part that cannot be read.

use std::fmt;
use std::io;
use std::sync::Arc;

/// A part of an input that cannot be read, with its place and the reason.
///
/// ```
/// use trace_otlp::decode;
///
/// let mut requests = decode::requests(&b"{\"resourceSpans\": []}\n{\"resourceSpans\": 7}"[..]);
/// assert!(requests.next().unwrap().is_ok());
/// let error = requests.next().unwrap().unwrap_err();
/// assert_eq!((error.line(), error.path()), (2, "resourceSpans"));
/// assert_eq!(
///     error.to_string(),
///     "line 2, column 19: `resourceSpans` is `7`; expected an array"
/// );
/// ```
#[derive(Clone, Debug)]
pub struct DecodeError {
    pub(super) at: Position,
    pub(super) path: String,
    /// Follows the path, if there is one.
    pub(super) message: String,
    pub(super) source: Option<Arc<io::Error>>,
}

/// A place in the input. Lines and columns count from 1, and columns count bytes. Both are 0
/// in protobuf.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Position {
    pub(super) line: usize,
    pub(super) column: usize,
}

/// Most characters of a message and of a path, because both quote the input.
#[cfg(feature = "json")]
pub(super) const MAX_MESSAGE_CHARS: usize = 240;

impl DecodeError {
    /// Returns the line of the input, from 1; 0 in protobuf, which has no lines.
    #[must_use]
    pub fn line(&self) -> usize {
        self.at.line
    }

    /// Returns the column in the line, in bytes from 1. The mistake is at this column or ends
    /// there. 0 in protobuf.
    #[must_use]
    pub fn column(&self) -> usize {
        self.at.column
    }

    /// Returns the field within its request, for example
    /// `resourceSpans[0].scopeSpans[0].spans[4].traceId`; empty for the request itself, and
    /// for text between requests. For protobuf, fields have their protobuf names, such as
    /// `trace_id`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    #[cfg(feature = "json")]
    pub(super) const fn position(&self) -> Position {
        self.at
    }

    pub(super) fn new(at: Position, message: impl Into<String>) -> Self {
        Self {
            at,
            path: String::new(),
            message: message.into(),
            source: None,
        }
    }
}

/// Returns the path to a field.
#[cfg(feature = "json")]
pub(super) fn join(path: &str, field: &str) -> String {
    match path {
        "" => field.to_owned(),
        path => format!("{path}.{field}"),
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            at: Position { line, column },
            path,
            message,
            ..
        } = self;
        if *line > 0 {
            write!(f, "line {line}, column {column}: ")?;
        }
        match path.as_str() {
            "" => f.write_str(message),
            path => write!(f, "`{path}` {message}"),
        }
    }
}

impl std::error::Error for DecodeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
