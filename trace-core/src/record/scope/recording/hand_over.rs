//! Hands over the entries of a scope that continues: when its chunk is full, or on request.
//!
//! If a piece is handed over while spans are open, the scope becomes the *home* of these spans
//! before any further entry of them. `end.rs` hands over at the end of a scope.

use super::recording::Recording;
use crate::delivery::Tick;
use crate::record::thread;
use crate::stream::Chunk;

impl Recording {
    /// Moves the thread's stage into the chunk, and hands over the chunk if it is full.
    pub(in crate::record) fn make_room(&mut self) {
        self.take_stage();
        self.hand_over_if_full();
    }

    /// Appends texts to the chunk. First makes room in the stage for their entry, which has
    /// `words` words.
    ///
    /// The entry contains only the lengths of its texts, so the texts must be in the same
    /// chunk and in the order of the entries. So staged texts are moved first, and room is
    /// made first. Once the texts are in the chunk, it must not be handed over without the
    /// entry.
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

    /// Hands over what was recorded so far, on request.
    pub(in crate::record) fn hand_over(&mut self) {
        self.take_stage();
        self.write_ends();
        if self.has_recorded() {
            // The openings are handed over with the chunk. From now on only this list has the
            // parents of open spans.
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

    /// Hands over the chunk if it is full. The scope continues with an empty one.
    #[inline]
    pub(super) fn hand_over_if_full(&mut self) {
        if self.0.chunk.bytes() >= Chunk::FULL_BYTES {
            // This hand-over was not requested, so it does not make a list of parents if there
            // is none. A list costs memory, and few scopes need a context.
            if let Some(rare) = &mut self.0.rare
                && let Some(parents) = &mut rare.parents
            {
                parents.add_open_of(&self.0.chunk);
            }
            self.hand_over_chunk();
        }
    }

    /// Hands over the chunk of a scope that continues.
    pub(super) fn hand_over_chunk(&mut self) {
        self.begin_wait();
        if !self.0.needs_home && self.0.strays > 0 {
            // This comes before the queue has the piece. Once the openings are read, an end
            // from elsewhere must find the home.
            self.0.set_needs_home();
        }
        self.0.push_piece(0, false);
        // The next piece must not omit the id of a span that was opened in this piece, because
        // each piece is read separately.
        thread::forget_newest();
    }

    /// Restarts the delay for entries that are recorded from now on.
    pub(super) fn begin_wait(&mut self) {
        (self.0.tick, self.0.since) = (Tick::NONE, 0);
    }
}
