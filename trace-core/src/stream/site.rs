//! The static description of spans, and the table of all sites.
//!
//! A site gets a number when it first records a span. The stream contains this number, and
//! the worker looks the site up in the table. [`notes`](super::notes) stores why some of a
//! site's spans are not recorded.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, RwLock};

use super::entry_kind::EntryKind;
use super::header::Header;
use super::notes::Notes;
use crate::process::fork::PerProcess;
use crate::process::sync::Unpoisoned;
use crate::value::SpanKind;

/// A place in the source that opens spans, with the properties that all of these spans
/// share.
///
/// Generated code has one `static` site for each instrumented function. The opening of a
/// span contains only the site's number.
#[derive(Debug)]
pub struct Site {
    operation_name: &'static str,
    kind: SpanKind,
    file: &'static str,
    line: u32,
    tag_keys: &'static [&'static str],
    /// The header of an opening, which contains the site's number. Zero until the first
    /// span. The whole word is stored, so a span needs only one load to get it.
    ///
    /// Written once, in `register`, under `Sites::writer`.
    open: AtomicU64,
    notes: Notes,
}

/// Every site that has opened a span, by number. A site is never removed. It keeps its
/// number in the child of a `fork`. So chunks of the parent and of the child use the same
/// numbers.
static SITES: PerProcess<Sites> = PerProcess::new();

/// See [`SITES`].
#[derive(Debug, Default)]
struct Sites {
    /// Held while a site gets its number, to keep both lists in the same order.
    writer: Mutex<()>,
    /// The sites; the one with number `n` is at index `n - 1`.
    list: RwLock<Vec<&'static Site>>,
    /// A copy of `list`. The child of a `fork` uses it if `list` was locked for writing
    /// during the fork. The two are written one after the other, so at most one of them
    /// was locked.
    copy: RwLock<Vec<&'static Site>>,
}

/// A reader's copy of [`SITES`]. The reader takes the lock only if a number is not in its
/// copy.
#[derive(Debug, Default)]
pub(crate) struct SiteTable(Vec<&'static Site>);

impl Site {
    /// Makes the description of a place in the source.
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

    /// Returns the site for spans that are described at run time and whose place has no
    /// site; see [`unnamed_at`](Self::unnamed_at).
    #[inline]
    pub(crate) fn unnamed() -> &'static Self {
        static UNNAMED: Site = Site::new("", SpanKind::Internal, "", 0, &[]);
        &UNNAMED
    }

    /// Returns the name of the site's spans. It is empty if they are named at run time.
    #[must_use]
    pub const fn operation_name(&self) -> &'static str {
        self.operation_name
    }

    /// Returns the kind of the site's spans, which an entry may replace.
    #[must_use]
    pub const fn kind(&self) -> SpanKind {
        self.kind
    }

    /// Returns the file. It is empty if the file is not known.
    #[must_use]
    pub const fn file(&self) -> &'static str {
        self.file
    }

    /// Returns the line, counted from 1. It has no meaning if the file is empty.
    #[must_use]
    pub const fn line(&self) -> u32 {
        self.line
    }

    /// Returns the notes about the site.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) const fn notes(&self) -> &Notes {
        &self.notes
    }

    /// Returns whether the site has recorded a span, in any tracer.
    pub(crate) fn has_recorded(&self) -> bool {
        self.known_header() != 0
    }

    /// Returns every site that has recorded a span.
    pub(crate) fn all_recorded() -> Vec<&'static Self> {
        let sites = Sites::get().list.read();
        sites.unpoisoned().clone()
    }

    /// Returns the keys of tags of the site's spans.
    #[must_use]
    pub const fn tag_keys(&self) -> &'static [&'static str] {
        self.tag_keys
    }

    /// Returns the key at an index of the list. It is empty if there is none, which only
    /// happens in a damaged stream.
    #[inline]
    pub(crate) fn tag_key(&self, index: usize) -> &'static str {
        self.tag_keys.get(index).copied().unwrap_or("")
    }

    /// Returns whether a key is in the list.
    pub(crate) fn has_tag_key(&self, key: &str) -> bool {
        self.tag_keys.contains(&key)
    }

    /// Returns the header of an opening for this site. The first call assigns the site's
    /// number, under a lock.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn header(&'static self) -> Header {
        // Relaxed: the store is in `register`. It comes after `register` has added the
        // site to `list` under its lock. The worker looks the number up under the same
        // lock. If the worker took the lock before `register` did, this load would happen
        // before the store whose value it has read, which is impossible.
        match self.open.load(Ordering::Relaxed) {
            0 => self.register(),
            word => Header::from_word(word),
        }
    }

    /// Returns the word of [`header`](Self::header), or zero if the site has no number
    /// yet.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn known_header(&self) -> u64 {
        // Relaxed, as in `header`. A thread that still reads zero takes the slower path.
        self.open.load(Ordering::Relaxed)
    }

    /// Returns the site's number in this process, which begins at 1; zero if it has not
    /// recorded a span.
    #[inline]
    #[must_use]
    pub fn number(&self) -> u32 {
        Header::from_word(self.known_header()).large()
    }

    /// Assigns the site's number, unless another thread has done so already.
    ///
    /// It may wait for other threads that register a site. The wait is short, because they
    /// only add two pointers. In the child of a `fork` these locks are new, so no thread
    /// of the parent can hold them.
    #[cold]
    fn register(&'static self) -> Header {
        let sites = Sites::get();
        let _turn = sites.writer.lock().unpoisoned();
        // Relaxed, here and in the store below: all stores happen under `writer`, which
        // orders them. So this load reads the number if there is one.
        let known = self.open.load(Ordering::Relaxed);
        if known != 0 {
            return Header::from_word(known);
        }
        // The site is added to both lists before its number is stored, so every stored
        // number is in them. If the process forks in between, the site gets another number
        // in the child. Its first place in the list is then unused there.
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

    /// Makes the table in the child of a `fork` from the parent's table. It does not wait,
    /// because a lock may never be released there. The result contains all sites that have
    /// a number.
    fn after_fork(parents: &Self) -> Self {
        let list = parents.list.try_read().or_else(|_| parents.copy.try_read());
        let list = list.map(|list| list.clone()).unwrap_or_default();
        Self {
            writer: Mutex::default(),
            copy: RwLock::new(list.clone()),
            list: RwLock::new(list),
        }
    }

    /// Adds a site to a list. Returns its number, which is the new length of the list.
    fn push(list: &RwLock<Vec<&'static Site>>, site: &'static Site) -> u32 {
        let mut list = list.write().unpoisoned();
        list.push(site);
        u32::try_from(list.len()).unwrap_or(u32::MAX)
    }
}

impl SiteTable {
    /// Returns the site with this number. If there is none, the stream is damaged, and the
    /// result is a site with the name `unknown`.
    pub(crate) fn site(&mut self, number: u32) -> &'static Site {
        static UNKNOWN: Site = Site::new("unknown", SpanKind::Internal, "", 0, &[]);
        // Zero becomes `usize::MAX`, which is out of range in every list.
        let index = (number as usize).wrapping_sub(1);
        if index >= self.0.len() {
            let sites = Sites::get().list.read();
            self.0.clone_from(&sites.unpoisoned());
        }
        self.0.get(index).copied().unwrap_or(&UNKNOWN)
    }
}
