//! The request that this thread handles.
//!
//! Owns how the route reaches a server's layer. Only an inner layer knows the route. It stores
//! the route in a thread-local variable while the outer layer polls it. An extension of the
//! request would cost allocations.

use std::cell::Cell;

use http::{Extensions, Request};

use crate::route::Route;

thread_local! {
    static AROUND: Cell<Option<Around>> = const { Cell::new(None) };
    /// The route of the innermost request whose route was noted.
    static NOTED: Cell<Option<Route>> = const { Cell::new(None) };
}

/// The request that this thread handles, and whether its route was noted.
#[derive(Clone, Copy, Debug)]
struct Around {
    handled: Handled,
    is_noted: bool,
}

/// Identifies the request that a server handles: a hash of its method and path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Handled(u64);

impl Handled {
    pub(crate) fn new<B>(request: &Request<B>) -> Self {
        let uri = original_uri(request.extensions()).unwrap_or(request.uri());
        // Some middleware removes a trailing `/`.
        let path = uri.path().trim_end_matches('/');
        Self(mix(mix(0, request.method().as_str()), path))
    }

    /// Makes this the current request, until the result is dropped.
    pub(crate) fn enter(self) -> Entered {
        let around = AROUND.replace(Some(Around {
            handled: self,
            is_noted: false,
        }));
        Entered {
            around,
            noted: around.filter(|around| around.is_noted).and_then(|_| take()),
        }
    }
}

/// Exists while code of a request runs. Its drop makes the outer request the current one
/// again, also during a panic.
#[derive(Debug)]
pub(crate) struct Entered {
    around: Option<Around>,
    noted: Option<Route>,
}

impl Entered {
    /// Returns the route that was noted since [`Handled::enter`].
    pub(crate) fn leave(self) -> Option<Route> {
        let is_noted = AROUND.get().is_some_and(|around| around.is_noted);
        is_noted.then(take).flatten()
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        AROUND.set(self.around);
        if let Some(noted) = self.noted.take() {
            let _at_end_of_thread = NOTED.try_with(|place| place.set(Some(noted)));
        }
    }
}

fn take() -> Option<Route> {
    NOTED.try_with(Cell::take).ok().flatten()
}

/// Returns whether this thread runs code of a request.
pub(crate) fn is_within() -> bool {
    AROUND.get().is_some()
}

/// Notes the route of a request, if this thread handles this request. The first route counts:
/// the handler may pass on the request to another router.
pub(crate) fn note_route<B>(request: &Request<B>) {
    if let Some(around) = AROUND.get()
        && !around.is_noted
        && let Some(route) = Route::from_extensions(request.extensions())
        && around.handled == Handled::new(request)
        && NOTED.try_with(|noted| noted.set(Some(route))).is_ok()
    {
        AROUND.set(Some(Around {
            is_noted: true,
            ..around
        }));
    }
}

/// Adds a text to a hash. The hash must be fast, because it is computed for every request. A
/// collision does little harm: one request may be named after the route of another.
fn mix(hash: u64, text: &str) -> u64 {
    /// Source: the constant of Fibonacci hashing.
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let add = |hash: u64, word: u64| (hash.rotate_left(5) ^ word).wrapping_mul(FACTOR);
    let (words, rest) = text.as_bytes().as_chunks::<8>();
    let hash = words
        .iter()
        .fold(hash, |hash, word| add(hash, u64::from_le_bytes(*word)));
    let rest = rest
        .iter()
        .fold(0, |rest, byte| rest << 8 | u64::from(*byte));
    add(add(hash, rest), text.len() as u64)
}

/// Returns the original address of a request, if axum kept it. A nested router sees only a
/// part of the path.
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
