//! How a server's layer detects that an outer layer has already begun the span of a request.
//!
//! The outer layer marks the request with an extension. The mark survives queues and layers
//! that rewrite the path. A new request that a handler makes has no mark.

use std::panic::Location;
use std::sync::atomic::{AtomicBool, Ordering};

use http::Extensions;

/// The place in the source where the outer layer was made. `None` in a copy of the request.
struct Mark(Option<&'static Location<'static>>);

impl Clone for Mark {
    /// A copy counts as a new request, because a handler may send it to another service. So
    /// the copy has no mark.
    fn clone(&self) -> Self {
        Self(None)
    }
}

/// Whether a layer was made. Never unset.
static HAS_LAYER: AtomicBool = AtomicBool::new(false);

/// Whether requests may pass two layers. Never unset. A mark costs allocations, so a service
/// with one layer does not set marks.
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

/// Removes the mark, because a request that is sent on is a new one.
pub(crate) fn remove(extensions: &mut Extensions) {
    if ARE_SEVERAL.load(Ordering::Relaxed) {
        extensions.remove::<Mark>();
    }
}

/// Returns the place where the outer layer of a request was made, if there is one.
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
