//! The bound of a tracer's queue and lanes.

use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use trace_core::{Collector, SpanBatch, Tracer, span};

use crate::{Case, MAX_BYTES, peak, resident};

/// Threads record roots flat out, with a span for each text of so many bytes.
pub(crate) struct Flood {
    name: &'static str,
    /// Collectors that are blocked; one of them continues in the middle, and is slow then.
    blocked: usize,
    roots: usize,
    texts: &'static [usize],
}

pub(crate) const CASES: [Flood; 5] = [
    case("eight blocked collectors, plain roots", 8, 400_000, &[]),
    case("eight blocked collectors, texts", 8, 100_000, &[100, 900]),
    case("eight blocked collectors, long texts", 8, 30_000, &LONG),
    case("a slow collector, long texts", 1, 30_000, &LONG),
    case("a slow collector, texts", 1, 100_000, &[300, 300, 300, 60]),
];

/// Too long to share a chunk; each fits in the chunk of the stage.
const LONG: [usize; 4] = [3_500; 4];

const THREADS: usize = 2;

const fn case(name: &'static str, blocked: usize, roots: usize, texts: &'static [usize]) -> Flood {
    Flood {
        name,
        blocked,
        roots,
        texts,
    }
}

struct Blocked(Mutex<Receiver<()>>);

impl Collector for Blocked {
    fn collect(&self, _: &SpanBatch<'_>) {
        // The sender may be gone.
        let _open = self.0.lock().unwrap().recv();
        thread::sleep(Duration::from_millis(10));
    }
}

impl Case for Flood {
    fn name(&self) -> &str {
        self.name
    }

    fn run(&self) {
        let mut openers: Vec<Sender<()>> = Vec::new();
        let mut builder = Tracer::builder("memory").max_queue_bytes(MAX_BYTES);
        for _ in 0..self.blocked {
            let (opener, gate) = channel();
            openers.push(opener);
            builder = builder.collector(Blocked(Mutex::new(gate)));
        }
        let before = resident();
        let tracer = builder.build().unwrap();
        for half in 0..2 {
            thread::scope(|scope| {
                for _ in 0..THREADS {
                    scope.spawn(|| self.record(&tracer));
                }
            });
            if half == 0 {
                openers.pop();
            }
        }
        let grown = peak().saturating_sub(before);
        let stats = tracer.stats();
        let max = MAX_BYTES >> 20;
        println!("{}: {max} MiB, grown {}", self.name, grown >> 20);
        assert!(stats.dropped.total() > 0, "nothing was full: {stats:?}");
        assert!(grown <= MAX_BYTES / 4 * 5, "{} grew by {grown}", self.name);
        drop(openers);
        tracer.shutdown(Duration::from_secs(1));
    }
}

impl Flood {
    fn record(&self, tracer: &Tracer) {
        let texts: Vec<String> = (self.texts.iter())
            .map(|bytes| "x".repeat(*bytes))
            .collect();
        for _ in 0..self.roots / THREADS {
            tracer.root("root").run_sync(|| {
                for text in &texts {
                    span::in_span("child", || span::add_tag("text", text.as_str()));
                }
            });
        }
    }
}
