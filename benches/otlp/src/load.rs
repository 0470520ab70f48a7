//! A process that records requests on two threads, as fast as possible or at a rate, and
//! prints its measurements.

use std::time::{Duration, Instant};

use clap::Args;
use rustix::time::{ClockId, clock_gettime};

use crate::peer::{Peer, SPANS};

const THREADS: u32 = 2;
/// A thread that is ahead sleeps for at least this time, so that sleeping costs little.
const NAP: Duration = Duration::from_millis(1);

/// The most requests of a thread whose times are kept.
const MAX_TIMES: usize = 200_000;

/// What the process does.
#[derive(Args, Clone, Debug)]
pub struct Run {
    #[arg(long, value_enum)]
    pub peer: Peer,
    #[arg(long)]
    pub url: String,
    /// Spans a second of both threads together; 0: as fast as possible
    #[arg(long)]
    pub rate: u64,
    #[arg(long)]
    pub seconds: u64,
    #[arg(long)]
    pub gzip: bool,
    #[arg(long)]
    pub redact: bool,
}

impl Run {
    /// Records, delivers the rest, and prints seven numbers: spans, seconds, processor time of
    /// all threads and of those that record (both in nanoseconds), peak memory in KiB, the
    /// spans that the library reports as lost, or `-`, and the time that 99 of 100 requests stay
    /// below, in nanoseconds.
    pub fn start(&self) {
        let end = self.peer.set_up(&self.url, self.gzip, self.redact);
        let (cpu, begin) = (processor_time(ClockId::ProcessCPUTime), Instant::now());
        let threads: Vec<_> = (0..THREADS)
            .map(|_| {
                let run = self.clone();
                std::thread::spawn(move || run.record())
            })
            .collect();
        let (mut requests, mut recording) = (0, Duration::ZERO);
        let mut times = Vec::new();
        for thread in threads {
            let (more, time, more_times) = thread.join().expect("no request panics");
            requests += more;
            recording += time;
            times.extend(more_times);
        }
        times.sort_unstable();
        let p99 = times
            .get(times.len() * 99 / 100)
            .map_or(0, Duration::as_nanos);
        let lost = end();
        let seconds = begin.elapsed().as_secs_f64();
        let cpu = (processor_time(ClockId::ProcessCPUTime) - cpu).as_nanos();
        let lost = lost.map_or("-".to_owned(), |lost| lost.to_string());
        let (spans, recording) = (requests * SPANS, recording.as_nanos());
        let peak = peak_kib();
        println!("{spans} {seconds} {cpu} {recording} {peak} {lost} {p99}");
    }

    /// Returns the number of requests, their processor time, and the times that they took, except
    /// if they are recorded as fast as possible.
    fn record(&self) -> (u64, Duration, Vec<Duration>) {
        let duration = Duration::from_secs(self.seconds);
        let interval = match self.rate {
            0 => Duration::ZERO,
            rate => Duration::from_secs(SPANS * u64::from(THREADS)).div_f64(rate as f64),
        };
        let (begin, cpu) = (Instant::now(), processor_time(ClockId::ThreadCPUTime));
        let (mut requests, mut due) = (0, Duration::ZERO);
        // Allocated before, so that no request waits for it.
        let mut times = Vec::with_capacity(match self.rate {
            0 => 0,
            _ => MAX_TIMES,
        });
        loop {
            let now = begin.elapsed();
            if now >= duration {
                break;
            }
            if due > now {
                std::thread::sleep(NAP.max(due - now));
                continue;
            }
            self.peer.request();
            if times.len() < times.capacity() {
                times.push(begin.elapsed() - now);
            }
            requests += 1;
            due += interval;
        }
        let cpu = processor_time(ClockId::ThreadCPUTime) - cpu;
        (requests, cpu, times)
    }
}

fn processor_time(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    Duration::new(
        time.tv_sec.try_into().unwrap_or(0),
        time.tv_nsec.try_into().unwrap_or(0),
    )
}

fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|rest| rest.split_whitespace().next());
    number.and_then(|text| text.parse().ok()).unwrap_or(0)
}
