//! The counts of a tracer, for its collectors.
//!
//! Owns what a collector may know of its tracer. The queue counts.

use std::fmt;
use std::sync::{Arc, Weak};

use crate::diagnostics::stats::{LaneStats, Stats};
use crate::process::fork::Generation;
use crate::value::Resource;

/// What a tracer has counted, for a collector that reports it. [`Collector::begin`] receives
/// it. It does not keep the tracer alive.
///
/// [`Collector::begin`]: crate::Collector::begin
#[derive(Clone)]
pub struct TracerCounts {
    source: Weak<dyn CountSource>,
    resource: Arc<Resource>,
    generation: Generation,
}

/// Whoever counts.
pub(crate) trait CountSource: Send + Sync {
    fn stats(&self) -> Stats;

    fn lane_stats(&self) -> Vec<LaneStats>;
}

impl TracerCounts {
    pub(crate) fn new(source: Weak<dyn CountSource>, resource: Arc<Resource>) -> Self {
        Self {
            source,
            resource,
            generation: Generation::current(),
        }
    }

    /// Returns what describes the service of the tracer.
    #[must_use]
    pub fn resource(&self) -> &Resource {
        &self.resource
    }

    /// Returns the counts of [`Tracer::stats`](crate::Tracer::stats). `None` if the tracer is
    /// gone, or is that of the parent in the child of a `fork`.
    #[must_use]
    pub fn stats(&self) -> Option<Stats> {
        Some(self.source()?.stats())
    }

    /// Returns the counts of [`Tracer::lane_stats`](crate::Tracer::lane_stats). `None` as for
    /// [`stats`](Self::stats).
    #[must_use]
    pub fn lane_stats(&self) -> Option<Vec<LaneStats>> {
        Some(self.source()?.lane_stats())
    }

    fn source(&self) -> Option<Arc<dyn CountSource>> {
        // The locks of the parent may never be released in its child.
        self.source
            .upgrade()
            .filter(|_| self.generation.is_current())
    }
}

impl fmt::Debug for TracerCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TracerCounts")
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}
