//! How a server's layer knows that an outer one has begun the span of a request.
//!
//! The outer layer marks the request by an extension. Queues and layers that rewrite the path
//! keep it, and a request that a handler makes has none.

use std::panic::Location;
use std::sync::atomic::{AtomicBool, Ordering};

use http::Extensions;

/// Where the layer was made that has begun the span of this request.
struct Mark(Option<&'static Location<'static>>);

impl Clone for Mark {
    /// A copy of a request is another request: its handler sends it to a service of its own.
    fn clone(&self) -> Self {
        Self(None)
    }
}

/// Whether a layer was made. Never unset.
static HAS_LAYER: AtomicBool = AtomicBool::new(false);

/// Whether requests may pass two layers. Never unset. A mark costs allocations, which a
/// service with one layer need not pay.
static ARE_SEVERAL: AtomicBool = AtomicBool::new(false);

/// Notes that a layer was made.
pub(crate) fn note_layer() {
    // Relaxed, here and below: the flags guard no other memory.
    if HAS_LAYER.swap(true, Ordering::Relaxed) {
        note_several();
    }
}

/// Notes that requests may pass two layers.
pub(crate) fn note_several() {
    ARE_SEVERAL.store(true, Ordering::Relaxed);
}

/// Marks a request, if it may pass another layer.
pub(crate) fn set(extensions: &mut Extensions, source: &'static Location<'static>) {
    if ARE_SEVERAL.load(Ordering::Relaxed) {
        extensions.insert(Mark(Some(source)));
    }
}

/// Returns where the outer layer of a request was made, if there is one.
pub(crate) fn outer_layer(extensions: &Extensions) -> Option<&'static Location<'static>> {
    extensions.get::<Mark>()?.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_of_a_request_is_another_one() {
        note_several();
        let mut extensions = Extensions::new();
        set(&mut extensions, Location::caller());
        assert!(outer_layer(&extensions).is_some());
        assert!(outer_layer(&extensions.clone()).is_none());
    }
}
