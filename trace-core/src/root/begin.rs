//! How root spans begin: the steps that all roots share, and the roots of attributes.
//!
//! A root begins in two steps, because its scope must be entered before its span can be opened.
//! Roots that are described at run time are in `description.rs`.

use super::origin::SpanOrigin;
use crate::delivery::is_collecting;
use crate::diagnostics;
use crate::record::{self, Opening, RECORDING_BUILT, Scope, write};
use crate::sampler::SamplingTags;
use crate::stream::{Absence, Site};
use crate::tracer::global;

/// Describes a root span until it is open, and begins it.
pub(crate) trait Begin {
    /// Begins the scope; `None` if there is no tracer.
    fn scope(&self) -> Option<Scope>;
    /// Opens the span in the scope, which has been entered. Returns the span and the span that
    /// was current before.
    fn open(&self) -> (u64, u64);
    /// Returns the place in the source, if it is known.
    fn site(&self) -> Option<&'static Site>;
    /// Notes that the root is not sampled.
    fn note_unsampled(&self, scope: &Scope);
    /// Drops the description of the span. Called when the span is open, or will never be
    /// opened.
    fn drop_description(&mut self) {}
}

/// Opens a root's span and then drops its description. The scope has been entered.
pub(super) struct Described<'a, B>(pub(super) &'a mut B);

impl<B: Begin> Opening for Described<'_, B> {
    #[inline]
    fn open(self) -> (u64, u64) {
        let opened = self.0.open();
        self.0.drop_description();
        opened
    }
}

/// Begins the scope of a root. Returns `None` if there is no tracer, or if a collector runs on
/// this thread: roots in a collector would make spans that go to the same collector.
pub(super) fn begin_scope(begin: &impl Begin) -> Option<Scope> {
    if !RECORDING_BUILT || is_collecting() {
        return None;
    }
    let scope = begin.scope();
    match &scope {
        Some(scope) if scope.is_recording() => {}
        Some(scope) if scope.is_passing() => note_missing_scope(begin.site()),
        Some(scope) => begin.note_unsampled(scope),
        None => note_missing_scope(begin.site()),
    }
    scope
}

/// Notes that a root has no scope, because there is no tracer or no trace.
#[cold]
#[inline(never)]
fn note_missing_scope(site: Option<&'static Site>) {
    match site {
        // There is a tracer, so the root should be below the current span, but there is no
        // current span.
        Some(site) if diagnostics::is_installed() => record::miss(site),
        Some(site) => diagnostics::miss_root(site),
        None => {}
    }
}

/// Notes that a root of a site is not sampled, unless it was noted before.
#[inline]
pub(super) fn note_unsampled(site: &'static Site, scope: &Scope) {
    if !site.notes().has(Absence::Unsampled) {
        record::miss_unsampled(site, scope);
    }
}

/// The root span of an instrumented function.
#[derive(Clone, Copy, Debug)]
pub struct SiteRoot<S>(pub(crate) S);

impl<S: Fn() -> &'static Site> Begin for SiteRoot<S> {
    fn scope(&self) -> Option<Scope> {
        let site = (self.0)();
        if record::is_recording() {
            diagnostics::root_within_trace(site);
        }
        let (name, kind) = (site.operation_name(), site.kind());
        global::with_current(|tracer| Scope::start_new(tracer, name, kind, &SamplingTags::NONE))
    }

    fn open(&self) -> (u64, u64) {
        write::open((self.0)())
    }

    fn site(&self) -> Option<&'static Site> {
        Some((self.0)())
    }

    fn note_unsampled(&self, scope: &Scope) {
        note_unsampled((self.0)(), scope);
    }
}

/// The span of an instrumented function with `parent = ..` or `remote = ..`.
#[derive(Debug)]
pub struct SiteAtOrigin<S> {
    pub(crate) site: S,
    /// Set until the span is open.
    pub(crate) origin: Option<Box<SpanOrigin>>,
}

impl<S: Fn() -> &'static Site> Begin for SiteAtOrigin<S> {
    fn scope(&self) -> Option<Scope> {
        let site = (self.site)();
        let (name, kind) = (site.operation_name(), site.kind());
        self.origin
            .as_ref()?
            .begin(None, name, kind, SamplingTags::NONE, None)
    }

    fn open(&self) -> (u64, u64) {
        let opened = write::open((self.site)());
        if let Some(link) = self.origin.as_ref().and_then(|origin| origin.link()) {
            write::link(opened.0, &link);
        }
        opened
    }

    fn site(&self) -> Option<&'static Site> {
        Some((self.site)())
    }

    fn note_unsampled(&self, scope: &Scope) {
        note_unsampled((self.site)(), scope);
    }

    fn drop_description(&mut self) {
        self.origin = None;
    }
}
