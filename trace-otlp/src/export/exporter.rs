//! Sends what waits of one signal: which parts, to which server, and what becomes of them.
//!
//! Runs on the thread of whoever calls the collector, under its lock. Never waits for a retry,
//! unless it is given a moment until which it may.

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
use crate::encode::{Format, Part, Signal, write_body};
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
    /// The body of the last request, kept for its memory.
    pub(super) body: Vec<u8>,
    /// Most parts of the next request, after one that was too large. Set until a server has
    /// taken a request.
    pub(super) max_parts: usize,
    /// Whether the callback was asked again for the request that is next.
    pub(super) asked_again: bool,
    pub(super) is_shut_down: bool,
}

/// How long to go on with sending.
#[derive(Clone, Copy, Debug)]
pub(super) enum Patience {
    /// Until each server has failed once.
    OneTry,
    /// The same, but no longer than until a moment.
    OneTryUntil(Moment),
    /// Until a moment; waits for servers that are due before it.
    Until(Moment),
}

/// What does not change.
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

/// Statuses of a server that does not know where a request goes.
const UNKNOWN_PATH: Status = Status::Http(404);
const UNKNOWN_METHOD: Status = Status::Grpc(12);

/// What other threads read while a request is sent.
pub(super) struct Shared {
    pub(super) counters: Counters,
    pub(super) health: Health,
    pub(super) max_waiting_bytes: usize,
}

/// Smallest limit that is learned from a server that finds a body too large.
const MIN_LEARNED_BYTES: usize = 4 << 10;

/// Most bytes of memory that the body keeps between two requests.
const KEPT_BYTES: usize = 1 << 20;

/// Longest text of a server in a message, in bytes.
const MAX_SERVER_TEXT: usize = 200;

impl Exporter {
    /// Adds parts, which wait from now on. `items` is the number of their items if no item was
    /// lost when they were encoded.
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

    /// Sends what waits, to servers that are due, until all is sent, the patience is over, or
    /// no server is due.
    pub(super) fn send_due(&mut self, patience: Patience) {
        let begin = Moment::now();
        loop {
            let now = Moment::now();
            let lost = self.pending.remove_older(self.settings.max_age, now);
            self.lose(lost, Loss::TooOld);
            if self.pending.is_empty() {
                break;
            }
            // A server that hangs may take longer than another's backoff. With the time of each
            // try, the two could keep the caller for ever.
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
        self.note_waiting();
        self.shared.health.say_due();
    }

    /// Returns after what time there is something to do; `None` if nothing waits: no item, and
    /// no line about a trouble.
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

    /// Gives up all that waits.
    pub(super) fn end(&mut self) {
        self.is_shut_down = true;
        let left = self.pending.remove(usize::MAX);
        self.lose(left, Loss::ShutDown);
        self.note_waiting();
        self.shared.health.say_rest();
    }

    /// Sends one request, whose items stay until its outcome is known.
    fn send(&mut self, index: usize, timeout: Duration) {
        let Some(server) = self.endpoints.get_mut(index) else {
            return;
        };
        let limits = RequestLimits {
            bytes: self.settings.request.bytes.min(server.max_body_bytes),
            items: self.settings.request.items,
        };
        let parts = self.pending.next_request(limits).min(self.max_parts);
        self.body.clear();
        self.body.shrink_to(KEPT_BYTES);
        write_body(
            self.settings.format,
            self.pending.oldest(parts),
            &mut self.body,
        );
        let (body, encoding) = self.compressor.compress(&self.body);

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
        // ureq panics where a thread cannot be started. With the panic going on, the tracer
        // would count a batch as lost whose items wait here.
        let answer = catch_unwind(AssertUnwindSafe(|| transport.send(&request)));
        let answer = answer.unwrap_or_else(|payload| {
            // Its destructor may panic too.
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

    /// Returns what the body says about items that the server did not take.
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
        // The status says that the server has the items. Sent again, they would be there twice.
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

    /// Makes the next request about half as large. An item that is too large alone is lost.
    fn shrink(&mut self, index: usize, parts: usize, error: String) {
        self.shared.counters.count_failure();
        if parts > 1 || self.pending.halve_oldest() {
            self.max_parts = (parts / 2).max(1);
            if let Some(server) = self.endpoints.get_mut(index) {
                // More than half, so that half of the items fit with their resource.
                let half = (self.body.len() / 8 * 5).max(MIN_LEARNED_BYTES);
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

    /// Lets a server wait. The items go to the next server, or wait.
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

    /// Returns what is sent, for messages.
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
