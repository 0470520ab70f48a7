//! The limits of one span, and the function that cuts texts.
//!
//! Owns the limits and [`cut`]. `record/write` applies the limits to texts and keys.
//! `stream/decode` applies them to the numbers of tags, logs and links.

use super::environment;

/// The largest amounts of data that one span can hold.
///
/// Tags, logs and links above the limit are dropped and counted in
/// [`SpanRecord::dropped`](crate::SpanRecord::dropped). Texts, keys, arrays and lists of fields
/// are cut. OpenTelemetry calls these *span limits*.
///
/// ```
/// use trace_core::Limits;
///
/// let limits = Limits { max_logs: 1_000, ..Limits::default() };
/// assert_eq!(limits.max_tags, 128);
/// ```
///
/// Source: OpenTelemetry SDK environment variables, *Span Limits* and *Attribute Limits*. They
/// define no default for [`max_value_bytes`](Self::max_value_bytes).
#[doc(alias = "SpanLimits")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Tags of a span. Default: 128.
    pub max_tags: usize,
    /// Logs of a span. Default: 128.
    pub max_logs: usize,
    /// Links of a span. Default: 128.
    pub max_links: usize,
    /// Fields of a log, tags of a link. Default: 128.
    pub max_fields: usize,
    /// Bytes of a text: a tag's value, a log's message, an error's message. A longer text is
    /// cut at a character boundary. Default: 4,096 bytes.
    pub max_value_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_tags: 128,
            max_logs: 128,
            max_links: 128,
            max_fields: 128,
            max_value_bytes: 4_096,
        }
    }
}

impl Limits {
    /// Bytes of a key. A longer key is cut. Fixed: 256.
    pub const MAX_KEY_BYTES: usize = 256;

    /// Items of an array that is the value of a tag. Further items are cut off. Fixed: 256.
    pub const MAX_ITEMS: usize = 256;

    /// Reads `OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT` (or `OTEL_ATTRIBUTE_COUNT_LIMIT`),
    /// `OTEL_SPAN_EVENT_COUNT_LIMIT`, `OTEL_SPAN_LINK_COUNT_LIMIT`,
    /// `OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT` and
    /// `OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT` (or
    /// `OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT`).
    ///
    /// A limit keeps its default if its variable is not set or is not a whole number, as the
    /// specification requires.
    #[must_use]
    pub fn from_env() -> Self {
        Self::from_variables(environment::variable)
    }

    fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Self {
        let number = |names: &[&str], default| {
            names
                .iter()
                .find_map(|name| variable(name)?.trim().parse().ok())
                .unwrap_or(default)
        };
        let default = Self::default();
        Self {
            max_tags: number(
                &[
                    "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT",
                    "OTEL_ATTRIBUTE_COUNT_LIMIT",
                ],
                default.max_tags,
            ),
            max_logs: number(&["OTEL_SPAN_EVENT_COUNT_LIMIT"], default.max_logs),
            max_links: number(&["OTEL_SPAN_LINK_COUNT_LIMIT"], default.max_links),
            max_fields: number(
                &[
                    "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT",
                    "OTEL_ATTRIBUTE_COUNT_LIMIT",
                ],
                default.max_fields,
            ),
            max_value_bytes: number(
                &[
                    "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT",
                    "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT",
                ],
                default.max_value_bytes,
            ),
        }
    }
}

/// Cuts a text at the last character boundary within `max_bytes`.
pub(crate) fn cut(text: &str, max_bytes: usize) -> &str {
    if text.len() <= max_bytes {
        return text;
    }
    let end = (0..=max_bytes)
        .rev()
        .find(|&end| text.is_char_boundary(end))
        .unwrap_or(0);
    text.get(..end).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::{Limits, cut};

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!(cut("grün", 3), "gr");
        assert_eq!(cut("grün", 4), "grü");
        assert_eq!(cut("grün", 9), "grün");
        assert_eq!(cut("ü", 0), "");
    }

    #[test]
    fn the_environment_overrides_and_nonsense_does_not() {
        let limits = Limits::from_variables(|name| {
            let value = match name {
                "OTEL_ATTRIBUTE_COUNT_LIMIT" => "7",
                "OTEL_SPAN_EVENT_COUNT_LIMIT" => "many",
                "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT" => "12",
                "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT" => "99",
                _ => return None,
            };
            Some(value.to_owned())
        });
        let expected = Limits {
            max_tags: 7,
            max_fields: 7,
            max_value_bytes: 12,
            ..Limits::default()
        };
        assert_eq!(limits, expected);
    }
}
