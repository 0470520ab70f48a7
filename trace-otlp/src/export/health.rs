//! The state of sending, the last error, and the lines about changes.
//!
//! `lines.rs` decides when a line is written.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use trace_core::{Clock, Timestamp};

use super::lines::{Lines, Topic};
use super::moment::Moment;

/// The state of an [`OtlpCollector`](crate::OtlpCollector). No text contains a header's value,
/// or the query or user info of a URL.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct OtlpHealth {
    /// The outcome of the last request.
    pub state: OtlpState,
    /// The endpoint of the last request; before any request, the first endpoint.
    pub endpoint: String,
    /// The last failure of any request, if there was one. It stays when requests succeed again.
    pub last_error: Option<String>,
    /// Spans that wait, and those that are being sent.
    pub waiting_spans: u64,
    /// Encoded bytes that wait.
    pub waiting_bytes: u64,
    /// Most bytes that may wait. Above it, the oldest are lost.
    pub max_waiting_bytes: u64,
    /// The same for log records, if logs are sent as [records](crate::Logs::LogRecords).
    pub logs: Option<OtlpSignalHealth>,
    /// The same for the tracer's own metrics, if they are sent.
    pub metrics: Option<OtlpSignalHealth>,
}

/// The state of a signal other than traces.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct OtlpSignalHealth {
    /// The outcome of the last request.
    pub state: OtlpState,
    /// The endpoint of the last request; before any request, the first endpoint.
    pub endpoint: String,
    /// The last failure of any request, if there was one. It stays when requests succeed again.
    pub last_error: Option<String>,
    /// Items that wait, and those that are being sent.
    pub waiting: u64,
    /// Encoded bytes that wait.
    pub waiting_bytes: u64,
}

/// The outcome of the last request of an [`OtlpCollector`](crate::OtlpCollector).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OtlpState {
    /// No request has been sent yet.
    Idle,
    /// The first endpoint accepted the items.
    Connected,
    /// A [fallback](crate::OtlpCollectorBuilder::fallback) accepted the items, because the
    /// endpoints before it did not.
    Fallback {
        /// When it accepted the first of these requests.
        since: Timestamp,
    },
    /// No endpoint accepts the items. They wait and are sent again.
    Retrying {
        /// When the first of these requests failed.
        since: Timestamp,
    },
    /// A server refuses the items, so they are lost.
    Refused {
        /// When the first of these requests was refused.
        since: Timestamp,
    },
}

/// What is known about sending, shared by all threads. The lock is never held while a request
/// is sent or a line is written.
pub(super) struct Health {
    /// The name of the items, for messages.
    items: &'static str,
    clock: Clock,
    known: Mutex<Known>,
}

struct Known {
    state: OtlpState,
    endpoint: String,
    last_error: Option<String>,
    waiting_bytes: u64,
    lines: Lines,
}

/// The kinds of trouble. Each is also a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    Retrying,
    Refused,
}

impl OtlpHealth {
    pub(super) fn new(
        traces: OtlpSignalHealth,
        max_waiting_bytes: usize,
        logs: Option<OtlpSignalHealth>,
        metrics: Option<OtlpSignalHealth>,
    ) -> Self {
        Self {
            state: traces.state,
            endpoint: traces.endpoint,
            last_error: traces.last_error,
            waiting_spans: traces.waiting,
            waiting_bytes: traces.waiting_bytes,
            max_waiting_bytes: u64::try_from(max_waiting_bytes).unwrap_or(u64::MAX),
            logs,
            metrics,
        }
    }
}

impl Health {
    pub(super) fn new(items: &'static str, endpoint: String) -> Self {
        Self {
            items,
            clock: Clock::system(),
            known: Mutex::new(Known {
                state: OtlpState::Idle,
                endpoint,
                last_error: None,
                waiting_bytes: 0,
                lines: Lines::new(items),
            }),
        }
    }

    /// `waiting` is the number of items that wait.
    pub(super) fn read(&self, waiting: u64) -> OtlpSignalHealth {
        let known = self.lock();
        OtlpSignalHealth {
            state: known.state,
            endpoint: known.endpoint.clone(),
            last_error: known.last_error.clone(),
            waiting,
            waiting_bytes: known.waiting_bytes,
        }
    }

    pub(super) fn set_waiting_bytes(&self, bytes: usize) {
        self.lock().waiting_bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
    }

    /// Notes that a server accepted items. `passed_over` is why the first server did not, if this
    /// is another one.
    pub(super) fn succeed(&self, endpoint: &str, passed_over: Option<&str>) {
        let since = self.clock.now();
        let is_fallback = passed_over.is_some();
        let lines = {
            let mut known = self.lock();
            known.state = match known.state {
                OtlpState::Fallback { .. } if is_fallback => known.state,
                _ if is_fallback => OtlpState::Fallback { since },
                _ => OtlpState::Connected,
            };
            if known.endpoint != endpoint {
                endpoint.clone_into(&mut known.endpoint);
                known.lines.end(Topic::Fallback);
            }
            let line =
                passed_over.map(|error| format!("{error}; {} go to `{endpoint}`", self.items));
            known.lines.succeed(Moment::now(), endpoint, line)
        };
        say(&lines);
    }

    /// Notes a failure without a change of state, such as when another endpoint is tried.
    pub(super) fn note_error(&self, error: String) {
        self.lock().last_error = Some(error);
    }

    /// Notes that items wait or are lost. `advice` completes the line.
    pub(super) fn fail(&self, trouble: Trouble, endpoint: &str, error: &str, advice: &str) {
        let now = self.clock.now();
        let lines = {
            let mut known = self.lock();
            let (topic, state) = match (trouble, known.state) {
                (Trouble::Retrying, OtlpState::Retrying { .. }) => (Topic::Retrying, known.state),
                (Trouble::Refused, OtlpState::Refused { .. }) => (Topic::Refused, known.state),
                (Trouble::Retrying, _) => (Topic::Retrying, OtlpState::Retrying { since: now }),
                (Trouble::Refused, _) => (Topic::Refused, OtlpState::Refused { since: now }),
            };
            known.state = state;
            endpoint.clone_into(&mut known.endpoint);
            known.last_error = Some(error.to_owned());
            let line = format!("{error}; {advice}");
            known.lines.fail(Moment::now(), topic, line)
        };
        say(&lines);
    }

    /// Notes an event that is not a state, and writes its line.
    pub(super) fn note(&self, topic: Topic, message: &str) {
        let lines = self
            .lock()
            .lines
            .note(Moment::now(), topic, message.to_owned());
        say(&lines);
    }

    /// Notes that something is over.
    pub(super) fn end(&self, topic: Topic) {
        self.lock().lines.end(topic);
    }

    /// Writes the lines that have waited long enough.
    pub(super) fn say_due(&self) {
        let lines = self.lock().lines.due(Moment::now());
        say(&lines);
    }

    /// Writes all lines that wait.
    pub(super) fn say_rest(&self) {
        let lines = self.lock().lines.rest(Moment::now());
        say(&lines);
    }

    /// Returns the time until the next line; `None` if no line waits.
    pub(super) fn next_line(&self) -> Option<Duration> {
        self.lock().lines.next_due(Moment::now())
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn say(lines: &[String]) {
    for line in lines {
        trace_core::__private::export_changed(&format!("collector otlp: {line}"));
    }
}
