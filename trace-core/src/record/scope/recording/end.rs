//! The end of a scope, from its last poll on.
//!
//! The order matters. The last ends of spans that moved are taken first, as later ones
//! are written elsewhere. Then the last piece is handed over, which says that the trace
//! ends if nothing remains of it. Only then the scope is counted as closed: another scope
//! that then says the end finds this piece in the queue.

use super::recording::Recording;
use super::spare::Spare;
use crate::delivery::Short;
use crate::record::thread;
use crate::value::Baggage;

impl Recording {
    /// Moves the thread's stage into the chunk at the end of the last poll. Its spans are
    /// counted where the chunk is handed over, which is next; mostly that is all of the
    /// scope, and is handed over at once.
    #[inline]
    pub(in crate::record) fn end_last_poll(&mut self) {
        if self.has_recorded() || !self.hand_over_stage() {
            self.drain_stage();
        }
    }

    /// Hands over what is in the stage, if it is the only piece of a short scope; returns
    /// whether that is so, and it was taken. The words go from the stage to the queue's
    /// chunk directly.
    fn hand_over_stage(&mut self) -> bool {
        let (words, text_bytes) = thread::staged_sizes();
        let stream = &mut *self.0;
        // A long text of what is in the stage may be in the chunk already.
        let is_whole = stream.chunk.text.is_empty();
        // Only a short piece begins in the queue's chunk. A home has to say more, and text
        // that is in the chunk already comes first.
        if words == 0 || words > thread::FEW || stream.needs_home || !is_whole {
            return false;
        }
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
            (stream.strays, stream.uncounted) = (strays, 0);
            stream.has_said_end = completes;
            if !completes {
                stream.set_known();
            }
        }
        is_taken
    }

    /// Takes the last ends of spans that were left here; later ones are written elsewhere.
    /// So all else is handed over first.
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
        // Closed before it is removed: who still finds it in the list gets the end back.
        let number = self.0.number;
        self.trace().remove_home(number);
    }

    /// Hands the chunk over, as the last one of the scope, and keeps the stream for the
    /// next scope of the thread.
    pub(in crate::record) fn end(mut self) {
        if self.0.home().is_some() {
            self.leave_home();
        }
        let stream = &mut *self.0;
        let strays = std::mem::take(&mut stream.strays);
        let started = std::mem::take(&mut stream.uncounted);
        // Known before the piece is handed over, so that the piece can say it. If another
        // scope closes meanwhile, `close_scope` finds out.
        let completes = stream.ends_with(strays);
        let mut says_so = std::mem::take(&mut stream.has_said_end);
        if !stream.chunk.words.is_empty() {
            says_so = stream.push_piece(started.into(), completes) && completes;
        }
        let shared = stream.shared.as_ref();
        let remains_nothing =
            shared.map_or(completes, |trace| trace.close_scope(strays, completes));
        // No piece could say so: there was none, the queue did not take it, or the others
        // closed after it.
        if remains_nothing && !says_so {
            stream.report_end();
        }
        #[cfg(feature = "testing")]
        if let Some(watch) = stream.tracer.watch.as_ref().filter(|_| remains_nothing) {
            let [_, part] = stream.numbers();
            watch.end(part);
        }
        // From here on the stream is reset in place, for the next scope.
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
        Spare::keep_stream(self.0, trace.filter(|_| remains_nothing));
    }
}
