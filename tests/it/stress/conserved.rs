//! No span is lost from the counters; the fuzz target uses this as well.

use std::time::Duration;

use trace_core::{Stats, Tracer};

/// Flushes; then nothing may be open, and the counters must add up.
#[track_caller]
pub(super) fn settled(tracer: &Tracer) -> Stats {
    let report = tracer.flush(Duration::from_secs(100));
    let stats = tracer.stats();
    assert_eq!(stats.open, 0, "{stats:?}, {report:?}");
    assert_conserved(&stats);
    stats
}

/// Started = delivered + sampled out + dropped + open.
#[track_caller]
pub(super) fn assert_conserved(stats: &Stats) {
    let ended = stats.delivered + stats.sampled_out + stats.dropped.total();
    assert_eq!(stats.started, ended + stats.open, "{stats:?}");
}
