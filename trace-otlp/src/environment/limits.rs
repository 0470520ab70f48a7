//! `OTEL_SPAN_*_LIMIT`, `OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT`, `OTEL_LINK_ATTRIBUTE_COUNT_LIMIT`
//! and `OTEL_ATTRIBUTE_*_LIMIT`.
//!
//! [`Limits::from_env`] reads them too, but reports no mistakes.

use trace_core::Limits;

use super::variables::Variables;

const ALL_COUNTS: &str = "OTEL_ATTRIBUTE_COUNT_LIMIT";
const ALL_LENGTHS: &str = "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT";

pub(super) fn read(variables: &mut Variables<'_>) -> Limits {
    let default = Limits::default();
    let all_counts = variables.number(ALL_COUNTS, 0);
    let all_lengths = variables.number(ALL_LENGTHS, 0);
    let mut count = |name| variables.number(name, 0);
    let tags = count("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT");
    let logs = count("OTEL_SPAN_EVENT_COUNT_LIMIT");
    let links = count("OTEL_SPAN_LINK_COUNT_LIMIT");
    let length = count("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT");
    let of_logs = count("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT");
    let of_links = count("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT");
    // Here, one limit applies to both. With the larger one, nothing is lost that either would
    // keep.
    let fields = of_logs.max(of_links);
    Limits {
        max_tags: tags.or(all_counts).unwrap_or(default.max_tags),
        max_logs: logs.unwrap_or(default.max_logs),
        max_links: links.unwrap_or(default.max_links),
        max_fields: fields.or(all_counts).unwrap_or(default.max_fields),
        max_value_bytes: length.or(all_lengths).unwrap_or(default.max_value_bytes),
    }
}
