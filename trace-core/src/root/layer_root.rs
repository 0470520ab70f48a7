//! Roots of layers in other crates: one for each request, also for those that are not recorded.
//!
//! It borrows what the builder owns, and makes no [`OpenSpan`] of a trace that is not recorded.

use std::panic::Location;

use super::begin::{self, Begin};
use super::description;
use super::origin::SpanOrigin;
use crate::propagation::Extracted;
use crate::propagation::trust::Trust;
use crate::record::{RECORDING_BUILT, Scope, tag_input, write};
use crate::sampler::SamplingTags;
use crate::span::open_span::OpenSpan;
use crate::span::unrecorded::UnrecordedSpan;
use crate::stream::Site;
use crate::tracer::Tracer;
use crate::value::{SpanKind, TagSource};

/// Describes the root span of a request.
#[derive(Debug)]
pub struct LayerRoot<'a> {
    tracer: Option<&'a Tracer>,
    operation_name: &'a str,
    kind: SpanKind,
    /// Where the layer was made.
    source: &'static Location<'static>,
    origin: SpanOrigin,
}

/// A root that has begun.
#[derive(Debug)]
pub enum Started {
    /// It is recorded.
    Recorded(OpenSpan),
    /// Not sampled, or there is no tracer.
    Unrecorded(UnrecordedSpan),
}

impl<'a> LayerRoot<'a> {
    /// Describes a root below the caller's span. Without a tracer, it begins with the current
    /// one.
    #[inline]
    pub fn new(
        tracer: Option<&'a Tracer>,
        operation_name: &'a str,
        kind: SpanKind,
        source: &'static Location<'static>,
        caller: Extracted,
        trust: Trust,
    ) -> Self {
        Self {
            tracer,
            operation_name,
            kind,
            source,
            origin: SpanOrigin::trusted(caller, trust),
        }
    }

    /// Starts the span, as [`RootBuilder::start_with`](crate::RootBuilder::start_with) does.
    pub fn start(&self, tags: &[(&str, &dyn TagSource)]) -> Started {
        self.start_with_first(tags.len(), tags)
    }

    /// Starts the span with tags that the sampler sees. Only the first of them are recorded.
    pub fn start_with_first(&self, recorded: usize, tags: &[(&str, &dyn TagSource)]) -> Started {
        let tagged = Tagged {
            root: self,
            tags,
            recorded,
        };
        match begin::begin_scope(&tagged) {
            Some(scope) if scope.is_recording() => {
                Started::Recorded(OpenSpan::in_own_scope(scope, || tagged.open()))
            }
            scope => Started::Unrecorded(UnrecordedSpan::new(scope)),
        }
    }

    /// Passes on the caller's context, as [`RootBuilder::pass_on`](crate::RootBuilder::pass_on)
    /// does.
    pub fn pass_on(&self) -> UnrecordedSpan {
        if !RECORDING_BUILT {
            return UnrecordedSpan::new(None);
        }
        let tracer = self.tracer.and_then(Tracer::core);
        UnrecordedSpan::new(self.origin.pass_on(tracer, None))
    }
}

/// A root with tags that are borrowed until it is open.
struct Tagged<'a> {
    root: &'a LayerRoot<'a>,
    tags: &'a [(&'a str, &'a dyn TagSource)],
    /// How many of them are recorded. The sampler sees all.
    recorded: usize,
}

impl Begin for Tagged<'_> {
    fn scope(&self) -> Option<Scope> {
        let root = self.root;
        let tracer = root.tracer.and_then(Tracer::core);
        let tags = SamplingTags::new(self.tags);
        let name = root.operation_name;
        root.origin.begin(tracer, name, root.kind, tags, None)
    }

    fn site(&self) -> Option<&'static Site> {
        Site::find_by_call(self.root.operation_name, self.root.source)
    }

    fn note_unsampled(&self, scope: &Scope) {
        description::note_unsampled(self.root.operation_name, self.root.source, scope);
    }

    fn open(&self) -> (u64, u64) {
        let root = self.root;
        let opened = description::open(root.operation_name, root.source, root.kind, None);
        if let Some(link) = root.origin.link() {
            write::link(opened.0, &link);
        }
        for (key, value) in self.tags.iter().take(self.recorded) {
            write::named_tag(opened.0, key, tag_input(value));
        }
        opened
    }
}
