//! One run: a process that records for some seconds and prints how many spans were delivered.

use std::process::Command;
use std::time::Duration;

use super::flood::Flood;
use crate::driver::Peer;
use crate::process;
use crate::stopwatch;

/// The result of a run.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    pub produced: u64,
    pub delivered: u64,
    pub cpu_nanos: f64,
    pub peak_kib: u64,
    /// How long the threads recorded.
    pub seconds: f64,
}

impl Run {
    /// Runs this program with one library and waits for it.
    ///
    /// # Errors
    ///
    /// If the program fails.
    pub fn start(peer: &Peer, rate: u64, seconds: u64) -> Result<Self, String> {
        let program = std::env::current_exe().map_err(|error| error.to_string())?;
        let output = Command::new(program)
            .args(["throughput", "--inside", peer.name])
            .args(["--rates", &rate.to_string()])
            .args(["--seconds", &seconds.to_string()])
            .output()
            .map_err(|error| error.to_string())?;
        let text = String::from_utf8_lossy(&output.stdout);
        Self::parse(&text).ok_or_else(|| {
            let stderr = String::from_utf8_lossy(&output.stderr);
            format!("a run of `{}` failed: {stderr}", peer.name)
        })
    }

    fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split_whitespace();
        Some(Self {
            produced: numbers.next()?.parse().ok()?,
            delivered: numbers.next()?.parse().ok()?,
            cpu_nanos: numbers.next()?.parse().ok()?,
            peak_kib: numbers.next()?.parse().ok()?,
            seconds: numbers.next()?.parse().ok()?,
        })
    }

    pub(super) fn lost(&self) -> f64 {
        self.produced.saturating_sub(self.delivered) as f64 / self.produced.max(1) as f64
    }

    pub(super) fn cpu_of_produced(&self) -> f64 {
        self.cpu_nanos / self.produced.max(1) as f64
    }

    pub(super) fn cpu_of_delivered(&self) -> f64 {
        self.cpu_nanos / self.delivered.max(1) as f64
    }
}

/// Records for some seconds and prints the result for [`Run::start`].
pub fn inside(peer: &Peer, rate: u64, seconds: u64) {
    (peer.set_up)();
    let cpu = process::cpu_time();
    let begin = stopwatch::now();
    let flood = Flood::start(peer, rate, Duration::from_secs(seconds));
    let produced = flood.wait();
    let recorded = begin.elapsed().as_secs_f64();
    let delivered = drain(peer, produced);
    let cpu_nanos = stopwatch::nanos(process::cpu_time() - cpu);
    let peak = process::peak_rss_kib();
    println!("{produced} {delivered} {cpu_nanos} {peak} {recorded}");
    // The threads end only now, because some libraries drop the remaining spans of an ended
    // thread.
    flood.end();
}

/// Flushes until all spans are delivered, or until no more arrive for a while.
fn drain(peer: &Peer, produced: u64) -> u64 {
    const PATIENCE: u32 = 10;
    let mut idle = 0;
    let mut delivered = (peer.delivered)();
    while delivered < produced && idle < PATIENCE {
        (peer.flush)();
        let before = std::mem::replace(&mut delivered, (peer.delivered)());
        if delivered == before {
            idle += 1;
            std::thread::sleep(Duration::from_millis(50));
        } else {
            idle = 0;
        }
    }
    delivered
}

/// Finds the highest rate of a library without loss, in steps of one tenth.
///
/// # Errors
///
/// If a run fails.
pub fn lossless_rate(peer: &Peer, seconds: u64) -> Result<f64, String> {
    let flat_out = Run::start(peer, 0, seconds)?;
    let produced = flat_out.produced as f64 / flat_out.seconds;
    if flat_out.lost() == 0.0 {
        return Ok(produced);
    }
    let mut rate = produced;
    while rate > 10_000.0 {
        rate *= 0.9;
        let run = Run::start(peer, rate as u64, seconds)?;
        if run.lost() == 0.0 {
            return Ok(run.produced as f64 / run.seconds);
        }
    }
    Ok(0.0)
}
