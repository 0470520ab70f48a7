//! What the child of a `fork` forgets: it is the parent's.

use super::block::HOT;
use super::drain::discard_stage;
use super::position::{Place, go_to};

/// Forgets what is recorded on this thread and what its ids are drawn from, in the
/// child of a `fork`. Async-signal-safe.
pub(in crate::record) fn forget() {
    discard_stage();
    HOT.with(|hot| {
        // Not dropped: it is the parent's.
        hot.is_lent.set(false);
        hot.trace.set(None);
    });
    go_to(&Place::NOWHERE);
    HOT.with(|hot| {
        hot.failed_in.set(0);
        hot.is_quiet.set(false);
        hot.ids.forget();
    });
}
