//! `OTEL_BSP_*`: how long spans wait, and how they are batched.
//!
//! Source: OpenTelemetry specification, *Environment Variable Specification*, "Batch Span
//! Processor". A variable that is not set keeps this project's default. The specification's
//! default queue loses spans above 2,048.

use std::fmt;
use std::time::Duration;

use trace_core::TracerBuilder;

use super::variables::{Variables, unexpected};
use crate::OtlpCollectorBuilder;

const MAX_QUEUE: &str = "OTEL_BSP_MAX_QUEUE_SIZE";
const MAX_BATCH: &str = "OTEL_BSP_MAX_EXPORT_BATCH_SIZE";

/// The values of these variables that are set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Batching {
    scheduled_delay: Option<Duration>,
    max_queue_spans: Option<usize>,
    max_request_spans: Option<usize>,
    /// How long the exporter tries to deliver a span.
    export_timeout: Option<Duration>,
}

pub(super) fn read(variables: &mut Variables<'_>) -> Batching {
    let scheduled_delay = variables.duration("OTEL_BSP_SCHEDULE_DELAY");
    let export_timeout = variables.timeout("OTEL_BSP_EXPORT_TIMEOUT");
    let max_queue_spans = variables.number(MAX_QUEUE, 1);
    let mut max_request_spans = variables.number(MAX_BATCH, 1);
    if let (Some(batch), Some(queue)) = (max_request_spans, max_queue_spans)
        && batch > queue
    {
        let expected = format!("at most `{MAX_QUEUE}`, which is {queue}");
        variables.warn(MAX_BATCH, unexpected(&batch.to_string(), &expected));
        max_request_spans = None;
    }
    Batching {
        scheduled_delay,
        max_queue_spans,
        max_request_spans,
        export_timeout,
    }
}

impl Batching {
    pub(super) fn apply(self, mut builder: TracerBuilder) -> TracerBuilder {
        if let Some(delay) = self.scheduled_delay {
            builder = builder.scheduled_delay(delay);
        }
        if let Some(spans) = self.max_queue_spans {
            builder = builder.max_queue_spans(spans);
        }
        builder
    }

    pub(super) fn apply_to_exporter(
        self,
        mut builder: OtlpCollectorBuilder,
    ) -> OtlpCollectorBuilder {
        if let Some(spans) = self.max_request_spans {
            builder = builder.max_request_spans(spans);
        }
        if let Some(age) = self.export_timeout {
            builder = builder.max_retry_age(age);
        }
        builder
    }
}

impl fmt::Display for Batching {
    /// Writes the values that are set, each after `; `.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(delay) = self.scheduled_delay {
            write!(f, "; delay {delay:?}")?;
        }
        if let Some(spans) = self.max_queue_spans {
            write!(f, "; queue of {spans} spans")?;
        }
        if let Some(spans) = self.max_request_spans {
            write!(f, "; requests of {spans} spans")?;
        }
        if let Some(timeout) = self.export_timeout {
            write!(f, "; export within {timeout:?}")?;
        }
        Ok(())
    }
}
