//! Options of both layers: hooks for the heads, and headers that are recorded as tags.

use std::borrow::Cow;
use std::sync::Arc;

use http::{HeaderMap, HeaderName, Response};
use trace_core::__private::catch;
use trace_core::span;

use crate::heads::{RequestHead, ResponseHead};

/// What the application records in addition to the tags of the conventions.
#[derive(Clone, Default)]
pub(crate) struct Extras {
    /// Headers that are recorded, with the keys of their tags.
    pub(crate) request_headers: Vec<(HeaderName, String)>,
    pub(crate) response_headers: Vec<(HeaderName, String)>,
    pub(crate) on_request: Option<OnRequest>,
    pub(crate) on_response: Option<OnResponse>,
}

impl Extras {
    /// Whether there is anything to record for requests.
    pub(crate) fn has_any_of_requests(&self) -> bool {
        !self.request_headers.is_empty() || self.on_request.is_some()
    }

    /// Writes tags of the request to the current span.
    pub(crate) fn write_request(&self, head: &RequestHead<'_>) {
        write_headers(&self.request_headers, head.headers);
        if let Some(Hook(hook)) = &self.on_request {
            let _panicked = catch(|| hook(head));
        }
    }

    /// Writes tags of the response to the current span.
    pub(crate) fn write_response<B>(&self, response: &Response<B>) {
        write_headers(&self.response_headers, response.headers());
        if let Some(Hook(hook)) = &self.on_response {
            let _panicked = catch(|| hook(&ResponseHead::new(response)));
        }
    }
}

/// A hook of the application for heads of requests.
pub(crate) type OnRequest = Hook<dyn Fn(&RequestHead<'_>) + Send + Sync>;

/// A hook of the application for heads of responses.
pub(crate) type OnResponse = Hook<dyn Fn(&ResponseHead<'_>) + Send + Sync>;

/// A function that the application provides.
pub(crate) struct Hook<F: ?Sized>(pub(crate) Arc<F>);

impl<F: ?Sized> Clone for Hook<F> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// Writes headers as tags of the current span. Each tag is an array of all lines of a header.
/// Invalid UTF-8 is replaced.
fn write_headers(keys: &[(HeaderName, String)], headers: &HeaderMap) {
    for (name, key) in keys {
        let lines = headers.get_all(name).iter();
        let lines: Vec<Cow<'_, str>> = lines
            .map(|line| String::from_utf8_lossy(line.as_bytes()))
            .collect();
        let lines: Vec<&str> = lines.iter().map(|line| &**line).collect();
        if !lines.is_empty() {
            span::add_tag(key, &lines[..]);
        }
    }
}

/// Pairs each header with the key of its tag, which is `before` and the name of the header.
pub(crate) fn keyed(
    before: &str,
    names: impl IntoIterator<Item = HeaderName>,
) -> impl Iterator<Item = (HeaderName, String)> {
    let names = names.into_iter();
    names.map(move |name| {
        let key = format!("{before}{name}");
        (name, key)
    })
}
