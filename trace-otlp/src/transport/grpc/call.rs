//! One call: its head and its message in HTTP/2.
//!
//! Sends the call once. `channel.rs` decides whether to send it again.

use std::time::Duration;

use ::http::header::{CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue, TE, UPGRADE};
use ::http::{Method, Uri, Version};
use bytes::Bytes;
use h2::client::SendRequest;
use tokio::time::{Instant, timeout_at};

use super::super::exchange::{Request, Response};
use super::super::pieces::bytes_of;
use super::answer;
use super::call_error::CallError;

/// A call, which may be sent several times.
pub(super) struct Call {
    uri: Uri,
    headers: HeaderMap,
    /// The message with its prefix.
    message: Bytes,
}

const GRPC_TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");
const GRPC_ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");
const GRPC_ACCEPT_ENCODING: HeaderName = HeaderName::from_static("grpc-accept-encoding");

/// Headers that HTTP/2 forbids or expresses differently. With one of them, h2 would not send
/// the call.
const FORBIDDEN: [HeaderName; 4] = [
    HOST,
    UPGRADE,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
];

impl Call {
    /// Copies a request. `None` if its body is longer than a message can be.
    pub(super) fn new(request: &Request<'_>) -> Option<Self> {
        let mut headers = request.headers.clone();
        for name in FORBIDDEN {
            headers.remove(name);
        }
        headers.insert(TE, HeaderValue::from_static("trailers"));
        let content_type = HeaderValue::from_static(request.content_type);
        headers.insert(CONTENT_TYPE, content_type);
        let identity = HeaderValue::from_static("identity");
        headers.insert(GRPC_ACCEPT_ENCODING, identity);
        match request.encoding {
            Some(name) => headers.insert(GRPC_ENCODING, HeaderValue::from_static(name)),
            None => headers.remove(GRPC_ENCODING),
        };
        Some(Self {
            uri: request.uri.clone(),
            headers,
            message: frame(request.body, request.encoding.is_some())?,
        })
    }

    /// Sends the call once, and waits for its answer.
    pub(super) async fn send(
        &self,
        sender: &mut SendRequest<Bytes>,
        deadline: Instant,
    ) -> Result<Response, CallError> {
        let mut head = ::http::Request::new(());
        *head.method_mut() = Method::POST;
        *head.version_mut() = Version::HTTP_2;
        head.uri_mut().clone_from(&self.uri);
        head.headers_mut().clone_from(&self.headers);
        let left = deadline.saturating_duration_since(Instant::now());
        head.headers_mut().insert(GRPC_TIMEOUT, grpc_timeout(left));
        let sent = sender.send_request(head, false);
        let (answered, mut stream) = sent.map_err(CallError::Failed)?;
        // Bytes that do not fit into the server's windows wait in the connection's buffer.
        stream
            .send_data(self.message.clone(), true)
            .map_err(CallError::Failed)?;
        let answered = timeout_at(deadline, answered).await;
        let answered = answered.map_err(|_| CallError::TimedOut)?;
        answer::read(answered.map_err(CallError::Failed)?, deadline).await
    }
}

/// Adds the prefix to a message: whether it is compressed, and its length.
fn frame(message: &[&[u8]], is_compressed: bool) -> Option<Bytes> {
    let bytes = bytes_of(message);
    let length = u32::try_from(bytes).ok()?;
    let mut framed = Vec::with_capacity(bytes.saturating_add(5));
    framed.push(u8::from(is_compressed));
    framed.extend_from_slice(&length.to_be_bytes());
    for piece in message {
        framed.extend_from_slice(piece);
    }
    Some(framed.into())
}

/// Writes a time in the finest unit for which eight digits are enough.
fn grpc_timeout(time: Duration) -> HeaderValue {
    const MOST: u128 = 99_999_999;
    let (number, unit) = match time {
        _ if time.as_micros() <= MOST => (time.as_micros(), 'u'),
        _ if time.as_millis() <= MOST => (time.as_millis(), 'm'),
        _ => (u128::from(time.as_secs()).min(MOST), 'S'),
    };
    let text = HeaderValue::try_from(format!("{number}{unit}"));
    text.unwrap_or_else(|_| HeaderValue::from_static("1S"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_its_length_before_it() {
        assert_eq!(&frame(&[], false).unwrap()[..], [0, 0, 0, 0, 0]);
        assert_eq!(
            &frame(&[b"a", b"b"], true).unwrap()[..],
            b"\x01\0\0\0\x02ab"
        );
    }

    #[test]
    fn a_timeout_has_at_most_eight_digits() {
        let written = |time| grpc_timeout(time).to_str().unwrap().to_owned();
        assert_eq!(written(Duration::ZERO), "0u");
        assert_eq!(written(Duration::from_millis(150)), "150000u");
        assert_eq!(written(Duration::from_micros(99_999_999)), "99999999u");
        assert_eq!(written(Duration::from_secs(100)), "100000m");
        assert_eq!(written(Duration::from_secs(100_000)), "100000S");
        assert_eq!(written(Duration::MAX), "99999999S");
    }
}
