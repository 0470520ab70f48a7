//! Encoded items of one resource and one scope. Items are spans or log records.

use std::sync::Arc;

use super::format::Format;
use super::head::Head;
#[cfg(feature = "json")]
use super::json;
use super::protobuf;
use super::signal::Signal;

/// Encoded items of one signal, one resource and one scope. It can be split between items
/// without encoding them again.
///
/// A part of traces may have no spans. Its scope then has reports about traces whose spans
/// were sent before.
pub(crate) struct Part {
    pub(super) signal: Signal,
    pub(super) head: Arc<Head>,
    /// The items, one after another, as in a body.
    pub(super) items: Vec<u8>,
    /// Where each of them ends.
    pub(super) ends: Vec<usize>,
}

impl Part {
    /// Makes a part without items, with room for `items` items of `bytes` bytes in total.
    pub(super) fn new(signal: Signal, head: Arc<Head>, items: usize, bytes: usize) -> Self {
        Self::with_memory(signal, head, items, Vec::with_capacity(bytes))
    }

    /// Makes a part without items, whose bytes take the place of what is in `memory`.
    pub(super) fn with_memory(
        signal: Signal,
        head: Arc<Head>,
        items: usize,
        mut memory: Vec<u8>,
    ) -> Self {
        memory.clear();
        Self {
            signal,
            head,
            items: memory,
            ends: Vec::with_capacity(items),
        }
    }

    /// Returns the signal of its items.
    #[cfg(any(feature = "grpc", feature = "http"))]
    pub(crate) fn signal(&self) -> Signal {
        self.signal
    }

    /// Returns the number of items.
    pub(crate) fn items(&self) -> u64 {
        self.ends.len() as u64
    }

    /// Returns the bytes of a body with this part alone.
    pub(crate) fn bytes(&self) -> usize {
        match self.head.format {
            Format::Protobuf => protobuf::body::alone_bytes(self),
            #[cfg(feature = "json")]
            Format::Json => json::body::alone_bytes(self),
        }
    }

    /// Returns whether both have one resource.
    pub(super) fn has_resource_of(&self, other: &Self) -> bool {
        let (one, other) = (&self.head.resource, &other.head.resource);
        Arc::ptr_eq(one, other) || one == other
    }

    /// Returns an upper bound of [`bytes`](Self::bytes), which is cheaper to compute.
    #[inline]
    pub(super) fn most_bytes(&self) -> usize {
        /// The frame around the head and the items: keys, lengths, the schema's URL, and in
        /// JSON the names of fields.
        const FRAME: usize = 512;
        self.items.len() + self.head.resource.len() + self.head.scope.len() + FRAME
    }

    #[cfg_attr(
        not(any(feature = "grpc", feature = "http", test)),
        expect(
            dead_code,
            reason = "the exporter splits what is too large for a server"
        )
    )]
    /// Splits the part into two halves. The second is `None` if there is at most one item.
    pub(crate) fn halve(mut self) -> (Self, Option<Self>) {
        let half = self.ends.len() / 2;
        let Some(place) = half.checked_sub(1).and_then(|last| self.ends.get(last)) else {
            return (self, None);
        };
        let place = *place;
        let second = Self {
            signal: self.signal,
            head: Arc::clone(&self.head),
            items: self.items.split_off(place),
            ends: self
                .ends
                .split_off(half)
                .iter()
                .map(|end| end - place)
                .collect(),
        };
        self.fit();
        (self, Some(second))
    }

    /// Notes that another item has been written to its end.
    pub(super) fn end_item(&mut self) {
        self.ends.push(self.items.len());
    }

    /// Moves the last item into another part; `None` if it is the only one.
    pub(super) fn split_last(&mut self, items: usize, bytes: usize) -> Option<Self> {
        let before = self.ends.len().checked_sub(2)?;
        let place = *self.ends.get(before)?;
        let mut last = Self::new(self.signal, Arc::clone(&self.head), items, bytes);
        last.items.extend_from_slice(self.items.get(place..)?);
        last.end_item();
        self.items.truncate(place);
        self.ends.truncate(before + 1);
        Some(last)
    }

    /// Returns its memory, emptied.
    #[cfg(any(feature = "grpc", feature = "http"))]
    pub(crate) fn into_memory(mut self) -> Vec<u8> {
        self.items.clear();
        self.items
    }

    /// Frees unused memory, because a part may wait for a long time.
    pub(crate) fn fit(&mut self) {
        if self.items.capacity() > self.items.len() / 8 * 9 {
            self.items.shrink_to_fit();
        }
    }
}
