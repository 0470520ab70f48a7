//! Reads one document, whatever it is.

use std::sync::Arc;

use super::error::{DecodeError, Position};
use super::foreign::{self, Found};
use super::frames::Frame;
use super::record::{record, resource};
use super::value::tags;
use super::{DecodedRequest, MAX_PROBLEMS, ResourceSpans, jaeger, wire, zipkin};
use serde::Deserialize;
use serde_json::value::RawValue;

/// Reads the document that `frame` holds.
pub(super) fn decode(frame: &Frame<'_>, lenient: bool) -> Result<DecodedRequest, DecodeError> {
    let mut reader = Reader {
        frame,
        lenient,
        line_ends: None,
        request: DecodedRequest::default(),
    };
    reader.document(frame.bytes, frame.start, "", 0)?;
    Ok(reader.request)
}

/// Documents within each other: each is looked through once more.
const MAX_DEPTH: usize = 3;

/// Makes the error that parsing `text` as a `T` gave, with the path to the field:
/// following the path costs, so that it is only done when it is needed.
pub(super) fn explain<'a, T: Deserialize<'a>>(
    text: &'a [u8],
    error: &serde_json::Error,
    start: Position,
    outer: &str,
) -> DecodeError {
    let mut json = serde_json::Deserializer::from_slice(text);
    match serde_path_to_error::deserialize::<_, T>(&mut json) {
        Err(tracked) => DecodeError::of_json(tracked.inner(), start, outer, Some(tracked.path())),
        Ok(_) => DecodeError::of_json(error, start, outer, None),
    }
}

/// Returns the path to a field.
pub(super) fn join(path: &str, field: &str) -> String {
    match path {
        "" => field.to_owned(),
        path => format!("{path}.{field}"),
    }
}

pub(super) struct Reader<'a> {
    frame: &'a Frame<'a>,
    lenient: bool,
    /// Where the frame's lines end, once that was asked for.
    line_ends: Option<Vec<usize>>,
    request: DecodedRequest,
}

impl Reader<'_> {
    /// Reads a document that begins at `start` and is found at `path`.
    fn document(
        &mut self,
        text: &[u8],
        start: Position,
        path: &str,
        depth: usize,
    ) -> Result<(), DecodeError> {
        let document = match serde_json::from_slice::<wire::Document<'_>>(text) {
            Ok(document) if depth < MAX_DEPTH && document.has_spans() => document,
            other => return self.foreign(text, start, path, other.err().as_ref()),
        };
        let messages = [
            ("resourceSpans", document.resource_spans),
            ("batches", document.batches),
        ];
        for (field, messages) in messages {
            for (index, message) in messages.into_iter().flatten().enumerate() {
                let path = join(path, &format!("{field}[{index}]"));
                if !message.is_one() {
                    let found = "another object; expected one with `resource` and `scopeSpans`";
                    return Err(DecodeError::of_document(start, &path, found));
                }
                self.group(&path, message)?;
            }
        }
        if document.scope_spans.is_some() || document.instrumentation_library_spans.is_some() {
            let message = wire::ResourceSpans {
                resource: document.resource,
                scope_spans: document.scope_spans,
                instrumentation_library_spans: document.instrumentation_library_spans,
                spans: None,
            };
            self.group(path, message)?;
        }
        for (field, text) in [("result", document.result), ("trace", document.trace)] {
            if let Some(text) = text {
                let (start, text) = (self.position_of(text), text.get().as_bytes());
                self.document(text, start, &join(path, field), depth + 1)?;
            }
        }
        Ok(())
    }

    /// Reads what is not OTLP. `error` is why it is none, if it looked as if it were.
    fn foreign(
        &mut self,
        text: &[u8],
        start: Position,
        path: &str,
        error: Option<&serde_json::Error>,
    ) -> Result<(), DecodeError> {
        let refuse = |found: &str| Err(DecodeError::of_document(start, path, found));
        let explain_or = |found: &str| match error {
            Some(error) => Err(explain::<wire::Document<'_>>(text, error, start, path)),
            None => refuse(found),
        };
        match foreign::look_at(text) {
            Found::Otlp(found) => explain_or(&found),
            Found::Unreadable => explain_or("no object"),
            Found::ZipkinSpan => zipkin::read(self, text, start, path),
            Found::JaegerAnswer => jaeger::read_answer(self, text, start, path),
            Found::JaegerTrace => jaeger::read_trace(self, text, start, path),
            Found::Other(found) => refuse(&found),
        }
    }

    fn group(&mut self, path: &str, message: wire::ResourceSpans<'_>) -> Result<(), DecodeError> {
        let mut group = ResourceSpans {
            resource: resource(tags(message.resource.unwrap_or_default().attributes)),
            spans: Vec::new(),
        };
        let scopes = [
            ("scopeSpans", message.scope_spans),
            (
                "instrumentationLibrarySpans",
                message.instrumentation_library_spans,
            ),
        ];
        for (field, scopes) in scopes {
            for (index, scope) in scopes.into_iter().flatten().enumerate() {
                let path = join(path, &format!("{field}[{index}]"));
                self.scope(&path, &scope, &mut group)?;
            }
        }
        self.push(group);
        Ok(())
    }

    fn scope(
        &mut self,
        path: &str,
        message: &wire::ScopeSpans<'_>,
        group: &mut ResourceSpans,
    ) -> Result<(), DecodeError> {
        group.spans.reserve(message.spans.len());
        for (index, text) in message.spans.iter().enumerate() {
            if let Some(span) = self.span::<wire::Span>(path, index, text)? {
                self.count(span.kind.is_unknown);
                self.count(span.status.code.is_unknown);
                let service = Arc::clone(&group.resource.service_name);
                group.spans.push(record(span, service, &message.scope));
            }
        }
        Ok(())
    }

    /// Reads one of the `spans` of what is at `path`; nothing if it is left out.
    pub(super) fn span<'t, T: Deserialize<'t>>(
        &mut self,
        path: &str,
        index: usize,
        text: &'t RawValue,
    ) -> Result<Option<T>, DecodeError> {
        let error = match serde_json::from_str(text.get()) {
            Ok(span) => return Ok(Some(span)),
            Err(error) => error,
        };
        self.request.left_out += 1;
        if self.request.problems.len() < MAX_PROBLEMS {
            let at = self.position_of(text);
            let path = join(path, &format!("spans[{index}]"));
            let problem = explain::<T>(text.get().as_bytes(), &error, at, &path);
            if !self.lenient {
                return Err(problem);
            }
            self.request.problems.push(problem);
        }
        Ok(None)
    }

    /// Counts a value of an enum.
    pub(super) fn count(&mut self, is_unknown: bool) {
        self.request.unknown_enums += u64::from(is_unknown);
    }

    pub(super) fn push(&mut self, group: ResourceSpans) {
        self.request.groups.push(group);
    }

    /// Returns where in the input a text begins that lies in the frame.
    fn position_of(&mut self, text: &RawValue) -> Position {
        let bytes = self.frame.bytes;
        let offset = (text.get().as_ptr() as usize).saturating_sub(bytes.as_ptr() as usize);
        let line_ends = self.line_ends.get_or_insert_with(|| {
            let ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
            ends.map(|(index, _)| index).collect()
        });
        let lines = line_ends.partition_point(|end| *end < offset);
        let last = lines.checked_sub(1).and_then(|last| line_ends.get(last));
        let column = last.map_or(offset + 1, |end| offset - end);
        self.frame.start.plus(lines + 1, column)
    }
}
