//! The subscriber within a bridge: what it was asked last, and what it gives back by itself.

use std::cell::Cell;

use tracing_core::field::ValueSet;
use tracing_core::span::{Attributes, Id};
use tracing_core::{Metadata, Subscriber};

use crate::current::stand_in_metadata;
use crate::site_flags::InnerInterest;

thread_local! {
    /// The number of the bridge whose subscriber within runs `exit` or `try_close` on this thread;
    /// zero if none does.
    static RELEASING: Cell<u32> = const { Cell::new(0) };

    /// Whether a subscriber within was asked on this thread whether it wants something, and got
    /// nothing then. Filters of single layers note their answers in the thread, and drop what
    /// comes next if it is not asked for.
    static HAS_ANSWERS: Cell<bool> = const { Cell::new(false) };
}

/// Runs code of the subscriber within that may give back references of its own.
pub(super) fn releasing<R>(bridge: u32, run: impl FnOnce() -> R) -> R {
    struct Reset(u32);
    impl Drop for Reset {
        fn drop(&mut self) {
            RELEASING.set(self.0);
        }
    }
    let _reset = Reset(RELEASING.replace(bridge));
    run()
}

/// Returns which bridge's subscriber within gives back references of its own.
pub(super) fn releases() -> Option<u32> {
    Some(RELEASING.get()).filter(|bridge| *bridge != 0)
}

/// Asks a subscriber whether it wants a span or event, which may come or not.
pub(super) fn asks(inner: &impl Subscriber, metadata: &Metadata<'_>) -> bool {
    let is_wanted = inner.enabled(metadata);
    HAS_ANSWERS.set(true);
    is_wanted
}

/// Asks a subscriber whether it wants a span or event, right before it gets it, so that filters
/// of single layers are up to date.
pub(super) fn wants(
    inner: &impl Subscriber,
    interest: InnerInterest,
    metadata: &Metadata<'_>,
) -> bool {
    let is_wanted = match interest {
        InnerInterest::Never => return false,
        InnerInterest::Always if !HAS_ANSWERS.get() => return true,
        InnerInterest::Always | InnerInterest::Sometimes => inner.enabled(metadata),
    };
    HAS_ANSWERS.set(!is_wanted);
    is_wanted
}

/// Makes a span in the subscriber within that stands for one of the bridge. Nothing shows it,
/// unless it is named as a parent.
pub(super) fn stand_in(inner: &impl Subscriber, parent: Option<&Id>) -> Id {
    let metadata = stand_in_metadata();
    // Filters of single layers refuse it. A filter of the whole stack is not followed here.
    let _is_wanted = inner.enabled(metadata);
    HAS_ANSWERS.set(false);
    let values: &ValueSet<'_> = &metadata.fields().value_set(&[]);
    let attributes = match parent {
        Some(parent) => Attributes::child_of(parent.clone(), metadata, values),
        None => Attributes::new_root(metadata, values),
    };
    inner.new_span(&attributes)
}
