//! How much memory an allocation takes.

use std::mem::size_of;

/// Returns what an allocation of this size takes, in bytes.
///
/// What an allocator adds is glibc's and near to that of others: a word, rounded up to
/// 16 bytes, and at least 32. Of many small texts it is half of all.
pub(super) const fn heap_bytes(size: usize) -> usize {
    const LEAST: usize = 32;
    if size == 0 {
        return 0;
    }
    let taken = (size + size_of::<usize>()).next_multiple_of(16);
    if taken < LEAST { LEAST } else { taken }
}

/// Returns what a hash map or set takes that says this capacity.
pub(super) const fn table_bytes(capacity: usize, entry: usize) -> usize {
    // Of 8 places one stays free, and of 4; the number of places is a power of two.
    let places = match capacity {
        0 => return 0,
        1..4 => 4,
        4..8 => 8,
        _ => (capacity + capacity / 7).next_power_of_two(),
    };
    // A byte for each place, and for a group of 16 more.
    heap_bytes(places * (entry + 1) + 16)
}

/// Returns what a text takes that is shared by pointer, in bytes.
pub(super) const fn shared_bytes(text: &str) -> usize {
    // Two counts stand before it.
    heap_bytes(2 * size_of::<usize>() + text.len())
}
