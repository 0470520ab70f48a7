//! The memory of an allocation, including the allocator's overhead.
//!
//! This is an estimate, because the standard library has no interface for it.

use std::mem::size_of;

/// Returns how many bytes an allocation of this size takes.
///
/// This is glibc's rule, and nearly that of other allocators: one more word, rounded up to 16
/// bytes, at least 32. With many small texts, the overhead is half of all memory.
pub(super) const fn heap_bytes(size: usize) -> usize {
    const LEAST: usize = 32;
    if size == 0 {
        return 0;
    }
    let taken = (size + size_of::<usize>()).next_multiple_of(16);
    if taken < LEAST { LEAST } else { taken }
}

/// Returns how many bytes the allocation of a hash map or set with this capacity takes.
pub(super) const fn table_bytes(capacity: usize, entry: usize) -> usize {
    // The number of places is a power of two. Of 4 or 8 places, one stays free; of more, one
    // eighth.
    let places = match capacity {
        0 => return 0,
        1..4 => 4,
        4..8 => 8,
        _ => (capacity + capacity / 7).next_power_of_two(),
    };
    // Each place has one control byte. One more group has 16 bytes.
    heap_bytes(places * (entry + 1) + 16)
}

/// Returns how many bytes the text of an `Arc<str>` takes.
pub(super) const fn shared_bytes(text: &str) -> usize {
    // The two reference counts come before the text.
    heap_bytes(2 * size_of::<usize>() + text.len())
}
