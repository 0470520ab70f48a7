//! What is known of a span before it runs.

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
/// Generated code has one `static` for each instrumented function, so that a
/// span's record names it with one number.
#[derive(Debug)]
pub struct Site {
    operation_name: &'static str,
    kind: SpanKind,
    file: &'static str,
    line: u32,
    tag_keys: &'static [&'static str],
    /// The header of the entry that opens a span, which holds the site's number; zero
    /// until the first span.
    open: AtomicU64,
    notes: Notes,
}

/// Every site that opened a span, by number. A site never leaves, and keeps its number
/// in the child of a `fork`.
static SITES: PerProcess<Sites> = PerProcess::new();

/// See [`SITES`].
#[derive(Debug, Default)]
struct Sites {
    writer: Mutex<()>,
    list: RwLock<Vec<&'static Site>>,
    /// What a child of a `fork` begins with if `list` is being written then: of the two
    /// no more than one is, as writers take turns.
    copy: RwLock<Vec<&'static Site>>,
}

/// A reader's copy of [`SITES`], so that it takes the lock once for each new site.
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

    /// The place of all spans that are named at run time.
    #[inline]
    pub(crate) fn unnamed() -> &'static Self {
        static UNNAMED: Site = Site::new("", SpanKind::Internal, "", 0, &[]);
        &UNNAMED
    }

    pub(crate) const fn operation_name(&self) -> &'static str {
        self.operation_name
    }

    pub(crate) const fn kind(&self) -> SpanKind {
        self.kind
    }

    /// The file, empty where it is not known.
    pub(crate) const fn file(&self) -> &'static str {
        self.file
    }

    pub(crate) const fn line(&self) -> u32 {
        self.line
    }

    /// What was noted of it besides its spans.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) const fn notes(&self) -> &Notes {
        &self.notes
    }

    /// Whether it has begun a span that is recorded.
    pub(crate) fn has_recorded(&self) -> bool {
        self.known_header() != 0
    }

    /// Every site that has.
    pub(crate) fn all_recorded() -> Vec<&'static Self> {
        let sites = Sites::get().list.read();
        sites.unpoisoned().clone()
    }

    pub(crate) fn tag_key(&self, index: usize) -> &'static str {
        self.tag_keys.get(index).copied().unwrap_or("")
    }

    /// The header of the entry that opens a span of this site.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn header(&'static self) -> Header {
        // Relaxed: the table itself is read under its lock.
        match self.open.load(Ordering::Relaxed) {
            0 => self.register(),
            word => Header::from_word(word),
        }
    }

    /// The word of that header, once a span of this site was opened; else zero.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn known_header(&self) -> u64 {
        self.open.load(Ordering::Relaxed)
    }

    #[cold]
    fn register(&'static self) -> Header {
        let sites = Sites::get();
        let _turn = sites.writer.lock().unpoisoned();
        let known = self.open.load(Ordering::Relaxed);
        if known != 0 {
            return Header::from_word(known);
        }
        // A site's number is its place in the list plus one.
        let number = Sites::push(&sites.list, self);
        Sites::push(&sites.copy, self);
        let header = Header::new(EntryKind::Open, 0, 0, number);
        self.open.store(header.word(), Ordering::Relaxed);
        header
    }
}

impl Sites {
    fn get() -> &'static Self {
        SITES.get(|parents| parents.map(Self::after_fork).unwrap_or_default())
    }

    /// The sites that have a number. One whose number was about to be written has none
    /// yet, and gets another.
    fn after_fork(parents: &Self) -> Self {
        let list = parents.list.try_read().or_else(|_| parents.copy.try_read());
        let list = list.map(|list| list.clone()).unwrap_or_default();
        Self {
            writer: Mutex::default(),
            copy: RwLock::new(list.clone()),
            list: RwLock::new(list),
        }
    }

    /// Returns the number of sites.
    fn push(list: &RwLock<Vec<&'static Site>>, site: &'static Site) -> u32 {
        let mut list = list.write().unpoisoned();
        list.push(site);
        u32::try_from(list.len()).unwrap_or(u32::MAX)
    }
}

impl SiteTable {
    /// Returns the site of a number.
    pub(crate) fn site(&mut self, number: u32) -> &'static Site {
        static UNKNOWN: Site = Site::new("unknown", SpanKind::Internal, "", 0, &[]);
        let index = (number as usize).wrapping_sub(1);
        if index >= self.0.len() {
            let sites = Sites::get().list.read();
            self.0.clone_from(&sites.unpoisoned());
        }
        self.0.get(index).copied().unwrap_or(&UNKNOWN)
    }
}
