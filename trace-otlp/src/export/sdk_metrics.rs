//! The counts of a tracer and of this exporter as metrics.
//!
//! Maps each count to a metric. Omits metrics that this project counts differently:
//! `otel.sdk.span.live` (here, spans that wait to be read count as open), the capacity of a
//! queue (here, in bytes) and `otel.sdk.exporter.operation.duration`.
//!
//! Source: semantic conventions 1.44, *OpenTelemetry SDK metrics*.

use std::borrow::Cow;

use trace_core::conventions::{ERROR_TYPE, PANIC};
use trace_core::{LaneStats, Stats};

use super::protocol::Protocol;
use super::stats::{LostItems, OtlpSignalStats};
use crate::conventions::metric_key;
use crate::encode::{Metric, Point, Signal};

/// The component type of a lane, which passes spans to a collector.
const PROCESSOR: &str = "batching_span_processor";
/// The component type of the recorder, which keeps spans before that. The conventions have no
/// name for it.
const RECORDER: &str = "trace_core_recorder";

/// Source: *OpenTelemetry SDK metrics*, `otel.sdk.processor.span.processed`.
const QUEUE_FULL: &str = "queue_full";
const ALREADY_SHUTDOWN: &str = "already_shutdown";

type Attributes = Vec<(&'static str, Cow<'static, str>)>;

/// Returns the metrics of a tracer, whose counts began at `start`.
pub(super) fn of_tracer(start: u64, stats: &Stats, lanes: &[LaneStats]) -> Vec<Metric> {
    let point = |value, attributes| Point {
        start,
        value,
        attributes,
    };
    let sampled = |value, result: &'static str| {
        let attribute = (metric_key::SAMPLING_RESULT, result.into());
        point(value, vec![attribute])
    };
    let started = vec![
        sampled(stats.started - stats.sampled_out, "RECORD_AND_SAMPLE"),
        sampled(stats.sampled_out, "DROP"),
    ];
    let (mut waiting, mut processed) = (Vec::new(), Vec::new());
    for (number, lane) in lanes.iter().enumerate() {
        // Two collectors may have the same name.
        let is_second = lanes.iter().take(number).any(|one| one.name == lane.name);
        let name = match is_second {
            false => format!("{PROCESSOR}/{}", lane.name),
            true => format!("{PROCESSOR}/{}/{number}", lane.name),
        };
        let component = component(PROCESSOR, name);
        waiting.push(point(lane.waiting, component.clone()));
        processed.push(point(lane.delivered, component.clone()));
        let dropped = lane.dropped;
        let failed = [
            (QUEUE_FULL, dropped.full),
            (PANIC, dropped.panic),
            (ALREADY_SHUTDOWN, dropped.shutdown),
        ];
        processed.extend(failures(start, &component, failed));
    }
    let dropped = stats.dropped;
    let failed = [
        (QUEUE_FULL, dropped.queue),
        ("limit", dropped.limit),
        (ALREADY_SHUTDOWN, dropped.shutdown),
    ];
    let recorder = component(RECORDER, format!("{RECORDER}/0"));
    processed.extend(failures(start, &recorder, failed));
    vec![
        Metric {
            name: "otel.sdk.span.started",
            description: "The number of created spans.",
            unit: "{span}",
            is_monotonic: true,
            points: started,
        },
        Metric {
            name: "otel.sdk.processor.span.queue.size",
            description: "The number of spans in the queue of a span processor.",
            unit: "{span}",
            is_monotonic: false,
            points: waiting,
        },
        Metric {
            name: "otel.sdk.processor.span.processed",
            description: "The number of spans for which the processing has finished.",
            unit: "{span}",
            is_monotonic: true,
            points: processed,
        },
    ]
}

/// Returns the metrics of the process's exporter `number`, whose counts began at `start`.
pub(super) fn of_exporter(
    start: u64,
    (protocol, signal): (Protocol, Signal),
    number: u32,
    stats: &OtlpSignalStats,
) -> [Metric; 2] {
    let kind = exporter_type(protocol, signal);
    let component = component(kind, format!("{kind}/{number}"));
    let point = |value| Point {
        start,
        value,
        attributes: component.clone(),
    };
    let LostItems {
        refused,
        too_old,
        list_full,
        shut_down,
        too_large,
        encoder,
    } = stats.lost;
    let failed = [
        ("rejected", stats.rejected),
        ("refused", refused),
        ("timeout", too_old),
        (QUEUE_FULL, list_full),
        (ALREADY_SHUTDOWN, shut_down),
        ("too_large", too_large),
        ("encoder", encoder),
    ];
    let mut exported = vec![point(stats.exported)];
    exported.extend(failures(start, &component, failed));
    let (inflight_name, exported_name, unit) = match signal {
        Signal::Traces => (
            "otel.sdk.exporter.span.inflight",
            "otel.sdk.exporter.span.exported",
            "{span}",
        ),
        Signal::Logs => (
            "otel.sdk.exporter.log.inflight",
            "otel.sdk.exporter.log.exported",
            "{log_record}",
        ),
        Signal::Metrics => (
            "otel.sdk.exporter.metric_data_point.inflight",
            "otel.sdk.exporter.metric_data_point.exported",
            "{data_point}",
        ),
    };
    [
        Metric {
            name: inflight_name,
            description: "The number of items that were passed to the exporter, but have not been exported yet.",
            unit,
            is_monotonic: false,
            points: vec![point(stats.waiting)],
        },
        Metric {
            name: exported_name,
            description: "The number of items for which the export has finished, successful or failed.",
            unit,
            is_monotonic: true,
            points: exported,
        },
    ]
}

/// Returns a data point for each reason that has failures.
fn failures<const N: usize>(
    start: u64,
    component: &Attributes,
    failed: [(&'static str, u64); N],
) -> impl Iterator<Item = Point> {
    let failed = failed.into_iter().filter(|(_, count)| *count > 0);
    failed.map(move |(reason, value)| {
        let mut attributes = component.clone();
        attributes.push((ERROR_TYPE, reason.into()));
        Point {
            start,
            value,
            attributes,
        }
    })
}

fn component(kind: &'static str, name: String) -> Attributes {
    vec![
        (metric_key::COMPONENT_TYPE, kind.into()),
        (metric_key::COMPONENT_NAME, name.into()),
    ]
}

/// Source: semantic conventions 1.44, `otel.component.type`.
const fn exporter_type(protocol: Protocol, signal: Signal) -> &'static str {
    match (protocol, signal) {
        (Protocol::HttpProtobuf, Signal::Traces) => "otlp_http_span_exporter",
        (Protocol::HttpProtobuf, Signal::Logs) => "otlp_http_log_exporter",
        (Protocol::HttpProtobuf, Signal::Metrics) => "otlp_http_metric_exporter",
        (Protocol::HttpJson, Signal::Traces) => "otlp_http_json_span_exporter",
        (Protocol::HttpJson, Signal::Logs) => "otlp_http_json_log_exporter",
        (Protocol::HttpJson, Signal::Metrics) => "otlp_http_json_metric_exporter",
        (Protocol::Grpc, Signal::Traces) => "otlp_grpc_span_exporter",
        (Protocol::Grpc, Signal::Logs) => "otlp_grpc_log_exporter",
        (Protocol::Grpc, Signal::Metrics) => "otlp_grpc_metric_exporter",
    }
}
