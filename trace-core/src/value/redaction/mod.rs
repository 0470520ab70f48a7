//! Removes secrets from spans before any collector gets them.
//!
//! A [`Redactor`] is set with [`TracerBuilder::redact`](crate::TracerBuilder::redact). The
//! tracer's worker applies it once to each finished span, so files, the console and exporters
//! all receive the same redacted spans. It does not slow recording, and a tracer without a
//! redactor does no extra work.
//!
//! This module has the trait and the list of names whose values are secrets. Patterns for
//! secrets in texts are not here, but in `trace_otlp::Redaction`.
//!
//! ```
//! use std::time::Duration;
//! use trace_core::redaction::redactor_fn;
//! use trace_core::{MemoryCollector, TagRef, Tracer, span};
//!
//! let spans = MemoryCollector::new();
//! let tracer = Tracer::builder("shop")
//!     .collector(spans.clone())
//!     // For texts. Values of keys such as `password` are always replaced.
//!     .redact(redactor_fn(|text| text.contains("4711").then(|| text.replace("4711", "****"))))
//!     .build()?;
//! tracer.root("charge").run_sync(|| {
//!     span::add_tag("customer", "number 4711");
//!     span::add_tag("db.password", "hunter2");
//! });
//! tracer.flush(Duration::from_secs(1));
//!
//! let [charge] = &spans.spans()[..] else { panic!() };
//! assert_eq!(charge.tags[0].value.as_ref(), TagRef::Str("number ****"));
//! assert_eq!(charge.tags[1].value.as_ref(), TagRef::Str("REDACTED"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What a redactor sees
//!
//! | text | decided by |
//! |---|---|
//! | values of tags, of fields of logs, and of tags of links, if they are strings or arrays of strings | [`Redactor::redact_key`] |
//! | messages of logs, errors and statuses; types of errors | [`Redactor::redact_text`] |
//! | names of operations and services that are set at run time | [`Redactor::redact_text`] |
//! | tags of the tracer's resource, once, when it is built | [`Redactor::redact_key`] |
//!
//! A redactor does not see keys, numbers, booleans, ids, trace states, or texts from the
//! source code: names and types in attributes, files and lines. Samplers see the original
//! tags. Baggage is not part of a span.
//!
//! A redactor that [says so](Redactor::sees_numbers) sees numbers and booleans too, as texts.

mod redactor;
mod secret_names;

pub use redactor::{KeyVerdict, Redactor, RedactorFn, redactor_fn};
pub use secret_names::{has_name, is_secret_key, is_secret_parameter};

/// The text that replaces a secret.
///
/// Source: OpenTelemetry semantic conventions 1.44, *URL*, `url.full` and `url.query`.
pub const REDACTED: &str = "REDACTED";
