//! Where a span that has a scope of its own belongs.

use std::borrow::Cow;
use std::sync::Arc;

use crate::diagnostics::stats::Counters;
use crate::propagation::Extracted;
use crate::propagation::trust::Trust;
use crate::record::{Parentage, Scope, Start, TracerCore};
use crate::tracer::global;
use crate::value::{Baggage, Link, SpanId, SpanKind, TraceContext};

/// Where a span that has a scope of its own belongs.
#[derive(Debug, Default)]
pub(crate) struct Origin {
    pub(super) place: Place,
    pub(super) trust: Trust,
    /// Baggage that came without a context.
    pub(super) extracted_baggage: Option<Baggage>,
    /// Headers of which something had to be left out.
    pub(super) bad_headers: u64,
}

/// See [`Origin`].
#[derive(Debug, Default)]
pub(super) enum Place {
    /// At the top of a trace.
    #[default]
    Nowhere,
    /// Below a span of another process.
    Remote(TraceContext),
    /// Where the context says, whose span it is.
    Given(TraceContext),
    /// Below the span of a context of this process.
    Parent(TraceContext),
    /// Below the span that is current where it begins.
    Current,
}

impl Origin {
    /// Below the span of a context, or below the current one if there is no
    /// context.
    pub(crate) fn parent(extracted: Extracted) -> Self {
        Self {
            place: match extracted.context {
                Some(context) if context.is_remote => Place::Remote(context),
                Some(context) => Place::Parent(context),
                None => Place::Current,
            },
            bad_headers: extracted.problems.len() as u64,
            ..Self::default()
        }
    }

    /// Below the caller's span, or at the top of a trace if there is no context.
    pub(crate) fn remote(extracted: Extracted) -> Self {
        let mut origin = Self::default();
        origin.extract(extracted);
        origin
    }

    /// Sets how far a remote context is believed.
    pub(crate) fn set_trust(&mut self, trust: Trust) {
        self.trust = trust;
    }

    /// Goes on with what was found in the headers of a request.
    pub(super) fn extract(&mut self, extracted: Extracted) {
        self.bad_headers += extracted.problems.len() as u64;
        match extracted.context {
            Some(context) => self.place = Place::Remote(context),
            None => self.extracted_baggage = Some(extracted.baggage),
        }
    }

    /// Begins the scope with a tracer of one's own, or the current one.
    pub(super) fn begin(
        &self,
        tracer: Option<&Arc<TracerCore>>,
        operation_name: &str,
        kind: SpanKind,
        baggage: Option<&Baggage>,
    ) -> Option<Scope> {
        if let Some(scope) = self.within_current_trace() {
            return scope;
        }
        let current = tracer.is_none().then(global::current).flatten();
        let tracer = tracer.or(current.as_ref());
        let tracer = tracer.filter(|tracer| !tracer.is_foreign())?;
        if self.bad_headers > 0 {
            Counters::add(&tracer.queue.counters.bad_headers, self.bad_headers);
        }
        let believed = self.believed(tracer);
        let parentage = match &self.place {
            Place::Nowhere | Place::Current => Parentage::Nothing,
            Place::Given(context) => Parentage::Given(context),
            Place::Parent(context) => Parentage::Local(context),
            Place::Remote(_) => match &believed {
                None => Parentage::Nothing,
                Some(Cow::Borrowed(context)) => Parentage::Remote(context),
                Some(Cow::Owned(context)) => Parentage::Capped(context),
            },
        };
        let extracted = self.extracted_baggage.as_ref();
        let start = Start {
            operation_name,
            kind,
            parentage,
            baggage: baggage.or(extracted.filter(|_| self.trust != Trust::Restart)),
        };
        Some(Scope::start(tracer, start))
    }

    /// The caller's context, as far as it is believed.
    fn believed(&self, tracer: &TracerCore) -> Option<Cow<'_, TraceContext>> {
        let Place::Remote(context) = &self.place else {
            return None;
        };
        match self.trust {
            Trust::Restart => None,
            Trust::Capped { per_second }
                if context.is_sampled()
                    && !tracer
                        .trust_allowances
                        .admits(per_second, context, &tracer.clock) =>
            {
                Some(Cow::Owned(TraceContext {
                    flags: context.flags.with_sampled(false),
                    ..context.clone()
                }))
            }
            Trust::Continue | Trust::Capped { .. } => Some(Cow::Borrowed(context)),
        }
    }

    /// Another scope of the trace that runs here, if the span belongs to it.
    fn within_current_trace(&self) -> Option<Option<Scope>> {
        match &self.place {
            Place::Current => Some(Scope::current()),
            Place::Parent(context) => Scope::current_below(context).map(Some),
            Place::Nowhere | Place::Remote(_) | Place::Given(_) => None,
        }
    }

    /// The caller's context, if it was not gone on with.
    pub(super) fn link(&self) -> Option<Link> {
        match (&self.place, self.trust) {
            (Place::Remote(context), Trust::Restart) => Some(Link::from(context)),
            _ => None,
        }
    }

    /// The id that the span has to have.
    pub(super) fn span_id(&self) -> Option<SpanId> {
        match &self.place {
            Place::Given(context) => Some(context.span_id),
            _ => None,
        }
    }
}
