//! What begins a root span.

use super::origin::SpanOrigin;
use crate::delivery::is_collecting;
use crate::diagnostics;
use crate::record::{self, Opening, RECORDING_BUILT, Scope, write};
use crate::sampler::SamplingTags;
use crate::stream::{Absence, Site};
use crate::tracer::global;

/// What begins a root span.
pub(crate) trait Begin {
    /// Begins the scope; `None` when there is no tracer.
    fn scope(&self) -> Option<Scope>;
    /// Opens the span in the scope, which has been entered; returns it and the span that
    /// was current.
    fn open(&self) -> (u64, u64);
    /// The place in the source, if it is known.
    fn site(&self) -> Option<&'static Site>;
    /// Notes that the root is not sampled.
    fn note_unsampled(&self, scope: &Scope);
    /// Lets go of what describes the span: it is open, or will never be.
    fn let_go(&mut self) {}
}

/// What describes a root's span until that is opened, in its scope, which has been
/// entered.
pub(super) struct Described<'a, B>(pub(super) &'a mut B);

impl<B: Begin> Opening for Described<'_, B> {
    #[inline]
    fn open(self) -> (u64, u64) {
        let opened = self.0.open();
        self.0.let_go();
        opened
    }
}

/// Begins the scope of a root; `None` when there is no tracer, or a collector runs.
pub(super) fn scope_of(begin: &impl Begin) -> Option<Scope> {
    if !RECORDING_BUILT || is_collecting() {
        return None;
    }
    let scope = begin.scope();
    match &scope {
        Some(scope) if scope.is_recording() => {}
        Some(scope) if scope.is_passing() => miss(begin.site()),
        Some(scope) => begin.note_unsampled(scope),
        None => miss(begin.site()),
    }
    scope
}

/// Notes that what has a scope of its own has none.
#[cold]
#[inline(never)]
fn miss(site: Option<&'static Site>) {
    match site {
        // Below a context, and there is none.
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

/// The span of an instrumented function that says where it belongs.
#[derive(Debug)]
pub struct SiteFrom<S> {
    pub(crate) site: S,
    /// Until the span is open.
    pub(crate) origin: Option<Box<SpanOrigin>>,
}

impl<S: Fn() -> &'static Site> Begin for SiteFrom<S> {
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

    fn let_go(&mut self) {
        self.origin = None;
    }
}
