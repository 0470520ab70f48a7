//! How far a caller is believed.

/// How far the context that came with a request is believed.
///
/// Who may decide for this service which requests are recorded, and into which
/// trace they go, is up to the door through which they come.
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
    /// The caller's trace goes on, with its decision and its baggage. For callers
    /// of one's own.
    #[default]
    Continue,
    /// A trace begins, with the sampler's decision and without the caller's
    /// `tracestate` and baggage; the caller's context is kept as a link. For the
    /// public edge.
    Restart,
    /// The caller's trace goes on, but of those that the caller wants recorded only so many a
    /// second are. What is above that is counted in
    /// [`CallerStats::capped`](crate::CallerStats::capped). The sampler is asked about it as
    /// about a trace that the caller does not record: the usual samplers refuse it, and a rule
    /// of your own may record it.
    ///
    /// One allowance for each number: all roots of a tracer that name the same one share it.
    Capped {
        /// Traces a second, at most.
        per_second: u32,
    },
}
