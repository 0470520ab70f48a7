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
    /// the internet.
    Restart,
    /// Continues the caller's trace, but limits how many traces per second are recorded because
    /// the caller asks for it. Traces above the limit are counted in
    /// [`CallerStats::capped`](crate::CallerStats::capped). For the sampler, they look like
    /// traces that the caller does not record: the usual samplers refuse them, but a rule of
    /// your own may record them.
    ///
    /// All roots of a tracer with the same `per_second` share one limit.
    Capped {
        /// The largest number of traces per second.
        per_second: u32,
    },
}
