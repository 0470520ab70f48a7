//! The state of sending, the last error, and the lines about changes.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use trace_core::{Clock, Timestamp};

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
    /// A server accepted the items.
    Connected,
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

/// Shortest time between two lines about trouble, so that a server that comes and goes does not
/// fill the log.
const QUIET_TIME: Duration = Duration::from_secs(60);

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
    /// When the last line about trouble was written.
    told_at: Option<Moment>,
    /// Whether a line was written about the current trouble.
    is_told: bool,
    notes: u8,
}

/// Messages that are written only once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Note {
    PartialSuccess,
    Unreadable,
    ListFull,
    TooOld,
    TooLarge,
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
                told_at: None,
                is_told: false,
                notes: 0,
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

    /// Notes that a server accepted items.
    pub(super) fn succeed(&self, endpoint: &str) {
        let was_told = {
            let mut known = self.lock();
            if known.state != OtlpState::Connected {
                known.state = OtlpState::Connected;
            }
            if known.endpoint != endpoint {
                endpoint.clone_into(&mut known.endpoint);
            }
            std::mem::take(&mut known.is_told)
        };
        if was_told {
            say(&format!("`{endpoint}` takes {} again", self.items));
        }
    }

    /// Notes a failure without a change of state: another endpoint is tried.
    pub(super) fn note_error(&self, error: String) {
        self.lock().last_error = Some(error);
    }

    /// Notes that items wait or are lost. `advice` completes the line.
    pub(super) fn fail(&self, trouble: Trouble, endpoint: &str, error: &str, advice: &str) {
        let now = self.clock.now();
        let is_said = {
            let mut known = self.lock();
            let (is_same, state) = match (trouble, known.state) {
                (Trouble::Retrying, OtlpState::Retrying { .. })
                | (Trouble::Refused, OtlpState::Refused { .. }) => (true, known.state),
                (Trouble::Retrying, _) => (false, OtlpState::Retrying { since: now }),
                (Trouble::Refused, _) => (false, OtlpState::Refused { since: now }),
            };
            known.state = state;
            endpoint.clone_into(&mut known.endpoint);
            known.last_error = Some(error.to_owned());
            !is_same && known.may_tell()
        };
        if is_said {
            say(&format!("{error}; {advice}"));
        }
    }

    /// Writes a message, unless the same note was written before.
    pub(super) fn note(&self, note: Note, message: &str) {
        let bit = 1 << note as u8;
        let is_new = {
            let mut known = self.lock();
            let is_new = known.notes & bit == 0;
            known.notes |= bit;
            is_new
        };
        if is_new {
            say(message);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn may_tell(&mut self) -> bool {
        let now = Moment::now();
        let is_quiet = self
            .told_at
            .is_none_or(|told| now.since(told) >= QUIET_TIME);
        if is_quiet {
            self.told_at = Some(now);
            self.is_told = true;
        }
        is_quiet
    }
}

fn say(message: &str) {
    trace_core::__private::export_changed(&format!("collector otlp: {message}"));
}
