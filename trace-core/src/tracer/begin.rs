//! What begins a root span.

use super::global;
use super::origin::Origin;
use crate::delivery::is_collecting;
use crate::record::{From, RECORDS, Scope, Start, write};
use crate::span_record::Outcome;
use crate::stream::Site;

/// What begins a root span.
pub(crate) trait Begin {
    /// Begins the scope; `None` when there is no tracer.
    fn scope(&self) -> Option<Scope>;
    /// Opens the span in the scope, which has been entered; returns it.
    fn open(&self) -> u64;
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
        let start = Start {
            operation_name: site.operation_name(),
            kind: site.kind(),
            from: From::Nothing,
            baggage: None,
        };
        global::with_current(|tracer| Scope::start(tracer, start))
    }

    fn open(&self) -> u64 {
        write::open((self.0)()).0
    }
}

/// The span of an instrumented function that says where it belongs.
#[derive(Debug)]
pub(crate) struct SiteFrom<S> {
    pub(crate) site: S,
    pub(crate) origin: Box<Origin>,
}

impl<S: Fn() -> &'static Site> Begin for SiteFrom<S> {
    fn scope(&self) -> Option<Scope> {
        let site = (self.site)();
        let (name, kind) = (site.operation_name(), site.kind());
        self.origin.begin(None, name, kind, None)
    }

    fn open(&self) -> u64 {
        let (span, _) = write::open((self.site)());
        if let Some(link) = self.origin.link() {
            write::link(&link);
        }
        span
    }
}

/// Closes a root's span, if it is open.
pub(super) fn close(span: &mut u64, outcome: Outcome) {
    let span = std::mem::take(span);
    if span != 0 {
        write::close(span, span, outcome);
    }
}
