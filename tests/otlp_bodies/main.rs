//! Writes generated batches as protobuf and as JSON, for `check.py`, which compares them with
//! OpenTelemetry's own classes for Python.
//!
//! ```sh
//! cargo run -p trace-tests --bin otlp_bodies -- FOLDER
//! ```

use std::error::Error;
use std::path::Path;

use trace_core::SpanBatch;

#[path = "../it/otlp/generator.rs"]
mod generator;
#[path = "../it/random.rs"]
#[expect(dead_code, reason = "the integration tests use more of it")]
mod random;

use generator::Generator;

const BATCHES: u64 = 300;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args_os().nth(1).ok_or("expected a folder")?;
    let folder = Path::new(&folder);
    for seed in 0..BATCHES {
        let mut generator = Generator::new(seed);
        let resource = generator.resource();
        let count = generator.below(8);
        let records: Vec<_> = (0..count).map(|_| generator.record()).collect();
        let ended: Vec<_> = records.iter().map(|record| record.trace_id).collect();
        let batch = SpanBatch::from_records(&resource, &records);
        let batch = batch.with_completed_traces(&ended[..count / 2]);
        std::fs::write(
            folder.join(format!("{seed}.bin")),
            trace_otlp::to_protobuf(&batch),
        )?;
        std::fs::write(
            folder.join(format!("{seed}.json")),
            trace_otlp::to_json(&batch),
        )?;
    }
    Ok(())
}
