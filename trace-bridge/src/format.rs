//! The ids of the current trace and span in the lines of `tracing_subscriber::fmt`.

use std::fmt;

use tracing_core::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use crate::current_ids;

/// A timer for lines of text that writes the ids after the time:
/// `2026-01-05T10:00:00Z trace_id=4bf9… span_id=00f0… INFO shop: paid`. Without a trace it writes
/// the time alone.
///
/// ```
/// use tracing_subscriber::fmt::time::SystemTime;
///
/// let timer = trace_bridge::WithIds::new(SystemTime);
/// let layer = tracing_subscriber::fmt::layer().with_timer(timer);
/// # let _: Box<dyn tracing_subscriber::Layer<tracing_subscriber::Registry>> = Box::new(layer);
/// ```
#[derive(Clone, Debug)]
pub struct WithIds<T> {
    timer: T,
}

impl<T> WithIds<T> {
    /// Adds ids to what another timer writes.
    pub const fn new(timer: T) -> Self {
        Self { timer }
    }
}

impl<T: FormatTime> FormatTime for WithIds<T> {
    fn format_time(&self, writer: &mut Writer<'_>) -> fmt::Result {
        self.timer.format_time(writer)?;
        match current_ids() {
            Some((trace_id, span_id)) => {
                write!(writer, " trace_id={trace_id} span_id={span_id}")
            }
            None => Ok(()),
        }
    }
}

/// A format for lines of JSON with the ids: `{"trace_id":"4bf9…","span_id":"00f0…","timestamp":..}`.
/// Without a trace, the line has none.
///
/// ```
/// use tracing_subscriber::fmt::format;
///
/// let json = tracing_subscriber::fmt::layer().json();
/// let layer = json.event_format(trace_bridge::JsonWithIds::new(format().json()));
/// # let _: Box<dyn tracing_subscriber::Layer<tracing_subscriber::Registry>> = Box::new(layer);
/// ```
#[derive(Clone, Debug)]
pub struct JsonWithIds<F> {
    format: F,
}

impl<F> JsonWithIds<F> {
    /// Adds ids to the objects that another format writes, one a line.
    pub const fn new(format: F) -> Self {
        Self { format }
    }
}

impl<S, N, F> FormatEvent<S, N> for JsonWithIds<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let Some((trace_id, span_id)) = current_ids() else {
            return self.format.format_event(context, writer, event);
        };
        let mut line = WithMembers {
            writer: &mut writer,
            members: Some(format!(
                "\"trace_id\":\"{trace_id}\",\"span_id\":\"{span_id}\""
            )),
        };
        self.format
            .format_event(context, Writer::new(&mut line), event)
    }
}

/// Writes more members after the first brace of an object.
struct WithMembers<'a, 'w> {
    writer: &'a mut Writer<'w>,
    /// Until they are written.
    members: Option<String>,
}

impl fmt::Write for WithMembers<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let at_brace = self.members.is_some().then(|| text.split_once('{'));
        let Some(Some((before, after))) = at_brace else {
            return self.writer.write_str(text);
        };
        let members = self.members.take().unwrap_or_default();
        // An empty object has no member to separate; no format writes one.
        write!(self.writer, "{before}{{{members},{after}")
    }
}
