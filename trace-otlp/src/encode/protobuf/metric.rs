//! Writes metrics.
//!
//! Source: opentelemetry-proto, *metrics.proto*.

use trace_core::TagRef;

use super::field::{fixed64, message, text};
use super::value::attribute;
use crate::encode::metric::{CUMULATIVE, Metric, Point};

/// The `metrics` of a `ScopeMetrics`.
const METRICS: u8 = 0x12;

/// Fields of a `Metric`.
mod key {
    pub(super) const NAME: u8 = 0x0a;
    pub(super) const DESCRIPTION: u8 = 0x12;
    pub(super) const UNIT: u8 = 0x1a;
    pub(super) const SUM: u8 = 0x3a;
}

/// Fields of a `Sum`.
mod sum_key {
    pub(super) const DATA_POINTS: u8 = 0x0a;
    pub(super) const TEMPORALITY: u8 = 0x10;
    pub(super) const IS_MONOTONIC: u8 = 0x18;
}

/// Fields of a `NumberDataPoint`.
mod point_key {
    pub(super) const START_TIME: u8 = 0x11;
    pub(super) const TIME: u8 = 0x19;
    pub(super) const AS_INT: u8 = 0x31;
    pub(super) const ATTRIBUTES: u8 = 0x3a;
}

/// Writes a metric as an item of a `ScopeMetrics`. `time` is the time of its points.
pub(in crate::encode) fn metric(out: &mut Vec<u8>, metric: &Metric, time: u64) {
    message(out, METRICS, |out| {
        text(out, key::NAME, metric.name);
        text(out, key::DESCRIPTION, metric.description);
        text(out, key::UNIT, metric.unit);
        message(out, key::SUM, |out| {
            for one in &metric.points {
                message(out, sum_key::DATA_POINTS, |out| point(out, one, time));
            }
            out.extend_from_slice(&[sum_key::TEMPORALITY, CUMULATIVE]);
            if metric.is_monotonic {
                out.extend_from_slice(&[sum_key::IS_MONOTONIC, 1]);
            }
        });
    });
}

fn point(out: &mut Vec<u8>, point: &Point, time: u64) {
    fixed64(out, point_key::START_TIME, point.start);
    fixed64(out, point_key::TIME, time);
    out.push(point_key::AS_INT);
    out.extend_from_slice(&point.as_int().to_le_bytes());
    for (key, value) in &point.attributes {
        attribute(out, point_key::ATTRIBUTES, key, TagRef::Str(value));
    }
}
