//! Counts the allocations for a span, from its beginning to the collector, on all threads.
//!
//! This is a separate program, because counting slows down every allocation.

use std::alloc::System;

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use trace_benches::driver::{FLOOR, PEERS, PLAIN, Peer};
use trace_benches::report::{self, Table};
use trace_benches::workload::Workload;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// The number of spans in the smaller of two runs. The result is the difference between the
/// runs, so it includes neither the root nor the flush.
const UNITS: u64 = 1_000;

fn main() {
    report::print_head("Allocations");
    println!("For each span (or poll, or root), until it is with the collector, all threads.\n");
    let mut header = vec![""];
    header.extend(PEERS.iter().skip(FLOOR + 1).map(|peer| peer.name));
    let mut table = Table::new(header);
    for peer in &PEERS {
        (peer.set_up)();
    }
    // If a flush were part of the workload, its allocations would dominate the result.
    let others = |workload: &Workload| *workload != Workload::RootAfterFlush;
    for workload in Workload::ALL.into_iter().filter(others) {
        let plain = per_unit(&PEERS[PLAIN], workload);
        let mut cells = vec![workload.name().to_owned()];
        for peer in PEERS.iter().skip(FLOOR + 1) {
            cells.push(format!(
                "{:.2}",
                (per_unit(peer, workload) - plain).max(0.0)
            ));
        }
        table.row(cells);
    }
    table.print();
}

fn per_unit(peer: &Peer, workload: Workload) -> f64 {
    let calls = workload.calls(UNITS);
    // After a few runs, all memory that is kept for reuse is allocated.
    for _ in 0..100 {
        let _warm = peer.run_and_check(workload, 2 * calls);
    }
    let [few, many] = [calls, 2 * calls].map(|calls| {
        let region = Region::new(ALLOCATOR);
        let _time = peer.run_and_check(workload, calls);
        let change = region.change();
        change.allocations + change.reallocations
    });
    (many as f64 - few as f64) / (calls * workload.units()) as f64
}
