//! Recognizes documents that are not OTLP.
//!
//! Owns the lists of fields by which documents are recognized. Does not read their spans.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The kind of a document.
pub(super) enum Found {
    /// It has a field of an OTLP document, or of an object around one.
    Otlp(String),
    ZipkinSpan,
    /// `{"data": [..]}`
    JaegerAnswer,
    /// An element of `data`.
    JaegerTrace,
    /// Something else; the text follows "is" in the error.
    Other(String),
    /// Not a JSON object.
    Unreadable,
}

/// Fields by which other documents are recognized, in addition to the lists below.
const TELLING: [&str; 23] = [
    "Name",
    "SpanContext",
    "binaryAnnotations",
    "context",
    "data",
    "errors",
    "limit",
    "meta",
    "parent_id",
    "resourceLogs",
    "resourceMetrics",
    "resourceProfiles",
    "resource_logs",
    "resource_metrics",
    "resource_profiles",
    "spanID",
    "spanId",
    "span_id",
    "spans",
    "start_time",
    "total",
    "traceID",
    "trace_id",
];

/// Fields of a span of Zipkin's version 2, without its ids, `name` and `timestamp`, which
/// any document may have.
const ZIPKIN: [&str; 9] = [
    "parentId",
    "kind",
    "duration",
    "debug",
    "shared",
    "localEndpoint",
    "remoteEndpoint",
    "annotations",
    "tags",
];

/// Fields of OpenTelemetry spans in other formats. No span of Zipkin has them.
const CONSOLE: [&str; 9] = [
    "attributes",
    "events",
    "instrumentationLibrary",
    "instrumentationScope",
    "links",
    "parentSpanContext",
    "resource",
    "status",
    "traceState",
];

/// Fields of a line of a log.
const LOG: [&str; 8] = [
    "body",
    "level",
    "message",
    "msg",
    "severity",
    "severityNumber",
    "severityText",
    "traceFlags",
];

/// Other fields by which documents are recognized.
const SHARED: [&str; 5] = ["id", "name", "timestamp", "traceId", "traces"];

/// Fields of an OTLP document, and of objects around one.
const OTLP: [&str; 9] = [
    "resourceSpans",
    "resource_spans",
    "batches",
    "scopeSpans",
    "scope_spans",
    "instrumentationLibrarySpans",
    "instrumentation_library_spans",
    "result",
    "trace",
];

/// The documents that are expected instead.
const EXPECTED: &str = "`resourceSpans` of OTLP, or spans of Tempo, Jaeger or Zipkin";

/// Looks at the fields of a document.
pub(super) fn look_at(text: &[u8]) -> Found {
    let Ok(fields) = serde_json::from_slice::<Fields>(text) else {
        return Found::Unreadable;
    };
    let has = |names: &[&str]| names.iter().all(|name| fields.telling.contains(name));
    let has_any = |names: &[&str]| names.iter().any(|name| fields.telling.contains(name));
    if has_any(&OTLP) {
        return Found::Otlp(format!("{fields}; expected {EXPECTED}"));
    }
    let has_ids = has(&["traceId", "id"]) && !has(&["spanId"]);
    let zipkin = if has_ids {
        Zipkin::from_text(text)
    } else {
        Zipkin::default()
    };
    let is_dump = has_ids && (has_any(&CONSOLE) || zipkin.has_kind_by_number());
    let is_first_version = has(&["binaryAnnotations"]) || zipkin.has_endpoint();
    if has_ids && !is_dump && !is_first_version && !has_any(&LOG) {
        // Storage backends add their own fields. So an object with an unknown field also needs
        // a field that only Zipkin has.
        let is_known = fields.number == fields.telling.len();
        if is_known || has_any(&ZIPKIN) {
            return Found::ZipkinSpan;
        }
    }
    if has(&["data"]) && is_of_jaeger(text) {
        return Found::JaegerAnswer;
    }
    if has(&["traceID", "spans"]) {
        return Found::JaegerTrace;
    }
    let signals = [
        ("resourceLogs", "resource_logs", "logs"),
        ("resourceMetrics", "resource_metrics", "metrics"),
        ("resourceProfiles", "resource_profiles", "profiles"),
    ];
    let signal = signals.iter().find_map(|(camel, snake, signal)| {
        let field = [camel, snake].into_iter().find(|field| has(&[field]))?;
        Some((field, signal))
    });
    Found::Other(if let Some((field, signal)) = signal {
        format!(
            "an object with {signal} alone (`{field}`); expected `resourceSpans`: lenient \
             reading leaves out what has none"
        )
    } else if is_first_version && has_any(&["traceId", "id"]) {
        "a span of Zipkin's version 1; expected version 2, or OTLP: an OpenTelemetry Collector \
         reads it by its receiver `zipkin` and writes OTLP by its exporter `file`"
            .to_owned()
    } else if has(&["SpanContext", "Name"]) {
        console_of("Go")
    } else if has(&["context", "start_time"]) {
        console_of("Python")
    } else if is_dump {
        console_of("JavaScript")
    } else if has(&["trace_id", "span_id"]) && has_any(&["meta", "parent_id"]) {
        "a span as Datadog's libraries send it; expected OTLP, which an OpenTelemetry Collector \
         makes of it by its receiver `datadog` and its exporter `file`"
            .to_owned()
    } else if has_any(&["traceId", "trace_id"]) && has_any(&["spanId", "span_id"]) {
        "a span by itself; expected it among the `spans` of a `resourceSpans`".to_owned()
    } else if has(&["traceID", "spanID"]) {
        "a span of Jaeger's by itself; expected its trace, as `/api/traces/{id}` of Jaeger \
         answers"
            .to_owned()
    } else if has(&["data"]) && has_any(&["total", "limit", "errors"]) {
        format!("an answer of Jaeger's without traces; expected {EXPECTED}")
    } else if has(&["traces"]) && is_search(text) {
        format!("a list of traces without their spans; expected {EXPECTED}")
    } else {
        format!("{fields}; expected {EXPECTED}")
    })
}

fn console_of(language: &str) -> String {
    format!(
        "a span as the console exporter of the {language} SDK prints it; expected \
         `resourceSpans`, which an OTLP exporter writes"
    )
}

/// Returns whether the first element of `data` has spans.
fn is_of_jaeger(text: &[u8]) -> bool {
    #[derive(serde::Deserialize)]
    struct Answer {
        data: Vec<Trace>,
    }
    #[derive(serde::Deserialize)]
    struct Trace {
        #[serde(rename = "spans")]
        _spans: IgnoredAny,
    }
    serde_json::from_slice(text).is_ok_and(|answer: Answer| !answer.data.is_empty())
}

/// Returns whether `traces` are the results of a Tempo search, which have no spans.
fn is_search(text: &[u8]) -> bool {
    #[derive(serde::Deserialize)]
    struct Answer {
        traces: Vec<Trace>,
    }
    #[derive(serde::Deserialize)]
    struct Trace {
        #[serde(rename = "traceID", alias = "traceId")]
        _id: IgnoredAny,
        spans: Option<IgnoredAny>,
    }
    let answer = serde_json::from_slice(text);
    answer.is_ok_and(|answer: Answer| answer.traces.iter().all(|trace| trace.spans.is_none()))
}

/// The fields that show whether a span has Zipkin's version 2. All are absent if the span
/// cannot be read.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Zipkin<'a> {
    #[serde(borrow)]
    kind: Option<&'a RawValue>,
    annotations: Option<Vec<Annotation>>,
}

#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Annotation {
    endpoint: Option<IgnoredAny>,
}

impl<'a> Zipkin<'a> {
    fn from_text(text: &'a [u8]) -> Self {
        serde_json::from_slice(text).unwrap_or_default()
    }

    fn has_kind_by_number(&self) -> bool {
        let is_number = |kind: &RawValue| kind.get().starts_with(|c: char| c.is_ascii_digit());
        self.kind.is_some_and(is_number)
    }

    /// Returns whether an annotation has an endpoint, as in version 1.
    fn has_endpoint(&self) -> bool {
        let annotations = self.annotations.as_deref().unwrap_or_default();
        annotations
            .iter()
            .any(|annotation| annotation.endpoint.is_some())
    }
}

/// The names of an object's fields.
struct Fields {
    /// The first of the names, in the order of the document.
    first: Vec<String>,
    number: usize,
    telling: Vec<&'static str>,
}

/// Most fields that an error names.
const SHOWN: usize = 4;

impl fmt::Display for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.number == 0 {
            return f.write_str("an empty object");
        }
        f.write_str("an object with ")?;
        for (index, name) in self.first.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}`{}`", trace_core::visible(name, 20))?;
        }
        match self.number - self.first.len() {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
        let mut fields = Fields {
            first: Vec::new(),
            number: 0,
            telling: Vec::new(),
        };
        while let Some((name, _)) = map.next_entry::<String, IgnoredAny>()? {
            let lists: [&[&'static str]; 6] = [&OTLP, &TELLING, &ZIPKIN, &CONSOLE, &LOG, &SHARED];
            let mut lists = lists.into_iter().flatten();
            let telling = lists.find(|telling| **telling == name);
            if let Some(telling) = telling.filter(|telling| !fields.telling.contains(telling)) {
                fields.telling.push(telling);
            }
            if fields.first.len() < SHOWN {
                fields.first.push(name);
            }
            fields.number += 1;
        }
        Ok(fields)
    }
}
