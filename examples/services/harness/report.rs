//! The texts before and after a run.
//!
//! It formats the outcome. `check.rs` finds the problems.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use hdrhistogram::Histogram;
use trace_core::{CompletedTrace, HumanDuration, Summary};

use super::load::End;
use super::options::Options;
use super::run::Outcome;
use super::table::Table;
use crate::service::Service;

/// The maximum number of slow traces to list.
const SLOW_TRACES: usize = 5;

/// Describes the run that begins.
pub fn intro(
    options: &Options,
    addresses: &HashMap<Service, SocketAddr>,
    process_ids: &[(Service, u32)],
) -> String {
    let port = |service| {
        let address = addresses.get(&service);
        address.map_or(String::new(), |address| format!(":{}", address.port()))
    };
    let percent = |rate: f64| rate * 100.0;
    let names = process_ids.iter();
    let names = names.map(|(service, id)| format!("{} is {id}", service.name()));
    let place = match &names.collect::<Vec<_>>()[..] {
        [] => "all in this process.".to_owned(),
        names => format!(
            "each a process of its own, which sends its spans here\n\
             by OTLP: {}.",
            names.join(", ")
        ),
    };
    format!(
        "Five services on loopback, {place}\n\
         Each has its own tracer; a trace goes from one to the next in headers only.\n\
         \n\
         \x20 client ──> Frontend ──> APIGateway ─┬─> AuthService (gRPC) {auth}\n\
         \x20            {frontend:<8}     {gateway:<10}  └─> DataService {data} ──> Database {database}\n\
         \n\
         {requests} requests, {concurrency} at a time: \
         in {errors:.0} % something fails, {slow:.0} % are slow, the client gives {given_up:.0} % up.\n\
         Seed {seed}: run again with `--seed {seed}` for the same requests.\n\
         \n",
        auth = port(Service::Auth),
        frontend = port(Service::Frontend),
        gateway = port(Service::ApiGateway),
        data = port(Service::Data),
        database = port(Service::Database),
        requests = options.requests,
        concurrency = options.concurrency,
        errors = percent(options.error_rate),
        slow = percent(options.slow_rate),
        given_up = percent(options.cancel_rate),
        seed = options.fates().seed,
    )
}

/// Describes the result of the run.
pub fn summary(outcome: &Outcome) -> String {
    let completed = outcome.collectors.traces.completed_traces();
    let stats = outcome.collectors.traces.stats();
    let mut text = String::from("Tracing summary\n═══════════════\n");
    text += &format!("Total traces completed: {}\n", stats.traces_completed);
    text += &format!("Total spans received: {}\n", stats.spans_received);
    if stats.spans_late > 0 {
        let late = stats.spans_late;
        text += &format!("Spans that came after their trace was complete: {late}\n");
    }
    text += &answers(outcome);
    text += &format!("\nServices\n{}\n", services(outcome, &completed));
    if !completed.is_empty() {
        text += &format!("Latency of each operation\n{}\n", latencies(&completed));
        text += &format!("{}\n", slow_traces(outcome));
    }
    text += &sampling(outcome);
    text += &headers(outcome);
    text += &conservation(outcome);
    text += &export(outcome);
    text += &format!(
        "Spans, as OTLP/JSON: {path}\n\
         \x20 look again: cargo run -p trace-examples --example assemble -- {path}\n",
        path = outcome.collectors.path.display(),
    );
    text + &verdict(outcome)
}

fn answers(outcome: &Outcome) -> String {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for answer in &outcome.answers {
        let end = match &answer.end {
            End::Status(status) => format!("status {status}"),
            End::GaveUp => "given up by the client".to_owned(),
            End::NoAnswer(_) => "without an answer".to_owned(),
        };
        *counts.entry(end).or_default() += 1;
    }
    let counts = counts.iter().map(|(end, count)| format!("{count} {end}"));
    let counts: Vec<String> = counts.collect();
    format!(
        "Requests: {} {}\n",
        outcome.answers.len(),
        parenthesized(&counts)
    )
}

fn parenthesized(texts: &[String]) -> String {
    match texts {
        [] => String::new(),
        texts => format!("({})", texts.join(", ")),
    }
}

fn services(outcome: &Outcome, completed: &[CompletedTrace]) -> Table {
    let mut errors: HashMap<&str, u64> = HashMap::new();
    for span in completed
        .iter()
        .flat_map(|completed| completed.trace.spans())
    {
        if span.is_error() {
            *errors.entry(&span.service_name).or_default() += 1;
        }
    }
    let mut table = Table::new(1, ["service", "requests", "spans", "spans with error"]);
    for service in Service::ALL {
        if let Some(report) = outcome.report(service) {
            let errors = errors.get(service.name()).copied().unwrap_or(0);
            table.row([
                service.name().to_owned(),
                report.received.len().to_string(),
                (report.spans.started - report.spans.sampled_out).to_string(),
                errors.to_string(),
            ]);
        }
    }
    table
}

fn latencies(completed: &[CompletedTrace]) -> Table {
    let headings = ["operation", "service", "count", "p50", "p90", "p99", "max"];
    let mut table = Table::new(2, headings);
    let mut times: BTreeMap<(&str, &str), Histogram<u64>> = BTreeMap::new();
    for span in completed
        .iter()
        .flat_map(|completed| completed.trace.spans())
    {
        let key = (&*span.service_name, &*span.operation_name);
        if !times.contains_key(&key)
            && let Ok(histogram) = Histogram::new(3)
        {
            times.insert(key, histogram);
        }
        let nanos = span.duration().as_nanos().try_into().unwrap_or(u64::MAX);
        if let Some(histogram) = times.get_mut(&key) {
            // The histogram grows automatically, so this cannot fail.
            let _ = histogram.record(nanos);
        }
    }
    let mut times: Vec<_> = times.into_iter().collect();
    times.sort_by_key(|(_, histogram)| std::cmp::Reverse(histogram.value_at_quantile(0.5)));
    for ((service, operation), histogram) in times {
        let time = |nanos| HumanDuration(Duration::from_nanos(nanos)).to_string();
        let quantile = |quantile| time(histogram.value_at_quantile(quantile));
        table.row([
            operation.to_owned(),
            service.to_owned(),
            histogram.len().to_string(),
            quantile(0.5),
            quantile(0.9),
            quantile(0.99),
            time(histogram.max()),
        ]);
    }
    table
}

fn slow_traces(outcome: &Outcome) -> String {
    let threshold = outcome.options.slow_threshold();
    let slow = outcome.collectors.traces.slow_traces(threshold);
    let threshold = HumanDuration(threshold);
    let mut text = format!("Slow traces (> {threshold}): {}\n", slow.len());
    let mut table = Table::new(1, ["trace", "duration", "spans", "where the time went"]);
    for completed in slow.iter().take(SLOW_TRACES) {
        let summary = Summary::from_trace(&completed.trace);
        let largest = summary.largest_self_time;
        table.row([
            summary.trace_id.to_string(),
            HumanDuration(summary.duration).to_string(),
            summary.spans.to_string(),
            largest.map_or(String::new(), |largest| largest.to_string()),
        ]);
    }
    if !slow.is_empty() {
        text += &table.to_string();
    }
    if let Some(more) = slow.len().checked_sub(SLOW_TRACES + 1) {
        let _ = writeln!(text, "  … and {} more", more + 1);
    }
    text
}

fn sampling(outcome: &Outcome) -> String {
    let frontend = outcome.report(Service::Frontend);
    let Some(sampler) = frontend.and_then(|report| report.head_sampler) else {
        return String::new();
    };
    format!(
        "Head sampler: {} of {} traces sampled; rate {}, actually {:.3}\n",
        sampler.sampled_traces, sampler.total_traces, sampler.rate, sampler.sample_rate_actual,
    )
}

fn headers(outcome: &Outcome) -> String {
    let callees = outcome.reports.iter();
    let callees = callees.filter(|report| report.service != Service::Frontend);
    let mut hops = [0_u64; 2];
    let mut example = None;
    for report in callees {
        for received in &report.received {
            hops[usize::from(received.is_sampled)] += 1;
            if !received.is_sampled {
                example = received.traceparent.as_ref().map(|header| (report, header));
            }
        }
    }
    let [not_sampled, sampled] = hops;
    let calls = sampled + not_sampled;
    let mut text = format!(
        "Headers: {calls} calls between services, each with the trace id that its request \
         began with; sampled=1 in {sampled}, sampled=0 in {not_sampled}\n",
    );
    if let Some((report, header)) = example {
        let _ = writeln!(
            text,
            "  not recorded and passed on all the same: {} got `traceparent: {header}`",
            report.service.name(),
        );
    }
    text
}

fn conservation(outcome: &Outcome) -> String {
    let spans = outcome.span_counts();
    let sign = if spans.is_conserved() { '=' } else { '≠' };
    format!(
        "Conservation: {} started {sign} {} delivered + {} sampled out + {} dropped + {} open\n",
        spans.started, spans.delivered, spans.sampled_out, spans.dropped, spans.open,
    )
}

fn export(outcome: &Outcome) -> String {
    let (Some(counts), Some(url)) = (outcome.export_counts(), &outcome.options.to) else {
        return String::new();
    };
    let mut text = format!(
        "Export to {url} by {}: {} exported, {} rejected, {} lost; \
         {} requests, of which {} failed\n",
        outcome.options.protocol,
        counts.exported,
        counts.rejected,
        counts.lost,
        counts.requests,
        counts.failed_requests,
    );
    if let Some(error) = counts.last_error {
        let _ = writeln!(text, "  the last failure: {error}");
    }
    text
}

fn verdict(outcome: &Outcome) -> String {
    const SHOWN: usize = 10;
    let problems = &outcome.problems;
    if problems.is_empty() {
        let traces = match outcome.collectors.traces.stats().traces_completed {
            0 => "There is no trace",
            _ => "All traces are complete",
        };
        return format!("\n{traces}, and every span is accounted for.\n");
    }
    let mut text = format!("\nWhat is wrong ({}):\n", problems.len());
    for problem in problems.iter().take(SHOWN) {
        let _ = writeln!(text, "  {problem}");
    }
    if problems.len() > SHOWN {
        text += "  …\n";
    }
    text
}
