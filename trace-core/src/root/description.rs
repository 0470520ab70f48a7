//! What a root span begins with that is described at run time.

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
use crate::value::{Baggage, Link, SpanKind, TagInput, TagSource, TagValue};

/// What a root span begins with. It is moved, and so small.
pub(super) struct Root {
    /// The tracer; `None` is the one that is current at the beginning.
    pub(super) tracer: Option<Arc<TracerCore>>,
    pub(super) operation_name: Cow<'static, str>,
    pub(super) source: &'static Location<'static>,
    pub(super) kind: SpanKind,
    pub(super) more: Option<Box<More>>,
}

/// What not all roots begin with.
#[derive(Default)]
pub(super) struct More {
    pub(super) origin: SpanOrigin,
    pub(super) tags: Vec<(Cow<'static, str>, TagValue)>,
    pub(super) links: Vec<Link>,
    pub(super) baggage: Option<Baggage>,
}

impl Root {
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
            more: None,
        }
    }
}

impl Begin for Root {
    fn scope(&self) -> Option<Scope> {
        self.scope_with(SamplingTags::NONE)
    }

    fn site(&self) -> Option<&'static Site> {
        Site::at(&self.operation_name, self.source)
    }

    fn note_unsampled(&self, scope: &Scope) {
        // To find the site costs more than all else there is to note.
        if diagnostics::is_counting()
            && let Some(site) = self.site()
        {
            begin::note_unsampled(site, scope);
        }
    }

    fn let_go(&mut self) {
        if let Some(more) = self.more.take() {
            more.keep();
        }
        if let Some(tracer) = self.tracer.take() {
            spare_tracer::keep_reference(tracer);
        }
    }

    fn open(&self) -> (u64, u64) {
        let placed = write::site_at(&self.operation_name, self.source);
        let site = placed.unwrap_or(Site::unnamed());
        let given = self.more.as_ref().and_then(|more| more.origin.span_id());
        let opened = match given {
            Some(span_id) => write::open_as(site, span_id),
            None => write::open(site),
        };
        let span = opened.0;
        if placed.is_none() {
            write::description(span, &self.operation_name, self.kind, self.source);
        } else if self.kind != SpanKind::Internal {
            write::kind(span, self.kind);
        }
        if let Some(more) = &self.more {
            more.write(span);
        }
        opened
    }
}

impl Root {
    /// The scope in which the caller's context only passes; `None` if there is none.
    pub(super) fn passing(&self) -> Option<Scope> {
        let more = self.more.as_ref()?;
        let current = || global::current().filter(|tracer| !tracer.is_foreign());
        let tracer = self.tracer.clone().or_else(current);
        more.origin.passing(tracer.as_ref(), more.baggage.as_ref())
    }

    /// Begins the scope; the sampler sees these tags behind the builder's own.
    #[inline]
    fn scope_with(&self, tags: SamplingTags<'_>) -> Option<Scope> {
        match &self.more {
            Some(more) => self.scope_from(more, tags.with_kept(&more.tags)),
            None => self.new_scope(&tags),
        }
    }

    /// The scope of a trace that begins here.
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

    #[cold]
    fn scope_from(&self, more: &More, tags: SamplingTags<'_>) -> Option<Scope> {
        let (tracer, name) = (self.tracer.as_ref(), &self.operation_name);
        let baggage = more.baggage.as_ref();
        more.origin.begin(tracer, name, self.kind, tags, baggage)
    }
}

/// A root whose last tags are borrowed until it is open.
pub(super) struct TaggedRoot<'a> {
    pub(super) root: Root,
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

    fn let_go(&mut self) {
        self.root.let_go();
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
    /// What the thread's next root need not allocate.
    static SPARE: Cell<Option<Box<More>>> = const { Cell::new(None) };
}

impl More {
    pub(super) fn take() -> Box<Self> {
        SPARE
            .try_with(Cell::take)
            .ok()
            .flatten()
            .unwrap_or_default()
    }

    /// Keeps what is empty of it.
    fn keep(mut self: Box<Self>) {
        self.tags.clear();
        self.links.clear();
        (self.origin, self.baggage) = Default::default();
        let _kept = SPARE.try_with(|spare| spare.set(Some(self)));
    }

    fn write(&self, span: u64) {
        for (key, value) in &self.tags {
            write::named_tag(span, key, TagInput::Value(value));
        }
        for link in self.links.iter().chain(&self.origin.link()) {
            write::link(span, link);
        }
    }
}
