//! What the rules of one bridge say about each call site.
//!
//! The rules are asked once for each call site. The answers are numbers that any thread reads
//! without a lock.

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};

use tracing_core::Interest;

use crate::callsite::Callsite;
use crate::rules::Rules;
use crate::store::Pages;

/// The answers for all call sites, by their numbers.
pub(crate) struct SiteFlags {
    sites: Pages<Answers>,
}

/// See [`SiteFlags`].
#[derive(Debug, Default)]
struct Answers {
    /// See [`Flags`]; zero if the rules were not asked.
    flags: AtomicU32,
    /// The fields that are left out, by bits of their index.
    left_out: AtomicU32,
    /// See [`InnerInterest`]. Other than the rest, it may change.
    inner: AtomicU32,
}

/// What the rules say about a call site.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flags {
    bits: u32,
    left_out: u32,
}

/// What the subscriber within has said about a call site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InnerInterest {
    /// It has to be asked each time, also if it never was.
    Sometimes,
    /// It never wants it.
    Never,
    /// It always wants it.
    Always,
}

const ASKED: u32 = 1;
const SPAN: u32 = 2;
const LOG: u32 = 4;
const ROOT: u32 = 8;
const EVENT_SPAN: u32 = 16;

impl SiteFlags {
    pub(crate) const fn new() -> Self {
        Self {
            sites: Pages::new(),
        }
    }

    /// Returns what the rules say about a call site.
    #[inline]
    pub(crate) fn get(&self, callsite: &Callsite, rules: &Rules) -> Flags {
        if let Some(answers) = self.sites.get(callsite.number)
            // Acquire: the partner is the release in `ask`, which wrote `left_out` before.
            && let bits = answers.flags.load(Ordering::Acquire)
            && bits != 0
        {
            // Relaxed: see above.
            let left_out = answers.left_out.load(Ordering::Relaxed);
            return Flags { bits, left_out };
        }
        self.ask(callsite, rules)
    }

    #[cold]
    fn ask(&self, callsite: &Callsite, rules: &Rules) -> Flags {
        let metadata = callsite.metadata;
        let mut bits = ASKED;
        if metadata.is_span() {
            bits |= if rules.has_span(metadata) { SPAN } else { 0 };
            bits |= if rules.is_root(metadata) {
                ROOT | SPAN
            } else {
                0
            };
        } else {
            bits |= if rules.has_log(metadata) { LOG } else { 0 };
            let makes_span = rules.event_span(metadata).is_some();
            bits |= if makes_span { EVENT_SPAN } else { 0 };
        }
        let fields = metadata.fields().iter();
        let left_out = fields
            .filter(|field| rules.leaves_out(field.name()))
            // `tracing` has at most 32 fields.
            .fold(0, |bits, field| {
                bits | 1_u32.wrapping_shl(field.index() as u32)
            });
        if let Some(answers) = self.sites.get_or_make(callsite.number) {
            answers.left_out.store(left_out, Ordering::Relaxed);
            // Release: the partner is in `get`. Threads that ask at once get the same answers.
            answers.flags.store(bits, Ordering::Release);
        }
        Flags { bits, left_out }
    }

    /// Notes what the subscriber within says about a call site, when it is registered and each
    /// time its filters change.
    pub(crate) fn set_inner(&self, callsite: &Callsite, interest: &Interest) {
        let word = match interest {
            interest if interest.is_always() => 2,
            interest if interest.is_never() => 1,
            _ => 0,
        };
        if let Some(answers) = self.sites.get_or_make(callsite.number) {
            // Relaxed: it guards nothing. A thread that reads an older answer acts as one that
            // came earlier.
            answers.inner.store(word, Ordering::Relaxed);
        }
    }

    /// Returns what the subscriber within has said about a call site.
    #[inline]
    pub(crate) fn inner(&self, callsite: &Callsite) -> InnerInterest {
        let answers = self.sites.get(callsite.number);
        // Relaxed: see `set_inner`.
        match answers.map_or(0, |answers| answers.inner.load(Ordering::Relaxed)) {
            2 => InnerInterest::Always,
            1 => InnerInterest::Never,
            _ => InnerInterest::Sometimes,
        }
    }
}

impl Flags {
    /// Nothing is wanted.
    pub(crate) const NOTHING: Self = Self {
        bits: ASKED,
        left_out: 0,
    };

    /// Whether its spans are recorded in a trace.
    pub(crate) const fn has_span(self) -> bool {
        self.bits & SPAN != 0
    }

    /// Whether its events are logs.
    pub(crate) const fn has_log(self) -> bool {
        self.bits & LOG != 0
    }

    /// Whether its spans are roots where no trace runs.
    pub(crate) const fn is_root(self) -> bool {
        self.bits & ROOT != 0
    }

    /// Whether a rule makes spans of its events.
    pub(crate) const fn has_event_span(self) -> bool {
        self.bits & EVENT_SPAN != 0
    }

    /// Whether the bridge wants anything of it.
    pub(crate) const fn has_any(self) -> bool {
        self.bits & !ASKED != 0
    }

    /// Whether the values of a field are left out.
    #[inline]
    pub(crate) const fn leaves_out(self, index: usize) -> bool {
        self.left_out & 1_u32.wrapping_shl(index as u32) != 0
    }
}

impl fmt::Debug for SiteFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SiteFlags").finish_non_exhaustive()
    }
}
