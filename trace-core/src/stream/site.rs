//! What is known of a span before it runs, and the table of all sites.
//!
//! A site gets a number when it first records a span. The stream names the site by that
//! number, and the worker finds it in the table. [`notes`](super::notes) says why some of a
//! site's spans are not recorded.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, RwLock};

use super::entry_kind::EntryKind;
use super::header::Header;
use super::notes::Notes;
use crate::process::fork::PerProcess;
use crate::process::sync::Unpoisoned;
use crate::value::SpanKind;

/// A place in the source that opens spans: everything that all of them share.
///
/// Generated code has one `static` for each instrumented function. So the beginning of a
/// span names all of this with one number.
#[derive(Debug)]
pub struct Site {
    operation_name: &'static str,
    kind: SpanKind,
    file: &'static str,
    line: u32,
    tag_keys: &'static [&'static str],
    /// The header of the entry that opens a span, which has the site's number; zero until
    /// the first span. The whole word is kept, so that opening a span is one load.
    ///
    /// Written once, in `register`, under `Sites::writer`.
    open: AtomicU64,
    notes: Notes,
}

/// Every site that opened a span, by number. A site is never removed, and keeps its number
/// in the child of a `fork`: chunks of the parent and of the child name the same sites.
static SITES: PerProcess<Sites> = PerProcess::new();

/// See [`SITES`].
#[derive(Debug, Default)]
struct Sites {
    /// Held while a site gets its number, so that both lists have the same order.
    writer: Mutex<()>,
    /// Where the site with number `n` is at `n - 1`.
    list: RwLock<Vec<&'static Site>>,
    /// A copy of `list`. The child of a `fork` begins with it if `list` was being written
    /// during the fork. At most one of the two was, as they are written one after the other.
    copy: RwLock<Vec<&'static Site>>,
}

/// A reader's copy of [`SITES`]. It takes the lock only when it meets a number that the
/// copy does not have.
#[derive(Debug, Default)]
pub(crate) struct SiteTable(Vec<&'static Site>);

impl Site {
    /// Describes a place in the source.
    #[must_use]
    pub const fn new(
        operation_name: &'static str,
        kind: SpanKind,
        file: &'static str,
        line: u32,
        tag_keys: &'static [&'static str],
    ) -> Self {
        Self {
            operation_name,
            kind,
            file,
            line,
            tag_keys,
            open: AtomicU64::new(0),
            notes: Notes::new(),
        }
    }

    /// Returns the site of all spans that are described at run time and whose call has no
    /// site of its own.
    #[inline]
    pub(crate) fn unnamed() -> &'static Self {
        static UNNAMED: Site = Site::new("", SpanKind::Internal, "", 0, &[]);
        &UNNAMED
    }

    /// Returns the name of the site's spans; empty if they are named at run time.
    pub(crate) const fn operation_name(&self) -> &'static str {
        self.operation_name
    }

    /// Returns the kind of the site's spans, which an entry may replace.
    pub(crate) const fn kind(&self) -> SpanKind {
        self.kind
    }

    /// Returns the file; empty if it is not known.
    pub(crate) const fn file(&self) -> &'static str {
        self.file
    }

    /// Returns the line; the first is 1. It means nothing if the file is empty.
    pub(crate) const fn line(&self) -> u32 {
        self.line
    }

    /// Returns what was noted of the site.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) const fn notes(&self) -> &Notes {
        &self.notes
    }

    /// Returns whether the site has begun a span that was recorded, in any tracer.
    pub(crate) fn has_recorded(&self) -> bool {
        self.known_header() != 0
    }

    /// Returns every site that has begun a span that was recorded.
    pub(crate) fn all_recorded() -> Vec<&'static Self> {
        let sites = Sites::get().list.read();
        sites.unpoisoned().clone()
    }

    /// Returns the key at a place in the list; empty if the index is damaged.
    pub(crate) fn tag_key(&self, index: usize) -> &'static str {
        self.tag_keys.get(index).copied().unwrap_or("")
    }

    /// Returns the header of the entry that opens a span of this site. The first call gives
    /// the site its number, under a lock.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn header(&'static self) -> Header {
        // Relaxed: its partner is the store in `register`. The worker looks the number up
        // under the lock of `list`. If it took that lock before `register` did, this load
        // would happen before the store that it has seen, which is impossible.
        match self.open.load(Ordering::Relaxed) {
            0 => self.register(),
            word => Header::from_word(word),
        }
    }

    /// Returns the word of that header; zero if no span of this site was opened.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn known_header(&self) -> u64 {
        // Relaxed: as in `header`. A thread that still sees zero takes the slower way.
        self.open.load(Ordering::Relaxed)
    }

    /// Gives the site its number, unless another thread was faster.
    ///
    /// It may wait for other threads that register a site, which is short: they push two
    /// pointers. In the child of a `fork` these locks are new, so nobody holds them for ever.
    #[cold]
    fn register(&'static self) -> Header {
        let sites = Sites::get();
        let _turn = sites.writer.lock().unpoisoned();
        // Relaxed, here and in the store below: all stores happen under `writer`, which
        // orders them. So this load sees the number if there is one.
        let known = self.open.load(Ordering::Relaxed);
        if known != 0 {
            return Header::from_word(known);
        }
        // Both lists come before the number, so that every number is in them. If the process
        // forks in between, the site gets another number in the child, and its first place
        // in the list stays unused there.
        let number = Sites::push(&sites.list, self);
        Sites::push(&sites.copy, self);
        let header = Header::new(EntryKind::Open, 0, 0, number);
        self.open.store(header.word(), Ordering::Relaxed);
        header
    }
}

impl Sites {
    /// Returns this process's table.
    fn get() -> &'static Self {
        SITES.get(|parents| parents.map(Self::after_fork).unwrap_or_default())
    }

    /// Makes the table of the child of a `fork` from its parent's, without waiting for a
    /// lock that nobody will release. All sites that have a number are in it.
    fn after_fork(parents: &Self) -> Self {
        let list = parents.list.try_read().or_else(|_| parents.copy.try_read());
        let list = list.map(|list| list.clone()).unwrap_or_default();
        Self {
            writer: Mutex::default(),
            copy: RwLock::new(list.clone()),
            list: RwLock::new(list),
        }
    }

    /// Adds a site; returns the number of sites, which is the number of this one.
    fn push(list: &RwLock<Vec<&'static Site>>, site: &'static Site) -> u32 {
        let mut list = list.write().unpoisoned();
        list.push(site);
        u32::try_from(list.len()).unwrap_or(u32::MAX)
    }
}

impl SiteTable {
    /// Returns the site with this number. If there is none, the stream is damaged, and the
    /// site is one that is called `unknown`.
    pub(crate) fn site(&mut self, number: u32) -> &'static Site {
        static UNKNOWN: Site = Site::new("unknown", SpanKind::Internal, "", 0, &[]);
        // Zero becomes an index that no list has.
        let index = (number as usize).wrapping_sub(1);
        if index >= self.0.len() {
            let sites = Sites::get().list.read();
            self.0.clone_from(&sites.unpoisoned());
        }
        self.0.get(index).copied().unwrap_or(&UNKNOWN)
    }
}
