//! Reads one document. OTLP is read here; other formats have their own files.

use std::sync::Arc;

use super::decoded::{DecodedRequest, MAX_PROBLEMS, ResourceSpans};
use super::error::{DecodeError, Position, join};
use super::explain::explain;
use super::foreign::{self, Found};
use super::frames::Frame;
use super::reader::Reader;
use super::record::{Scope, record, resource};
use super::salvage::Salvage;
use super::span::parts;
use super::value::tags;
use super::{jaeger, wire, zipkin};
use serde_json::value::RawValue;

/// Reads the document in `frame`. If `lenient`, leaves out parts that cannot be read, and
/// returns no error.
pub(super) fn decode(frame: &Frame<'_>, lenient: bool) -> Result<DecodedRequest, DecodeError> {
    let problem = match read(frame, lenient, Vec::new()) {
        Ok(request) => return Ok(request),
        Err(problem) => problem,
    };
    let mut salvage = Salvage::new(frame);
    // `Salvage` knows the exact place. Its error is the same whether or not reading is
    // lenient.
    let problem = salvage.problems.first().cloned().unwrap_or(problem);
    if !lenient {
        return Err(problem);
    }
    if !salvage.problems.is_empty() {
        let frame = Frame {
            bytes: &salvage.text,
            start: frame.start,
            is_first: frame.is_first,
        };
        let taken = std::mem::take(&mut salvage.taken);
        if let Ok(mut request) = read(&frame, lenient, taken) {
            request.left_out += salvage.left_out;
            salvage.problems.append(&mut request.problems);
            salvage.problems.truncate(MAX_PROBLEMS);
            request.problems = salvage.problems;
            return Ok(request);
        }
    }
    Ok(DecodedRequest {
        left_out: salvage.spans.max(1),
        problems: vec![problem],
        ..DecodedRequest::default()
    })
}

/// Returns whether a document is an object without fields.
pub(super) fn is_empty(document: &[u8]) -> bool {
    let inner = document
        .strip_prefix(b"{")
        .and_then(|rest| rest.strip_suffix(b"}"));
    inner.is_some_and(|inner| inner.trim_ascii().is_empty())
}

fn read(
    frame: &Frame<'_>,
    lenient: bool,
    taken: Vec<usize>,
) -> Result<DecodedRequest, DecodeError> {
    let mut reader = Reader::new(frame, lenient, taken);
    reader.document(frame.bytes, frame.start, "", 0)?;
    Ok(reader.request)
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
            Ok(document) if depth < wire::MAX_DEPTH && document.has_spans() => document,
            other => return self.foreign(text, start, path, other.err().as_ref()),
        };
        if document.status.is_some_and(is_partial) {
            let said = document.message.and_then(|text| {
                let said: Option<String> = serde_json::from_str(text.get()).ok();
                said.filter(|said| !said.is_empty())
            });
            self.say_partial(said.as_deref().unwrap_or("no reason is given"));
        }
        let messages = [
            ("resourceSpans", document.resource_spans),
            ("batches", document.batches),
        ];
        for (field, messages) in messages {
            for (index, message) in messages.into_iter().flatten().enumerate() {
                let path = join(path, &format!("{field}[{index}]"));
                self.group(&path, message)?;
            }
        }
        if document.group.has_scopes() {
            self.group(path, document.group)?;
        }
        for (field, text) in [("result", document.result), ("trace", document.trace)] {
            if let Some(text) = text {
                let (start, text) = (self.position_of(text), text.get().as_bytes());
                self.document(text, start, &join(path, field), depth + 1)?;
            }
        }
        Ok(())
    }

    /// Reads a document that is not OTLP. `error` is its mistake if it may be meant as OTLP.
    fn foreign(
        &mut self,
        text: &[u8],
        start: Position,
        path: &str,
        error: Option<&serde_json::Error>,
    ) -> Result<(), DecodeError> {
        let refuse = |found: &str| Err(DecodeError::from_document(start, path, found));
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
        let attributes = message.resource.unwrap_or_default().attributes;
        let mut group = ResourceSpans::new(resource(tags(attributes)), Vec::new());
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
                self.scope(&path, scope, &mut group)?;
            }
        }
        self.push(group);
        Ok(())
    }

    fn scope(
        &mut self,
        path: &str,
        message: wire::ScopeSpans<'_>,
        group: &mut ResourceSpans,
    ) -> Result<(), DecodeError> {
        let spans = message.spans.unwrap_or_default();
        let scope = message.scope.unwrap_or_default();
        let ResourceSpans {
            resource,
            spans: records,
            reports,
        } = group;
        reports.read_scope(&tags(scope.attributes), !spans.is_empty());
        let scope = Scope {
            name: &scope.name,
            version: &scope.version,
        };
        records.reserve(spans.len());
        for (index, text) in spans.into_iter().enumerate() {
            if let Some(span) = self.span::<wire::Span>(path, index, text)? {
                self.count(span.kind.is_unknown);
                self.count(span.status.code.is_unknown);
                let service = Arc::clone(&resource.service_name);
                let count = records.len();
                records.push(record(parts(span), service, &scope, reports, count));
            }
        }
        Ok(())
    }
}

/// Returns whether the status of an answer says that it is incomplete.
///
/// Source: grafana/tempo, `tempo.proto`: *PartialStatus*.
fn is_partial(status: &RawValue) -> bool {
    matches!(status.get(), "\"PARTIAL\"" | "1")
}
