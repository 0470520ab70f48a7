//! The status with which a call ends, wherever the response says it.

use bytes::Buf;
use http::{HeaderMap, HeaderValue};
use trace_core::conventions::ERROR_TYPE;
use trace_core::{Status, span};

use super::call::Format;
use super::code::Code;
use super::web::Frames;
use crate::percent;

/// The header, trailer or line of gRPC-Web that has the status.
const STATUS: &str = "grpc-status";
/// What the error says, with `%` before what is no printable ASCII.
const MESSAGE: &str = "grpc-message";

/// Looks for the status of a call in its response.
#[derive(Debug)]
pub(crate) struct CallStatus {
    found: Option<Found>,
    /// Of gRPC-Web, where the status is in the body.
    frames: Option<Box<Frames>>,
    /// Whether the head is that of an answer in messages.
    is_answer: bool,
}

#[derive(Debug)]
struct Found {
    code: Code,
    /// Read of what is no `OK` only.
    message: String,
}

impl CallStatus {
    /// Looks at the head of a response: one without messages has the status there.
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

    /// Looks at trailers.
    pub(crate) fn see_trailers(&mut self, trailers: &HeaderMap) {
        if let Some(status) = trailers.get(STATUS) {
            self.find(status, trailers.get(MESSAGE));
        }
    }

    /// Looks at a piece of the body.
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

    /// Whether the status is known, so that nothing more is to come.
    pub(crate) const fn is_found(&self) -> bool {
        self.found.is_some()
    }

    /// Returns the status of a call that has ended: one that does not say it is unknown.
    /// `None` if nobody here can read it.
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

    /// Whether the server is seen to have the method that is called.
    ///
    /// An error in the head says nothing of that. It may come from anywhere, such as from what
    /// asks for a password.
    pub(crate) fn has_method(&self) -> bool {
        let code = self.found.as_ref().map(|found| found.code);
        self.is_answer && code != Some(Code::Unimplemented)
    }

    /// Writes the status of a call that has ended as tags and status of the current span.
    /// Which codes are errors differs by side.
    pub(crate) fn write(&self, is_error: bool) {
        let Some(code) = self.code() else { return };
        code.write();
        if is_error {
            span::add_tag(ERROR_TYPE, code.name());
            let message = self.found.as_ref().map(|found| found.message.clone());
            span::set_status(Status::Error(message.unwrap_or_default().into()));
        }
    }
}

/// Decodes what gRPC makes of a text.
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
