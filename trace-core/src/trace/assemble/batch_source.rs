//! Where a batch of spans comes from.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::collector::SpanBatch;

/// Where a batch comes from.
#[derive(Clone, Copy, Debug)]
pub(super) struct BatchSource {
    /// The same for all batches of a tracer.
    pub(super) key: u64,
    /// Whether ends are reported, by a tracer or by hand.
    pub(super) reports_ends: bool,
    /// Whether it is a tracer, which says which parts run.
    pub(super) is_tracer: bool,
}

impl BatchSource {
    /// Two tracers of one service are told apart by their other tags, such as
    /// `service.instance.id`.
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
            reports_ends: resource.says_ends(),
            is_tracer: resource.reports().is_some(),
        }
    }
}
