//! The end of a scope, from its last poll.
//!
//! The order matters. First, the last ends of moved spans are taken; later ones are written
//! elsewhere. Then the last piece is handed over. It says that the trace ends if nothing
//! remains of it. Only then is the scope counted as closed. So if another scope closes last
//! and reports the end of the trace, this piece is already in the queue.

use super::recording::Recording;
use super::spare::Spare;
use crate::delivery::Short;
use crate::record::thread;
use crate::value::Baggage;

impl Recording {
    /// Moves the thread's stage into the chunk at the end of the last poll. If the scope has
    /// recorded nothing else, as in most scopes, hands it over at once. The spans are counted
    /// as started when they are handed over, either here or in [`end`](Self::end).
    #[inline]
    pub(in crate::record) fn end_last_poll(&mut self) {
        if self.has_recorded() || !self.hand_over_stage() {
            self.drain_stage();
        }
    }

    /// Hands over the stage, if it is the only piece of a short scope. Returns whether the
    /// queue took it. The words are moved from the stage directly to the queue's chunk. If it
    /// was not taken, nothing has changed.
    fn hand_over_stage(&mut self) -> bool {
        let (words, text_bytes) = thread::staged_sizes();
        let stream = &mut *self.0;
        // A long text of a staged entry may be in the chunk already. Then the stage does not
        // contain the whole piece.
        let is_whole = stream.chunk.text.is_empty();
        // Only a short piece may begin in the queue's chunk. A home still has to take the ends
        // that were left with it.
        if words == 0 || words > thread::FEW || stream.needs_home || !is_whole {
            return false;
        }
        // The counts for the piece are computed before it is written, because the stage's
        // counts are taken with its words, under the queue's lock.
        let staged = thread::staged();
        let strays = stream.strays + i64::from(staged.strays());
        let completes = stream.ends_with(strays);
        let content = Short {
            spans: staged.opened.into(),
            started: u64::from(stream.uncounted) + u64::from(staged.opened),
            words,
            text_bytes,
        };
        let is_taken = stream.push_short(content, completes, |chunk| {
            chunk.opened += content.spans;
            thread::drain(chunk);
        });
        if is_taken {
            // `end` finds an empty chunk, and must not count these spans or report the end of
            // the trace again.
            (stream.strays, stream.uncounted) = (strays, 0);
            stream.has_said_end = completes;
            if !completes {
                stream.set_known();
            }
        }
        is_taken
    }

    /// Takes the last ends of spans that were left with this scope, and closes the home. All
    /// other entries are handed over first. An end that comes after the closing is written
    /// elsewhere, and is read after this scope's entries.
    #[cold]
    fn leave_home(&mut self) {
        self.take_stage();
        self.write_ends();
        if self.has_recorded() {
            self.hand_over_chunk();
        }
        let rare = self.0.rare.as_mut();
        let Some(home) = rare.and_then(|rare| rare.home.take()) else {
            return;
        };
        for end in home.close_and_take_ends() {
            self.write_end(&end);
        }
        // The home is closed before it is removed. A thread that still finds it in the list
        // gets its end back, and writes the end elsewhere.
        let number = self.0.number;
        self.trace().remove_home(number);
    }

    /// Hands over the chunk as the last one of the scope, and keeps the stream for the next
    /// scope of the thread.
    ///
    /// The thread's stack must not be borrowed, because this may drop the last reference to a
    /// tracer, and with it a sampler.
    pub(in crate::record) fn end(mut self) {
        if self.0.home().is_some() {
            self.leave_home();
        }
        let stream = &mut *self.0;
        let strays = std::mem::take(&mut stream.strays);
        let started = std::mem::take(&mut stream.uncounted);
        // Computed before the piece is handed over, so that the piece can report the end. Once
        // true, it stays true. If it is false and the other scopes close meanwhile,
        // `close_scope` detects this.
        let completes = stream.ends_with(strays);
        let mut says_so = std::mem::take(&mut stream.has_said_end);
        // Without words nothing is handed over. Then `end_last_poll` may have handed over the
        // last piece, including the end of the trace.
        if !stream.chunk.words.is_empty() {
            says_so = stream.push_piece(started.into(), completes) && completes;
        }
        // This comes after the piece is in the queue; see the module.
        let shared = stream.shared.as_ref();
        let remains_nothing =
            shared.map_or(completes, |trace| trace.close_scope(strays, completes));
        // No piece has reported the end: there was no piece, the queue did not take it, or the
        // other scopes closed after `completes` was computed.
        if remains_nothing && !says_so {
            stream.report_end();
        }
        #[cfg(feature = "testing")]
        if let Some(watch) = stream.tracer.watch.as_ref().filter(|_| remains_nothing) {
            let [_, part] = stream.numbers();
            watch.end(part);
        }
        // From here on the stream is reset in place for the next scope. A field that is not
        // reset would leak into a scope of another trace.
        let trace = stream.shared.take();
        stream.head.clear();
        if !stream.baggage.is_empty() {
            stream.baggage = Baggage::default();
        }
        (stream.is_visit, stream.needs_home) = (false, false);
        (stream.is_known, stream.has_called) = (false, false);
        if stream.rare.is_some() {
            stream.rare = None;
        }
        self.begin_wait();
        // The trace is kept only if nothing remains of it. Then only ended spans may still
        // have a reference.
        Spare::keep_stream(self.0, trace.filter(|_| remains_nothing));
    }
}
