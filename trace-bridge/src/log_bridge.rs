//! A logger around another one, which also writes its records to the current span.

use std::fmt;

use log::kv::{self, Key, Source, Value, VisitSource, VisitValue};
use log::{Level, Log, Metadata, Record};
use trace_core::__private::bridge::{Position, position};
use trace_core::redaction::is_secret_key;
use trace_core::{SpanId, TraceId};
use tracing_core::LevelFilter;

use crate::current_ids;
use crate::event::{EventValues, LogValue, note_log_bridged, write_log};
use crate::rules::Targets;

/// Puts a logger around another one. Made by [`log_around`].
#[derive(Debug)]
pub struct LogBridge<L> {
    inner: L,
    targets: Targets,
    has_ids: bool,
}

/// Puts a bridge around a logger, which gets all records as before. Those up to INFO are also
/// logs of the current span, with their key-values.
///
/// ```
/// # struct MyLogger;
/// # impl log::Log for MyLogger {
/// #     fn enabled(&self, _: &log::Metadata<'_>) -> bool { true }
/// #     fn log(&self, _: &log::Record<'_>) {}
/// #     fn flush(&self) {}
/// # }
/// log::set_boxed_logger(Box::new(trace_bridge::log_around(MyLogger)))?;
/// log::set_max_level(log::LevelFilter::Info);
///
/// log::info!(order = 7; "paid"); // a line of `MyLogger`, and a log of the current span
/// # Ok::<(), log::SetLoggerError>(())
/// ```
///
/// `tracing` can itself write its events to `log`, by its features `log` and `log-always`. An
/// event that comes both ways is one log. So do not turn `log-always` on beside this.
pub fn log_around<L: Log>(inner: L) -> LogBridge<L> {
    note_log_bridged();
    LogBridge {
        inner,
        targets: Targets::from(LevelFilter::INFO),
        has_ids: false,
    }
}

impl<L> LogBridge<L> {
    /// Sets which records are logs of the current span. Default: up to INFO. Records above
    /// `log::max_level()` come nowhere.
    #[must_use]
    pub fn logs(mut self, targets: impl Into<Targets>) -> Self {
        self.targets = targets.into();
        self
    }

    /// Adds the key-values `trace_id` and `span_id` of the current span to what the logger within
    /// gets.
    #[must_use]
    pub fn with_ids(mut self) -> Self {
        self.has_ids = true;
        self
    }

    fn is_wanted(&self, metadata: &Metadata<'_>) -> bool {
        matches!(position(), Position::Recorded(_))
            && self.targets.has(metadata.target(), &level_of(metadata.level()))
            // What `tracing` says of its own spans.
            && !matches!(metadata.target(), "tracing::span" | "tracing::span::active")
    }
}

impl<L: Log> Log for LogBridge<L> {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.is_wanted(metadata) || self.inner.enabled(metadata)
    }

    fn log(&self, record: &Record<'_>) {
        if self.is_wanted(record.metadata())
            && !crate::callsite::has_event_at(record.file(), record.line())
        {
            EventValues::with(
                |values| copy(record, values),
                |values| write_log(record.level().as_str(), record.target(), "record", values),
            );
        }
        if !self.inner.enabled(record.metadata()) {
            return;
        }
        match current_ids().filter(|_| self.has_ids) {
            None => self.inner.log(record),
            Some((trace_id, span_id)) => {
                let key_values = WithIds {
                    trace_id,
                    span_id,
                    others: record.key_values(),
                };
                let mut record = record.to_builder();
                self.inner.log(&record.key_values(&key_values).build());
            }
        }
    }

    fn flush(&self) {
        self.inner.flush();
    }
}

fn level_of(level: Level) -> tracing_core::Level {
    match level {
        Level::Error => tracing_core::Level::ERROR,
        Level::Warn => tracing_core::Level::WARN,
        Level::Info => tracing_core::Level::INFO,
        Level::Debug => tracing_core::Level::DEBUG,
        Level::Trace => tracing_core::Level::TRACE,
    }
}

fn copy(record: &Record<'_>, values: &mut EventValues) {
    values.set_message(*record.args());
    // A source that ends with an error has shown what it could.
    let _visited = record.key_values().visit(&mut Fields(values));
}

/// Copies key-values.
struct Fields<'a>(&'a mut EventValues);

impl<'kvs> VisitSource<'kvs> for Fields<'_> {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), kv::Error> {
        let key = key.as_str();
        if !is_secret_key(key) {
            value.visit(Field {
                key,
                values: self.0,
            })?;
        }
        Ok(())
    }
}

/// Copies one value.
struct Field<'a> {
    key: &'a str,
    values: &'a mut EventValues,
}

impl Field<'_> {
    fn push(&mut self, value: LogValue<'_>) -> Result<(), kv::Error> {
        self.values.push(self.key, value);
        Ok(())
    }
}

impl<'v> VisitValue<'v> for Field<'_> {
    fn visit_any(&mut self, value: Value<'_>) -> Result<(), kv::Error> {
        self.push(LogValue::Shown(format_args!("{value}")))
    }

    fn visit_null(&mut self) -> Result<(), kv::Error> {
        Ok(())
    }

    fn visit_bool(&mut self, value: bool) -> Result<(), kv::Error> {
        self.push(LogValue::Bool(value))
    }

    fn visit_i64(&mut self, value: i64) -> Result<(), kv::Error> {
        self.push(LogValue::I64(value))
    }

    fn visit_u64(&mut self, value: u64) -> Result<(), kv::Error> {
        self.push(LogValue::U64(value))
    }

    fn visit_f64(&mut self, value: f64) -> Result<(), kv::Error> {
        self.push(LogValue::F64(value))
    }

    fn visit_str(&mut self, value: &str) -> Result<(), kv::Error> {
        self.push(LogValue::Shown(format_args!("{value}")))
    }
}

/// Key-values with the ids before them.
struct WithIds<'a> {
    trace_id: TraceId,
    span_id: SpanId,
    others: &'a dyn Source,
}

impl Source for WithIds<'_> {
    fn visit<'kvs>(&'kvs self, visitor: &mut dyn VisitSource<'kvs>) -> Result<(), kv::Error> {
        visitor.visit_pair(Key::from("trace_id"), Value::from_display(&self.trace_id))?;
        visitor.visit_pair(Key::from("span_id"), Value::from_display(&self.span_id))?;
        self.others.visit(visitor)
    }

    fn count(&self) -> usize {
        2 + self.others.count()
    }
}

impl fmt::Debug for WithIds<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WithIds")
    }
}
