//! What the application asks of both layers: its own code at the heads, and headers as tags.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use http::{HeaderMap, HeaderName};
use trace_core::span;

use crate::heads::{RequestHead, ResponseHead};
use crate::panics;

/// Code of the application for heads of requests.
pub(crate) type OnRequest = Hook<dyn Fn(&RequestHead<'_>) + Send + Sync>;

/// Code of the application for heads of responses.
pub(crate) type OnResponse = Hook<dyn Fn(&ResponseHead<'_>) + Send + Sync>;

/// Code of the application.
pub(crate) struct Hook<F: ?Sized>(pub(crate) Arc<F>);

impl<F: ?Sized> Clone for Hook<F> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// Runs code of the application that is only there to record something: if it panics, the
/// request goes on, and is not counted as one that has panicked.
pub(crate) fn run_hook(hook: impl FnOnce()) {
    let panics = panics::count();
    if let Err(payload) = catch_unwind(AssertUnwindSafe(hook)) {
        // Not dropped: its destructor may panic once more.
        std::mem::forget(payload);
    }
    panics::set_count(panics);
}

/// Writes headers as tags of the current span: all their lines, as far as they are text.
pub(crate) fn write_headers(keys: &[(HeaderName, String)], headers: &HeaderMap) {
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

/// Adds the key of the tag to each header; `before` is what is before its name.
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
