//! The end of a scope, from its last poll on.
//!
//! The order matters. The last ends of spans that moved are taken first; later ones are
//! written elsewhere. Then the last piece is handed over, which says that the trace ends if
//! nothing remains of it. Only then is the scope counted as closed. So if another scope
//! closes last and says that the trace ends, this piece is in the queue before that.

use super::recording::Recording;
use super::spare::Spare;
use crate::delivery::Short;
use crate::record::thread;
use crate::value::Baggage;

impl Recording {
    /// Moves the thread's stage into the chunk at the end of the last poll, or hands it over
    /// at once if it is all that the scope has recorded, as in most scopes. Its spans are
    /// counted as started where they are handed over, which is here or next.
    #[inline]
    pub(in crate::record) fn end_last_poll(&mut self) {
        if self.has_recorded() || !self.hand_over_stage() {
            self.drain_stage();
        }
    }

    /// Hands over what is in the stage, if it is the only piece of a short scope; returns
    /// whether it was taken. The words go from the stage directly to the queue's chunk. If
    /// it was not taken, nothing has changed.
    fn hand_over_stage(&mut self) -> bool {
        let (words, text_bytes) = thread::staged_sizes();
        let stream = &mut *self.0;
        // A long text of an entry in the stage may be in the chunk already. Then not all of
        // the piece is in the stage.
        let is_whole = stream.chunk.text.is_empty();
        // Only a short piece begins in the queue's chunk. A home still has to take the ends
        // that were left with it.
        if words == 0 || words > thread::FEW || stream.needs_home || !is_whole {
            return false;
        }
        // What the piece has to say is computed before it is written: the stage's counts
        // are taken with its words, under the queue's lock.
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
            // `end` finds an empty chunk, and must neither count these spans again nor say
            // the end of the trace once more.
            (stream.strays, stream.uncounted) = (strays, 0);
            stream.has_said_end = completes;
            if !completes {
                stream.set_known();
            }
        }
        is_taken
    }

    /// Takes the last ends of spans that were left with this scope, and closes the home. All
    /// else is handed over before: an end that comes after the close is written elsewhere,
    /// and is read after what this scope has said.
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
        // Closed before it is removed: a thread that still finds it in the list gets its end
        // back, and writes it elsewhere.
        let number = self.0.number;
        self.trace().remove_home(number);
    }

    /// Hands the chunk over, as the last one of the scope, and keeps the stream for the
    /// next scope of the thread.
    ///
    /// The thread's stack must not be borrowed: the last reference to a tracer may be
    /// dropped here, and a sampler with it.
    pub(in crate::record) fn end(mut self) {
        if self.0.home().is_some() {
            self.leave_home();
        }
        let stream = &mut *self.0;
        let strays = std::mem::take(&mut stream.strays);
        let started = std::mem::take(&mut stream.uncounted);
        // Computed before the piece is handed over, so that the piece can say it. Once true,
        // it stays true. If it is false and the other scopes close meanwhile, `close_scope`
        // finds out.
        let completes = stream.ends_with(strays);
        let mut says_so = std::mem::take(&mut stream.has_said_end);
        // Without words nothing is handed over. Then `end_last_poll` may have handed over the
        // last piece, and said the end with it.
        if !stream.chunk.words.is_empty() {
            says_so = stream.push_piece(started.into(), completes) && completes;
        }
        // After the piece is in the queue; see the module.
        let shared = stream.shared.as_ref();
        let remains_nothing =
            shared.map_or(completes, |trace| trace.close_scope(strays, completes));
        // No piece has said it: there was no piece, the queue did not take it, or the other
        // scopes closed after this one had computed `completes`.
        if remains_nothing && !says_so {
            stream.report_end();
        }
        #[cfg(feature = "testing")]
        if let Some(watch) = stream.tracer.watch.as_ref().filter(|_| remains_nothing) {
            let [_, part] = stream.numbers();
            watch.end(part);
        }
        // From here on the stream is reset in place, for the next scope. A field that is
        // missed would be seen by a scope of another trace.
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
        // The trace is kept only if nothing remains of it. Then only spans that have ended
        // may still have a reference.
        Spare::keep_stream(self.0, trace.filter(|_| remains_nothing));
    }
}
