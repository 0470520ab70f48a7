//! Records of `log`: in spans, and in the lines of the logger within.

use std::sync::Mutex;
use std::time::Duration;

use trace_core::{MemoryCollector, Tracer, traced};

static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct Lines;

impl log::Log for Lines {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.target() != "quiet"
    }

    fn log(&self, record: &log::Record<'_>) {
        struct Keys(String);
        impl<'kvs> log::kv::VisitSource<'kvs> for Keys {
            fn visit_pair(
                &mut self,
                key: log::kv::Key<'kvs>,
                value: log::kv::Value<'kvs>,
            ) -> Result<(), log::kv::Error> {
                self.0 += &format!(" {key}={value}");
                Ok(())
            }
        }
        let mut keys = Keys(String::new());
        record.key_values().visit(&mut keys).unwrap();
        LINES
            .lock()
            .unwrap()
            .push(format!("{} {}{}", record.level(), record.args(), keys.0));
    }

    fn flush(&self) {}
}

#[traced]
fn ours() {
    log::info!(order = 7, ratio = 0.5, paid = true, who = "ann", password = "x"; "paid {}", 1);
    log::debug!("too quiet for a span");
    log::warn!(target: "quiet", "without a line");
}

#[test]
fn a_record_is_a_log_of_the_current_span_and_a_line() {
    let logger = trace_bridge::log_around(Lines).with_ids();
    log::set_boxed_logger(Box::new(logger)).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    let spans = MemoryCollector::new();
    let tracer = Tracer::builder("test")
        .collector(spans.clone())
        .on_demand()
        .build()
        .unwrap();
    let mut trace_id = None;
    tracing::subscriber::with_default(trace_bridge::subscriber(), || {
        tracer.root("root").run_sync(|| {
            trace_id = trace_core::span::current_trace_id();
            ours();
            // What `tracing-log` makes of a record that is a log already.
            log::Log::log(
                &tracing_log::LogTracer::new(),
                &log::Record::builder()
                    .args(format_args!("again"))
                    .level(log::Level::Info)
                    .build(),
            );
        });
    });
    log::info!("outside");
    tracer.flush(Duration::from_secs(1));
    let spans = spans.spans();
    let ours = spans
        .iter()
        .find(|span| span.operation_name.ends_with("ours"))
        .unwrap();
    let logs: Vec<String> = ours
        .logs
        .iter()
        .map(|log| {
            let fields = log
                .fields
                .iter()
                .map(|tag| format!(" {}={}", tag.key, tag.value));
            format!("{}{}", log.message, fields.collect::<String>())
        })
        .collect();
    assert_eq!(
        logs,
        [
            "paid 1 level=INFO target=bridge_log order=7 ratio=0.5 paid=true who=ann",
            "without a line level=WARN target=quiet",
        ]
    );
    let root = spans
        .iter()
        .find(|span| span.operation_name == "root")
        .unwrap();
    assert!(root.logs.is_empty(), "{:?}", root.logs);
    let lines = LINES.lock().unwrap();
    let ids = format!("trace_id={} span_id={}", trace_id.unwrap(), ours.span_id);
    let expected = [
        format!("INFO paid 1 {ids} order=7 ratio=0.5 paid=true who=ann password=x"),
        format!("DEBUG too quiet for a span {ids}"),
        "INFO outside".to_owned(),
    ];
    assert_eq!(*lines, expected);
}
