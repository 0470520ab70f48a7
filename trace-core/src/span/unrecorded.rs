//! The span of a trace that is not recorded, for an owner that does not share it.

use std::fmt;

use super::open_span::OpenSpan;
use crate::record::{IfRecording, Scope};
use crate::value::TraceContext;

/// The span of a trace that is not recorded, or no span at all. Code that runs in it finds the
/// trace's context.
///
/// It is a third of the size of an [`OpenSpan`], which can also be shared and ended.
pub struct UnrecordedSpan(IfRecording<Scope>);

impl UnrecordedSpan {
    pub(crate) fn new(scope: Option<Scope>) -> Self {
        Self(IfRecording::from_fn(|| {
            scope.filter(Scope::is_unsampled).unwrap_or_default()
        }))
    }

    /// Runs code within the span, such as one poll.
    #[inline]
    pub fn run<R>(&mut self, body: impl FnOnce() -> R) -> R {
        let scope = self.0.get_mut().filter(|scope| scope.is_unsampled());
        let _entered = scope.map(Scope::enter);
        body()
    }

    /// Returns the trace's context; `None` without a trace.
    #[must_use]
    pub fn context(&self) -> Option<TraceContext> {
        self.0.get()?.unsampled_context()
    }
}

impl From<UnrecordedSpan> for OpenSpan {
    fn from(span: UnrecordedSpan) -> Self {
        Self::from_unrecorded(span.0)
    }
}

impl fmt::Debug for UnrecordedSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UnrecordedSpan")
    }
}
