//! The model: what is current on each thread, and the spans that have to come.
//!
//! What is entered on a thread is a list. The last entry is current, whichever world it is of, and
//! what is left is taken out of the list, wherever it is.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use trace_core::Outcome;

/// A span of the program, by its number.
pub(super) type Number = usize;

/// What was entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// Code that is left in order.
    Code(u64),
    /// A span of `tracing`.
    Theirs(Number),
    /// A handle of a span of ours, by `Span::current()`.
    Captured(u64),
    Held(Number),
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    key: Key,
    current: Option<Number>,
}

thread_local! {
    static ENTERED: RefCell<Vec<Entry>> = const { RefCell::new(Vec::new()) };
}

pub(super) fn current() -> Option<Number> {
    ENTERED.with_borrow(|entered| entered.last()?.current)
}

/// Returns what was entered last, if it was by a handle of `tracing`.
pub(super) fn innermost_handle() -> Option<Key> {
    let last = ENTERED.with_borrow(|entered| Some(entered.last()?.key));
    last.filter(|key| matches!(key, Key::Theirs(_) | Key::Captured(_)))
}

pub(super) fn is_entered(key: Key) -> bool {
    ENTERED.with_borrow(|entered| entered.iter().any(|entry| entry.key == key))
}

pub(super) fn enter(key: Key, current: Option<Number>) {
    ENTERED.with_borrow_mut(|entered| entered.push(Entry { key, current }));
}

/// Takes out the last entry of a key; returns whether there was one.
pub(super) fn leave(key: Key) -> bool {
    ENTERED.with_borrow_mut(|entered| {
        let at = entered.iter().rposition(|entry| entry.key == key);
        at.map(|at| entered.remove(at)).is_some()
    })
}

pub(super) fn new_key() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Code runs at a place until this is dropped.
#[must_use]
pub(super) struct At(u64);

impl At {
    pub(super) fn enter(current: Option<Number>) -> Self {
        let key = new_key();
        enter(Key::Code(key), current);
        Self(key)
    }
}

impl Drop for At {
    fn drop(&mut self) {
        leave(Key::Code(self.0));
    }
}

/// A span that has to come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Expected {
    pub(super) parent: Option<Number>,
    pub(super) logs: Vec<String>,
    /// Logs that were written after its end, which may be lost.
    pub(super) late: Vec<String>,
    pub(super) later: Option<i64>,
    /// How it has ended. A span of `tracing` has no end here, but may have panicked.
    pub(super) outcome: Option<Outcome>,
    /// Whether its end has been told, so that logs are late.
    pub(super) has_ended: bool,
}

/// The spans of a program.
#[derive(Debug, Default)]
pub(super) struct Model {
    pub(super) spans: BTreeMap<Number, Expected>,
    pub(super) ignored: u64,
    next: Number,
}

impl Model {
    pub(super) fn number(&mut self) -> Number {
        self.next += 1;
        self.next - 1
    }

    pub(super) fn open(&mut self, number: Number, parent: Option<Number>) {
        let expected = Expected {
            parent,
            ..Expected::default()
        };
        let before = self.spans.insert(number, expected);
        assert_eq!(before, None);
    }

    pub(super) fn get(&mut self, number: Number) -> &mut Expected {
        self.spans.get_mut(&number).unwrap()
    }

    pub(super) fn log(&mut self, number: Number, text: String) {
        let span = self.get(number);
        let logs = match span.has_ended {
            true => &mut span.late,
            false => &mut span.logs,
        };
        logs.push(text);
    }

    pub(super) fn end(&mut self, number: Number, outcome: Outcome) {
        let span = self.get(number);
        assert!(!span.has_ended);
        (span.outcome, span.has_ended) = (Some(outcome), true);
    }

    /// A span of `tracing` was left.
    pub(super) fn left(&mut self, number: Number) {
        if std::thread::panicking() {
            self.get(number).outcome = Some(Outcome::Panicked);
        }
    }
}
