//! Which span has a child that failed last: an error that goes on through its parent is
//! logged already.

use super::block::HOT;

/// Whether the span that failed last is a child of this one.
#[inline]
pub(in crate::record) fn has_failed_child(span: u64) -> bool {
    HOT.with(|hot| hot.failed_in.get() == span)
}

/// Notes that a child of `parent` failed.
#[inline]
pub(in crate::record) fn pass_failure(parent: u64) {
    HOT.with(|hot| hot.failed_in.set(parent));
}
