//! Reads the traces that a test's tracer has recorded, and checks them.
//!
//! Each public method first delivers on the calling thread, so it sees every span that was
//! handed over.

use std::time::Duration;

use super::assert_trace::__assert_no_orphans;
use super::test_trace;
use super::test_tracer::TestTracer;
use crate::diagnostics::stats::Stats;
use crate::process::sync::Unpoisoned;
use crate::trace::assemble::Trace;
use crate::trace::view::TreeOptions;
use crate::value::SpanRecord;

/// The maximum number of traces that a message shows.
const MAX_SHOWN: usize = 20;

impl TestTracer {
    /// Returns the only trace.
    ///
    /// # Panics
    ///
    /// If there is no trace, or if there are several. The message lists them.
    #[must_use]
    #[track_caller]
    #[expect(clippy::panic, reason = "an assertion that does not hold")]
    pub fn trace(&self) -> Trace {
        let mut traces = self.traces();
        match (traces.pop(), traces.is_empty()) {
            (Some(trace), true) => trace,
            (Some(last), false) => {
                traces.push(last);
                let shown = show(&traces, &TreeOptions::compact());
                panic!(
                    "{} traces were recorded, expected one \
                     (`TestTracer::traces` returns all, `trace_of` the one of a root):\n\n{shown}",
                    traces.len()
                );
            }
            (None, _) => panic!("no trace was recorded: {}", self.explain_nothing()),
        }
    }

    /// Returns the only trace whose root has this name: for example, the trace of a server
    /// among the traces of its clients.
    ///
    /// ```
    /// use trace_core::assert_trace;
    /// use trace_core::testing::TestTracer;
    ///
    /// let tracer = TestTracer::new();
    /// tracer.root("client").run_sync(|| {});
    /// tracer.root("GET /orders").run_sync(|| {});
    /// assert_trace!(tracer.trace_of("GET /orders"), "GET /orders");
    /// ```
    ///
    /// # Panics
    ///
    /// If there is no such trace, or if there are several. The message lists all traces.
    #[must_use]
    #[track_caller]
    #[expect(clippy::panic, reason = "an assertion that does not hold")]
    pub fn trace_of(&self, operation_name: impl AsRef<str>) -> Trace {
        let name = operation_name.as_ref();
        let (mut of_name, mut others): (Vec<_>, Vec<_>) = self
            .traces()
            .into_iter()
            .partition(|trace| trace.root().is_some_and(|root| root.operation_name == name));
        match (of_name.pop(), of_name.len()) {
            (Some(trace), 0) => trace,
            (None, _) if others.is_empty() => {
                panic!("no trace was recorded: {}", self.explain_nothing())
            }
            (last, more) => {
                let found = more + usize::from(last.is_some());
                others.splice(0..0, of_name.into_iter().chain(last));
                let shown = show(&others, &TreeOptions::compact());
                panic!("{found} traces begin with `{name}`, expected one:\n\n{shown}")
            }
        }
    }

    /// Returns all traces, sorted by start.
    #[must_use]
    pub fn traces(&self) -> Vec<Trace> {
        test_trace::group(self.spans(), self.0.name)
    }

    /// Returns all spans that have ended and were handed over, sorted by start, then id.
    #[must_use]
    pub fn spans(&self) -> Vec<SpanRecord> {
        let (_, spans) = self.deliver();
        spans.into_iter().map(test_trace::without_parent).collect()
    }

    /// Asserts that every span's parent is in its trace.
    ///
    /// # Panics
    ///
    /// If a parent is missing. The message shows the tree.
    #[track_caller]
    pub fn assert_no_orphans(&self) {
        for trace in self.traces() {
            __assert_no_orphans(&trace);
        }
    }

    /// Asserts that every span that began was delivered, refused by the sampler or dropped for
    /// a counted reason, or is still open. A `#[traced_test]` asserts this at its end.
    ///
    /// # Panics
    ///
    /// If the counters do not add up, which is an error in this crate.
    #[track_caller]
    pub fn assert_conservation(&self) {
        let (stats, spans) = self.deliver();
        let given = stats.delivered + stats.waiting;
        let ended = given + stats.sampled_out + stats.dropped.total();
        assert_eq!(
            stats.started,
            ended + stats.open,
            "spans that began are not those that were delivered, sampled out, dropped \
             or are open: {stats:?}"
        );
        assert_eq!(
            spans.len() as u64,
            stats.delivered + stats.dropped.collector,
            "the collector does not hold the spans that were delivered: {stats:?}"
        );
    }

    /// Returns how many spans have not ended, or were not handed over.
    pub(super) fn open_spans(&self) -> u64 {
        self.deliver().0.open
    }

    /// Returns the traces as text with tags and logs, for a test that has failed.
    pub(super) fn show_traces(&self) -> String {
        let options = TreeOptions {
            tags: true,
            logs: true,
            ..TreeOptions::default()
        };
        show(&self.traces(), &options)
    }

    /// Delivers what was handed over. Returns the counters and all spans delivered so far.
    fn deliver(&self) -> (Stats, Vec<SpanRecord>) {
        let inner = &self.0;
        let _delivery = inner.delivery.lock().unpoisoned();
        // The report is not needed: the counters show how many spans were not delivered.
        let _report = inner.tracer.flush(Duration::ZERO);
        (inner.tracer.stats(), inner.spans.spans())
    }

    /// Returns why no trace was recorded, judged by the counters.
    fn explain_nothing(&self) -> String {
        let stats = self.stats();
        if stats.started == 0 {
            "nothing was traced; expected the test to run a `#[trace_root]` function or, \
             in a `#[traced_test]`, a `#[traced]` one, and no `tokio::spawn` in between, \
             which inherits nothing"
                .to_owned()
        } else if stats.open > 0 {
            let open = stats.open;
            format!("spans that have not ended, or whose task has not: {open}; await them before")
        } else if stats.sampled_out > 0 {
            format!("traces that the sampler refused: {}", stats.sampled_out)
        } else {
            format!("spans that were lost: {:?}", stats.dropped)
        }
    }
}

/// Returns the trees of the first [`MAX_SHOWN`] traces, and how many more there are.
fn show(traces: &[Trace], options: &TreeOptions) -> String {
    let trees = traces.iter().take(MAX_SHOWN);
    let mut text: Vec<String> = trees
        .map(|trace| trace.tree_with(options.clone()).to_string())
        .collect();
    if let more @ 1.. = traces.len().saturating_sub(MAX_SHOWN) {
        text.push(format!("… {more} more"));
    }
    text.join("\n")
}
