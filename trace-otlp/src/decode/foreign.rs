//! What a document is that is not OTLP.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

/// What a document is.
pub(super) enum Found {
    /// It has a field of a document of OTLP, or of what is put around one.
    Otlp(String),
    ZipkinSpan,
    /// `{"data": [..]}`
    JaegerAnswer,
    /// One of what is in `data`.
    JaegerTrace,
    /// Something else: what follows "is".
    Other(String),
    /// No object of JSON.
    Unreadable,
}

/// Fields by which other documents are told apart.
const TELLING: [&str; 24] = [
    "Name",
    "SpanContext",
    "binaryAnnotations",
    "context",
    "data",
    "errors",
    "id",
    "limit",
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
    "traceId",
    "trace_id",
    "traces",
];

/// Fields of a document of OTLP, and of what is put around one.
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

/// What is expected instead.
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
    if has(&["traceId", "id"]) && !has(&["spanId"]) && !has(&["binaryAnnotations"]) {
        return Found::ZipkinSpan;
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
        format!("an object with {signal} alone (`{field}`); expected `resourceSpans`")
    } else if has(&["binaryAnnotations"]) && has_any(&["traceId", "id"]) {
        "a span of Zipkin's version 1; expected version 2, or OTLP: an OpenTelemetry Collector \
         reads it by its receiver `zipkin` and writes OTLP by its exporter `file`"
            .to_owned()
    } else if has(&["SpanContext", "Name"]) {
        console_of("Go")
    } else if has(&["context", "start_time"]) {
        console_of("Python")
    } else if has_any(&["traceId", "trace_id"]) && has_any(&["spanId", "span_id"]) {
        "a span by itself; expected it among the `spans` of a `resourceSpans`".to_owned()
    } else if has(&["traceID", "spanID"]) {
        "a span of Jaeger's by itself; expected its trace, as `/api/traces/{id}` of Jaeger \
         answers"
            .to_owned()
    } else if has(&["data"]) && has_any(&["total", "limit", "errors"]) {
        format!("an answer of Jaeger's without traces; expected {EXPECTED}")
    } else if has(&["traces"]) {
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

/// Whether the first of `data` has spans.
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

/// The names of an object's fields.
struct Fields {
    /// Some of them, in the order of the document.
    first: Vec<String>,
    number: usize,
    telling: Vec<&'static str>,
}

/// Fields that are named.
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
            let telling = OTLP
                .iter()
                .chain(&TELLING)
                .find(|telling| **telling == name);
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
