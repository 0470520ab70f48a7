//! Checks the result of a run.
//!
//! It compares the reports of clients, services and collectors. `report.rs` prints the result.

use std::collections::HashMap;

use trace_core::{Completion, Problem, TagValue};

use super::load::{Answer, End};
use super::message::{ExportCounts, Received, SpanCounts};
use super::run::Outcome;
use crate::service::Service;

/// Returns the problems in words.
pub fn problems(outcome: &Outcome) -> Vec<String> {
    let mut problems = Vec::new();
    spans(outcome, &mut problems);
    headers(outcome, &mut problems);
    traces(outcome, &mut problems);
    problems
}

/// Checks that every span was delivered, arrived, and was written.
fn spans(outcome: &Outcome, problems: &mut Vec<String>) {
    for service in Service::ALL {
        let name = service.name();
        let Some(report) = outcome.report(service) else {
            problems.push(format!("{name} did not say how it ended"));
            continue;
        };
        let spans = report.spans;
        if !spans.is_conserved() || spans.dropped > 0 || spans.open > 0 {
            problems.push(format!("{name} does not account for all spans: {spans:?}"));
        }
        if !report.flushed {
            problems.push(format!("{name} could not deliver all spans"));
        }
    }
    let delivered = outcome.span_counts().delivered;
    if let Some(counts) = outcome.export_counts()
        && counts.exported != delivered
    {
        let exported = counts.exported;
        problems.push(format!("{exported} of {delivered} spans were exported"));
    }
    let received = outcome.collectors.traces.stats().spans_received;
    let written = outcome.collectors.json.stats().spans_written;
    if (received, written) != (delivered, delivered) {
        problems.push(format!(
            "{delivered} spans were delivered, {received} arrived, {written} are in the file"
        ));
    }
}

/// Checks that every service continues the trace of its caller.
fn headers(outcome: &Outcome, problems: &mut Vec<String>) {
    let began = outcome.began();
    for report in &outcome.reports {
        let name = report.service.name();
        if report.bad_headers > 0 {
            let count = report.bad_headers;
            problems.push(format!("{name} could not read {count} headers"));
        }
        if report.service == Service::Frontend {
            continue;
        }
        for received in &report.received {
            let is_same = began.get(&received.request).is_some_and(|began| {
                began.trace_id == received.trace_id && began.is_sampled == received.is_sampled
            });
            if !is_same || received.traceparent.is_none() {
                let request = received.request;
                problems.push(format!("{name} got a wrong context with request {request}"));
            }
        }
    }
}

/// Checks that every sampled request has one complete trace.
fn traces(outcome: &Outcome, problems: &mut Vec<String>) {
    let began = outcome.began();
    for Answer { request, end } in &outcome.answers {
        if let End::NoAnswer(reason) = end {
            problems.push(format!("request {request} has no answer: {reason}"));
        }
        match began.get(request) {
            Some(began) => problems.extend(trace(outcome, began, end)),
            // The client may give up before the request is sent.
            None if *end == End::GaveUp => {}
            None => problems.push(format!("request {request} never reached the Frontend")),
        }
    }
    let sampled = began.values().filter(|began| began.is_sampled).count();
    let stats = outcome.collectors.traces.stats();
    if stats.traces_completed != sampled as u64 || stats.active_traces > 0 {
        problems.push(format!("{sampled} traces were sampled: {stats:?}"));
    }
}

fn trace(outcome: &Outcome, began: &Received, end: &End) -> Option<String> {
    let Received {
        request, trace_id, ..
    } = began;
    let problem = |what: &str| Some(format!("trace {trace_id} of request {request} {what}"));
    let completed = outcome.collectors.traces.completed_trace(*trace_id);
    let Some(completed) = completed else {
        return began.is_sampled.then(|| problem("is not there")).flatten();
    };
    if !began.is_sampled {
        return problem("is there and is not sampled");
    }
    let is_exact = completed.completion == Completion::Complete;
    if !completed.completion.is_complete() || (outcome.options.exact && !is_exact) {
        return problem(&format!("is not complete: {}", completed.completion));
    }
    // A service may notice that it is cancelled after its caller has ended.
    let is_bad = |problem: &&Problem| !matches!(problem, Problem::OutsideParent { .. });
    if let Some(bad) = completed.trace.problems().iter().find(is_bad) {
        return problem(&format!("is wrong: {bad}"));
    }
    let root = completed.trace.root();
    let status = root.and_then(|root| root.tag("http.response.status_code"));
    match (end, status.and_then(TagValue::as_i64)) {
        (End::Status(answered), traced) if traced != Some(i64::from(*answered)) => {
            problem(&format!("has status {traced:?}, the client {answered}"))
        }
        (End::Status(200), _) if completed.trace.services().len() < 4 => problem("misses services"),
        _ => None,
    }
}

impl Outcome {
    /// The first record of each request, by its number.
    pub fn began(&self) -> HashMap<u64, Received> {
        let frontend = self.report(Service::Frontend);
        let received = frontend.into_iter().flat_map(|report| &report.received);
        received
            .map(|began| (began.request, began.clone()))
            .collect()
    }

    /// The span counts of all services together.
    pub fn span_counts(&self) -> SpanCounts {
        let spans = self.reports.iter().map(|report| report.spans);
        spans.fold(SpanCounts::default(), |sum, spans| sum + spans)
    }

    /// What became of the spans that all services have sent to a server; `None` without one.
    pub fn export_counts(&self) -> Option<ExportCounts> {
        let counts = self.reports.iter().map(|report| report.export.clone());
        counts.flatten().reduce(|sum, counts| sum + counts)
    }
}
