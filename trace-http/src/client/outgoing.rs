//! Which parts of the context a host gets.

use std::sync::Arc;

use http::HeaderMap;
use trace_core::__private::catch;
use trace_core::propagation::{
    Extracted, Extractor, Injector, InstalledPropagator, Propagator, TraceStart,
};
use trace_core::{Baggage, OpenSpan, SpanId, TraceContext, TraceId, span};

use super::hosts::{Hosts, Target};
use crate::carrier::{HeaderInjector, remove_prefixed};

/// The options for the context that is sent.
#[derive(Clone)]
pub(super) struct Outgoing {
    pub(super) context: Hosts,
    pub(super) baggage: Hosts,
    pub(super) propagator: Arc<dyn Propagator>,
}

impl Default for Outgoing {
    fn default() -> Self {
        Self {
            context: Hosts::All,
            baggage: Hosts::Listed(Vec::new()),
            propagator: Arc::new(InstalledPropagator),
        }
    }
}

/// The parts of the context that a host gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Share {
    Nothing,
    /// The context without its baggage. The baggage of another context is removed.
    Context,
    /// The context without its baggage. Baggage that is already in the headers stays.
    #[cfg(feature = "reqwest")]
    ContextAndOwnBaggage,
    Baggage,
}

impl Share {
    /// Keeps baggage that is already in the headers, unless it is replaced.
    #[cfg(feature = "reqwest")]
    pub(super) fn keeping_baggage(self) -> Self {
        match self {
            Self::Context => Self::ContextAndOwnBaggage,
            other => other,
        }
    }
}

impl Outgoing {
    /// Returns the share that a host gets. Calls `target` only if there is a list of hosts.
    pub(super) fn share_with<'a>(&self, target: impl Fn() -> Target<'a>) -> Share {
        if !self.context.contain(&target) {
            Share::Nothing
        } else if self.baggage.contain(&target) {
            Share::Baggage
        } else {
            Share::Context
        }
    }

    /// Writes a share of the context into the headers of a request. The context is that of
    /// `span`, or else the current one. Headers of another context are removed. Without a
    /// trace, the headers stay unchanged. If the propagator panics, only the headers that it has
    /// already written are sent.
    pub(super) fn inject(&self, share: Share, span: Option<&OpenSpan>, headers: &mut HeaderMap) {
        let inject = |propagator: &dyn Propagator, headers: &mut dyn Injector| {
            match span {
                // This span knows its parent. `span::inject_with` would have to search for it.
                Some(span) => span.inject_with(propagator, headers),
                None => span::inject_with(propagator, headers),
            };
        };
        let _panicked = catch(|| match share {
            Share::Nothing => self.remove(headers),
            Share::Context => inject(
                &WithoutBaggage(&self.propagator),
                &mut HeaderInjector(headers),
            ),
            #[cfg(feature = "reqwest")]
            Share::ContextAndOwnBaggage => inject(
                &WithoutBaggage(&self.propagator),
                &mut KeepingBaggage(HeaderInjector(headers)),
            ),
            Share::Baggage => inject(&self.propagator, &mut HeaderInjector(headers)),
        });
    }

    #[cold]
    fn remove(&self, headers: &mut HeaderMap) {
        if span::current_trace_id().is_none() {
            return;
        }
        // Only the propagator knows the names of its headers. So it writes a made-up context,
        // and each header that it sets is removed.
        let ids = TraceId::new(1).zip(SpanId::new(1));
        if let Some((trace_id, span_id)) = ids {
            let context = TraceContext::new(trace_id, span_id);
            self.propagator.inject(&context, &mut Remover(headers));
        }
    }
}

/// Writes a context without its baggage.
struct WithoutBaggage<'a>(&'a dyn Propagator);

impl Propagator for WithoutBaggage<'_> {
    fn inject(&self, context: &TraceContext, headers: &mut dyn Injector) {
        if context.baggage.is_empty() {
            self.0.inject(context, headers);
        } else {
            let context = TraceContext {
                baggage: Baggage::default(),
                ..context.clone()
            };
            self.0.inject(&context, headers);
        }
    }

    fn inject_start(&self, start: TraceStart, _baggage: &Baggage, headers: &mut dyn Injector) {
        self.0.inject_start(start, &Baggage::default(), headers);
    }

    fn extract(&self, headers: &dyn Extractor) -> Extracted {
        self.0.extract(headers)
    }
}

/// Writes headers, but does not remove baggage.
#[cfg(feature = "reqwest")]
struct KeepingBaggage<'a>(HeaderInjector<'a>);

#[cfg(feature = "reqwest")]
impl Injector for KeepingBaggage<'_> {
    fn set(&mut self, key: &str, value: &str) {
        self.0.set(key, value);
    }

    fn remove(&mut self, key: &str) {
        if key != "baggage" {
            self.0.remove(key);
        }
    }

    /// Only baggage has headers whose names share a prefix, such as Jaeger's `uberctx-`.
    fn remove_prefixed(&mut self, _prefix: &str) {}
}

/// Removes each header that it is asked to set.
struct Remover<'a>(&'a mut HeaderMap);

impl Injector for Remover<'_> {
    fn set(&mut self, key: &str, _value: &str) {
        self.remove(key);
    }

    fn remove(&mut self, key: &str) {
        self.0.remove(key);
    }

    fn remove_prefixed(&mut self, prefix: &str) {
        remove_prefixed(self.0, prefix);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trace_core::Tracer;

    fn sent(outgoing: &Outgoing, host: &str) -> Vec<String> {
        let tracer = Tracer::builder("test").on_demand().build().unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("baggage", "of=another".parse().unwrap());
        headers.insert("accept", "*/*".parse().unwrap());
        tracer.root("root").run_sync(|| {
            span::set_baggage("tenant", "acme").unwrap();
            let target = Target {
                host: Some(host),
                port: None,
            };
            outgoing.inject(outgoing.share_with(|| target), None, &mut headers);
        });
        let lines = headers.iter().map(|(name, value)| match name.as_str() {
            "traceparent" => "traceparent".to_owned(),
            name => format!("{name}={}", value.to_str().unwrap()),
        });
        let mut lines: Vec<String> = lines.collect();
        lines.sort();
        lines
    }

    #[test]
    fn baggage_stays_here_unless_a_host_is_listed() {
        let mut outgoing = Outgoing::default();
        assert_eq!(sent(&outgoing, "a"), ["accept=*/*", "traceparent"]);
        outgoing.baggage.list(["a"]);
        assert_eq!(
            sent(&outgoing, "a"),
            ["accept=*/*", "baggage=tenant=acme", "traceparent"]
        );
        assert_eq!(sent(&outgoing, "b"), ["accept=*/*", "traceparent"]);
    }

    #[test]
    fn a_host_that_gets_no_context_gets_no_other_either() {
        let mut outgoing = Outgoing::default();
        outgoing.context.list(["a"]);
        outgoing.baggage = Hosts::All;
        assert_eq!(sent(&outgoing, "b"), ["accept=*/*"]);
    }

    #[test]
    fn without_a_trace_headers_stay() {
        let mut headers = HeaderMap::new();
        headers.insert("traceparent", "of another".parse().unwrap());
        let outgoing = Outgoing::default();
        for share in [Share::Nothing, Share::Context, Share::Baggage] {
            outgoing.inject(share, None, &mut headers);
        }
        assert_eq!(headers["traceparent"], "of another");
    }
}
