//! Measures the memory of tasks that sleep in a root, compared with the same tasks without a
//! root.
//!
//! This is a separate program, because counting bytes slows down every allocation. It starts a
//! process for each library, so that the libraries do not affect each other.

use std::alloc::System;
use std::pin::Pin;
use std::process::Command;
use std::task::{Context, Poll, Waker};

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use trace_benches::driver::{FASTRACE, FLOOR, OURS, PEERS, PLAIN, Peer};
use trace_benches::process;
use trace_benches::report::{self, Table, short};
use trace_benches::workload::Workload;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const TASKS: usize = 10_000;
/// The number of spans in a root that is run between two tasks.
const BETWEEN: u64 = 500;
/// The number of tasks between two flushes. Spans that wait for delivery are not memory of an
/// open root, and the spans of all tasks would not fit into a queue.
const FLUSH: usize = 100;
/// The goal in bytes on the heap.
const GOAL: f64 = 250.0;

/// The memory of a task in bytes.
struct Bytes {
    heap: f64,
    resident: f64,
    /// The size of the future, which is included in `heap`.
    future: f64,
}

fn main() -> Result<(), String> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let [name, between] = args.as_slice() {
        let peer = Peer::named(name).ok_or_else(|| format!("no library `{name}`"))?;
        let between = between
            .parse()
            .map_err(|_| format!("no count `{between}`"))?;
        let Bytes {
            heap,
            resident,
            future,
        } = inside(&peer, between);
        println!("{heap} {resident} {future}");
        return Ok(());
    }
    report::print_head("Memory of open roots");
    println!(
        "Bytes of a task that sleeps in a root, above the same task without; of {TASKS} tasks.\n"
    );
    let mut header = vec![""];
    header.extend(PEERS.iter().skip(FLOOR + 1).map(|peer| peer.name));
    header.extend(["of fastrace", "goal", ""]);
    let mut table = Table::new(header);
    let (fresh, between) = (run(0)?, run(BETWEEN)?);
    let begun_between = format!("begun between roots of {BETWEEN} spans");
    for (begun, bytes) in [
        ("begun one after the other", &fresh),
        (&begun_between, &between),
    ] {
        table.row(row(begun, bytes, |bytes| bytes.heap, Some(GOAL)));
        table.row(row(
            "— resident memory",
            bytes,
            |bytes| bytes.resident,
            None,
        ));
    }
    table.row(row("the future alone", &fresh, |bytes| bytes.future, None));
    table.print();
    Ok(())
}

fn row(name: &str, bytes: &[Bytes], figure: fn(&Bytes) -> f64, goal: Option<f64>) -> Vec<String> {
    let above = |peer: usize| figure(&bytes[peer]) - figure(&bytes[PLAIN]);
    let mut cells = vec![name.to_owned()];
    cells.extend((FLOOR + 1..PEERS.len()).map(|peer| short(above(peer))));
    cells.push(format!("{:.2}", above(OURS) / above(FASTRACE)));
    cells.push(goal.map_or_else(String::new, |goal| format!("{goal} bytes")));
    cells.push(report::verdict(goal.map(|goal| above(OURS) <= goal)));
    cells
}

/// Measures each library in its own process.
fn run(between: u64) -> Result<Vec<Bytes>, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let one = |peer: &Peer| {
        let output = Command::new(&program)
            .args([peer.name, &between.to_string()])
            .output()
            .map_err(|error| format!("failed to run {}: {error}", program.display()))?;
        let text = String::from_utf8_lossy(&output.stdout);
        let numbers: Vec<f64> = text.split_whitespace().flat_map(str::parse).collect();
        let [heap, resident, future] = numbers[..] else {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        };
        Ok(Bytes {
            heap,
            resident,
            future,
        })
    };
    PEERS.iter().map(one).collect()
}

/// Starts tasks, each after a root with `between` spans, and measures before the first task
/// ends.
fn inside(peer: &Peer, between: u64) -> Bytes {
    (peer.set_up)();
    // After a few tasks, all memory that is kept for reuse is allocated.
    wake(peer, sleep(peer, between, 2 * FLUSH));
    let region = Region::new(ALLOCATOR);
    let resident = process::rss_kib();
    let tasks = sleep(peer, between, TASKS);
    let resident = process::rss_kib().saturating_sub(resident) * 1024;
    let change = region.change();
    // These counts include the differences of blocks that grow or shrink.
    let heap = change.bytes_allocated as f64 - change.bytes_deallocated as f64;
    wake(peer, tasks);
    let roots = (2 * FLUSH + TASKS) as u64;
    let of_root = (peer.spans)(Workload::Root, 1);
    let of_other = match between {
        0 => 0,
        spans => (peer.spans)(Workload::AsyncLeaf, spans),
    };
    assert_eq!((peer.delivered)(), roots * (of_root + of_other));
    Bytes {
        heap: heap / TASKS as f64,
        resident: resident as f64 / TASKS as f64,
        future: size_of_val(&*(peer.sleeping_root)()) as f64,
    }
}

type Task = Pin<Box<dyn Future<Output = u64> + Send>>;

fn sleep(peer: &Peer, between: u64, count: usize) -> Vec<Task> {
    let mut tasks = Vec::with_capacity(count);
    for index in 0..count {
        if between > 0 {
            let _time = (peer.run)(Workload::AsyncLeaf, between);
        }
        let mut task = (peer.sleeping_root)();
        assert!(poll(&mut task).is_pending());
        tasks.push(task);
        if index % FLUSH == FLUSH - 1 {
            (peer.flush)();
        }
    }
    tasks
}

fn wake(peer: &Peer, tasks: Vec<Task>) {
    for (index, mut task) in tasks.into_iter().enumerate() {
        assert!(poll(&mut task).is_ready());
        // Some libraries end the span when the future is dropped.
        drop(task);
        if index % FLUSH == FLUSH - 1 {
            (peer.flush)();
        }
    }
}

fn poll(task: &mut Task) -> Poll<u64> {
    task.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}
