//! Assembles the spans of files into traces. The files contain OTLP/JSON or responses of
//! Tempo, Jaeger or Zipkin.
//!
//! This example shows how the decoder, the `TraceCollector`, its search and the text views
//! work together. It is also useful as a tool for your own files.
//!
//! ```sh
//! cargo run -p trace-examples --example assemble                      # a sample
//! cargo run -p trace-examples --example assemble -- --tag error=true --tags --logs
//! cargo run -p trace-examples --example assemble -- spans.json more.json.gz
//! cargo run -p trace-examples --example assemble -- --chrome-trace traces.json # for Perfetto
//! curl … | cargo run -p trace-examples --example assemble -- --service shop -
//! ```

use std::error::Error;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use flate2::read::MultiGzDecoder;
use trace_core::{
    ColorChoice, CompletedTrace, ManualClock, Problem, Query, Summary, SummaryTable, Timestamp,
    TraceCollector, TraceCollectorOptions, TraceCollectorStats, TreeOptions, visible,
};
use trace_otlp::decode::{self, DecodeOptions, Totals};

/// Requests to a shop. A part of one of them was lost.
const SAMPLE: &[u8] = include_bytes!("data/shop.jsonl");

/// Assembles the spans of files into traces and shows the slowest. Reads OTLP/JSON and
/// responses of Tempo, Jaeger and Zipkin.
#[derive(Debug, Parser)]
struct Options {
    /// Files, plain or gzip; `-` for the standard input; a sample if there are none.
    files: Vec<String>,
    /// Number of traces to show as trees, the slowest first.
    #[arg(long, default_value_t = 3)]
    trees: usize,
    /// Number of traces to list in the table, the slowest first.
    #[arg(long, default_value_t = 20)]
    rows: usize,
    /// Show traces with a span of this service.
    #[arg(long)]
    service: Option<String>,
    /// Show traces with a span of this operation.
    #[arg(long)]
    operation: Option<String>,
    /// Show traces with a span that has this tag, for example `error=true`; can be repeated.
    #[arg(long = "tag", value_name = "KEY=VALUE", value_parser = parse_tag)]
    wanted_tags: Vec<(String, String)>,
    /// Show traces that take at least this long, for example `250ms` or `1.5s`.
    #[arg(long, value_parser = parse_duration)]
    min_duration: Option<Duration>,
    /// Maximum number of spans in a trace; further spans are only counted.
    #[arg(long, default_value_t = 100_000)]
    max_spans: usize,
    /// Show tags in the trees.
    #[arg(long)]
    tags: bool,
    /// Show logs in the trees.
    #[arg(long)]
    logs: bool,
    /// Write all traces that are found to this file, for <https://ui.perfetto.dev>.
    #[arg(long, value_name = "FILE")]
    chrome_trace: Option<String>,
    /// Skip input that cannot be read, instead of stopping there.
    #[arg(long)]
    lenient: bool,
}

fn main() -> ExitCode {
    match run(&Options::parse(), &mut io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let is_closed = |error: &io::Error| error.kind() == ErrorKind::BrokenPipe;
            if error.downcast_ref().is_some_and(is_closed) {
                // The reader of the output, such as `head`, has closed the pipe.
                return ExitCode::SUCCESS;
            }
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options, out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    let collector = TraceCollector::with_options(TraceCollectorOptions {
        max_spans_per_trace: options.max_spans,
        // A file is read faster than its spans were recorded. With a stopped clock, no trace
        // is given up.
        clock: (&ManualClock::starting_at(Timestamp::default())).into(),
        max_active_traces: usize::MAX,
        max_completed_traces: usize::MAX,
        max_bytes: usize::MAX,
        ..TraceCollectorOptions::default()
    });
    let mut totals = Totals::default();
    if options.files.is_empty() {
        totals = feed(SAMPLE, options, &collector)?;
    }
    for file in &options.files {
        let read = open(file).map_err(Box::from);
        let read = read.and_then(|reader| Ok(feed(reader, options, &collector)?));
        let of_file = read.map_err(|error: Box<dyn Error>| in_file(file, error.as_ref()))?;
        totals.requests += of_file.requests;
        totals.spans += of_file.spans;
        totals.left_out += of_file.left_out;
        totals.unknown_enums += of_file.unknown_enums;
        totals.unknown_services += of_file.unknown_services;
        totals.partial.extend(of_file.partial);
        totals.problems.extend(of_file.problems);
    }
    collector.finish();

    write_totals(&totals, out)?;
    write_lost(&collector.stats(), out)?;
    write_completeness(&collector.completed_traces(), out)?;
    let mut found = collector.search(&query(options));
    found.sort_by_key(|completed| std::cmp::Reverse(completed.trace.duration()));
    if found.len() < collector.completed_traces().len() {
        writeln!(out, "{} found", counted(found.len(), "trace"))?;
    }
    if let Some(file) = &options.chrome_trace {
        let traces = found.iter().map(|completed| &*completed.trace);
        std::fs::write(file, trace_otlp::to_chrome_trace(traces))
            .map_err(|error| in_file(file, &error))?;
    }
    write_trees(&found, options, out)?;
    write_table(&found, options.rows, out)?;
    Ok(())
}

fn feed(
    reader: impl Read,
    options: &Options,
    collector: &TraceCollector,
) -> Result<Totals, decode::DecodeError> {
    let decode_options = DecodeOptions {
        lenient: options.lenient,
        ..DecodeOptions::default()
    };
    decode::requests(reader)
        .with_options(decode_options)
        .feed(collector)
}

/// Opens a file. Decompresses it if it begins with gzip's magic bytes.
fn open(file: &str) -> io::Result<Box<dyn Read>> {
    let mut reader: Box<dyn Read> = match file {
        "-" => Box::new(io::stdin()),
        file => Box::new(File::open(file)?),
    };
    let mut head = Vec::new();
    reader.by_ref().take(2).read_to_end(&mut head)?;
    let is_gzip = head == [0x1f, 0x8b];
    let whole = io::Cursor::new(head).chain(reader);
    Ok(if is_gzip {
        Box::new(MultiGzDecoder::new(whole))
    } else {
        Box::new(whole)
    })
}

fn in_file(file: &str, error: &dyn Error) -> String {
    let cause = error.source().map(|cause| format!(": {cause}"));
    let message = format!("`{file}`: {error}{}", cause.unwrap_or_default());
    visible(&message, usize::MAX).into_owned()
}

fn query(options: &Options) -> Query {
    let mut query = Query {
        service: options.service.clone(),
        operation: options.operation.clone(),
        min_duration: options.min_duration,
        ..Query::default()
    };
    for (key, value) in &options.wanted_tags {
        query = query.tag(key, value.clone());
    }
    query
}

/// Writes what was read, and which parts of it were unknown or missing.
fn write_totals(totals: &Totals, out: &mut impl Write) -> io::Result<()> {
    for problem in &totals.problems {
        writeln!(out, "left out: {problem}")?;
    }
    let Totals {
        requests,
        spans,
        left_out,
        unknown_enums,
        unknown_services,
        ..
    } = totals;
    writeln!(
        out,
        "{spans} spans in {requests} requests, {left_out} left out"
    )?;
    if *unknown_enums > 0 {
        writeln!(
            out,
            "{unknown_enums} unknown kinds or status codes: read as not specified"
        )?;
    }
    if *unknown_services > 0 {
        writeln!(
            out,
            "{unknown_services} spans of unknown services: their process is not in their trace"
        )?;
    }
    for said in &totals.partial {
        writeln!(out, "not the whole answer: {said}")?;
    }
    Ok(())
}

/// Writes which spans were changed or left out in the traces, if any.
fn write_lost(stats: &TraceCollectorStats, out: &mut impl Write) -> io::Result<()> {
    let (dropped, late) = (stats.spans_dropped, stats.spans_late);
    if dropped > 0 {
        writeln!(
            out,
            "{dropped} dropped: they came above the limit of a trace"
        )?;
    }
    if late > 0 {
        writeln!(out, "{late} late: nothing waited for them any more")?;
    }
    match stats.spans_duplicate {
        0 => Ok(()),
        twice => writeln!(out, "{twice} came twice: one with the same id was there"),
    }
}

fn write_completeness(traces: &[CompletedTrace], out: &mut impl Write) -> io::Result<()> {
    let (complete, incomplete): (Vec<_>, Vec<_>) = traces
        .iter()
        .partition(|completed| completed.completion.is_complete());
    let orphans = traces
        .iter()
        .map(|completed| completed.trace.orphans().count());
    writeln!(
        out,
        "{}: {} complete, {} incomplete, {}",
        counted(traces.len(), "trace"),
        complete.len(),
        incomplete.len(),
        counted(orphans.sum(), "orphan"),
    )?;
    for completed in incomplete {
        let id = completed.trace.trace_id;
        writeln!(out, "  trace {id} is incomplete: {}", reasons(completed))?;
    }
    Ok(())
}

/// Returns the reasons why a trace is not complete. The reason of its completion comes first.
fn reasons(completed: &CompletedTrace) -> String {
    let mut reasons = vec![completed.completion.to_string()];
    match completed.dropped_spans {
        0 => {}
        dropped => reasons.push(format!("{} dropped", counted(dropped, "span"))),
    }
    match completed.late_spans {
        0 => {}
        late => reasons.push(format!("{} late", counted(late, "span"))),
    }
    let problems = completed.trace.problems();
    let missing = problems
        .iter()
        .find(|problem| matches!(problem, Problem::NoRoot | Problem::MissingParent { .. }));
    reasons.extend(missing.map(ToString::to_string));
    reasons.join("; ")
}

fn write_trees(
    found: &[CompletedTrace],
    options: &Options,
    out: &mut impl Write,
) -> io::Result<()> {
    let tree = TreeOptions {
        header: true,
        tags: options.tags,
        logs: options.logs,
        color: ColorChoice::Auto,
        max_spans: 60,
        ..TreeOptions::default()
    };
    for completed in found.iter().take(options.trees) {
        writeln!(out, "\n{}", completed.trace.tree_with(tree.clone()))?;
        write!(out, "{}", Summary::from_trace(&completed.trace))?;
    }
    Ok(())
}

fn write_table(found: &[CompletedTrace], rows: usize, out: &mut impl Write) -> io::Result<()> {
    let shown = found.iter().take(rows);
    let summaries: Vec<_> = shown
        .map(|completed| Summary::from_trace(&completed.trace))
        .collect();
    if !summaries.is_empty() {
        write!(out, "\n{}", SummaryTable(&summaries))?;
    }
    match found.len() - summaries.len() {
        0 => Ok(()),
        more => writeln!(out, "… {more} more"),
    }
}

fn counted(number: usize, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{ending}")
}

fn parse_tag(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected `key=value`".to_owned()),
    }
}

fn parse_duration(text: &str) -> Result<Duration, String> {
    let units = [
        ("ns", 1e-9),
        ("us", 1e-6),
        ("µs", 1e-6),
        ("ms", 1e-3),
        ("s", 1.0),
        ("m", 60.0),
    ];
    let parsed = units.iter().find_map(|(unit, seconds)| {
        let number: f64 = text.strip_suffix(unit)?.trim().parse().ok()?;
        Duration::try_from_secs_f64(number * seconds).ok()
    });
    parsed.ok_or_else(|| "expected a number with `ns`, `us`, `ms`, `s` or `m`".to_owned())
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    /// Runs the program with these arguments, without trees.
    fn check(args: &[&str], expected: &Expect) {
        let options = Options::parse_from(["assemble", "--trees", "0"].iter().chain(args));
        let mut text = Vec::new();
        run(&options, &mut text).unwrap();
        expected.assert_eq(&String::from_utf8(text).unwrap());
    }

    #[test]
    fn the_sample_misses_a_part() {
        check(
            &["--rows", "1"],
            &expect![[r#"
            40 spans in 6 requests, 0 left out
            5 traces: 4 complete, 1 incomplete, 1 orphan
              trace 96ec122e63379a0943f91780b40af249 is incomplete: stopped

            trace                             root                      duration  spans  errors  slowest span                        largest self time
            8b70500c206c0aa687631041a740019b  GET /products (frontend)    1.18 s      7       0  list_products (api-gateway) 1.18 s  execute (database) 1.15 s
            … 4 more
        "#]],
        );
    }

    #[test]
    fn what_is_not_in_the_traces_as_it_came_is_said() {
        let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/data/shop.jsonl");
        let args = ["--rows", "0", "--max-spans", "3", sample, sample];
        check(
            &args,
            &expect![[r#"
            80 spans in 12 requests, 0 left out
            50 dropped: they came above the limit of a trace
            15 came twice: one with the same id was there
            5 traces: 0 complete, 5 incomplete, 13 orphans
              trace f70e0d8fdd77dccb011bc5f722e8580a is incomplete: too many spans; 8 spans dropped
              trace ca769574834c955275681d61b4333bdd is incomplete: too many spans; 16 spans dropped
              trace 8b70500c206c0aa687631041a740019b is incomplete: too many spans; 8 spans dropped
              trace 4455060d5afc5e3c3d5da0a3e757a3bb is incomplete: too many spans; 16 spans dropped
              trace 96ec122e63379a0943f91780b40af249 is incomplete: too many spans; 2 spans dropped
            … 5 more
        "#]],
        );
    }

    #[test]
    fn what_is_unknown_or_not_there_is_said() {
        let totals = Totals {
            unknown_enums: 1,
            unknown_services: 2,
            partial: vec!["too large".to_owned()],
            ..Totals::default()
        };
        let mut text = Vec::new();
        write_totals(&totals, &mut text).unwrap();
        expect![[r#"
            0 spans in 0 requests, 0 left out
            1 unknown kinds or status codes: read as not specified
            2 spans of unknown services: their process is not in their trace
            not the whole answer: too large
        "#]]
        .assert_eq(&String::from_utf8(text).unwrap());
    }

    #[test]
    fn spans_that_came_late_are_counted() {
        let mut stats = TraceCollectorStats::default();
        stats.spans_late = 2;
        let mut text = Vec::new();
        write_lost(&stats, &mut text).unwrap();
        let said = String::from_utf8(text).unwrap();
        assert_eq!(said, "2 late: nothing waited for them any more\n");
    }
}
