//! What all faces of a bridge share: its rules, and its open spans.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use trace_core::__private::bridge::{CapturedSpan, Position, position, start_site};
use trace_core::TraceId;
use tracing_core::span::{Attributes, Record};
use tracing_core::{Event, Interest, LevelFilter, Metadata};

use crate::callsite::Callsite;
use crate::current::current_callsite;
use crate::event::{EventTarget, write_event};
use crate::rules::Rules;
use crate::site_flags::{Flags, SiteFlags};
use crate::span::{BridgedSpan, SpanFields};
use crate::store::{SlotId, Slots};

/// A bridge.
#[derive(Debug)]
pub(crate) struct State {
    /// Counted from one, so that what a thread keeps can tell bridges apart.
    pub(crate) number: u32,
    pub(crate) rules: Rules,
    has_roots: bool,
    pub(crate) sites: SiteFlags,
    pub(crate) spans: Slots<BridgedSpan>,
    ignored: AtomicU64,
    refused: AtomicU64,
    /// Set if another bridge is around this one, and records instead.
    is_off: AtomicBool,
}

/// Numbers of [`State`].
static LAST_BRIDGE: AtomicU32 = AtomicU32::new(0);

thread_local! {
    /// The span that stands for a trace that is not sampled, and the bridge that has it.
    static UNSAMPLED: Cell<Option<(u32, TraceId, SlotId)>> = const { Cell::new(None) };
}

/// The span below which a new one begins.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Parent {
    /// What is current.
    Current,
    /// None: it begins a trace, or is ignored.
    Nothing,
    /// A span of the bridge.
    Span(SlotId),
}

impl State {
    pub(crate) fn new(rules: Rules) -> Self {
        Self {
            // Relaxed: only its uniqueness matters.
            number: LAST_BRIDGE.fetch_add(1, Ordering::Relaxed).wrapping_add(1),
            has_roots: rules.roots.max_level() != LevelFilter::OFF,
            rules,
            sites: SiteFlags::new(),
            spans: Slots::new(),
            ignored: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            is_off: AtomicBool::new(false),
        }
    }

    /// Returns what the rules say about a call site.
    #[inline]
    pub(crate) fn flags(&self, metadata: &'static Metadata<'static>) -> (&'static Callsite, Flags) {
        let callsite = Callsite::get(metadata);
        if self.is_off() {
            return (callsite, Flags::NOTHING);
        }
        (callsite, self.sites.get(callsite, &self.rules))
    }

    /// Records nothing from now on, as another bridge around this one does.
    pub(crate) fn turn_off(&self) {
        self.is_off.store(true, Ordering::Relaxed);
    }

    #[inline]
    pub(crate) fn is_off(&self) -> bool {
        // Relaxed: it is set before the subscriber is shared.
        self.is_off.load(Ordering::Relaxed)
    }

    /// Returns whether `tracing` has to ask at each call.
    pub(crate) fn interest(&self, metadata: &'static Metadata<'static>) -> Interest {
        let (_, flags) = self.flags(metadata);
        match flags.has_any() {
            // Where no trace runs, nothing is wanted.
            true => Interest::sometimes(),
            false => Interest::never(),
        }
    }

    /// Returns whether a span or event is wanted here. `metadata` may be of another lifetime, as
    /// a program may ask for itself.
    #[inline]
    pub(crate) fn is_enabled(&self, metadata: &Metadata<'_>) -> bool {
        match position() {
            _ if self.is_off() => false,
            // It may name an open span as its parent, which `tracing` does not show here.
            Position::Outside if !self.spans.is_empty() => self.is_of_use(metadata),
            Position::Outside => {
                self.has_roots && metadata.is_span() && self.rules.is_root(metadata)
            }
            Position::Unsampled(_) => metadata.is_span() && self.rules.has_span(metadata),
            Position::Recorded(_) => self.is_of_use(metadata),
        }
    }

    /// Returns what the rules say about a call site, if it was used before. They are asked once.
    #[inline]
    fn known_flags(&self, metadata: &Metadata<'_>) -> Option<Flags> {
        let callsite = Callsite::known(metadata)?;
        Some(self.sites.get(callsite, &self.rules))
    }

    fn is_of_use(&self, metadata: &Metadata<'_>) -> bool {
        if let Some(flags) = self.known_flags(metadata) {
            return flags.has_any();
        }
        match metadata.is_span() {
            true => self.rules.has_span(metadata) || self.rules.is_root(metadata),
            false => self.rules.has_log(metadata) || self.rules.event_span(metadata).is_some(),
        }
    }

    /// Counts a span that is not made, if no trace runs.
    #[inline]
    pub(crate) fn note_refused_by_place(&self, metadata: &Metadata<'_>) {
        if !metadata.is_span() || position() != Position::Outside {
            return;
        }
        // The answers have no bit for a root alone.
        let has_span = match self.known_flags(metadata) {
            Some(flags) if !flags.is_root() => flags.has_span(),
            _ => self.rules.has_span(metadata),
        };
        if has_span {
            self.note_ignored(metadata);
        }
    }

    #[inline]
    fn note_ignored(&self, metadata: &Metadata<'_>) {
        if metadata.is_span() {
            // Relaxed: a count.
            self.ignored.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Returns how many spans were ignored, as no trace ran, and how many because too many were
    /// open.
    pub(crate) fn ignored_and_refused(&self) -> (u64, u64) {
        (
            self.ignored.load(Ordering::Relaxed),
            self.refused.load(Ordering::Relaxed),
        )
    }

    /// Begins a span; `None` if nothing is recorded or carried there.
    pub(crate) fn new_span(&self, attributes: &Attributes<'_>, parent: Parent) -> Option<SlotId> {
        let metadata = attributes.metadata();
        let (callsite, flags) = self.flags(metadata);
        if !flags.has_span() {
            return None;
        }
        match parent {
            Parent::Current => self.begin(callsite, flags, attributes),
            Parent::Span(parent) => {
                let begun = self.spans.with(parent, |parent| {
                    parent.run(|| self.begin(callsite, flags, attributes))
                });
                begun.flatten()
            }
            Parent::Nothing if flags.is_root() => self.begin_root(callsite, flags, attributes),
            Parent::Nothing => {
                self.note_ignored(metadata);
                None
            }
        }
    }

    fn begin(
        &self,
        callsite: &'static Callsite,
        flags: Flags,
        attributes: &Attributes<'_>,
    ) -> Option<SlotId> {
        match position() {
            Position::Recorded(_) => {
                let span = BridgedSpan::open(callsite, start_site(&callsite.site));
                write_fields(&span, flags, |visitor| attributes.record(visitor));
                self.keep(span)
            }
            Position::Unsampled(trace) => self.unsampled(callsite, trace),
            Position::Outside if flags.is_root() => self.begin_root(callsite, flags, attributes),
            Position::Outside => {
                self.note_ignored(callsite.metadata);
                None
            }
        }
    }

    fn begin_root(
        &self,
        callsite: &'static Callsite,
        flags: Flags,
        attributes: &Attributes<'_>,
    ) -> Option<SlotId> {
        let span = BridgedSpan::pending(callsite);
        write_fields(&span, flags, |visitor| attributes.record(visitor));
        self.keep(span)
    }

    /// Returns the span that stands for a trace that is not sampled. There is one for a trace and
    /// thread, however many spans `tracing` makes.
    fn unsampled(&self, callsite: &'static Callsite, trace: TraceId) -> Option<SlotId> {
        if let Some((bridge, known, id)) = UNSAMPLED.get()
            && (bridge, known) == (self.number, trace)
            && self.spans.add_handle(id)
        {
            return Some(id);
        }
        let id = self.keep(BridgedSpan::open(callsite, start_site(&callsite.site)))?;
        UNSAMPLED.set(Some((self.number, trace, id)));
        Some(id)
    }

    /// Captures the span that is current here, for `Span::current()`.
    pub(crate) fn capture_current(&self) -> Option<SlotId> {
        let span = CapturedSpan::capture()?;
        self.keep(BridgedSpan::captured(current_callsite(), span))
    }

    fn keep(&self, span: BridgedSpan) -> Option<SlotId> {
        let id = self.spans.insert(span);
        if id.is_none() {
            self.refused.fetch_add(1, Ordering::Relaxed);
        }
        id
    }

    /// Records fields of a span.
    pub(crate) fn record(&self, id: SlotId, values: &Record<'_>) {
        self.spans.with(id, |span| {
            if span.is_recorded() {
                let flags = self.sites.get(span.callsite, &self.rules);
                write_fields(span, flags, |visitor| values.record(visitor));
            }
        });
    }

    /// Adds a link from a span to another one.
    pub(crate) fn follows_from(&self, id: SlotId, followed: SlotId) {
        let context = self.spans.with(followed, BridgedSpan::context).flatten();
        if let Some(context) = context {
            self.spans.with(id, |span| span.add_link(&context));
        }
    }

    /// Writes an event, to the span that it names or to the current one.
    pub(crate) fn event(&self, event: &Event<'_>, parent: Parent) {
        let (callsite, flags) = self.flags(event.metadata());
        if !flags.has_any() {
            return;
        }
        let write = |target: EventTarget<'_>| {
            write_event(event, callsite, flags, &self.rules, target);
        };
        match parent {
            Parent::Current => write(EventTarget::Current),
            Parent::Span(id) => {
                self.spans.with(id, |span| write(EventTarget::Span(span)));
            }
            Parent::Nothing => {}
        }
    }

    /// Removes a handle of a span; ends the span if it was the last one. Returns whether it was.
    pub(crate) fn close(&self, id: SlotId) -> bool {
        let last = self.spans.remove_handle(id);
        // The slot is free already: the end runs code of the recorder, and no lock is held.
        last.map(BridgedSpan::close).is_some()
    }
}

fn write_fields(
    span: &BridgedSpan,
    flags: Flags,
    record: impl FnOnce(&mut dyn tracing_core::field::Visit),
) {
    let mut fields = SpanFields::new(span, span.callsite, flags);
    record(&mut fields);
    fields.finish();
}
