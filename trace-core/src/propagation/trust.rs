//! Whether the context of a caller is trusted.

/// Whether a root trusts the context that a request contains.
///
/// A trusted caller decides which trace the request belongs to, and whether it is recorded.
/// Choose a value for each entry point of the service.
///
/// ```
/// use trace_core::propagation::extract;
/// use trace_core::{MemoryCollector, Tracer, Trust};
///
/// let spans = MemoryCollector::new();
/// let tracer = Tracer::builder("edge").collector(spans.clone()).on_demand().build()?;
/// let headers = [("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")];
/// tracer
///     .root("GET /")
///     .extracted(extract(&headers))
///     .trust(Trust::Restart)
///     .run_sync(|| ());
/// let _report = tracer.flush(std::time::Duration::ZERO);
///
/// let [span] = &spans.spans()[..] else { panic!() };
/// assert_eq!(span.parent_span_id, None);
/// assert_eq!(span.links[0].span_id.to_string(), "b7ad6b7169203331");
/// # Ok::<(), trace_core::BuildError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trust {
    /// Continues the caller's trace, with its sampling decision and its baggage. Use this for
    /// callers that you control.
    #[default]
    Continue,
    /// Starts a new trace. The sampler decides whether it is recorded. The caller's context
    /// becomes a link, and its `tracestate` and baggage are ignored. Use this for requests from
    /// the internet. Where nothing is recorded, nothing is passed on.
    Restart,
    /// Continues the caller's trace, but limits how many traces per second are recorded because
    /// the caller asks for it. Traces above the limit are counted in
    /// [`CallerStats::capped`](crate::CallerStats::capped). For the sampler, they look like
    /// traces that the caller does not record: the usual samplers refuse them, but a rule of
    /// your own may record them.
    ///
    /// A caller may also leave the decision open, with a context or with an id alone
    /// (`X-Trace-Id`, `b3` without a state). Then the sampler decides, as for a new trace. But
    /// the caller has chosen the id, and many samplers decide by the id. So a trace that the
    /// sampler records takes from the limit, too, and is not recorded above it. "Sampled"
    /// without an id is ignored: the trace gets an id of its own, and the sampler decides.
    ///
    /// A caller that says "not sampled" takes nothing from the limit. A sampler that ignores
    /// callers, such as [`Probabilistic`](crate::Probabilistic) alone, may still record the
    /// trace: put it into [`ParentBased`](crate::ParentBased).
    ///
    /// Where nothing is recorded, the context is passed on: without a tracer, and by
    /// [`pass_on`](crate::RootBuilder::pass_on), such as for paths that a server skips. With a
    /// tracer, "sampled" and an open decision take from the limit there, too, and are passed on
    /// as "not sampled" above it. Without a tracer, which has the allowance, all of them are.
    ///
    /// All roots of a tracer with the same `per_second` share one limit.
    Capped {
        /// The largest number of traces per second.
        per_second: u32,
    },
}
