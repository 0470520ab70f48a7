//! What a span costs the caller, beside fastrace, interleaved in one run.
//!
//! ```sh
//! cargo run -p trace-benches --release
//! ```
//!
//! One thread. Each row is the median over the rounds of the time of a call less
//! that of the plain function in the same round. Both libraries record into a
//! reporter that drops everything. A round runs every workload once, so that a
//! noisy moment of the machine strikes all of them alike.

#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark times with a clock that is none of the measured libraries'"
)]

use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use fastrace::collector::{Config, Reporter, SpanContext, SpanRecord};
use trace_core::{AlwaysOff, Tracer, span, traced};

/// Calls that are timed together, below one root.
const CALLS: u64 = 1_000;
/// Roots of a workload in a round.
const ROOTS: u64 = 20;
const ROUNDS: usize = 101;

mod plain {
    use super::black_box;

    #[inline(never)]
    pub async fn leaf(i: u64) -> u64 {
        black_box(i)
    }

    #[inline(never)]
    pub fn sync_leaf(i: u64) -> u64 {
        black_box(i)
    }

    pub async fn tags(i: u64, text: &str) -> u64 {
        black_box(i + text.len() as u64)
    }

    pub async fn fails(i: u64) -> Result<u64, std::fmt::Error> {
        if black_box(i) == u64::MAX {
            return Ok(i);
        }
        Err(std::fmt::Error)
    }
}

mod ours {
    use super::{black_box, traced};

    #[traced]
    pub async fn leaf(i: u64) -> u64 {
        black_box(i)
    }

    #[traced]
    pub fn sync_leaf(i: u64) -> u64 {
        black_box(i)
    }

    #[traced(tags(i, text))]
    pub async fn tags(i: u64, text: &str) -> u64 {
        black_box(i + text.len() as u64)
    }

    #[traced]
    pub async fn fails(i: u64) -> Result<u64, std::fmt::Error> {
        if black_box(i) == u64::MAX {
            return Ok(i);
        }
        Err(std::fmt::Error)
    }
}

mod fast {
    use super::black_box;
    use fastrace::trace;

    #[trace]
    pub async fn leaf(i: u64) -> u64 {
        black_box(i)
    }

    #[trace]
    pub fn sync_leaf(i: u64) -> u64 {
        black_box(i)
    }

    #[trace(properties = { "i": "{i}", "text": "{text}" })]
    pub async fn tags(i: u64, text: &str) -> u64 {
        black_box(i + text.len() as u64)
    }

    #[trace]
    pub async fn fails(i: u64) -> Result<u64, std::fmt::Error> {
        if black_box(i) == u64::MAX {
            return Ok(i);
        }
        let error = std::fmt::Error;
        fastrace::local::LocalSpan::add_property(|| ("error", error.to_string()));
        Err(error)
    }
}

/// The workloads of one library: nanoseconds a call for each of [`ROWS`].
type Measure = fn(&Setup) -> [f64; ROWS.len()];

const ROWS: [&str; 7] = [
    "async fn, sampled",
    "sync fn, sampled",
    "async fn, 2 tags",
    "async fn that fails",
    "async fn, not sampled",
    "async fn, no context",
    "root",
];

struct Setup {
    sampled: Tracer,
    unsampled: Tracer,
}

macro_rules! timed {
    ($calls:expr, $i:ident => $call:expr) => {{
        let begin = Instant::now();
        for $i in 0..$calls {
            let _ = black_box($call);
        }
        begin.elapsed().as_nanos() as f64 / $calls as f64
    }};
}

fn now<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    match future
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
    {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("the workloads do not wait"),
    }
}

fn mean(times: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = times.fold((0.0, 0), |(sum, count), time| (sum + time, count + 1));
    sum / f64::from(count)
}

fn repeat(run: impl Fn() -> f64) -> f64 {
    mean((0..ROOTS).map(|_| run()))
}

fn measure_plain(_: &Setup) -> [f64; ROWS.len()] {
    let text = black_box("visa");
    let leaf = repeat(|| timed!(CALLS, i => now(plain::leaf(black_box(i)))));
    [
        leaf,
        repeat(|| timed!(CALLS, i => plain::sync_leaf(black_box(i)))),
        repeat(|| timed!(CALLS, i => now(plain::tags(black_box(i), text)))),
        repeat(|| timed!(CALLS, i => now(plain::fails(black_box(i))))),
        leaf,
        leaf,
        leaf,
    ]
}

fn measure_ours(setup: &Setup) -> [f64; ROWS.len()] {
    let text = black_box("visa");
    let below = |run: &dyn Fn() -> f64| repeat(|| setup.sampled.root("root").run_sync(run));
    [
        below(&|| timed!(CALLS, i => now(ours::leaf(black_box(i))))),
        below(&|| timed!(CALLS, i => ours::sync_leaf(black_box(i)))),
        below(&|| timed!(CALLS, i => now(ours::tags(black_box(i), text)))),
        below(&|| timed!(CALLS, i => now(ours::fails(black_box(i))))),
        repeat(|| {
            setup.unsampled.root("root").run_sync(|| {
                assert!(!span::is_recording());
                timed!(CALLS, i => now(ours::leaf(black_box(i))))
            })
        }),
        repeat(|| timed!(CALLS, i => now(ours::leaf(black_box(i))))),
        repeat(
            || timed!(CALLS, i => now(setup.sampled.root("root").run(plain::leaf(black_box(i))))),
        ),
    ]
}

fn measure_fastrace(_: &Setup) -> [f64; ROWS.len()] {
    let text = black_box("visa");
    let below = |is_sampled: bool, run: &dyn Fn() -> f64| {
        repeat(|| {
            let root = fastrace::Span::root("root", SpanContext::random().sampled(is_sampled));
            let _guard = root.set_local_parent();
            run()
        })
    };
    [
        below(true, &|| timed!(CALLS, i => now(fast::leaf(black_box(i))))),
        below(true, &|| timed!(CALLS, i => fast::sync_leaf(black_box(i)))),
        below(
            true,
            &|| timed!(CALLS, i => now(fast::tags(black_box(i), text))),
        ),
        below(true, &|| timed!(CALLS, i => now(fast::fails(black_box(i))))),
        below(false, &|| timed!(CALLS, i => now(fast::leaf(black_box(i))))),
        repeat(|| timed!(CALLS, i => now(fast::leaf(black_box(i))))),
        repeat(|| {
            timed!(CALLS, i => {
                use fastrace::future::FutureExt as _;
                let root = fastrace::Span::root("root", SpanContext::random());
                now(plain::leaf(black_box(i)).in_span(root))
            })
        }),
    ]
}

struct Dropping;

impl Reporter for Dropping {
    fn report(&mut self, spans: Vec<SpanRecord>) {
        drop(spans);
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    fastrace::set_reporter(
        Dropping,
        Config::default().report_interval(Duration::from_millis(100)),
    );
    let setup = Setup {
        sampled: Tracer::builder("bench").collector(()).build()?,
        unsampled: Tracer::builder("bench").sampler(AlwaysOff).build()?,
    };
    let libraries: [(&str, Measure); 3] = [
        ("plain", measure_plain),
        ("trace-core", measure_ours),
        ("fastrace", measure_fastrace),
    ];
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        rounds.push(libraries.map(|(_, measure)| {
            let times = measure(&setup);
            // What was recorded is delivered outside of the measured time.
            let report = setup.sampled.flush(Duration::from_secs(10));
            assert!(report.is_complete, "{report:?}");
            fastrace::flush();
            times
        }));
    }
    let stats = setup.sampled.stats();
    assert_eq!(stats.started, stats.delivered, "{stats:?}");
    println!("ns above the plain function, caller's thread; median of {ROUNDS} rounds");
    println!(
        "{:24}{:>12}{:>12}{:>8}",
        "", "trace-core", "fastrace", "ratio"
    );
    for (row, name) in ROWS.iter().enumerate() {
        let above = |library: usize| {
            median(
                rounds
                    .iter()
                    .map(|times| times[library][row] - times[0][row])
                    .collect(),
            )
        };
        let (ours, fast) = (above(1), above(2));
        println!("{name:24}{ours:>12.1}{fast:>12.1}{:>8.2}", ours / fast);
    }
    let sizes = [
        size_of_val(&plain::leaf(1)),
        size_of_val(&ours::leaf(1)),
        size_of_val(&fast::leaf(1)),
    ];
    println!(
        "bytes of the future: plain {}, trace-core {}, fastrace {}",
        sizes[0], sizes[1], sizes[2]
    );
    Ok(())
}
