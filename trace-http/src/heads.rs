//! The heads of requests and responses, as hooks see them.

use http::header::CONTENT_LENGTH;
use http::{Extensions, HeaderMap, Method, Request, Response, StatusCode, Uri, Version};

/// The head of a request, for [`ServerLayer::on_request`](crate::ServerLayer::on_request).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct RequestHead<'a> {
    /// The method.
    pub method: &'a Method,
    /// The address. In a nested router, the path lacks the part that the outer routers
    /// matched.
    pub uri: &'a Uri,
    /// The version of HTTP.
    pub version: Version,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The extensions, in which other layers put values.
    pub extensions: &'a Extensions,
}

impl<'a> RequestHead<'a> {
    pub(crate) fn new<B>(request: &'a Request<B>) -> Self {
        Self {
            method: request.method(),
            uri: request.uri(),
            version: request.version(),
            headers: request.headers(),
            extensions: request.extensions(),
        }
    }
}

/// The head of a response, for [`ServerLayer::on_response`](crate::ServerLayer::on_response).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ResponseHead<'a> {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The extensions, in which other layers put values.
    pub extensions: &'a Extensions,
}

impl<'a> ResponseHead<'a> {
    pub(crate) fn new<B>(response: &'a Response<B>) -> Self {
        Self {
            status: response.status(),
            headers: response.headers(),
            extensions: response.extensions(),
        }
    }
}

/// Returns the text that is recorded for a version; `None` if the version is unknown.
pub(crate) const fn protocol_version(version: Version) -> Option<&'static str> {
    Some(match version {
        Version::HTTP_09 => "0.9",
        Version::HTTP_10 => "1.0",
        Version::HTTP_11 => "1.1",
        Version::HTTP_2 => "2",
        Version::HTTP_3 => "3",
        _ => return None,
    })
}

/// Returns the number of bytes that a head announces for its body.
pub(crate) fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
