//! What runs around the code of this thread: the server whose request it handles.
//!
//! Owns what a server's layer and code within it tell each other: the route, which is known
//! further inside, and that a request has a span already. Both are told through the thread,
//! as the layer polls what is inside: an extension of the request would cost allocations.

use std::cell::RefCell;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::Location;

use http::{Extensions, Request};

use crate::route::Route;

thread_local! {
    static AROUND: RefCell<Option<Around>> = const { RefCell::new(None) };
}

/// A request that is handled, and what was noted of it.
struct Around {
    handled: Handled,
    route: Option<Route>,
}

/// Which request a server handles, and where its layer was made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Handled {
    request: Identity,
    source: &'static Location<'static>,
}

/// What tells a request from one that its handler makes: a hash of the method, the path and the
/// caller's context. Between two layers, middleware may change anything else; a client's layer
/// sends another context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Identity(u64);

impl Handled {
    pub(crate) fn new<B>(request: &Request<B>, source: &'static Location<'static>) -> Self {
        let request = Identity::from_request(request);
        Self { request, source }
    }

    /// Runs code of this request; returns the route that was noted meanwhile, too.
    pub(crate) fn run<R>(self, body: impl FnOnce() -> R) -> (R, Option<Route>) {
        let around = Around {
            handled: self,
            route: None,
        };
        let restore = Restore(AROUND.replace(Some(around)));
        let done = body();
        let noted = AROUND.with_borrow_mut(|around| around.as_mut()?.route.take());
        drop(restore);
        (done, noted)
    }
}

/// Puts back what was around before, also if the code panics.
struct Restore(Option<Around>);

impl Drop for Restore {
    fn drop(&mut self) {
        let _left = AROUND.replace(self.0.take());
    }
}

/// Notes the route of the request that is handled here.
pub(crate) fn note_route(route: impl FnOnce() -> Option<Route>) {
    AROUND.with_borrow_mut(|around| {
        if let Some(around) = around
            && let Some(route) = route()
        {
            around.route = Some(route);
        }
    });
}

/// Returns where the layer was made that has begun a span of this request already.
pub(crate) fn outer_layer<B>(request: &Request<B>) -> Option<&'static Location<'static>> {
    let around = AROUND.with_borrow(|around| around.as_ref().map(|around| around.handled))?;
    let own = Identity::from_request(request);
    (around.request == own).then_some(around.source)
}

impl Identity {
    fn from_request<B>(request: &Request<B>) -> Self {
        let uri = original_uri(request.extensions()).unwrap_or(request.uri());
        let mut hasher = DefaultHasher::new();
        request.method().hash(&mut hasher);
        // Some middleware takes the last `/` away.
        uri.path().trim_end_matches('/').hash(&mut hasher);
        request.headers().get("traceparent").hash(&mut hasher);
        Self(hasher.finish())
    }
}

/// Returns the address with which a request came, of which a nested router sees a part.
pub(crate) fn original_uri(extensions: &Extensions) -> Option<&http::Uri> {
    #[cfg(feature = "axum")]
    {
        let original = extensions.get::<axum::extract::OriginalUri>();
        original.map(|original| &original.0)
    }
    #[cfg(not(feature = "axum"))]
    {
        let _none = extensions;
        None
    }
}
