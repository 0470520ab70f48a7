//! One process writes jobs into a table, another one does them, and the trace continues.
//!
//! `span::inject` writes the context into a map of strings. The map is a column of the table,
//! and the worker extracts the context from it. Queues work the same way: they call the map
//! headers, attributes or properties.
//!
//! - A job of one request **continues** its trace: `charge` is below `order`.
//! - A job of many requests is a trace of its own, with a **link** to each of them: `send
//!   newsletter`.
//!
//! The program starts itself once more as the process that writes the jobs. It passes its
//! context in environment variables, so `shop` is below `job table`. Both processes write
//! their spans to files, and at the end the program reads both files, as a backend would.
//!
//! ```sh
//! cargo run -p trace-examples --example job_table
//! ```

use std::collections::HashMap;
use std::error::Error;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::Command;

use rusqlite::Connection;
use trace_core::propagation::{self, EnvironmentVariables};
use trace_core::{SpanKind, SpanRecord, Trace, Tracer, TracerGuard, span, traced};
use trace_examples::check;
use trace_otlp::JsonCollector;
use trace_otlp::decode;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// The variable with the folder of the table. It is set for the process that writes jobs.
const FOLDER: &str = "JOB_TABLE";

fn main() -> Result<()> {
    match folder() {
        Some(folder) => shop(&folder),
        None => run(Command::new(std::env::current_exe()?)),
    }
}

#[expect(clippy::disallowed_methods, reason = "tells the two processes apart")]
fn folder() -> Option<PathBuf> {
    std::env::var_os(FOLDER).map(PathBuf::from)
}

/// Starts the shop with the given command, does its jobs, and checks the traces.
fn run(mut shop: Command) -> Result<()> {
    let folder = std::env::temp_dir().join(format!("job_table-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let tracing = install("worker", &folder)?;
    let ended = trace_core::root("job table").run_sync(|| {
        // Sets TRACEPARENT, TRACESTATE and BAGGAGE for the other process.
        span::inject(&mut shop);
        shop.env(FOLDER, &folder).status()
    })?;
    check(ended.success(), "the shop ends well")?;
    let done = work(&mut Connection::open(table(&folder))?)?;
    check(done == 4, "each job is done")?;
    drop(tracing);
    let traces = read(&folder)?;
    std::fs::remove_dir_all(&folder)?;
    report(&traces)
}

fn install(service: &str, folder: &Path) -> Result<TracerGuard> {
    let file = folder.join(service).with_extension("json");
    let collector = JsonCollector::to_file(file)?;
    Ok(Tracer::builder(service).collector(collector).install()?)
}

fn table(folder: &Path) -> PathBuf {
    folder.join("jobs.sqlite")
}

/// The process that writes jobs.
fn shop(folder: &Path) -> Result<()> {
    let _tracing = install("shop", folder)?;
    let starter = propagation::extract(&EnvironmentVariables::from_process());
    trace_core::root("shop").extracted(starter).run_sync(|| {
        let jobs = Connection::open(table(folder))?;
        jobs.execute_batch(
            "CREATE TABLE jobs (id INTEGER PRIMARY KEY, name TEXT, argument TEXT, headers TEXT)",
        )?;
        for customer in ["ann", "bob"] {
            order(&jobs, customer)?;
        }
        Ok(())
    })
}

#[traced(tags(customer))]
fn order(jobs: &Connection, customer: &str) -> Result<()> {
    span::set_baggage("customer", customer)?;
    write(jobs, "charge", customer)?;
    write(jobs, "newsletter", customer)
}

/// Writes a job, with the context of the current span.
#[traced("write job", kind = producer, tags(job = name))]
fn write(jobs: &Connection, name: &str, argument: &str) -> Result<()> {
    let mut headers = HashMap::new();
    span::inject(&mut headers);
    jobs.execute(
        "INSERT INTO jobs (name, argument, headers) VALUES (?1, ?2, ?3)",
        (name, argument, serde_json::to_string(&headers)?),
    )?;
    Ok(())
}

/// A row of the table.
struct Job {
    argument: String,
    headers: HashMap<String, String>,
}

/// Does all jobs; returns how many there were.
fn work(jobs: &mut Connection) -> Result<usize> {
    let mut done = 0;
    for job in take(jobs, "charge")? {
        // Continues the trace of the order, with its baggage.
        let caller = propagation::extract(&job.headers);
        let root = trace_core::root("charge").kind(SpanKind::Consumer);
        root.extracted(caller)
            .run_sync(|| charge_card(&job.argument))?;
        done += 1;
    }
    // One job for several orders: a new trace with links.
    let letters = take(jobs, "newsletter")?;
    let mut root = trace_core::root("send newsletter").kind(SpanKind::Consumer);
    for reader in letters
        .iter()
        .filter_map(|job| propagation::extract(&job.headers).context)
    {
        root = root.link(reader);
    }
    root.run_sync(|| span::add_tag("readers", letters.len() as i64));
    Ok(done + letters.len())
}

#[traced(tags(customer))]
fn charge_card(customer: &str) -> Result<()> {
    let told = span::baggage("customer");
    check(told.as_deref() == Some(customer), "the baggage arrives")?;
    Ok(())
}

/// Takes the jobs of a name out of the table.
fn take(jobs: &mut Connection, name: &str) -> Result<Vec<Job>> {
    let transaction = jobs.transaction()?;
    let mut taken = Vec::new();
    {
        let mut select =
            transaction.prepare("DELETE FROM jobs WHERE name = ?1 RETURNING argument, headers")?;
        let mut rows = select.query([name])?;
        while let Some(row) = rows.next()? {
            taken.push(Job {
                argument: row.get(0)?,
                headers: serde_json::from_str(&row.get::<_, String>(1)?)?,
            });
        }
    }
    transaction.commit()?;
    Ok(taken)
}

/// Reads the spans of both processes.
fn read(folder: &Path) -> Result<Vec<Trace>> {
    let mut spans: Vec<SpanRecord> = Vec::new();
    for service in ["shop", "worker"] {
        let file = File::open(folder.join(service).with_extension("json"))?;
        for request in decode::requests(BufReader::new(file)) {
            let groups = request?.groups.into_iter();
            spans.extend(groups.flat_map(|group| group.spans));
        }
    }
    Ok(Trace::group(spans))
}

fn report(traces: &[Trace]) -> Result<()> {
    for trace in traces {
        println!("{}", trace.tree());
    }
    let with_root = |name: &str| {
        let root = |trace: &&Trace| trace.root().is_some_and(|root| root.operation_name == name);
        traces.iter().find(root).ok_or(format!("no trace `{name}`"))
    };
    let (orders, newsletter) = (with_root("job table")?, with_root("send newsletter")?);
    check(traces.len() == 2, "there are two traces")?;
    check(
        orders.services() == ["shop", "worker"],
        "both processes are in the trace of the orders",
    )?;
    let charges = orders
        .spans()
        .filter(|span| span.kind == SpanKind::Consumer);
    for charge in charges {
        let parent = charge.parent_span_id.and_then(|parent| orders.span(parent));
        check(
            parent.is_some_and(|parent| parent.operation_name == "write job"),
            "a job is below the span that wrote it",
        )?;
    }
    let links = newsletter
        .root()
        .map(|root| &root.links[..])
        .unwrap_or_default();
    check(
        links.len() == 2 && links.iter().all(|link| link.trace_id == orders.trace_id),
        "the newsletter has a link to each order",
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Is run by the next one, too: as the shop.
    #[test]
    fn the_shop() {
        if let Some(folder) = folder() {
            shop(&folder).unwrap();
        }
    }

    #[test]
    fn traces_go_through_the_table() {
        let mut shop = Command::new(std::env::current_exe().unwrap());
        shop.args(["--exact", "tests::the_shop"]);
        run(shop).unwrap();
    }
}
