//! The span of one request and its response, from the head to the end of the body.
//!
//! Owns how an exchange ends, for servers and clients, and the tags that are written at the
//! head and at the end of the response. The layers begin the span and write the tags of the
//! request.

use std::fmt;

use bytes::Buf;
use http::{Response, StatusCode};
use http_body::{Body, Frame};
use trace_core::__private::record_error_as;
use trace_core::conventions::{ERROR_TYPE, PANIC};
use trace_core::{OpenSpan, Outcome, span};

use crate::conventions::{
    GRPC, HTTP_RESPONSE_BODY_SIZE, HTTP_RESPONSE_STATUS_CODE, INCOMPLETE_BODY, OTHER,
    OVERSIZED_BODY, RPC_METHOD, RPC_METHOD_ORIGINAL,
};
use crate::expected::Expected;
use crate::failure;
use crate::grpc::{CallStatus, Format};
use crate::heads::content_length;
use crate::names;
use crate::panics;
use crate::side::{Side, set_error};
use crate::undecided::Undecided;

/// A span, and the state of its exchange. If it is dropped before the response is complete,
/// the span ends as cancelled.
///
/// The owner polls `span`. Within the poll, it passes the head, each frame or an error to a
/// `see_…` method of `about`. This method returns the outcome if the span ends.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) about: About,
    pub(crate) span: OpenSpan,
}

/// The state of an exchange.
#[derive(Debug)]
pub(crate) struct About {
    side: Side,
    expected: Expected,
    reports: Reports,
    /// The status of a gRPC call. Set when the head arrives.
    call: Option<CallStatus>,
    /// Whether the head of the response has arrived.
    has_head: bool,
    /// Whether the body was polled.
    is_read: bool,
    /// Whether the exchange is already known to have failed.
    has_failed: bool,
    /// The text of a panic that was caught while the response was made; empty if it had none.
    caught_panic: Option<Box<str>>,
    /// Whether the response was made from a panic.
    has_panicked: bool,
    /// The method of a call, if no server is known to have it.
    pub(crate) unknown_call: Option<Box<str>>,
    /// The tags that are not written yet. Set until it is known whether this is a call, if the
    /// span is recorded.
    pub(crate) undecided: Option<Box<Undecided>>,
    /// Whether the span has ended.
    is_over: bool,
    /// The number of bytes that were announced for the body.
    announced: Option<u64>,
    /// The number of bytes that the body has returned.
    given: u64,
}

/// Which optional facts about a response are recorded.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Reports {
    /// The size of a body that is complete. The size of an incomplete body is always recorded.
    pub(crate) size: bool,
    /// When the head and the first byte of the body arrived, as logs.
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
            caught_panic: None,
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
    /// Servers drop a body after its last announced byte, and do not poll it for its end. So a
    /// drop may also be the end of a complete response.
    fn drop(&mut self) {
        let Self { about, span } = self;
        if about.is_over || !span.is_recording() {
            return;
        }
        let outcome = span.in_scope(|| match about.is_complete() {
            true => about.end(),
            false => about.write_dropped(),
        });
        // The outcome is set explicitly. Otherwise, if a panic of the owner drops this, the
        // span would end as panicked.
        span.end_with(outcome);
    }
}

impl About {
    /// Handles the head of the response.
    pub(crate) fn see_head<B: Body>(&mut self, response: &Response<B>) -> Option<Outcome> {
        let (status, headers) = (response.status(), response.headers());
        self.has_head = true;
        self.announced = content_length(headers).or_else(|| response.body().size_hint().exact());
        let format = Format::from_headers(headers).filter(|_| self.is_call());
        self.decide(format.is_some());
        // For a gRPC client, every response without a gRPC status is an error.
        let format = format.or(self.is_call().then_some(Format::Http2));
        self.call = format.map(|format| CallStatus::from_head(format, headers));
        if span::is_recording() {
            self.write_head(status);
        }
        let is_bodyless = self.expected.is_bodyless(status);
        let is_empty = response.body().is_end_stream();
        if is_bodyless || is_empty && self.side != Side::Client && self.expected.is_http1 {
            self.announced = None;
        }
        (is_bodyless || is_empty || self.ends_with_length()).then(|| self.end())
    }

    /// Decides whether this is a call. If a server's response is not gRPC, the request is a
    /// plain HTTP request, even if it looked like a call.
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

    /// Decides that this is not a call, if there was no response that could show it.
    fn decide_at_end(&mut self) {
        if self.undecided.is_some() {
            self.decide(false);
        }
    }

    /// Writes the HTTP status, and whether it is an error. For a call, `200` is left out,
    /// because the gRPC status follows.
    fn write_head(&mut self, status: StatusCode) {
        if self.call.is_none() || status != StatusCode::OK {
            span::add_tag(HTTP_RESPONSE_STATUS_CODE, status.as_u16());
        }
        if self.has_panicked {
            span::add_tag(ERROR_TYPE, PANIC);
            self.caught_panic
                .take()
                .inspect(|text| panics::write_text(text));
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

    /// Whether this is a gRPC call, as far as it is known.
    pub(crate) const fn is_call(&self) -> bool {
        self.expected.is_call
    }

    /// Notes a panic that was caught while the response was made.
    pub(crate) fn note_caught_panic(&mut self, text: Box<str>) {
        self.caught_panic = Some(text);
    }

    /// Notes that the response was made from the panic that was caught, if there was one. Must
    /// be called before [`see_head`](Self::see_head).
    pub(crate) const fn believe_caught_panic(&mut self) {
        self.has_panicked = self.caught_panic.is_some();
    }

    /// Handles a panic of the service or of the body, which ends the exchange. Must be called
    /// within the span, before the panic goes on.
    pub(crate) fn see_panic(&mut self) {
        self.is_over = true;
        self.decide_at_end();
        self.settle_call();
    }

    /// Handles an error of the service or of the body, which ends the exchange.
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

    /// Handles the result of a poll of the body. `is_last` is set if the body is at its end
    /// after this frame.
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
                let has_ended = is_last || trailers.is_some() || self.ends_with_length();
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

    /// Whether the body has returned all announced bytes. Never true for a call, which ends
    /// with its status.
    fn has_all(&self) -> bool {
        self.call.is_none() && self.announced.is_some_and(|bytes| self.given >= bytes)
    }

    /// Whether the body is over because it has returned all announced bytes. Of a server's body,
    /// this is only known in HTTP/1, or if there are too many bytes.
    fn ends_with_length(&self) -> bool {
        let ends = self.side == Side::Client || self.expected.is_http1;
        self.has_all() && (ends || self.has_wrong_length())
    }

    /// Notes that the body is polled.
    pub(crate) const fn note_read(&mut self) {
        self.is_read = true;
    }

    /// Whether the response is complete, although the body was not polled to its end.
    fn is_complete(&self) -> bool {
        self.has_head
            && match &self.call {
                Some(call) => call.is_found(),
                None => self.has_all() || self.is_unwanted(),
            }
    }

    /// Whether the client never polled the body, because it needed only the status.
    fn is_unwanted(&self) -> bool {
        self.side == Side::Client && !self.is_read
    }

    /// Writes to the current span how the exchange ended. Returns the outcome.
    pub(crate) fn end(&mut self) -> Outcome {
        self.is_over = true;
        if let Some(code) = self.call.as_ref().and_then(CallStatus::code) {
            self.has_failed = self.side.is_grpc_error(code);
        }
        let is_wrong = self.has_wrong_length();
        self.has_failed |= is_wrong;
        if span::is_recording() {
            if self.reports.size || is_wrong {
                self.write_given();
            }
            if is_wrong && !self.has_panicked {
                self.write_wrong_length();
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

    /// Keeps the name of a call for later calls, if the response shows that the server has the
    /// method. Otherwise, or if the name cannot be kept, removes it from the span.
    fn settle_call(&mut self) {
        let has_method = self.call.as_ref().is_some_and(CallStatus::has_method);
        if let Some(method) = self.unknown_call.take()
            && !(has_method && names::learn_call(&method))
        {
            write_unknown_call(&method);
        }
    }

    /// Whether a server's body, which is over, has fewer or more bytes than announced. Both
    /// break its connection or stream, except that HTTP/1 cuts a body that is too long. A client
    /// does not need this, because its body returns an error.
    fn has_wrong_length(&self) -> bool {
        self.side != Side::Client
            && self.call.is_none()
            && self.announced.is_some_and(|bytes| self.given != bytes)
    }

    fn write_wrong_length(&self) {
        let (given, announced) = (self.given, self.announced.unwrap_or_default());
        let kind = match given < announced {
            true => INCOMPLETE_BODY,
            false => OVERSIZED_BODY,
        };
        let message = format!("the body has {given} of {announced} announced bytes");
        record_error_as(kind, &message);
    }

    fn write_given(&self) {
        span::add_tag(HTTP_RESPONSE_BODY_SIZE, self.given);
    }

    /// Writes to the current span that the exchange was dropped before its end.
    fn write_dropped(&mut self) -> Outcome {
        self.is_over = true;
        self.decide_at_end();
        if self.has_head {
            self.write_given();
        }
        self.settle_call();
        // A failed status is already written, and explains more.
        if !self.has_failed {
            self.side.write_dropped(self.is_call());
        }
        Outcome::Cancelled
    }
}

/// Replaces the method in the current span, because the server is not known to have it.
/// Callers can send any text, which must not become the name of a span.
fn write_unknown_call(method: &str) {
    if span::is_recording() {
        span::set_operation_name(GRPC);
        span::add_tag(RPC_METHOD, OTHER);
        span::add_tag(RPC_METHOD_ORIGINAL, method);
    }
}
