//! The source of a batch of spans: a tracer, or a source that knows less.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::collector::SpanBatch;

/// The source of a batch.
#[derive(Clone, Copy, Debug)]
pub(super) struct BatchSource {
    /// A hash of the resource, which is the same for all batches of one tracer.
    pub(super) key: u64,
    /// Whether the source reports ends, as a tracer or by its caller.
    pub(super) reports_ends: bool,
    /// Whether the source is a tracer, which also reports running parts.
    pub(super) is_tracer: bool,
}

impl BatchSource {
    /// Returns the source of a batch.
    ///
    /// Two tracers of one service differ in other tags, such as `service.instance.id`.
    /// Otherwise they count as one source.
    pub(super) fn from_batch(batch: &SpanBatch<'_>) -> Self {
        let mut hasher = DefaultHasher::new();
        let resource = batch.resource();
        resource.service_name.hash(&mut hasher);
        for tag in &resource.tags {
            tag.key.hash(&mut hasher);
            tag.value.to_string().hash(&mut hasher);
        }
        Self {
            key: hasher.finish(),
            reports_ends: resource.reports_ends(),
            is_tracer: resource.reports().is_some(),
        }
    }
}
