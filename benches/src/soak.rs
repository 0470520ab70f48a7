//! Records for a long time, near the highest rate that trace-core sustains, and watches the
//! resources of the process.

mod lanes;

use std::time::Duration;

use trace_core::LaneStats;

use crate::driver::{OURS, PEERS};
use crate::libraries::ours;
use crate::process;
use crate::report::{self, Table};
use crate::stopwatch;
use crate::throughput::flood::Flood;
use crate::throughput::lossless_rate;

/// The collectors, in this order.
const NAMES: [&str; 4] = [
    "the collector that counts",
    "the one that is slow",
    "the one that panics",
    "the one that blocks",
];

/// The resources of the process at one moment.
#[derive(Clone, Copy)]
struct Sample {
    seconds: f64,
    rss_kib: f64,
    threads: u64,
    open_files: u64,
}

impl Sample {
    fn take(seconds: f64) -> Self {
        Self {
            seconds,
            rss_kib: process::rss_kib() as f64,
            threads: process::threads(),
            open_files: process::open_files(),
        }
    }
}

/// Records for a number of minutes at a rate, in spans per second. Without a rate, uses nine
/// tenths of the highest rate without loss. `with_lanes` adds collectors that are slow, panic
/// and block.
///
/// # Errors
///
/// If a span is not accounted for, or if threads or files are leaked.
pub fn run(minutes: f64, rate: Option<u64>, with_lanes: bool) -> Result<(), String> {
    let peer = &PEERS[OURS];
    let rate = match rate {
        Some(rate) => rate,
        None => (0.9 * lossless_rate(peer, 3)?) as u64,
    };
    if with_lanes {
        ours::tracer_with(lanes::troublesome);
    }
    (peer.set_up)();
    let duration = Duration::from_secs_f64(60.0 * minutes);
    let begin = stopwatch::now();
    let flood = Flood::start(peer, rate, duration);
    let mut samples = Vec::new();
    while begin.elapsed() + Duration::from_secs(1) < duration {
        std::thread::sleep(Duration::from_secs(1));
        samples.push(Sample::take(begin.elapsed().as_secs_f64()));
    }
    let produced = flood.wait();
    lanes::release();
    // The report contains the losses of the lanes, which are counted below.
    let report = ours::tracer().flush(Duration::from_secs(60));
    if !report.late.is_empty() {
        return Err(format!("collectors are late: {:?}", report.late));
    }
    let stats = ours::tracer().stats();
    let lanes = ours::tracer().lane_stats();
    flood.end();

    report::print_head("Soak");
    let mut table = Table::new(["", "figure"]);
    let mut row = |what: &str, figure: String| table.row(vec![what.to_owned(), figure]);
    let rss = |sample: Option<&Sample>| sample.map_or(0.0, |sample| sample.rss_kib / 1024.0);
    let span = |figure: fn(&Sample) -> u64| {
        let figures = || samples.iter().map(figure);
        let (least, most) = (figures().min(), figures().max());
        (least.unwrap_or(0), most.unwrap_or(0))
    };
    let (threads, files) = (
        span(|sample| sample.threads),
        span(|sample| sample.open_files),
    );
    row("minutes", format!("{minutes}"));
    row("spans a second, asked for", rate.to_string());
    row("spans recorded", produced.to_string());
    row("started", stats.started.to_string());
    row("read", stats.read.to_string());
    for (name, lane) in NAMES.into_iter().zip(&lanes) {
        let LaneStats {
            delivered, dropped, ..
        } = lane;
        let (full, panic) = (dropped.full, dropped.panic);
        let figures = format!("{delivered} delivered, {full} at a full lane, {panic} at a panic");
        row(name, figures);
    }
    row("seen by the collector", (peer.delivered)().to_string());
    row("dropped", format!("{:?}", stats.dropped));
    row("open at the end", stats.open.to_string());
    row(
        "RSS after a tenth of the time, MB",
        format!("{:.1}", rss(settled(&samples).first())),
    );
    row("RSS at the end, MB", format!("{:.1}", rss(samples.last())));
    row(
        "slope of the RSS, KiB a minute",
        format!("{:.1}", slope(settled(&samples)) * 60.0),
    );
    row("threads", format!("{} to {}", threads.0, threads.1));
    row("open files", format!("{} to {}", files.0, files.1));
    table.print();

    let unread = stats.dropped.total() - stats.dropped.collector;
    let is_conserved = stats.started == produced
        && stats.started == stats.read + stats.sampled_out + unread
        && lanes.iter().all(|lane| lane.read == stats.read)
        && lanes
            .iter()
            .all(|lane| lane.read == lane.delivered + lane.dropped.total())
        && lanes.first().map(|lane| lane.delivered) == Some((peer.delivered)());
    match (is_conserved, threads.0 == threads.1 && files.0 == files.1) {
        (false, _) => Err("spans are not accounted for".to_owned()),
        (true, false) => Err("threads or files come or go".to_owned()),
        (true, true) => Ok(()),
    }
}

/// Returns the samples without the first tenth, in which buffers still grow.
fn settled(samples: &[Sample]) -> &[Sample] {
    samples.get(samples.len() / 10..).unwrap_or_default()
}

/// Returns the growth in KiB per second, by least squares.
fn slope(samples: &[Sample]) -> f64 {
    let count = samples.len().max(1) as f64;
    let mean = |figure: fn(&Sample) -> f64| samples.iter().map(figure).sum::<f64>() / count;
    let (time, rss) = (mean(|sample| sample.seconds), mean(|sample| sample.rss_kib));
    let (mut above, mut below) = (0.0, 0.0);
    for sample in samples {
        above += (sample.seconds - time) * (sample.rss_kib - rss);
        below += (sample.seconds - time).powi(2);
    }
    if below > 0.0 { above / below } else { 0.0 }
}
