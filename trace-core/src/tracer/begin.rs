//! What begins a root span.

use super::global;
use super::origin::Origin;
use crate::delivery::is_collecting;
use crate::record::{Opening, RECORDS, Scope, write};
use crate::stream::Site;

/// What begins a root span.
pub(crate) trait Begin {
    /// Begins the scope; `None` when there is no tracer.
    fn scope(&self) -> Option<Scope>;
    /// Opens the span in the scope, which has been entered; returns it and the span that
    /// was current.
    fn open(&self) -> (u64, u64);
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
    if !RECORDS || is_collecting() {
        return None;
    }
    begin.scope()
}

/// The root span of an instrumented function.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SiteRoot<S>(pub(crate) S);

impl<S: Fn() -> &'static Site> Begin for SiteRoot<S> {
    fn scope(&self) -> Option<Scope> {
        let site = (self.0)();
        let (name, kind) = (site.operation_name(), site.kind());
        global::with_current(|tracer| Scope::start_new(tracer, name, kind))
    }

    fn open(&self) -> (u64, u64) {
        write::open((self.0)())
    }
}

/// The span of an instrumented function that says where it belongs.
#[derive(Debug)]
pub(crate) struct SiteFrom<S> {
    pub(crate) site: S,
    /// Until the span is open.
    pub(crate) origin: Option<Box<Origin>>,
}

impl<S: Fn() -> &'static Site> Begin for SiteFrom<S> {
    fn scope(&self) -> Option<Scope> {
        let site = (self.site)();
        let (name, kind) = (site.operation_name(), site.kind());
        self.origin.as_ref()?.begin(None, name, kind, None)
    }

    fn open(&self) -> (u64, u64) {
        let opened = write::open((self.site)());
        if let Some(link) = self.origin.as_ref().and_then(|origin| origin.link()) {
            write::link(opened.0, &link);
        }
        opened
    }

    fn let_go(&mut self) {
        self.origin = None;
    }
}
