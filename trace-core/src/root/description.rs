//! The description of a root span that is made at run time, until the span is open.
//!
//! Owns the data that the builder collected, and writes it to the span. The builder itself is
//! in `builder.rs`.

use std::borrow::Cow;
use std::cell::Cell;
use std::panic::Location;
use std::sync::Arc;

use super::begin::{self, Begin};
use super::origin::SpanOrigin;
use crate::diagnostics;
use crate::record::{Scope, TracerCore, spare_tracer, tag_input, write};
use crate::sampler::SamplingTags;
use crate::stream::Site;
use crate::tracer::global;
use crate::value::{Baggage, Link, SpanId, SpanKind, TagInput, TagSource, TagValue, Timestamp};

/// Describes a root span. It is small, because it is moved several times. Parts that few roots
/// have are in a box.
pub(super) struct RootDescription {
    /// The tracer; `None` means the tracer that is current when the span begins.
    pub(super) tracer: Option<Arc<TracerCore>>,
    pub(super) operation_name: Cow<'static, str>,
    pub(super) source: &'static Location<'static>,
    pub(super) kind: SpanKind,
    pub(super) details: Option<Box<RootDetails>>,
}

/// Parts that few roots have.
#[derive(Default)]
pub(super) struct RootDetails {
    pub(super) origin: SpanOrigin,
    pub(super) tags: Vec<(Cow<'static, str>, TagValue)>,
    pub(super) links: Vec<Link>,
    pub(super) baggage: Option<Baggage>,
    pub(super) started_at: Option<Timestamp>,
}

impl RootDescription {
    pub(super) fn new(
        tracer: Option<Arc<TracerCore>>,
        operation_name: Cow<'static, str>,
        source: &'static Location<'static>,
    ) -> Self {
        Self {
            tracer,
            operation_name,
            source,
            kind: SpanKind::Internal,
            details: None,
        }
    }
}

impl Begin for RootDescription {
    fn scope(&self) -> Option<Scope> {
        self.scope_with(SamplingTags::NONE)
    }

    fn site(&self) -> Option<&'static Site> {
        Site::find_by_call(&self.operation_name, self.source)
    }

    fn note_unsampled(&self, scope: &Scope) {
        note_unsampled(&self.operation_name, self.source, scope);
    }

    fn drop_description(&mut self) {
        if let Some(details) = self.details.take() {
            details.keep_as_spare();
        }
        if let Some(tracer) = self.tracer.take() {
            spare_tracer::keep_reference(tracer);
        }
    }

    fn open(&self) -> (u64, u64) {
        let details = self.details.as_ref();
        let given = details.and_then(|details| details.origin.span_id());
        let opened = open(&self.operation_name, self.source, self.kind, given);
        if let Some(details) = details {
            details.write(opened.0);
        }
        opened
    }
}

/// Opens a root span that is described at run time. `given` is the id that it must have.
#[inline]
pub(super) fn open(
    operation_name: &str,
    source: &'static Location<'static>,
    kind: SpanKind,
    given: Option<SpanId>,
) -> (u64, u64) {
    let placed = write::site_at(operation_name, source);
    let site = placed.unwrap_or_else(|| Site::unnamed_at(source));
    let opened = match given {
        Some(span_id) => write::open_as(site, span_id),
        None => write::open(site),
    };
    let span = opened.0;
    if placed.is_none() {
        write::description(span, operation_name, kind, source);
    } else if kind != SpanKind::Internal {
        write::kind(span, kind);
    }
    opened
}

/// Notes that such a root is not sampled.
#[inline]
pub(super) fn note_unsampled(
    operation_name: &str,
    source: &'static Location<'static>,
    scope: &Scope,
) {
    // Finding the site costs more than the rest of the note, so do it only if calls are
    // counted.
    if diagnostics::is_counting() {
        let placed = Site::find_by_call(operation_name, source);
        let site = placed.unwrap_or_else(|| Site::unnamed_at(source));
        begin::note_unsampled(site, scope);
    }
}

impl RootDescription {
    /// Begins a scope that only passes the caller's context on.
    pub(super) fn begin_passing(&self) -> Option<Scope> {
        let tracer = self.tracer.as_ref();
        match &self.details {
            Some(details) => details.origin.pass_on(tracer, details.baggage.as_ref()),
            None => SpanOrigin::default().pass_on(tracer, None),
        }
    }

    /// Begins the scope; the sampler sees these tags after those of the builder.
    #[inline]
    fn scope_with(&self, tags: SamplingTags<'_>) -> Option<Scope> {
        match &self.details {
            Some(details) => self.scope_from(details, tags.with_kept(&details.tags)),
            None => self.new_scope(&tags),
        }
    }

    /// Begins the scope of a new trace.
    fn new_scope(&self, tags: &SamplingTags<'_>) -> Option<Scope> {
        let begin = |tracer: &Arc<TracerCore>| {
            let is_own = !tracer.is_foreign();
            is_own.then(|| Scope::start_new(tracer, &self.operation_name, self.kind, tags))
        };
        match &self.tracer {
            Some(tracer) => begin(tracer),
            None => global::with_current(begin).flatten(),
        }
    }

    /// Begins the scope of a root with details, which may continue another trace.
    #[cold]
    fn scope_from(&self, details: &RootDetails, tags: SamplingTags<'_>) -> Option<Scope> {
        let (tracer, name) = (self.tracer.as_ref(), &self.operation_name);
        let baggage = details.baggage.as_ref();
        details.origin.begin(tracer, name, self.kind, tags, baggage)
    }
}

/// A root with tags that are borrowed until it is open.
pub(super) struct TaggedRoot<'a> {
    pub(super) root: RootDescription,
    pub(super) tags: &'a [(&'a str, &'a dyn TagSource)],
}

impl Begin for TaggedRoot<'_> {
    fn scope(&self) -> Option<Scope> {
        self.root.scope_with(SamplingTags::new(self.tags))
    }

    fn site(&self) -> Option<&'static Site> {
        self.root.site()
    }

    fn note_unsampled(&self, scope: &Scope) {
        self.root.note_unsampled(scope);
    }

    fn drop_description(&mut self) {
        self.root.drop_description();
    }

    fn open(&self) -> (u64, u64) {
        let opened = self.root.open();
        for (key, value) in self.tags {
            write::named_tag(opened.0, key, tag_input(value));
        }
        opened
    }
}

thread_local! {
    /// Empty details. The thread's next root reuses their allocations.
    static SPARE: Cell<Option<Box<RootDetails>>> = const { Cell::new(None) };
}

impl RootDetails {
    /// Returns empty details: the thread's spare ones, or new ones.
    pub(super) fn take_spare() -> Box<Self> {
        SPARE
            .try_with(Cell::take)
            .ok()
            .flatten()
            .unwrap_or_default()
    }

    /// Clears the details and keeps them as the thread's spare ones.
    fn keep_as_spare(mut self: Box<Self>) {
        self.tags.clear();
        self.links.clear();
        (self.origin, self.baggage, self.started_at) = Default::default();
        let _kept = SPARE.try_with(|spare| spare.set(Some(self)));
    }

    /// Writes the start, tags and links to the span, which is open.
    fn write(&self, span: u64) {
        if let Some(time) = self.started_at {
            write::started_at(span, time);
        }
        for (key, value) in &self.tags {
            write::named_tag(span, key, TagInput::Value(value));
        }
        for link in self.links.iter().chain(&self.origin.link()) {
            write::link(span, link);
        }
    }
}
