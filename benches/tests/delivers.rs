//! Every library delivers what it is asked to record.

use trace_benches::driver::PEERS;
use trace_benches::workload::Workload;

#[test]
fn every_span_of_every_workload_is_delivered() {
    for peer in &PEERS {
        (peer.set_up)();
        for workload in Workload::ALL {
            let _time = peer.run_and_check(workload, 3);
        }
    }
}
