//! A root that has not begun: until it is first entered, its parent can still be set.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Mutex, OnceLock, PoisonError};

use trace_core::__private::bridge::start_site_root;
use trace_core::{Link, OpenSpan, SpanKind, Status, TagValue, TraceContext};

use crate::callsite::Callsite;

/// A root of a call site that a rule covers.
pub(crate) struct PendingRoot {
    /// Set once it has begun.
    span: OnceLock<OpenSpan>,
    /// What was said before; `None` once it has begun.
    description: Mutex<Option<Description>>,
}

#[derive(Default)]
struct Description {
    parent: Option<TraceContext>,
    said: Vec<Said>,
}

/// What is said about a span.
pub(crate) enum Said {
    Tag(Cow<'static, str>, TagValue),
    Name(String),
    Kind(SpanKind),
    Status(Status),
    Link(Link),
}

impl Said {
    /// Writes it to a span.
    pub(crate) fn write(self, span: &OpenSpan) {
        match self {
            Self::Tag(key, value) => span.add_tag(key, value),
            Self::Name(name) => span.set_operation_name(name),
            Self::Kind(kind) => span.set_kind(kind),
            Self::Status(status) => span.set_status(status),
            Self::Link(link) => span.add_link(link),
        }
    }
}

impl PendingRoot {
    pub(crate) fn new() -> Self {
        Self {
            span: OnceLock::new(),
            description: Mutex::new(Some(Description::default())),
        }
    }

    /// Sets the parent; returns false if the root has begun.
    #[cfg(feature = "tracing")]
    pub(crate) fn set_parent(&self, parent: TraceContext) -> bool {
        self.change(|description| description.parent = Some(parent))
            .is_some()
    }

    /// Says something about the span, now or when it begins.
    pub(crate) fn say(&self, callsite: &'static Callsite, said: Said) {
        let mut said = Some(said);
        self.change(|description| description.said.extend(said.take()));
        if let Some(said) = said {
            said.write(self.span(callsite));
        }
    }

    fn change<R>(&self, change: impl FnOnce(&mut Description) -> R) -> Option<R> {
        let mut description = self
            .description
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        description.as_mut().map(change)
    }

    /// Returns the span, which begins now if it has not begun.
    pub(crate) fn span(&self, callsite: &'static Callsite) -> &OpenSpan {
        self.span.get_or_init(|| {
            let description = {
                let mut description = self
                    .description
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner);
                description.take().unwrap_or_default()
            };
            let span = start_site_root(&callsite.site, description.parent);
            for said in description.said {
                said.write(&span);
            }
            span
        })
    }

    /// Returns the span, if it has begun.
    pub(crate) fn begun(&self) -> Option<&OpenSpan> {
        self.span.get()
    }
}

impl fmt::Debug for PendingRoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingRoot")
            .field("span", &self.span.get())
            .finish_non_exhaustive()
    }
}
