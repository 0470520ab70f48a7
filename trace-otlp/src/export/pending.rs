//! The encoded items that wait to be sent, oldest first.
//!
//! Bounds their bytes and age. Callers that remove parts count them.

use std::collections::VecDeque;
use std::time::Duration;

use super::moment::Moment;
use crate::encode::Part;

/// Parts that wait. The parts of a request stay until its outcome is known.
#[derive(Default)]
pub(super) struct Pending {
    parts: VecDeque<WaitingPart>,
    bytes: usize,
    /// How many of the newest parts may have more memory than they use.
    loose: usize,
    /// The memory of a part that was removed, for the next one.
    spare: Vec<u8>,
}

/// Most bytes of memory that are kept for the next part.
const KEPT_BYTES: usize = 2 << 20;

struct WaitingPart {
    part: Part,
    since: Moment,
}

/// Largest request.
#[derive(Clone, Copy, Debug)]
pub(super) struct RequestLimits {
    pub(super) bytes: usize,
    pub(super) items: u64,
}

impl Pending {
    pub(super) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn push(&mut self, part: Part, since: Moment) {
        self.bytes += part.bytes();
        self.parts.push_back(WaitingPart { part, since });
        self.loose += 1;
    }

    /// Returns the memory of a part that was removed, or none.
    pub(super) fn take_spare(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.spare)
    }

    /// Gives back memory that parts do not use: they may wait for long.
    pub(super) fn fit(&mut self) {
        let newest = self.parts.iter_mut().rev().take(self.loose);
        newest.for_each(|waiting| waiting.part.fit());
        self.loose = 0;
    }

    /// Returns how many of the oldest parts make the next request: at least one, if any waits.
    /// First halves the oldest part until it fits.
    pub(super) fn next_request(&mut self, limits: RequestLimits) -> usize {
        while let Some(oldest) = self.parts.front() {
            let is_larger =
                oldest.part.bytes() > limits.bytes || oldest.part.items() > limits.items;
            if !is_larger || !self.halve_oldest() {
                break;
            }
        }
        let (mut bytes, mut items) = (0_usize, 0_u64);
        let fitting = self.parts.iter().take_while(|waiting| {
            bytes = bytes.saturating_add(waiting.part.bytes());
            items = items.saturating_add(waiting.part.items());
            bytes <= limits.bytes && items <= limits.items
        });
        fitting
            .count()
            .clamp(usize::from(!self.is_empty()), self.parts.len())
    }

    /// Returns the oldest parts, which stay.
    pub(super) fn oldest(&self, parts: usize) -> impl Iterator<Item = &Part> {
        self.parts.iter().take(parts).map(|waiting| &waiting.part)
    }

    /// Halves the oldest part; returns whether that was possible.
    pub(super) fn halve_oldest(&mut self) -> bool {
        let Some(WaitingPart { part, since }) = self.parts.pop_front() else {
            return false;
        };
        self.bytes = self.bytes.saturating_sub(part.bytes());
        let (first, second) = part.halve();
        let is_halved = second.is_some();
        for part in second.into_iter().chain([first]) {
            self.bytes += part.bytes();
            self.parts.push_front(WaitingPart { part, since });
        }
        is_halved
    }

    /// Removes the oldest parts; returns the number of their items.
    pub(super) fn remove(&mut self, parts: usize) -> u64 {
        let removed = self.parts.drain(..parts.min(self.parts.len()));
        let (mut items, mut bytes) = (0, 0);
        for waiting in removed {
            items += waiting.part.items();
            bytes += waiting.part.bytes();
            let memory = waiting.part.into_memory();
            if (self.spare.capacity()..=KEPT_BYTES).contains(&memory.capacity()) {
                self.spare = memory;
            }
        }
        self.bytes = self.bytes.saturating_sub(bytes);
        items
    }

    /// Removes parts that have waited longer than `max_age`; returns the number of their items.
    pub(super) fn remove_older(&mut self, max_age: Duration, now: Moment) -> u64 {
        let is_old = |waiting: &&WaitingPart| now.since(waiting.since) > max_age;
        let old = self.parts.iter().take_while(is_old).count();
        self.remove(old)
    }

    /// Removes the oldest parts until at most `max_bytes` wait; returns the number of their
    /// items. One part may always wait, whatever its size. Otherwise it could never be sent.
    pub(super) fn remove_excess(&mut self, max_bytes: usize) -> u64 {
        let mut items = 0;
        while self.bytes > max_bytes && self.parts.len() > 1 {
            items += self.remove(1);
        }
        items
    }
}

#[cfg(test)]
mod tests {
    use trace_core::{Resource, SpanBatch, SpanId, SpanRecord, TraceId};

    use super::*;
    use crate::encode::{Encoder, Format, LogPlacement, PartLimits};

    /// Makes a part of one span in so much memory.
    fn part(memory: usize) -> Part {
        let mut encoder = Encoder::new(Format::Protobuf, PartLimits::NONE, LogPlacement::default());
        encoder.reuse(Vec::with_capacity(memory));
        let (trace, id) = (TraceId::new(1).unwrap(), SpanId::new(2).unwrap());
        let span = [SpanRecord::new(trace, id, "charge")];
        let shop = Resource::new("shop");
        let mut parts = encoder.parts(&SpanBatch::from_records(&shop, &span));
        parts.remove(0)
    }

    #[test]
    fn the_memory_of_a_part_that_left_is_kept() {
        let mut pending = Pending::default();
        for memory in [10_000, 20_000, 5_000, KEPT_BYTES + 1] {
            pending.push(part(memory), Moment::now());
        }
        assert_eq!(pending.remove(4), 4);
        assert_eq!(pending.take_spare().capacity(), 20_000);
        assert_eq!(pending.take_spare().capacity(), 0);
    }

    #[test]
    fn what_waits_has_no_more_memory_than_it_uses() {
        let mut pending = Pending::default();
        for _ in 0..2 {
            pending.push(part(10_000), Moment::now());
            pending.fit();
        }
        let bytes = pending.bytes();
        pending.remove(2);
        assert!(pending.take_spare().capacity() <= bytes / 2);
    }
}
