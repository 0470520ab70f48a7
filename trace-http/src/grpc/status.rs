//! The status of a call, which may be in the head, the trailers or the body of the response.

use bytes::Buf;
use http::{HeaderMap, HeaderValue};
use trace_core::conventions::ERROR_TYPE;
use trace_core::{Status, span};

use super::call::Format;
use super::code::Code;
use super::web::Frames;
use crate::percent;
use crate::redact;

/// The name of the header, trailer or gRPC-Web line with the status.
const STATUS: &str = "grpc-status";
/// The name of the header, trailer or gRPC-Web line with the message of an error. The message
/// is percent-encoded.
const MESSAGE: &str = "grpc-message";

/// Looks for the status of a call in its response.
#[derive(Debug)]
pub(crate) struct CallStatus {
    found: Option<Found>,
    /// Set for gRPC-Web, whose status is in the body.
    frames: Option<Box<Frames>>,
    /// Whether messages follow the head: the response is gRPC, and its head has no status.
    is_answer: bool,
}

#[derive(Debug)]
struct Found {
    code: Code,
    /// Empty if the code is `OK`.
    message: String,
}

impl CallStatus {
    /// Reads the head of a response. If the response has no messages, the status is there.
    pub(crate) fn from_head(format: Format, headers: &HeaderMap) -> Self {
        let frames = match format {
            Format::Http2 => None,
            Format::Web => Some(Box::new(Frames::binary())),
            Format::WebText => Some(Box::new(Frames::text())),
        };
        let mut status = Self {
            found: None,
            frames,
            is_answer: Format::from_headers(headers).is_some() && !headers.contains_key(STATUS),
        };
        status.see_trailers(headers);
        status
    }

    /// Looks for the status in trailers.
    pub(crate) fn see_trailers(&mut self, trailers: &HeaderMap) {
        if let Some(status) = trailers.get(STATUS) {
            self.find(status, trailers.get(MESSAGE));
        }
    }

    /// Looks for the status in a piece of the body.
    pub(crate) fn see_data(&mut self, data: &impl Buf) {
        let Some(frames) = &mut self.frames else {
            return;
        };
        let mut chunks = [std::io::IoSlice::new(&[]); 16];
        let count = data.chunks_vectored(&mut chunks);
        let mut chunks = chunks.iter().take(count);
        if let Some(trailers) = chunks.find_map(|chunk| frames.read(chunk)) {
            self.see_trailers(&trailers);
        }
    }

    fn find(&mut self, status: &HeaderValue, message: Option<&HeaderValue>) {
        let code = Code::from_header(status);
        let message = message.filter(|_| code != Code::Ok);
        let message = message.map(|message| decode_percent(message.as_bytes()));
        self.found = Some(Found {
            code,
            message: message.unwrap_or_default(),
        });
    }

    /// Whether the status was found. It is the last part of a response.
    pub(crate) const fn is_found(&self) -> bool {
        self.found.is_some()
    }

    /// Returns the status of a call that has ended. It is [`Code::Unknown`] if the response
    /// has no status, and `None` if this build cannot decode the response.
    pub(crate) fn code(&self) -> Option<Code> {
        match &self.found {
            Some(found) => Some(found.code),
            None if self
                .frames
                .as_ref()
                .is_some_and(|frames| !frames.can_read()) =>
            {
                None
            }
            None => Some(Code::Unknown),
        }
    }

    /// Whether the response shows that the server has the method.
    ///
    /// An error in the head does not show it, because a layer in front of the method may have
    /// returned it, such as one for authentication.
    pub(crate) fn has_method(&self) -> bool {
        let code = self.found.as_ref().map(|found| found.code);
        self.is_answer && code != Some(Code::Unimplemented)
    }

    /// Writes the status of a call that has ended to the current span. `is_error` depends on
    /// the code and the side; see [`Side::is_grpc_error`](crate::side::Side::is_grpc_error).
    pub(crate) fn write(&self, is_error: bool) {
        let Some(code) = self.code() else { return };
        code.write();
        if is_error {
            span::add_tag(ERROR_TYPE, code.name());
            let message = self.found.as_ref();
            let message = message.map(|found| redact::in_text(&found.message));
            span::set_status(Status::Error(message.unwrap_or_default().into()));
        }
    }
}

/// Decodes a percent-encoded message. Invalid UTF-8 is replaced.
///
/// Source: gRPC, *gRPC over HTTP2*, `Status-Message`.
fn decode_percent(text: &[u8]) -> String {
    String::from_utf8_lossy(&percent::decode(text)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_decoded() {
        assert_eq!(decode_percent(b"no Z%C3%BCrich"), "no Zürich");
        assert_eq!(decode_percent(b"100%, %zz, %4"), "100%, %zz, %4");
        assert_eq!(decode_percent(b"%ff"), "\u{fffd}");
    }

    #[test]
    fn a_call_without_a_status_is_unknown() {
        let status = CallStatus::from_head(Format::Http2, &HeaderMap::new());
        assert!(!status.is_found());
        assert_eq!(status.code(), Some(Code::Unknown));
    }

    #[test]
    fn the_head_may_have_the_status() {
        let head = [("grpc-status", "5"), ("grpc-message", "no%20order")];
        let head = head.map(|(name, value)| {
            let name: http::HeaderName = name.parse().unwrap();
            (name, HeaderValue::from_static(value))
        });
        let status = CallStatus::from_head(Format::Http2, &head.into_iter().collect());
        assert_eq!(status.code(), Some(Code::NotFound));
        assert_eq!(status.found.unwrap().message, "no order");
    }

    #[test]
    fn the_body_may_have_the_status() {
        let mut status = CallStatus::from_head(Format::Web, &HeaderMap::new());
        let body = b"\0\0\0\0\x02hi\x80\0\0\0\x0egrpc-status:5\n";
        let (first, second) = body.split_at(9);
        status.see_data(&first);
        assert!(!status.is_found());
        status.see_data(&second);
        assert_eq!(status.code(), Some(Code::NotFound));
    }
}
