//! Detects whether a request is a gRPC call, and finds its method.

use http::HeaderMap;
use http::header::CONTENT_TYPE;

/// How a call is encoded in HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// gRPC: the status is in the trailers.
    Http2,
    /// gRPC-Web: the status is in the last frame of the body.
    Web,
    /// gRPC-Web in base64.
    WebText,
}

impl Format {
    /// Returns the format of a request or a response; `None` if its content type is not gRPC.
    ///
    /// Source: gRPC, *gRPC over HTTP2*, and *gRPC Web*.
    pub(crate) fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let bytes = headers.get(CONTENT_TYPE)?.as_bytes();
        let is = |name: &[u8]| {
            let begin = bytes.get(..name.len());
            begin.is_some_and(|begin| begin.eq_ignore_ascii_case(name))
                && matches!(bytes.get(name.len()), None | Some(b'+' | b';' | b' '))
        };
        if is(b"application/grpc-web-text") {
            Some(Self::WebText)
        } else if is(b"application/grpc-web") {
            Some(Self::Web)
        } else {
            is(b"application/grpc").then_some(Self::Http2)
        }
    }
}

/// Returns the method of a call, `pkg.Service/Method`, from the path of its request. Returns
/// `None` if the path has another form.
pub(crate) fn method(path: &str) -> Option<&str> {
    let method = path.strip_prefix('/')?;
    let (service, name) = method.split_once('/')?;
    let is_method = !service.is_empty() && !name.is_empty() && !name.contains('/');
    is_method.then_some(method)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_known_by_its_content_type() {
        let format = |text: &str| {
            let headers = [(CONTENT_TYPE, text.parse().unwrap())];
            Format::from_headers(&headers.into_iter().collect())
        };
        assert_eq!(format("application/grpc"), Some(Format::Http2));
        assert_eq!(format("application/grpc+proto"), Some(Format::Http2));
        assert_eq!(format("application/grpc-web+proto"), Some(Format::Web));
        assert_eq!(format("application/grpc-web-text"), Some(Format::WebText));
        assert_eq!(format("Application/gRPC"), Some(Format::Http2));
        assert_eq!(format("application/GRPC-web"), Some(Format::Web));
        assert_eq!(format("application/grpcish"), None);
        assert_eq!(format("application/json"), None);
        assert_eq!(Format::from_headers(&HeaderMap::new()), None);
    }

    #[test]
    fn a_method_is_a_service_and_a_name() {
        assert_eq!(method("/pkg.Shop/Buy"), Some("pkg.Shop/Buy"));
        for other in ["/", "/Buy", "//Buy", "/pkg.Shop/", "/a/b/c", "pkg.Shop/Buy"] {
            assert_eq!(method(other), None);
        }
    }
}
