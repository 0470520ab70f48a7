//! Sends the waiting parts of one signal. Decides which parts go to which server, and what an
//! answer means for them.
//!
//! Runs on the thread that calls the collector, under the collector's lock. Waits for a retry
//! only if the caller gives it a deadline.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use http::header::AUTHORIZATION;
use trace_core::visible;

use super::answer::{Meaning, meaning};
use super::endpoints::{Endpoints, Server};
use super::headers::Headers;
use super::health::{Health, Trouble};
use super::lines::Topic;
use super::moment::Moment;
use super::partial_success::{self, PartialSuccess};
use super::pending::{Pending, RequestLimits};
use super::stats::{Counters, Loss};
use crate::encode::{Format, Frame, Part, Signal};
use crate::transport::{
    AnswerForm, BodyProblem, Compressor, Request, Response, SendError, SendFailure, Status,
};

/// Sends the items of one signal.
pub(super) struct Exporter {
    pub(super) compressor: Compressor,
    pub(super) headers: Headers,
    pub(super) endpoints: Endpoints,
    pub(super) settings: Settings,
    pub(super) shared: Arc<Shared>,
    pub(super) pending: Pending,
    /// The bytes around the items of the last request, kept for its memory.
    pub(super) frame: Frame,
    /// Bytes of the body of the last request, before it was compressed.
    pub(super) body_bytes: usize,
    /// Most parts of the next request, after a request that was too large. Unlimited again
    /// once a server has accepted a request.
    pub(super) max_parts: usize,
    /// Whether the callback was already called again for the next request.
    pub(super) asked_again: bool,
    pub(super) is_shut_down: bool,
}

/// How long to continue sending.
#[derive(Clone, Copy, Debug)]
pub(super) enum Patience {
    /// Until each server has failed once.
    OneTry,
    /// The same, but no longer than until a moment.
    OneTryUntil(Moment),
    /// Until a moment. Waits for servers that are due before it.
    Until(Moment),
}

/// Settings that do not change.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    pub(super) signal: Signal,
    pub(super) format: Format,
    pub(super) content_type: &'static str,
    pub(super) timeout: Duration,
    pub(super) request: RequestLimits,
    pub(super) max_waiting_bytes: usize,
    pub(super) max_age: Duration,
}

/// Statuses of a server that does not know the path or method of a request.
const UNKNOWN_PATH: Status = Status::Http(404);
const UNKNOWN_METHOD: Status = Status::Grpc(12);

/// State that other threads read while a request is sent.
pub(super) struct Shared {
    pub(super) counters: Counters,
    pub(super) health: Health,
    pub(super) max_waiting_bytes: usize,
}

/// Smallest body limit that is learned when a server refuses a body as too large.
const MIN_LEARNED_BYTES: usize = 4 << 10;

/// Most bytes of memory that the frame keeps between two requests.
const KEPT_BYTES: usize = 1 << 20;

/// Longest text of a server in a message, in bytes.
const MAX_SERVER_TEXT: usize = 200;

impl Exporter {
    /// Adds parts to those that wait. `items` is the number of items before encoding, which
    /// may lose some.
    pub(super) fn add(&mut self, items: u64, parts: Vec<Part>) {
        let encoded = parts.iter().map(Part::items).sum();
        self.shared.counters.collect(items, encoded);
        if self.is_shut_down {
            self.shared.counters.lose(encoded, Loss::ShutDown);
            return;
        }
        let now = Moment::now();
        for part in parts {
            self.pending.push(part, now);
        }
        let lost = self.pending.remove_excess(self.settings.max_waiting_bytes);
        self.lose(lost, Loss::ListFull);
        self.note_waiting();
    }

    /// Sends waiting parts to servers that are due. Stops when all are sent, when `patience`
    /// is over, or when no server is due.
    pub(super) fn send_due(&mut self, patience: Patience) {
        let begin = Moment::now();
        loop {
            let now = Moment::now();
            let lost = self.pending.remove_older(self.settings.max_age, now);
            self.lose(lost, Loss::TooOld);
            if self.pending.is_empty() {
                break;
            }
            // A server may hang for longer than the backoff of another. So only servers that
            // were due at the beginning count. Otherwise, two such servers could hold the
            // caller forever.
            let (due_by, left) = match patience {
                Patience::OneTry => (begin, Duration::MAX),
                Patience::OneTryUntil(until) => (begin, until.since(now)),
                Patience::Until(until) => (now, until.since(now)),
            };
            match (self.endpoints.due(due_by), patience) {
                (Some(_), _) if left.is_zero() => break,
                (Some(server), _) => self.send(server, left.min(self.settings.timeout)),
                (None, Patience::OneTry | Patience::OneTryUntil(_)) => break,
                (None, Patience::Until(until)) => match self.endpoints.next_try() {
                    Some(at) if at < until => std::thread::sleep(at.since(now)),
                    _ => break,
                },
            }
        }
        self.pending.fit();
        self.note_waiting();
        self.shared.health.say_due();
    }

    /// Returns the time until there is something to do; `None` if neither an item nor a line
    /// waits.
    pub(super) fn next_wake(&self) -> Option<Duration> {
        let line = self.shared.health.next_line();
        if self.pending.is_empty() {
            return line;
        }
        let now = Moment::now();
        let next_try = self
            .endpoints
            .next_try()
            .map_or(Duration::ZERO, |at| at.since(now));
        Some(line.map_or(next_try, |line| line.min(next_try)))
    }

    /// Gives up everything that waits, and counts it as lost.
    pub(super) fn end(&mut self) {
        self.is_shut_down = true;
        let left = self.pending.remove(usize::MAX);
        self.lose(left, Loss::ShutDown);
        self.note_waiting();
        self.shared.health.say_rest();
    }

    /// Sends one request. Its items stay in the list until its outcome is known.
    fn send(&mut self, index: usize, timeout: Duration) {
        let Some(server) = self.endpoints.get_mut(index) else {
            return;
        };
        let limits = RequestLimits {
            bytes: self.settings.request.bytes.min(server.max_body_bytes),
            items: self.settings.request.items,
        };
        let parts = self.pending.next_request(limits).min(self.max_parts);
        self.frame.shrink_to(KEPT_BYTES);
        self.frame
            .write(self.settings.format, self.pending.oldest(parts));
        let body = self.frame.pieces(self.pending.oldest(parts));
        self.body_bytes = body.iter().map(|piece| piece.len()).sum();
        let (compressed, encoding) = self.compressor.compress(&body);
        let compressed = compressed.map(|whole| [whole]);
        let body = compressed.as_ref().map_or(&body[..], |whole| whole);

        let headers = match self.headers.current(Moment::now()) {
            Ok(headers) => headers,
            Err(problem) => {
                let error = format!("no request to `{}`: {problem}", server.endpoint);
                return self.fail(index, error, None);
            }
        };
        let mut own;
        let headers = match &server.endpoint.authorization {
            None => headers,
            Some(authorization) => {
                own = headers.clone();
                own.entry(AUTHORIZATION)
                    .or_insert_with(|| authorization.clone());
                &own
            }
        };
        let request = Request {
            uri: &server.endpoint.uri,
            content_type: self.settings.content_type,
            encoding,
            headers,
            body,
            timeout,
        };
        self.shared.counters.count_request();
        let transport = &mut server.transport;
        // ureq panics if it cannot start a thread. If this panic reached the tracer, it would
        // count the batch as lost, although its items wait here.
        let answer = catch_unwind(AssertUnwindSafe(|| transport.send(&request)));
        let answer = answer.unwrap_or_else(|payload| {
            // The payload's destructor may panic too.
            std::mem::forget(payload);
            Err(SendError::with_detail(
                SendFailure::Broken,
                "the client panicked",
            ))
        });
        match answer {
            Ok(response) => self.take_answer(index, parts, &response),
            Err(error) => {
                let error = format!("`{}`: {error}", server.endpoint);
                self.fail(index, error, None);
            }
        }
    }

    fn take_answer(&mut self, index: usize, parts: usize, response: &Response) {
        let Some(server) = self.endpoints.get_mut(index) else {
            return;
        };
        let endpoint = server.endpoint.to_string();
        let asked_again = std::mem::take(&mut self.asked_again);
        let mut error = format!("`{endpoint}` answers {}", response.status);
        if let Some(message) = &response.message {
            let said = self.headers.hide_in(message, &server.endpoint);
            error = format!("{error}: {}", visible(&said, MAX_SERVER_TEXT));
        }
        match meaning(response) {
            Meaning::Taken => {
                let hidden = server.endpoint.clone();
                self.endpoints.succeed(index);
                self.max_parts = usize::MAX;
                let passed_over = self.endpoints.passed_over(index);
                self.shared.health.succeed(&endpoint, passed_over);
                let partial = self.read_body(&endpoint, response);
                let items = self.pending.remove(parts);
                let rejected = partial.rejected.min(items);
                self.shared.counters.export(items, rejected);
                if partial == PartialSuccess::default() {
                    self.shared.health.end(Topic::PartialSuccess);
                } else {
                    let said = self.headers.hide_in(&partial.message, &hidden);
                    let said = visible(&said, MAX_SERVER_TEXT);
                    let message = format!(
                        "`{endpoint}` rejected {rejected} of {items} {}: {said}",
                        self.items()
                    );
                    self.shared.health.note(Topic::PartialSuccess, &message);
                    self.shared.health.note_error(message);
                }
            }
            Meaning::Again => self.fail(index, error, response.retry_after),
            Meaning::TooLarge => self.shrink(index, parts, error),
            Meaning::Unauthorized if !asked_again && self.headers.forget() => {
                self.shared.counters.count_failure();
                self.asked_again = true;
            }
            Meaning::Unauthorized | Meaning::Refused => {
                self.endpoints.succeed(index);
                let items = self.pending.remove(parts);
                self.shared.counters.lose(items, Loss::Refused);
                let check = match response.status {
                    UNKNOWN_PATH | UNKNOWN_METHOD if self.settings.signal != Signal::Traces => {
                        "perhaps the server takes only traces"
                    }
                    _ => "check the endpoint, the protocol and the headers",
                };
                let advice = format!("{} are lost: {check}", self.items());
                self.shared
                    .health
                    .fail(Trouble::Refused, &endpoint, &error, &advice);
            }
        }
    }

    /// Reads from the body which items the server rejected.
    fn read_body(&self, endpoint: &str, response: &Response) -> PartialSuccess {
        let problem = match response.problem {
            None => match partial_success::read(
                self.format_of(response.form),
                self.settings.signal,
                &response.body,
            ) {
                Ok(partial) => {
                    self.shared.health.end(Topic::Unreadable);
                    return partial;
                }
                Err(partial_success::Unreadable) => "is not one of OTLP",
            },
            Some(BodyProblem::TooLarge) => "is too large",
            Some(BodyProblem::Broken) => "breaks off",
            Some(BodyProblem::TimedOut) => "does not come in time",
            #[cfg(feature = "grpc")]
            Some(BodyProblem::Unreadable) => "is not one of OTLP",
        };
        // The status says that the server has the items. Sending them again would duplicate
        // them.
        let message = format!(
            "`{endpoint}` took {}, and its answer {problem}: whether it rejected some is unknown",
            self.items()
        );
        self.shared.health.note(Topic::Unreadable, &message);
        self.shared.health.note_error(message);
        PartialSuccess::default()
    }

    /// Returns the format of an answer's body: that of the request, unless the answer names
    /// another.
    fn format_of(&self, form: AnswerForm) -> Format {
        match form {
            AnswerForm::Protobuf => Format::Protobuf,
            #[cfg(feature = "json")]
            AnswerForm::Json => Format::Json,
            _ => self.settings.format,
        }
    }

    /// Makes the next request about half as large. A single item that is too large is lost.
    fn shrink(&mut self, index: usize, parts: usize, error: String) {
        self.shared.counters.count_failure();
        if parts > 1 || self.pending.halve_oldest() {
            self.max_parts = (parts / 2).max(1);
            if let Some(server) = self.endpoints.get_mut(index) {
                // More than half, so that half of the items fit with their resource.
                let half = (self.body_bytes / 8 * 5).max(MIN_LEARNED_BYTES);
                server.max_body_bytes = server.max_body_bytes.min(half);
            }
            self.shared.health.note_error(error);
            return;
        }
        let items = self.pending.remove(1);
        self.shared.counters.lose(items, Loss::TooLarge);
        let one = self.settings.signal.item();
        let message = format!("{error} to a request of one {one}, which is lost");
        self.shared.health.note(Topic::TooLarge, &message);
        self.shared.health.note_error(message);
    }

    /// Starts a server's backoff. The items go to the next server, or wait.
    fn fail(&mut self, index: usize, error: String, asked: Option<Duration>) {
        let begin = Moment::now();
        self.asked_again = false;
        self.shared.counters.count_failure();
        self.endpoints.fail(index, &error, asked);
        if self.endpoints.due(begin).is_some() {
            return self.shared.health.note_error(error);
        }
        let endpoint = self
            .endpoints
            .get_mut(index)
            .map(|server| server.endpoint.to_string());
        let endpoint = endpoint.unwrap_or_default();
        let advice = format!("{} wait, and are sent again", self.items());
        self.shared
            .health
            .fail(Trouble::Retrying, &endpoint, &error, &advice);
    }

    fn lose(&self, lost: u64, why: Loss) {
        if lost == 0 {
            return;
        }
        self.shared.counters.lose(lost, why);
        let items = self.items();
        let endpoint = self.endpoints.first().map(ToString::to_string);
        let endpoint = endpoint.unwrap_or_default();
        let (topic, message) = match why {
            Loss::ListFull => (
                Topic::ListFull,
                format!(
                    "more {items} wait for `{endpoint}` than `max_waiting_bytes` allows; the oldest are lost"
                ),
            ),
            Loss::TooOld => (
                Topic::TooOld,
                format!(
                    "{items} have waited for `{endpoint}` longer than `max_retry_age`; they are lost"
                ),
            ),
            Loss::Refused | Loss::ShutDown | Loss::TooLarge => return,
        };
        self.shared.health.note(topic, &message);
    }

    /// Returns the name of the items, for messages.
    const fn items(&self) -> &'static str {
        self.settings.signal.items()
    }

    fn note_waiting(&self) {
        self.shared.health.set_waiting_bytes(self.pending.bytes());
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server")
            .field("endpoint", &self.endpoint.to_string())
            .finish_non_exhaustive()
    }
}
