//! How a scope that goes on hands over: when its chunk is full, or when it is asked to.
//!
//! A piece that is handed over while spans are open makes the scope a *home* of these
//! spans, before anything else is said of them. What is handed over at the end of a scope
//! is in `end.rs`.

use super::recording::Recording;
use crate::delivery::Tick;
use crate::record::thread;
use crate::stream::Chunk;

impl Recording {
    /// Moves the thread's stage into the chunk, and hands that over if it is full.
    pub(in crate::record) fn make_room(&mut self) {
        self.take_stage();
        self.hand_over_if_full();
    }

    /// Appends texts to the chunk, after making room in the stage for the entry of
    /// `words` words that speaks of them. So both get into one chunk, and the texts of
    /// earlier entries come first.
    pub(in crate::record) fn push_texts<'a>(
        &mut self,
        words: usize,
        texts: impl IntoIterator<Item = &'a str>,
    ) {
        let is_full = self.0.chunk.text.len() >= Chunk::FULL_BYTES;
        if is_full || !thread::has_room(words) {
            self.make_room();
        }
        let stored = &mut self.0.chunk.text;
        thread::drain_texts(stored);
        for text in texts {
            stored.push_str(text);
        }
    }

    /// Hands over what was recorded so far.
    pub(in crate::record) fn hand_over(&mut self) {
        self.take_stage();
        self.write_ends();
        if self.has_recorded() {
            // The openings leave the chunk: from now on the parents of open spans are
            // known only from here.
            let rare = self.0.rare.get_or_insert_default();
            rare.parents
                .get_or_insert_default()
                .add_open_of(&self.0.chunk);
            self.hand_over_chunk();
        }
    }

    /// Hands over what was recorded so far, if all spans have ended.
    #[cfg(feature = "testing")]
    pub(in crate::record) fn hand_over_ended(&mut self) {
        self.take_stage();
        if self.0.strays == 0 && self.has_recorded() {
            self.hand_over_chunk();
        }
    }

    /// Hands the chunk over if it is full; the scope continues with an empty one.
    #[inline]
    pub(super) fn hand_over_if_full(&mut self) {
        if self.0.chunk.bytes() >= Chunk::FULL_BYTES {
            // Nobody has asked for this: as long as there are none, they are in the chunk.
            if let Some(rare) = &mut self.0.rare
                && let Some(parents) = &mut rare.parents
            {
                parents.add_open_of(&self.0.chunk);
            }
            self.hand_over_chunk();
        }
    }

    /// Hands over what is in the chunk, of a scope that goes on.
    pub(super) fn hand_over_chunk(&mut self) {
        self.begin_wait();
        if !self.0.needs_home && self.0.strays > 0 {
            // Before anything else is said of the spans that are open.
            self.0.set_needs_home();
        }
        self.0.push_piece(0, false);
        // The next piece may not leave the id of a span out that was opened in this one.
        thread::forget_newest();
    }

    /// Says that what is recorded from now on has not waited yet.
    pub(super) fn begin_wait(&mut self) {
        (self.0.tick, self.0.since) = (Tick::NONE, 0);
    }
}
