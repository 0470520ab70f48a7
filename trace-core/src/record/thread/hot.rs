//! The thread's block: everything that recording a span touches.
//!
//! It is `const` and has no destructor, so that reaching it is one address
//! computation, cannot fail, and works to the very end of the thread. It is made
//! of `Cell`s, so that it needs no `unsafe`: spans are written into a *stage* in
//! the block itself and moved from there to the scope's chunk in one piece.

use std::cell::Cell;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::process::clock::Counter;
use crate::process::id_generator::RandomNumbers;
use crate::stream::decode::SCOPES;
use crate::stream::{Chunk, Header, Kind, outcome_number};
use crate::value::Outcome;

use crate::record::kept::RECORDS;
use crate::record::scope::entered;
use crate::record::trace::local_trace::LocalTrace;

/// Words of the stage: about a hundred spans without tags.
const STAGE: usize = 512;

/// Bytes of the stage for texts, and most of them that an entry may have there.
const TEXT_STAGE: usize = 512;
pub(in crate::record) const MAX_STAGED_TEXT: usize = 128;

/// Bytes behind a text that is written in words.
pub(in crate::record) const BEHIND: usize = 8;

/// How often a thread looks in vain for what is not recorded, at first. From then on it looks
/// at the first function alone that it meets between two scopes, but for one stay in so many,
/// in which it looks so often again.
const FIRST_PATIENCE: u32 = 1_024;
const PATIENCE: u32 = 64;
const STAYS: u32 = 64;

/// See [the module](self).
pub(in crate::record) struct Hot {
    /// The scope that is recorded here; zero when nothing is.
    scope: Cell<u32>,
    /// The number of this thread's next scope; a multiple of [`SCOPES`] when it needs
    /// others.
    next_scope: Cell<u32>,
    /// The current span; zero before the scope's first.
    span: Cell<u64>,
    /// The span that was current where the scope began: it is the parent of the
    /// scope's spans but not the scope's to write to.
    entry: Cell<u64>,
    /// What times are read from if they are the counter's, ids are random and short
    /// texts within the limits, so that the tracer need not be asked.
    plain: Cell<Option<Counter>>,
    /// Where ids come from if `plain` says so; seeded then.
    ids: RandomNumbers,
    /// Spans opened and ended since the last time that the stage was moved.
    opened: Cell<u32>,
    ended: Cell<u32>,
    /// The parent of the span that failed last: an error that goes on through it is
    /// logged already.
    failed_in: Cell<u64>,
    /// The newest span of the piece that is written, and when it was opened; zero if
    /// there is none.
    newest: Cell<u64>,
    newest_time: Cell<u64>,
    /// Whether a span took a reference to the trace of the scope that is recorded, which has
    /// no baggage, and may give it back; and one that was given back, for the next span. To
    /// count the references, which threads share, costs as much as to read the clock.
    is_lent: Cell<bool>,
    trace: Cell<Option<ManuallyDrop<Arc<LocalTrace>>>>,
    /// Words of the stage in use.
    used: Cell<usize>,
    stage: [Cell<u64>; STAGE],
    /// Bytes in use of the stage for texts, and the stage, with room behind it for what is
    /// written in words.
    text_used: Cell<usize>,
    text: Cell<[u8; TEXT_STAGE + BEHIND]>,
    /// The limit for texts of the tracer of a scope, and the number of that scope.
    max_value_bytes: Cell<usize>,
    limited_scope: Cell<u32>,
    /// Whether code runs here of which nothing is recorded; see [`pause`].
    is_quiet: Cell<bool>,
    /// Whether functions of which nothing is recorded here note why. What a thread enters or
    /// leaves makes it curious; to have looked often in vain makes it quiet, so that this
    /// costs one comparison.
    is_curious: Cell<bool>,
    /// How often the thread still looks in vain before it looks less often, and how many
    /// stays in one place it then was quiet in.
    patience: Cell<u32>,
    stays: Cell<u32>,
}

thread_local! {
    static HOT: Hot = const {
        Hot {
            scope: Cell::new(0),
            next_scope: Cell::new(0),
            span: Cell::new(0),
            entry: Cell::new(0),
            plain: Cell::new(None),
            ids: RandomNumbers::new(),
            opened: Cell::new(0),
            ended: Cell::new(0),
            failed_in: Cell::new(0),
            newest: Cell::new(0),
            newest_time: Cell::new(0),
            is_lent: Cell::new(false),
            trace: Cell::new(None),
            used: Cell::new(0),
            stage: [const { Cell::new(0) }; STAGE],
            text_used: Cell::new(0),
            text: Cell::new([0; TEXT_STAGE + BEHIND]),
            max_value_bytes: Cell::new(0),
            limited_scope: Cell::new(0),
            is_quiet: Cell::new(false),
            is_curious: Cell::new(true),
            patience: Cell::new(FIRST_PATIENCE),
            stays: Cell::new(0),
        }
    };
}

/// What of the block belongs to a scope, while another one is entered.
#[derive(Clone, Copy, Debug)]
pub(in crate::record) struct Place {
    /// The scope that is recorded; zero when none is.
    pub(in crate::record) scope: u32,
    pub(in crate::record) span: u64,
    pub(in crate::record) entry: u64,
    pub(in crate::record) plain: Option<Counter>,
}

impl Place {
    /// Outside all scopes.
    pub(in crate::record) const NOWHERE: Self = Self {
        scope: 0,
        span: 0,
        entry: 0,
        plain: None,
    };
}

/// Lets `touch` see the thread's block. For functions that are not inlined, in which reaching
/// it may be a call, for which they would save registers. They are handed the block, and read
/// in it what they need before they read the clock: from there on the compiler takes nothing of
/// it for known.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn with<R>(touch: impl FnOnce(&Hot) -> R) -> R {
    HOT.with(touch)
}

/// The number of the scope that is recorded on this thread; zero when none is.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn scope() -> u32 {
    if !RECORDS {
        return 0;
    }
    HOT.with(|hot| hot.scope.get())
}

/// Draws the number of a scope. Four billion later it is drawn again: a future that
/// was suspended all the while, and then moves into that very scope, would be taken
/// for one of its own.
pub(in crate::record) fn new_scope() -> u32 {
    HOT.with(Hot::new_scope)
}

/// The current span; zero when there is none.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn span() -> u64 {
    HOT.with(|hot| hot.span.get())
}

/// Makes a span the current one; returns the one that was.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn set_span(span: u64) -> u64 {
    HOT.with(|hot| hot.span.replace(span))
}

/// The current span if it is the scope's to write to, else zero.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn own_span() -> u64 {
    if !RECORDS {
        return 0;
    }
    HOT.with(Hot::own_span)
}

/// Whether the tracer that records here is a plain one; see
/// [`TracerCore::plain`](crate::record::trace::tracer_core::TracerCore).
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn is_plain() -> bool {
    plain().is_some()
}

#[cfg_attr(not(debug_assertions), inline(always))]
fn plain() -> Option<Counter> {
    HOT.with(|hot| hot.plain.get())
}

/// The place where this thread is.
#[inline]
pub(in crate::record) fn place() -> Place {
    HOT.with(|hot| Place {
        scope: hot.scope.get(),
        span: hot.span.get(),
        entry: hot.entry.get(),
        plain: hot.plain.get(),
    })
}

/// Goes to another place; the stage must be empty.
#[inline]
pub(in crate::record) fn go_to(place: &Place) {
    HOT.with(|hot| hot.go_to(place));
}

/// Goes to a new scope for a visit of a span, and says where this thread was; the stage
/// must be empty. Returns the number of the scope.
#[inline]
pub(in crate::record) fn begin_visit(
    from: Option<&mut Place>,
    span: u64,
    plain: Option<Counter>,
) -> u32 {
    HOT.with(|hot| hot.begin_visit(from, span, plain))
}

/// Says that spans of the scope that is recorded here may give its trace back.
pub(in crate::record) fn lend_trace() {
    // Loom's threads share one.
    HOT.with(|hot| hot.is_lent.set(!cfg!(loom)));
}

/// Takes a reference to the trace that is recorded here, if one was given back and the
/// scope still has no baggage.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn take_trace() -> Option<Arc<LocalTrace>> {
    HOT.with(|hot| hot.trace.take().map(ManuallyDrop::into_inner))
}

/// Keeps a reference to the trace that is recorded here for the next span, if there is use
/// for it.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn give_back(trace: &mut Option<Arc<LocalTrace>>) {
    HOT.with(|hot| {
        if hot.is_lent.get() {
            let other = hot.trace.replace(trace.take().map(ManuallyDrop::new));
            *trace = other.map(ManuallyDrop::into_inner);
        }
    });
}

/// Drops what was given back, and takes nothing back any more. It is never the last
/// reference, as the scope has one.
#[cold]
#[inline(never)]
pub(in crate::record) fn drop_trace() {
    HOT.with(|hot| hot.is_lent.set(false));
    drop(take_trace());
}

/// Nothing is recorded on this thread until this is dropped.
#[derive(Debug)]
#[must_use = "recording goes on when this is dropped"]
pub struct Paused {
    scope: u32,
    was_quiet: bool,
    /// The scope is this thread's.
    not_send: PhantomData<*const ()>,
}

/// Stops recording for code that runs only because something is recorded, or to decide
/// whether: what it calls did not happen. Roots that it begins are not recorded, either.
#[inline]
pub(crate) fn pause() -> Paused {
    HOT.with(|hot| Paused {
        scope: hot.scope.replace(0),
        was_quiet: hot.is_quiet.replace(true),
        not_send: PhantomData,
    })
}

/// Whether code runs on this thread of which nothing is recorded.
#[inline]
pub(crate) fn is_quiet() -> bool {
    RECORDS && HOT.with(|hot| hot.is_quiet.get())
}

impl Paused {
    /// Goes on recording, to write what came of the code, until
    /// [`again`](Self::again).
    #[inline]
    pub(crate) fn resume(&self) {
        HOT.with(|hot| {
            hot.scope.set(self.scope);
            hot.is_quiet.set(self.was_quiet);
        });
    }

    /// Stops recording again.
    #[inline]
    pub(crate) fn again(&self) {
        HOT.with(|hot| {
            hot.scope.set(0);
            hot.is_quiet.set(true);
        });
    }
}

impl Drop for Paused {
    #[inline]
    fn drop(&mut self) {
        self.resume();
    }
}

/// Writes the opening of a span with a new id as a child of the current one, and
/// makes it the current one. Returns the id and the parent.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn open(header: u64) -> (u64, u64) {
    let (id, time) = match plain() {
        Some(counter) => (HOT.with(|hot| hot.ids.draw()).get(), counter.raw()),
        None => entered::number_and_time(),
    };
    (id, begin(header, id, time))
}

/// Writes the opening of a span whose id is given; returns the parent.
pub(in crate::record) fn open_as(header: u64, id: u64) -> u64 {
    begin(header, id, now())
}

/// Writes the opening of a span with a new id below another one than the current one, and
/// makes it the current one. Returns the id and the span that was current.
pub(in crate::record) fn open_below(header: u64, parent: u64) -> (u64, u64) {
    let current = set_span(parent);
    let (id, _) = open(header);
    (id, current)
}

/// Counts a span that is to begin, and holds its trace open until then.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn hold() {
    HOT.with(|hot| hot.ended.set(hot.ended.get().wrapping_sub(1)));
}

/// Counts a span that was held and has begun, or will not.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn release() {
    HOT.with(|hot| hot.ended.set(hot.ended.get().wrapping_add(1)));
}

#[cfg_attr(not(debug_assertions), inline(always))]
fn begin(header: u64, id: u64, time: u64) -> u64 {
    let parent = set_span(id);
    push([header, id, parent, time]);
    // After the words, so that this is of the piece and the chunk that they get into.
    HOT.with(|hot| {
        hot.newest.set(id);
        hot.newest_time.set(time);
        hot.opened.set(hot.opened.get().wrapping_add(1));
    });
    parent
}

/// Writes the end of a span and makes `parent` the current one again.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn close(header: Header, id: u64, parent: u64) {
    end(header, id, now());
    set_span(parent);
}

/// The same, if the span is the newest and was made the current one, its end takes one
/// word, and times are the counter's; returns whether that is so. Little code, as it is inlined into
/// each function.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn close_newest(header: Header, id: u64, parent: u64) -> bool {
    HOT.with(|hot| {
        let used = hot.used.get();
        // The newest span is the current one, if it was that: who makes another one current
        // without opening it, in this scope or another, forgets the newest.
        let is_newest = hot.newest.get() == id && used < STAGE;
        let Some(counter) = hot.plain.get().filter(|_| is_newest) else {
            return false;
        };
        let ticks = counter.raw().wrapping_sub(hot.newest_time.get());
        let Some(short) = header.end_of_newest(ticks) else {
            return false;
        };
        hot.put(used, [short.word()]);
        hot.ended.set(hot.ended.get().wrapping_add(1));
        hot.span.set(parent);
        true
    })
}

/// Writes the end of a span at a given time.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn end(header: Header, id: u64, time: u64) {
    let used = make_room(3);
    HOT.with(|hot| {
        let ticks = time.wrapping_sub(hot.newest_time.get());
        let short = header.end_of_newest(ticks);
        match short.filter(|_| hot.newest.get() == id) {
            Some(short) => hot.put(used, [short.word()]),
            None => hot.put(used, [header.word(), id, time]),
        }
        hot.ended.set(hot.ended.get().wrapping_add(1));
    });
}

/// Writes an entry of a span that has one word.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn push_word(header: Header, span: u64, word: u64) {
    let used = make_room(3);
    HOT.with(|hot| hot.put_word(used, header, span, word));
}

/// The limit for texts of the tracer that records here; asked for once for each scope.
#[inline]
pub(in crate::record) fn max_value_bytes() -> usize {
    HOT.with(|hot| match hot.scope.get() {
        scope if scope != 0 && scope == hot.limited_scope.get() => hot.max_value_bytes.get(),
        scope => hot.ask_for_limit(scope),
    })
}

/// Makes room for an entry of so many words and so many bytes of text; returns whether
/// the stage can take it at all.
#[inline]
pub(in crate::record) fn has_room_for(words: usize, bytes: usize) -> bool {
    if bytes > MAX_STAGED_TEXT {
        return false;
    }
    HOT.with(|hot| {
        if hot.used.get() > STAGE - words || hot.text_used.get() > TEXT_STAGE - bytes {
            entered::move_stage();
        }
    });
    true
}

/// Appends a text to the stage, which [has room](has_room_for) for it.
#[inline]
pub(in crate::record) fn push_text(text: &str) {
    HOT.with(|hot| hot.put_text(text.as_bytes()));
}

/// Writes an error of a span whose type has a number, if the message is short, the tracer need
/// not be asked, and the stage has room; returns whether that is so.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn push_error(header: Header, span: u64, message: &[u8]) -> bool {
    HOT.with(|hot| hot.put_error(header, span, message))
}

/// Writes a tag of a span whose value is one word, if the stage can take it; returns whether
/// that is so.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn push_named_word(header: Header, span: u64, word: u64, key: &str) -> bool {
    HOT.with(|hot| hot.put_named_word(header, span, word, key))
}

/// The same of a tag whose value is a text.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn push_named_text(header: Header, span: u64, key: &str, text: &str) -> bool {
    HOT.with(|hot| hot.put_named_text(header, span, key, text))
}

/// Says that another piece begins, or is gone on with.
pub(in crate::record) fn forget_newest() {
    HOT.with(|hot| hot.newest.set(0));
}

/// Reads the clock of the tracer that records here.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn now() -> u64 {
    match plain() {
        Some(counter) => counter.raw(),
        None => entered::now(),
    }
}

/// Whether the stage has room for one entry.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn has_room(words: usize) -> bool {
    HOT.with(|hot| hot.used.get()) + words <= STAGE
}

/// Appends the words of one entry to the stage.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn push<const WORDS: usize>(words: [u64; WORDS]) {
    let used = make_room(WORDS);
    HOT.with(|hot| hot.put(used, words));
}

/// Makes room for so many words; returns how many are in use.
#[cfg_attr(not(debug_assertions), inline(always))]
fn make_room(words: usize) -> usize {
    let used = HOT.with(|hot| hot.used.get());
    if used > STAGE - words {
        entered::move_stage();
        return 0;
    }
    used
}

impl Hot {
    /// What [`scope`] says.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(in crate::record) fn recorded_scope(&self) -> u32 {
        if RECORDS { self.scope.get() } else { 0 }
    }

    /// Whether functions note why nothing is recorded, where that is so.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(in crate::record) fn is_curious(&self) -> bool {
        RECORDS && self.is_curious.get()
    }

    /// What [`set_span`] does.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(in crate::record) fn replace_span(&self, span: u64) -> u64 {
        self.span.replace(span)
    }

    /// What [`open`] does, if the header is known, the tracer need not be asked and the stage
    /// has room.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(in crate::record) fn open_at_once(&self, header: u64) -> Option<(u64, u64)> {
        let used = self.used.get();
        let counter = self.plain.get()?;
        if header == 0 || used > STAGE - 4 {
            return None;
        }
        let id = self.ids.draw().get();
        let parent = self.span.replace(id);
        self.put(used, [header, id, parent]);
        self.used.set(used + 4);
        self.newest.set(id);
        self.opened.set(self.opened.get().wrapping_add(1));
        // The clock comes last: fewer values have to be kept meanwhile.
        let time = counter.raw();
        self.put_one(used + 3, time);
        self.newest_time.set(time);
        Some((id, parent))
    }

    /// Writes the end of a span and makes `parent` the current one again, if the span is the
    /// current one, the tracer need not be asked and the stage has room; returns whether
    /// that is so.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(in crate::record) fn close_at_once(&self, outcome: Outcome, id: u64, parent: u64) -> bool {
        let used = self.used.get();
        let Some(counter) = self.plain.get() else {
            return false;
        };
        if used > STAGE - 3 {
            return false;
        }
        let is_newest = self.newest.get() == id;
        // The newest is the current one, or as good as that: see `close_newest`.
        if !is_newest && self.span.get() != id {
            return false;
        }
        self.span.set(parent);
        self.ended.set(self.ended.get().wrapping_add(1));
        if outcome == Outcome::Error {
            self.failed_in.set(parent);
        }
        let header = Header::new(Kind::Close, outcome_number(outcome), 0, 0);
        if is_newest {
            let newest_time = self.newest_time.get();
            let time = counter.raw();
            match header.end_of_newest(time.wrapping_sub(newest_time)) {
                Some(short) => self.put(used, [short.word()]),
                None => self.put(used, [header.word(), id, time]),
            }
        } else {
            self.put(used, [header.word(), id]);
            self.used.set(used + 3);
            self.put_one(used + 2, counter.raw());
        }
        true
    }

    #[cold]
    #[inline(never)]
    fn ask_for_limit(&self, scope: u32) -> usize {
        let max = entered::with_tracer(|tracer| tracer.limits.max_value_bytes);
        let max = max.unwrap_or(usize::MAX);
        self.max_value_bytes.set(max);
        self.limited_scope.set(scope);
        max
    }

    #[inline]
    fn new_scope(&self) -> u32 {
        static TAKEN: AtomicU32 = AtomicU32::new(0);
        self.next_scope().unwrap_or_else(|| {
            // Zero is none.
            let number = TAKEN.fetch_add(SCOPES, Ordering::Relaxed) + 1;
            self.next_scope.set(number.wrapping_add(1));
            number
        })
    }

    /// Draws the number of a scope, if the thread has one.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(in crate::record) fn next_scope(&self) -> Option<u32> {
        let number = self.next_scope.get();
        let has_one = !number.is_multiple_of(SCOPES);
        has_one.then(|| {
            self.next_scope.set(number.wrapping_add(1));
            number
        })
    }

    /// Whether nothing was written since the stage was moved.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(in crate::record) fn is_stage_empty(&self) -> bool {
        // Spans that begin or end leave words, but for those that are only counted.
        self.used.get() == 0 && self.opened.get() == 0 && self.ended.get() == 0
    }

    /// Goes to another place, if that is a matter of writing some words; the stage must be
    /// empty. Returns whether it is.
    // Word by word, without copies of places: words that were just written one by one and
    // are read in pairs make the processor wait.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(in crate::record) fn go_at_once(
        &self,
        scope: u32,
        span: u64,
        entry: u64,
        plain: Option<Counter>,
    ) -> bool {
        if self.is_lent.get() || (plain.is_some() && !self.ids.is_seeded()) {
            return false;
        }
        self.scope.set(scope);
        self.span.set(span);
        self.entry.set(entry);
        self.plain.set(plain);
        self.newest.set(0);
        self.is_curious.set(true);
        true
    }

    #[inline]
    fn go_to(&self, place: &Place) {
        if self.is_lent.get() {
            drop_trace();
        }
        if place.plain.is_some() {
            self.ids.seed();
        }
        let _is_there = self.go_at_once(place.scope, place.span, place.entry, place.plain);
    }

    #[inline(never)]
    fn begin_visit(&self, from: Option<&mut Place>, span: u64, plain: Option<Counter>) -> u32 {
        if let Some(from) = from {
            from.scope = self.scope.get();
            from.span = self.span.get();
            from.entry = self.entry.get();
            from.plain = self.plain.get();
        }
        let scope = self.new_scope();
        // The span is the scope's to write to.
        let entry = 0;
        self.go_to(&Place {
            scope,
            span,
            entry,
            plain,
        });
        scope
    }

    /// Writes words behind those in use; there is room.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn put<const WORDS: usize>(&self, used: usize, words: [u64; WORDS]) {
        for (offset, word) in words.into_iter().enumerate() {
            self.put_one(used + offset, word);
        }
        self.used.set(used + WORDS);
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn put_one(&self, place: usize, word: u64) {
        // The mask spares the check of the bound, which holds as said above.
        if let Some(cell) = self.stage.get(place & (STAGE - 1)) {
            cell.set(word);
        }
    }

    /// Writes an entry of one word.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn put_word(&self, used: usize, header: Header, span: u64, word: u64) {
        if self.newest.get() == span {
            self.put(used, [header.of_newest().word(), word]);
        } else {
            self.put(used, [header.word(), span, word]);
        }
    }

    /// The current span if it is the scope's to write to, else zero.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn own_span(&self) -> u64 {
        let span = self.span.get();
        if self.scope.get() == 0 || span == self.entry.get() {
            0
        } else {
            span
        }
    }

    /// Writes an entry of the current span that has one word, if the span is the scope's to
    /// write to and the stage has room; returns whether that is so.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(in crate::record) fn put_own_word(&self, header: Header, word: u64) -> bool {
        let span = self.own_span();
        if span == 0 {
            return false;
        }
        let used = self.used.get();
        if used > STAGE - 3 {
            return false;
        }
        self.put_word(used, header, span, word);
        true
    }

    /// The same for a text that is short, if the tracer need not be asked.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(in crate::record) fn put_own_text(&self, header: Header, text: &str) -> bool {
        let span = self.own_span();
        if span == 0 || self.plain.get().is_none() {
            return false;
        }
        let Some(used) = self.room_for(3, text.len()) else {
            return false;
        };
        self.put_text(text.as_bytes());
        self.put_word(used, header, span, text.len() as u64);
        true
    }

    // These are not inlined: `LocalKey::with` is then, and does not find the block by a
    // pointer to a function. That, and arguments that are not in registers, would cost as
    // much as all the rest.
    #[inline(never)]
    fn put_named_word(&self, header: Header, span: u64, word: u64, key: &str) -> bool {
        let Some(used) = self.room_for(3, key.len()) else {
            return false;
        };
        self.put_text(key.as_bytes());
        self.put_word(used, header, span, word);
        true
    }

    #[inline(never)]
    fn put_named_text(&self, header: Header, span: u64, key: &str, text: &str) -> bool {
        let Some(used) = self.room_for(3, key.len() + text.len()) else {
            return false;
        };
        self.put_text(key.as_bytes());
        self.put_text(text.as_bytes());
        self.put_word(used, header, span, text.len() as u64);
        true
    }

    #[inline(never)]
    fn put_error(&self, header: Header, span: u64, message: &[u8]) -> bool {
        let Some(counter) = self.plain.get() else {
            return false;
        };
        let Some(used) = self.room_for(4, message.len()) else {
            return false;
        };
        let is_newest = self.newest.get() == span;
        self.put_text(message);
        let (time, length) = (counter.raw(), message.len() as u64);
        if is_newest {
            self.put(used, [header.of_newest().word(), time, length]);
        } else {
            self.put(used, [header.word(), span, time, length]);
        }
        true
    }

    /// Returns how many words are in use, if there is room for so many more and so many bytes
    /// of texts.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn room_for(&self, words: usize, bytes: usize) -> Option<usize> {
        let used = self.used.get();
        let has_room = bytes <= MAX_STAGED_TEXT
            && used <= STAGE - words
            && self.text_used.get() <= TEXT_STAGE - bytes;
        has_room.then_some(used)
    }

    /// Writes a short text behind those in use; there is room.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn put_text(&self, text: &[u8]) {
        let used = self.text_used.get();
        copy_text(&self.text, used, text);
        self.text_used.set(used + text.len());
    }
}

/// Copies a short text to a place where there is room for it and for [`BEHIND`] bytes more.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn copy_text<const ROOM: usize>(
    room: &Cell<[u8; ROOM]>,
    place: usize,
    text: &[u8],
) {
    let (mut place, mut rest) = (place, text);
    // Eight bytes at once, which is one store: most texts have not many more, so that
    // to copy them one by one, or to call `memcpy`, takes several times as long.
    while let Some((word, more)) = rest.split_first_chunk::<8>() {
        put_bytes(room, place, *word);
        (place, rest) = (place + 8, more);
    }
    // What is behind the text is overwritten by the next one. The words do not overlap, so
    // that each can be read again at once.
    put_bytes(room, place, short_bytes(rest));
}

/// Writes eight bytes, which the compiler makes one store.
#[cfg_attr(not(debug_assertions), inline(always))]
fn put_bytes<const ROOM: usize>(room: &Cell<[u8; ROOM]>, place: usize, bytes: [u8; 8]) {
    let room: &Cell<[u8]> = room;
    let room = room.as_slice_of_cells().get(place..).unwrap_or_default();
    if let Some(to) = room.first_chunk::<8>() {
        for (to, byte) in to.iter().zip(bytes) {
            to.set(byte);
        }
    }
}

/// Fewer than eight bytes as the first of eight, read in two words that may overlap.
///
/// The second one is rotated, and not shifted, which is the same here: else the compiler
/// knows that the last byte is zero, and writes eight bytes one by one.
#[cfg_attr(not(debug_assertions), inline(always))]
fn short_bytes(bytes: &[u8]) -> [u8; 8] {
    // As much as a number can be rotated by.
    let length = u32::try_from(bytes.len()).unwrap_or(0);
    let word = if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        let last = u64::from(u32::from_le_bytes(*last)).rotate_left(8 * (length - 4));
        u64::from(u32::from_le_bytes(*first)) | last
    } else if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        let last = u64::from(u16::from_le_bytes(*last)).rotate_left(8 * (length - 2));
        u64::from(u16::from_le_bytes(*first)) | last
    } else {
        bytes.first().copied().map_or(0, u64::from)
    };
    word.to_le_bytes()
}

/// What a stage held besides words.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::record) struct Staged {
    pub(in crate::record) opened: u32,
    ended: u32,
}

impl Staged {
    /// Spans that were opened and not ended, less those that were ended and opened
    /// elsewhere.
    pub(in crate::record) fn strays(self) -> i32 {
        self.opened.wrapping_sub(self.ended).cast_signed()
    }
}

/// How many words and bytes of text of the stage are in use.
#[inline]
pub(in crate::record) fn staged_sizes() -> (usize, usize) {
    HOT.with(|hot| (hot.used.get(), hot.text_used.get()))
}

/// What the stage holds besides.
#[inline]
pub(in crate::record) fn staged() -> Staged {
    HOT.with(|hot| Staged {
        opened: hot.opened.get(),
        ended: hot.ended.get(),
    })
}

/// Moves the stage to the end of a chunk.
pub(in crate::record) fn drain(chunk: &mut Chunk) -> Staged {
    if HOT.with(|hot| hot.text_used.get()) > 0 {
        drain_texts(&mut chunk.text);
    }
    HOT.with(|hot| {
        let used = hot.used.replace(0);
        let stage = hot.stage.get(..used).unwrap_or_default();
        if used <= FEW {
            // In small pieces: words that were just written are not there yet when they are
            // read in wider ones, for which the processor waits.
            let (pieces, rest) = stage.as_chunks::<4>();
            for [one, two, three, four] in pieces {
                chunk
                    .words
                    .extend([one.get(), two.get(), three.get(), four.get()]);
            }
            for word in rest {
                chunk.words.push(word.get());
            }
        } else {
            chunk.words.extend(stage.iter().map(Cell::get));
        }
        Staged {
            opened: hot.opened.replace(0),
            ended: hot.ended.replace(0),
        }
    })
}

/// Words that are moved one by one.
pub(in crate::record) const FEW: usize = 32;

/// Moves the texts of the stage to the end of others.
pub(in crate::record) fn drain_texts(texts: &mut String) {
    HOT.with(|hot| {
        let used = hot.text_used.replace(0);
        if used > 0 {
            let bytes = hot.text.get();
            let bytes = bytes.get(..used).unwrap_or_default();
            // Only whole texts are in there.
            texts.push_str(std::str::from_utf8(bytes).unwrap_or_default());
        }
    });
}

/// Whether nothing was written since the stage was moved.
#[inline]
pub(in crate::record) fn is_stage_empty() -> bool {
    HOT.with(Hot::is_stage_empty)
}

/// Drops what the stage holds.
pub(in crate::record) fn discard_stage() {
    HOT.with(|hot| {
        hot.used.set(0);
        hot.text_used.set(0);
        hot.opened.set(0);
        hot.ended.set(0);
    });
}

/// Forgets what is recorded on this thread and what its ids are drawn from, in the
/// child of a `fork`. Async-signal-safe.
pub(in crate::record) fn forget() {
    discard_stage();
    HOT.with(|hot| {
        // Not dropped: it is the parent's.
        hot.is_lent.set(false);
        hot.trace.set(None);
    });
    go_to(&Place::NOWHERE);
    HOT.with(|hot| {
        hot.failed_in.set(0);
        hot.is_quiet.set(false);
        hot.ids.forget();
    });
}

/// What [`Hot::is_curious`] says.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn is_curious() -> bool {
    HOT.with(Hot::is_curious)
}

/// Says that a function had something to say of what is not recorded.
pub(in crate::record) fn look_on() {
    HOT.with(|hot| hot.patience.set(hot.patience.get().max(PATIENCE)));
}

/// Says that it had not.
pub(in crate::record) fn look_in_vain() {
    HOT.with(|hot| {
        if let Some(patience) = hot.patience.get().checked_sub(1) {
            return hot.patience.set(patience);
        }
        let stays = hot.stays.get().wrapping_add(1);
        hot.stays.set(stays);
        if stays.is_multiple_of(STAYS) {
            return hot.patience.set(PATIENCE);
        }
        hot.is_curious.set(false);
    });
}

/// Whether the span that failed last is a child of this one.
#[inline]
pub(in crate::record) fn has_failed_child(span: u64) -> bool {
    HOT.with(|hot| hot.failed_in.get() == span)
}

/// Notes that a child of `parent` failed.
#[inline]
pub(in crate::record) fn pass_failure(parent: u64) {
    HOT.with(|hot| hot.failed_in.set(parent));
}
