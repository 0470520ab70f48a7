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
    /// public edge. Where nothing is recorded, nothing is passed on.
    Restart,
    /// The caller's trace goes on, but of those that the caller wants recorded only so many a
    /// second are. What is above that is counted in
    /// [`CallerStats::capped`](crate::CallerStats::capped). The sampler is asked about it as
    /// about a trace that the caller does not record: the usual samplers refuse it, and a rule
    /// of your own may record it.
    ///
    /// A caller may also leave the decision open, with a context or with an id alone
    /// (`X-Trace-Id`, `b3` without a state). The sampler decides, as for a new trace. But the
    /// id, by which many samplers decide, is the caller's: what the sampler records takes from
    /// the allowance, too, and is not recorded if none is left. "Sampled" without an id is
    /// ignored: the id is then our own, and the decision the sampler's.
    ///
    /// A caller that says "not sampled" takes nothing from the allowance. A sampler that does
    /// not heed callers, such as [`Probabilistic`](crate::Probabilistic) alone, records it by
    /// its id nevertheless: put it into [`ParentBased`](crate::ParentBased).
    ///
    /// Where nothing is recorded, the context is passed on: without a tracer, and by
    /// [`pass_on`](crate::RootBuilder::pass_on), such as for paths that a server skips. There
    /// "sampled" and an open decision take from the allowance, too, and are passed on as "not
    /// sampled" if none is left. Without a tracer there is none.
    ///
    /// One allowance for each number: all roots of a tracer that name the same one share it.
    Capped {
        /// Traces a second, at most.
        per_second: u32,
    },
}
