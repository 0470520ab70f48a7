//! Checks that the counters account for every span. The fuzz target uses this, too.

use std::time::Duration;

use trace_core::{Stats, Tracer};

/// Flushes. After that no span may be open, and the counters must add up.
#[track_caller]
pub(super) fn settled(tracer: &Tracer) -> Stats {
    let report = tracer.flush(Duration::from_secs(100));
    let stats = tracer.stats();
    assert_eq!((stats.open, stats.waiting), (0, 0), "{stats:?}, {report:?}");
    assert_conserved(&stats);
    for lane in tracer.lane_stats() {
        let given = lane.delivered + lane.dropped.total() + lane.waiting;
        assert_eq!((lane.read, lane.waiting), (given, 0), "{lane:?}");
        assert_eq!((lane.read, lane.bytes), (stats.read, 0), "{lane:?}");
    }
    stats
}

/// Started = read + sampled out + dropped before reading + open. Read = delivered + lost by a
/// collector + waiting.
#[track_caller]
pub(super) fn assert_conserved(stats: &Stats) {
    let lost = &stats.dropped;
    let unread = lost.queue + lost.limit + lost.shutdown;
    let ended = stats.read + stats.sampled_out + unread;
    assert_eq!(stats.started, ended + stats.open, "{stats:?}");
    let given = stats.delivered + lost.collector + stats.waiting;
    assert_eq!(stats.read, given, "{stats:?}");
}
