//! A span of `tracing` that is open: what it is here, and when it was last left.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use trace_core::__private::bridge::{CapturedSpan, EnteredCapture, end_at_reading, read_clock};
use trace_core::{Link, OpenSpan, Outcome, SpanKind, Status, TagSource, TraceContext};

use super::pending::{PendingRoot, Said};
use crate::callsite::Callsite;

/// A span of `tracing` with an id.
#[derive(Debug)]
pub(crate) struct BridgedSpan {
    pub(crate) callsite: &'static Callsite,
    held: Held,
    /// A reading of the tracer's clock at the last exit; zero if it was never left.
    left_at: AtomicU64,
    /// Set if it was left by a panic.
    has_panicked: AtomicBool,
}

/// What a span of `tracing` is here.
#[derive(Debug)]
enum Held {
    /// A span of its own, or the context of a trace that is not sampled.
    Open(OpenSpan),
    /// A root that begins when it is entered.
    Pending(Box<PendingRoot>),
    /// A span of another holder, which was current where `Span::current()` was called.
    Captured(CapturedSpan),
}

/// What keeps a span entered on a thread.
#[derive(Debug)]
pub(crate) enum Visit {
    /// The span itself is left.
    OfSpan,
    /// The guard is dropped.
    OfCapture { _guard: Option<EnteredCapture> },
}

impl BridgedSpan {
    pub(crate) fn open(callsite: &'static Callsite, span: OpenSpan) -> Self {
        Self::new(callsite, Held::Open(span))
    }

    pub(crate) fn pending(callsite: &'static Callsite) -> Self {
        Self::new(callsite, Held::Pending(Box::new(PendingRoot::new())))
    }

    pub(crate) fn captured(callsite: &'static Callsite, span: CapturedSpan) -> Self {
        Self::new(callsite, Held::Captured(span))
    }

    fn new(callsite: &'static Callsite, held: Held) -> Self {
        Self {
            callsite,
            held,
            left_at: AtomicU64::new(0),
            has_panicked: AtomicBool::new(false),
        }
    }

    /// Returns its own span, which begins now if it has not begun. `None` if it belongs to
    /// another holder.
    fn span(&self) -> Option<&OpenSpan> {
        match &self.held {
            Held::Open(span) => Some(span),
            Held::Pending(root) => Some(root.span(self.callsite)),
            Held::Captured(_) => None,
        }
    }

    /// Makes it current on this thread, until [`leave`](Self::leave) with the same visit.
    #[inline]
    pub(crate) fn enter(&self) -> Visit {
        match &self.held {
            Held::Open(span) => span.enter_unguarded(),
            Held::Pending(root) => root.span(self.callsite).enter_unguarded(),
            Held::Captured(span) => {
                let _guard = span.enter();
                return Visit::OfCapture { _guard };
            }
        }
        Visit::OfSpan
    }

    /// Leaves it on this thread.
    #[inline]
    pub(crate) fn leave(&self, visit: Visit) {
        if let Visit::OfCapture { _guard } = visit {
            return drop(_guard);
        }
        if let Some(span) = self.span() {
            span.exit();
        }
    }

    /// Notes that it was left, and the time, which is its end if nothing else follows.
    #[inline]
    pub(crate) fn note_left(&self) {
        let Some(span) = self.span() else { return };
        // Relaxed, both: the last handle is dropped after this, and orders it.
        self.left_at.store(read_clock(span), Ordering::Relaxed);
        if std::thread::panicking() {
            self.has_panicked.store(true, Ordering::Relaxed);
        }
    }

    /// Runs code within it, without changing when it ends.
    pub(crate) fn run<R>(&self, body: impl FnOnce() -> R) -> R {
        match &self.held {
            Held::Open(span) => span.in_scope(body),
            Held::Pending(root) => root.span(self.callsite).in_scope(body),
            Held::Captured(span) => {
                let _in = span.enter();
                body()
            }
        }
    }

    /// Ends it, as its last handle is gone: at its last exit, or now if it was never entered.
    pub(crate) fn close(self) {
        // A root that was never entered begins here.
        let Some(span) = self.span() else { return };
        // Relaxed: see `note_left`.
        let outcome = match self.has_panicked.load(Ordering::Relaxed) {
            true => Outcome::Panicked,
            false => Outcome::Ok,
        };
        match self.left_at.load(Ordering::Relaxed) {
            0 => span.end_with(outcome),
            left_at => end_at_reading(span, outcome, left_at),
        }
    }

    /// Returns its context.
    pub(crate) fn context(&self) -> Option<TraceContext> {
        match &self.held {
            Held::Captured(span) => span.context(),
            _ => self.span()?.context(),
        }
    }

    /// Sets the parent of a root that has not begun; returns whether it could.
    #[cfg(feature = "tracing")]
    pub(crate) fn set_parent(&self, parent: TraceContext) -> bool {
        match &self.held {
            Held::Pending(root) => root.set_parent(parent),
            Held::Open(_) | Held::Captured(_) => false,
        }
    }

    /// Whether what is said about it is recorded.
    pub(crate) fn is_recorded(&self) -> bool {
        match &self.held {
            Held::Open(span) => span.is_recording(),
            Held::Pending(root) => root.begun().is_none_or(OpenSpan::is_recording),
            Held::Captured(span) => span.is_recorded(),
        }
    }

    /// Adds a tag.
    #[inline]
    pub(crate) fn add_tag(&self, key: &'static str, value: impl TagSource) {
        match &self.held {
            Held::Open(span) => span.add_tag(key, value),
            _ => self.say_tag(key, &value),
        }
    }

    #[cold]
    fn say_tag(&self, key: &'static str, value: &dyn TagSource) {
        self.add_named_tag(key.into(), value);
    }

    /// Adds a tag whose key is made at run time.
    pub(crate) fn add_named_tag(&self, key: Cow<'static, str>, value: &dyn TagSource) {
        // It runs the application's code, which may panic, before anything is locked.
        let copied = trace_core::__private::captured(value);
        if let Some(value) = copied {
            self.say(Said::Tag(key, value));
        }
    }

    /// Changes its name.
    pub(crate) fn set_name(&self, name: String) {
        self.say(Said::Name(name));
    }

    /// Changes its kind.
    pub(crate) fn set_kind(&self, kind: SpanKind) {
        self.say(Said::Kind(kind));
    }

    /// Sets its status.
    pub(crate) fn set_status(&self, status: Status) {
        self.say(Said::Status(status));
    }

    /// Adds a link.
    pub(crate) fn add_link(&self, link: impl Into<Link>) {
        self.say(Said::Link(link.into()));
    }

    /// Says something about it, now or when it begins.
    pub(crate) fn say(&self, said: Said) {
        match &self.held {
            Held::Open(span) => said.write(span),
            Held::Pending(root) => root.say(self.callsite, said),
            Held::Captured(span) => {
                let Some(_in) = span.enter() else { return };
                match said {
                    Said::Tag(key, value) => trace_core::span::add_tag(key, value),
                    Said::Name(name) => trace_core::span::set_operation_name(name),
                    Said::Kind(kind) => trace_core::span::set_kind(kind),
                    Said::Status(status) => trace_core::span::set_status(status),
                    Said::Link(link) => trace_core::span::add_link(link),
                }
            }
        }
    }
}
