//! Writes metrics.

use serde::ser::{Serialize, SerializeMap, Serializer};
use trace_core::TagRef;

use super::forms::{List, Text, object};
use super::value::Attribute;
use crate::encode::metric::{CUMULATIVE, Metric, Point};

/// Writes a metric as an item of a list that may have others before it. `time` is the time of
/// its points.
pub(in crate::encode) fn metric(out: &mut Vec<u8>, metric: &Metric, time: u64) {
    out.push(b',');
    // Writing to memory does not fail.
    drop(serde_json::to_writer(out, &At(metric, time)));
}

/// Something at the time of the points.
struct At<'a, T>(&'a T, u64);

impl Serialize for At<'_, Metric> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(metric, time) = self;
        object(serializer, |map| {
            map.serialize_entry("name", metric.name)?;
            map.serialize_entry("description", metric.description)?;
            map.serialize_entry("unit", metric.unit)?;
            map.serialize_entry("sum", &Sum(metric, *time))
        })
    }
}

/// A `Sum`.
struct Sum<'a>(&'a Metric, u64);

impl Serialize for Sum<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(metric, time) = self;
        object(serializer, |map| {
            let points = List(|| metric.points.iter().map(|point| At(point, *time)));
            map.serialize_entry("dataPoints", &points)?;
            map.serialize_entry("aggregationTemporality", &CUMULATIVE)?;
            map.serialize_entry("isMonotonic", &metric.is_monotonic)
        })
    }
}

impl Serialize for At<'_, Point> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(point, time) = self;
        object(serializer, |map| {
            let attributes = List(|| {
                let attributes = point.attributes.iter();
                attributes.map(|(key, value)| Attribute(key, TagRef::Str(value)))
            });
            map.serialize_entry("attributes", &attributes)?;
            map.serialize_entry("startTimeUnixNano", &Text(point.start))?;
            map.serialize_entry("timeUnixNano", &Text(time))?;
            map.serialize_entry("asInt", &Text(point.as_int()))
        })
    }
}
