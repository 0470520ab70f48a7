//! The span of one request and its response, from the head to the end of the body.
//!
//! Owns how an exchange ends, on both sides, and what is said of it then. What is said of
//! the request, and how the span begins, is up to the layers.

use std::fmt;

use bytes::Buf;
use http::header::CONTENT_LENGTH;
use http::{Response, StatusCode};
use http_body::{Body, Frame};
use trace_core::__private::record_error_as;
use trace_core::conventions::{ERROR_TYPE, PANIC};
use trace_core::{OpenSpan, Outcome, span};

use crate::conventions::{
    GRPC, HTTP_RESPONSE_BODY_SIZE, HTTP_RESPONSE_STATUS_CODE, INCOMPLETE_BODY, OTHER, RPC_METHOD,
    RPC_METHOD_ORIGINAL,
};
use crate::expected::Expected;
use crate::failure;
use crate::grpc::{CallStatus, Format};
use crate::names;
use crate::panics;
use crate::side::{Side, set_error};
use crate::undecided::Undecided;

/// A span and what is known of its exchange. Dropped before its end, it says so.
///
/// Its holder polls `span` and tells `about` within that what came: each `see_…` says how
/// the span ends, if it does.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) about: About,
    pub(crate) span: OpenSpan,
}

/// What is known of an exchange.
#[derive(Debug)]
pub(crate) struct About {
    side: Side,
    expected: Expected,
    reports: Reports,
    /// How the call ended, once there is a head.
    call: Option<CallStatus>,
    /// Whether the head of the response has come.
    has_head: bool,
    /// Whether somebody has asked for the body.
    is_read: bool,
    /// Whether what has come so far says that the exchange has failed.
    has_failed: bool,
    /// Whether something panicked while the response was made.
    has_panicked: bool,
    /// The method of a call, if no server is known to have it.
    pub(crate) unknown_call: Option<Box<str>>,
    /// Set until it is known whether this is a call, if its span is recorded.
    pub(crate) undecided: Option<Box<Undecided>>,
    /// Whether the span has ended.
    is_over: bool,
    /// Bytes of the body that were announced.
    announced: Option<u64>,
    /// Bytes of the body that were given.
    given: u64,
}

/// What is recorded of bodies besides how they end.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Reports {
    /// The size of a body that ended well. One that did not has it in any case.
    pub(crate) size: bool,
    /// When the head and the first byte of the body came, as logs.
    pub(crate) times: bool,
}

impl Exchange {
    pub(crate) fn new(span: OpenSpan, side: Side, expected: Expected, reports: Reports) -> Self {
        let about = About {
            side,
            expected,
            reports,
            call: None,
            has_head: false,
            is_read: false,
            has_failed: false,
            has_panicked: false,
            unknown_call: None,
            undecided: None,
            is_over: false,
            announced: None,
            given: 0,
        };
        Self { about, span }
    }

    /// Whether the span has ended.
    pub(crate) const fn is_over(&self) -> bool {
        self.about.is_over
    }
}

impl Drop for Exchange {
    /// Servers drop a body when all that was announced is given, and do not ask for its end.
    fn drop(&mut self) {
        let Self { about, span } = self;
        if about.is_over || !span.is_recording() {
            return;
        }
        let outcome = span.in_scope(|| match about.is_complete() {
            true => about.end(),
            false => about.write_dropped(),
        });
        // Said, as a panic of whoever drops this is none of the exchange.
        span.end_with(outcome);
    }
}

impl About {
    /// Sees the head of the response.
    pub(crate) fn see_head<B: Body>(&mut self, response: &Response<B>) -> Option<Outcome> {
        let (status, headers) = (response.status(), response.headers());
        self.has_head = true;
        let length = headers.get(CONTENT_LENGTH);
        let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
        self.announced = length.or_else(|| response.body().size_hint().exact());
        let format = Format::from_headers(headers).filter(|_| self.is_call());
        self.decide(format.is_some());
        // To a client that has called, an answer without a status is an error, whatever it is.
        let format = format.or(self.is_call().then_some(Format::Http2));
        self.call = format.map(|format| CallStatus::from_head(format, headers));
        if span::is_recording() {
            self.write_head(status);
        }
        let is_bodyless = self.expected.is_bodyless(status);
        if is_bodyless {
            self.announced = None;
        }
        (is_bodyless || response.body().is_end_stream() || self.has_all()).then(|| self.end())
    }

    /// Says whether this is a call. A server whose answer is none has handled a request, and
    /// no call, whatever the caller says.
    fn decide(&mut self, is_call: bool) {
        if !is_call && self.side != Side::Client {
            self.expected.is_call = false;
            self.unknown_call = None;
        }
        if let Some(undecided) = self.undecided.take() {
            match is_call {
                true => undecided.write_call(),
                false => undecided.write_request(),
            }
        }
    }

    /// What has no response, and is not known to be a call, is none.
    fn decide_at_end(&mut self) {
        if self.undecided.is_some() {
            self.decide(false);
        }
    }

    /// A call has another status, which comes later; `200` says nothing there.
    fn write_head(&mut self, status: StatusCode) {
        if self.call.is_none() || status != StatusCode::OK {
            span::add_tag(HTTP_RESPONSE_STATUS_CODE, status.as_u16());
        }
        if self.has_panicked {
            span::add_tag(ERROR_TYPE, PANIC);
            panics::write();
        } else if self.call.is_none() && self.side.is_error(status) {
            span::add_tag(ERROR_TYPE, status.as_str());
            self.has_failed = true;
        }
        if self.has_panicked || self.has_failed {
            set_error();
        }
        if self.reports.times {
            span::add_log("http.response.head");
        }
    }

    /// Whether this is a call of gRPC, as far as is known.
    pub(crate) const fn is_call(&self) -> bool {
        self.expected.is_call
    }

    /// Notes that something panicked while the response was made that now is to be seen.
    pub(crate) const fn note_panic(&mut self) {
        self.has_panicked = true;
    }

    /// Sees that there is no response.
    pub(crate) fn see_error<E>(&mut self, error: &E) -> Option<Outcome>
    where
        E: fmt::Display + 'static,
    {
        self.is_over = true;
        self.decide_at_end();
        if span::is_recording() {
            failure::record(error);
        }
        self.settle_call();
        Some(Outcome::Error)
    }

    /// Sees what a poll of the body gave, and whether the body is at its end then.
    pub(crate) fn see_frame<D: Buf, E: fmt::Display + 'static>(
        &mut self,
        frame: Option<&Result<Frame<D>, E>>,
        is_last: bool,
    ) -> Option<Outcome> {
        match frame {
            None => Some(self.end()),
            Some(Err(error)) => {
                if span::is_recording() {
                    self.write_given();
                }
                self.see_error(error)
            }
            Some(Ok(frame)) => {
                if let Some(data) = frame.data_ref() {
                    self.see_data(data);
                }
                let trailers = frame.trailers_ref();
                if let (Some(trailers), Some(call)) = (trailers, &mut self.call) {
                    call.see_trailers(trailers);
                }
                let has_ended = is_last || trailers.is_some() || self.has_all();
                has_ended.then(|| self.end())
            }
        }
    }

    fn see_data(&mut self, data: &impl Buf) {
        let bytes = data.remaining() as u64;
        if self.reports.times && self.given == 0 && bytes > 0 {
            span::add_log("http.response.first_byte");
        }
        self.given += bytes;
        if let Some(call) = &mut self.call {
            call.see_data(data);
        }
    }

    /// Whether all announced bytes are given. What ends a call is its status.
    fn has_all(&self) -> bool {
        self.call.is_none() && self.announced.is_some_and(|bytes| self.given >= bytes)
    }

    /// Notes that somebody asks for the body.
    pub(crate) const fn note_read(&mut self) {
        self.is_read = true;
    }

    /// Whether nothing is missing, though the end was not asked for.
    fn is_complete(&self) -> bool {
        self.has_head
            && match &self.call {
                Some(call) => call.is_found(),
                None => self.has_all() || self.is_unwanted(),
            }
    }

    /// Whether the client wants no body: the status was all that it asked for.
    fn is_unwanted(&self) -> bool {
        self.side == Side::Client && !self.is_read
    }

    /// Says of the current span how the exchange has ended; returns its outcome.
    pub(crate) fn end(&mut self) -> Outcome {
        self.is_over = true;
        if let Some(code) = self.call.as_ref().and_then(CallStatus::code) {
            self.has_failed = self.side.is_grpc_error(code);
        }
        let is_short = self.is_short();
        self.has_failed |= is_short;
        if span::is_recording() {
            if self.reports.size || is_short {
                self.write_given();
            }
            if is_short && !self.has_panicked {
                self.write_short();
            }
            if let Some(call) = &self.call {
                call.write(self.has_failed && !self.has_panicked);
            }
        }
        self.settle_call();
        match (self.has_panicked, self.has_failed) {
            (true, _) => Outcome::Panicked,
            (false, true) => Outcome::Error,
            (false, false) => Outcome::Ok,
        }
    }

    /// Keeps the name of a call for the next ones if the server is seen to have the method, and
    /// takes it away if not.
    fn settle_call(&mut self) {
        let has_method = self.call.as_ref().is_some_and(CallStatus::has_method);
        if let Some(method) = self.unknown_call.take()
            && !(has_method && names::learn_call(&method))
        {
            write_unknown_call(&method);
        }
    }

    /// Whether the body of a server has ended before all announced bytes are given. The
    /// connection fails then. A client's connection says so itself.
    fn is_short(&self) -> bool {
        self.side != Side::Client
            && self.call.is_none()
            && self.announced.is_some_and(|bytes| self.given < bytes)
    }

    fn write_short(&self) {
        let announced = self.announced.unwrap_or_default();
        let message = format!("the body has {} of {announced} announced bytes", self.given);
        record_error_as(INCOMPLETE_BODY, &message);
    }

    fn write_given(&self) {
        span::add_tag(HTTP_RESPONSE_BODY_SIZE, self.given);
    }

    /// Says of the current span that it is dropped before its end.
    fn write_dropped(&mut self) -> Outcome {
        self.is_over = true;
        self.decide_at_end();
        if self.has_head {
            self.write_given();
        }
        self.settle_call();
        // A failed status is said already, and explains more.
        if !self.has_failed {
            self.side.write_dropped(self.is_call());
        }
        Outcome::Cancelled
    }
}

/// Says of the current span that the server is not known to have a method of this name. What
/// callers ask for may be anything, and so is no name of a span.
fn write_unknown_call(method: &str) {
    if span::is_recording() {
        span::set_operation_name(GRPC);
        span::add_tag(RPC_METHOD, OTHER);
        span::add_tag(RPC_METHOD_ORIGINAL, method);
    }
}
