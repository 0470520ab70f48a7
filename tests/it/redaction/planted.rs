//! Tests with planted secrets: none leaves, by any way out.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use trace_core::{
    Link, MemoryCollector, SpanId, TraceCollector, TraceCollectorOptions, TraceContext, TraceId,
    Tracer, TreeOptions, collector_fn, span, traced,
};
use trace_otlp::{ChromeTraceCollector, JsonCollector, Redaction};

/// What no output may contain: one of them is in every planted text. Long enough that no id and
/// no time has one by chance.
const PLANTED: [&str; 4] = ["hunter2", "SECRETS0", "4111 1111", "41111111"];

/// Texts with a secret, each of another sort.
fn texts() -> Vec<String> {
    let token = |parts: [&str; 2]| parts.concat();
    vec![
        "password=hunter2".into(),
        "user=ann password='hunter2 hunter2' x".into(),
        r#"{"user":"ann","password":"hunter2"}"#.into(),
        r#"{"body":"{\"client_secret\":\"hunter2 hunter2\"}"}"#.into(),
        "Login { password: Some(\"hunter2\") }".into(),
        "mysql --password hunter2 -h db".into(),
        "Authorization: Bearer hunter2.hunter2".into(),
        "Cookie: a=hunter2; b=hunter2".into(),
        "sent Bearer hunter2.x".into(),
        // `ann:hunter2`.
        "sent Basic YW5uOmh1bnRlcjI=".into(),
        "postgres://ann:hunter2@db:5432/shop".into(),
        "GET https://hunter2@shop/a?page=1 failed".into(),
        "/a?page=1&token=hunter2&X-Amz-Signature=hunter2".into(),
        "/login?next=https%3A%2F%2Fa%2F%3Ftoken%3Dhunter2".into(),
        "/a?p%61ssword=hunter2".into(),
        "eyJhbGciOiJIUzI1NiJ9.eyJTRUNSRVRTMCI6MX0SECRETS0.SECRETS0".into(),
        token(["AKIA", "SECRETS0SECRETS0"]),
        token(["ghp", "_SECRETS0SECRETS0SECRETS0"]),
        token(["xoxb", "-SECRETS0-SECRETS0"]),
        token(["sk_live", "_SECRETS0SECRETS0"]),
        token(["AIza", "SECRETS0SECRETS0SECRETS0SECRETS0"]),
        "-----BEGIN PRIVATE KEY-----\nSECRETS0\n-----END PRIVATE KEY-----".into(),
        "card 4111 1111 1111 1111 declined".into(),
        "pay/4111111111111111".into(),
    ]
}

/// Texts that stay.
const INNOCENT: [&str; 6] = [
    "67e55044-10b1-426f-9247-bb680e5fe0c8",
    "4bf92f3577b34da6a3ce929d0e0e4736",
    "tokens=12",
    "order 1234567890123456",
    "http://shop:8080/a?page=2",
    "author=ann",
];

#[traced(tags(note, password = note, notes = [note, "a"]))]
fn handle(note: &str) -> Result<(), String> {
    span::add_tag("run.time", note);
    span::add_tag("api_key", "hunter2");
    span::add_log(note);
    span::add_log_with("a", &[("field", &note), ("session.id", &"hunter2")]);
    let mut link = Link::from(TraceContext::new(
        TraceId::new(1).unwrap(),
        SpanId::new(2).unwrap(),
    ));
    link.tags
        .push(trace_core::Tag::new("note", note.to_owned()));
    span::add_link(link);
    span::in_span(note, || span::set_status(note.to_owned()));
    span::add_tag("gen_ai.usage.output_tokens", 12);
    Err(note.to_owned())
}

/// A writer that keeps what is written.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Written {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

/// Records the texts, and returns what each way out has: a file of OTLP/JSON, the printed
/// trees, a file for Perfetto, the bodies of requests, and the records.
fn ways_out<'a>(texts: impl IntoIterator<Item = &'a str>) -> [String; 5] {
    let (file, printed, memory) = (
        Written::default(),
        Written::default(),
        MemoryCollector::new(),
    );
    let (perfetto, requests) = (Written::default(), Written::default());
    let bodies = requests.clone();
    let tree = TreeOptions {
        header: true,
        tags: true,
        logs: true,
        ..TreeOptions::default()
    };
    let options = TraceCollectorOptions::default();
    let tracer = Tracer::builder("shop")
        .tag("db.password", "hunter2")
        .tag("process.command_line", "shop --api-key hunter2")
        .collector(JsonCollector::to_writer(file.clone()))
        .collector(TraceCollector::printing_to(options, tree, printed.clone()))
        .collector(memory.clone())
        .collector(ChromeTraceCollector::to_writer(perfetto.clone()))
        // What is sent, over HTTP and gRPC alike.
        .collector(collector_fn(move |batch| {
            let body = trace_otlp::to_protobuf(batch);
            bodies.clone().write_all(&body).unwrap();
        }))
        .redact(Redaction::standard())
        .build()
        .unwrap();
    for text in texts {
        tracer.root("serve").run_sync(|| {
            let _failed = handle(text);
        });
    }
    assert!(tracer.flush(Duration::from_secs(60)).is_complete);
    let memory = format!("{:?}", memory.take());
    [file, printed, perfetto, requests]
        .map(|written| written.text())
        .into_iter()
        .chain([memory])
        .collect::<Vec<_>>()
        .try_into()
        .unwrap()
}

#[test]
fn no_planted_secret_leaves() {
    let texts = texts();
    for text in &texts {
        let is_planted = PLANTED.iter().any(|planted| text.contains(planted));
        assert!(is_planted || text.contains("YW5u"), "{text}");
    }
    for out in ways_out(texts.iter().map(String::as_str)) {
        assert!(out.contains("REDACTED"), "{out}");
        for planted in PLANTED.iter().chain(&["YW5uOmh1bnRlcjI"]) {
            let place = out.find(planted);
            let around = place.map(|place| {
                let before = out[..place].char_indices().rev().nth(200);
                &out[before.map_or(0, |(before, _)| before)..place + planted.len()]
            });
            assert_eq!(around, None, "{planted}");
        }
    }
}

#[test]
fn what_is_innocent_stays() {
    let [file, printed, _, requests, records] = ways_out(INNOCENT);
    for text in INNOCENT {
        for out in [&file, &printed, &requests, &records] {
            // Ten places or more: tags, logs, fields, links, names, statuses.
            assert!(out.matches(text).count() >= 8, "{text} in {out}");
        }
    }
    assert!(file.contains(r#"{"key":"gen_ai.usage.output_tokens","value":{"intValue":"12"}}"#));
}
