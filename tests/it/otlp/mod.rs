//! Tests of OTLP/JSON: writing, reading, and that both agree.

mod chrome_trace;
mod damaged;
mod decode;
mod decode_errors;
mod foreign;
mod generator;
mod hostile;
mod in_place;
mod kept;
mod left_out;
mod older;
mod peer;
mod protobuf;
mod protobuf_errors;
mod refused;
mod reports;
mod rotating_file;
mod round_trip;
mod write;

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use trace_core::{Collector, Resource, SpanBatch, SpanRecord};
use trace_otlp::{JsonCollector, JsonOptions};

/// A writer to memory. A test can read its content and make it fail.
#[derive(Clone, Default)]
struct Memory(Arc<Mutex<MemoryState>>);

#[derive(Default)]
struct MemoryState {
    bytes: Vec<u8>,
    /// The number of bytes that are accepted until the next failure.
    until_failure: Option<usize>,
}

impl Memory {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().bytes.clone()).unwrap()
    }

    fn fail_after(&self, bytes: usize) {
        self.0.lock().unwrap().until_failure = Some(bytes);
    }

    fn repair(&self) {
        self.0.lock().unwrap().until_failure = None;
    }
}

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut state = self.0.lock().unwrap();
        let taken = match &mut state.until_failure {
            None => bytes.len(),
            Some(0) => return Err(io::Error::other("disk full")),
            Some(left) => {
                let taken = bytes.len().min(*left);
                *left -= taken;
                taken
            }
        };
        state.bytes.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Returns the text that is written for one batch.
fn json(resource: &Resource, records: &[SpanRecord], pretty: bool) -> String {
    let memory = Memory::default();
    let collector = JsonCollector::to_writer(memory.clone()).with_options(JsonOptions {
        pretty,
        ..JsonOptions::default()
    });
    collector.collect(&SpanBatch::from_records(resource, records));
    collector.flush(Duration::ZERO).unwrap();
    memory.text()
}
