//! How a scope that continues hands over: when its chunk is full, or when it is asked to.
//!
//! If a piece is handed over while spans are open, the scope becomes the *home* of these
//! spans before anything else is said of them. What a scope hands over at its end is in
//! `end.rs`.

use super::recording::Recording;
use crate::delivery::Tick;
use crate::record::thread;
use crate::stream::Chunk;

impl Recording {
    /// Moves the thread's stage into the chunk, and hands the chunk over if it is full.
    pub(in crate::record) fn make_room(&mut self) {
        self.take_stage();
        self.hand_over_if_full();
    }

    /// Appends texts to the chunk, after it has made room in the stage for the entry of
    /// `words` words that refers to them.
    ///
    /// The entry says only how long its texts are, so they have to be in the order of the
    /// entries, and in the same chunk. Therefore staged texts are moved first, and room is
    /// made first: once the texts are in the chunk, it may not be handed over without the
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

    /// Hands over what was recorded so far, as somebody has asked for it.
    pub(in crate::record) fn hand_over(&mut self) {
        self.take_stage();
        self.write_ends();
        if self.has_recorded() {
            // The openings leave with the chunk. From now on the parents of open spans are
            // known only from this list.
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
            // Nobody has asked for this hand-over, so it notes no parents where there is no
            // list yet: a list costs memory, and few scopes are asked for a context.
            if let Some(rare) = &mut self.0.rare
                && let Some(parents) = &mut rare.parents
            {
                parents.add_open_of(&self.0.chunk);
            }
            self.hand_over_chunk();
        }
    }

    /// Hands over what is in the chunk of a scope that continues.
    pub(super) fn hand_over_chunk(&mut self) {
        self.begin_wait();
        if !self.0.needs_home && self.0.strays > 0 {
            // Before the queue has the piece: once the openings are read, an end from
            // elsewhere has to find the home.
            self.0.set_needs_home();
        }
        self.0.push_piece(0, false);
        // The next piece must not leave out the id of a span that was opened in this one:
        // each piece is read alone.
        thread::forget_newest();
    }

    /// Notes that what is recorded from now on has not waited yet.
    pub(super) fn begin_wait(&mut self) {
        (self.0.tick, self.0.since) = (Tick::NONE, 0);
    }
}
