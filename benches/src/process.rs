//! The resources that this process uses, from the operating system.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Processor time of all threads since the process began.
#[must_use]
pub fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(
        time.tv_sec.try_into().unwrap_or(0),
        time.tv_nsec.try_into().unwrap_or(0),
    )
}

/// Processor time of all child processes that have ended, and of their children.
#[must_use]
pub fn children_cpu_time() -> Duration {
    // The unit of Linux, which is independent of the kernel's clock rate.
    const TICK: Duration = Duration::from_millis(10);
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name is in parentheses and may contain spaces. `cutime` and `cstime` are the
    // fourteenth and fifteenth fields after it.
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let times = fields.split_whitespace().skip(13).take(2);
    let ticks: u32 = times.filter_map(|time| time.parse::<u32>().ok()).sum();
    TICK * ticks
}

/// Memory in use, in KiB.
#[must_use]
pub fn rss_kib() -> u64 {
    status("VmRSS:")
}

/// The peak of memory in use, in KiB.
#[must_use]
pub fn peak_rss_kib() -> u64 {
    status("VmHWM:")
}

#[must_use]
pub fn threads() -> u64 {
    status("Threads:")
}

#[must_use]
pub fn open_files() -> u64 {
    std::fs::read_dir("/proc/self/fd").map_or(0, |files| files.count() as u64)
}

fn status(key: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(key));
    let number = line.and_then(|rest| rest.split_whitespace().next());
    number.and_then(|text| text.parse().ok()).unwrap_or(0)
}
