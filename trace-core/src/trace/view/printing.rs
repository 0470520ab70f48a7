//! Trace collectors that print every completed trace.

use std::io::Write;
use std::sync::{Arc, Mutex};

use super::color::ColorChoice;
use super::tree_options::TreeOptions;
use crate::process::sync::Unpoisoned;
use crate::trace::assemble::{
    CompletedTrace, Completion, Hooks, OpenTrace, TraceCollector, TraceCollectorOptions,
};

impl TraceCollector {
    /// Makes a collector that prints the tree of every completed trace to standard output, in
    /// color if the output is a terminal.
    #[must_use]
    pub fn printing() -> Self {
        let tree = TreeOptions {
            header: true,
            tags: true,
            logs: true,
            color: ColorChoice::Auto,
            ..TreeOptions::default()
        };
        Self::printing_to(TraceCollectorOptions::default(), tree, std::io::stdout())
    }

    /// Makes a collector that writes the tree of every completed trace, followed by an empty
    /// line.
    ///
    /// If a trace is still open after the
    /// [`give_up_time`](TraceCollectorOptions::give_up_time), the collector writes one line,
    /// once. The line says how long the trace has been open, and how many of its spans have
    /// ended, which may be none. When a trace is written again, a line gives the reason: spans
    /// came late, were dropped, or were lost.
    ///
    /// Trees are never mixed, because each is one write under a lock. Text that cannot be
    /// written is lost.
    ///
    /// ```
    /// use trace_core::{TraceCollector, TraceCollectorOptions, TreeOptions};
    ///
    /// let collector = TraceCollector::printing_to(
    ///     TraceCollectorOptions::default(),
    ///     TreeOptions::compact(),
    ///     std::io::stderr(),
    /// );
    /// # let _ = collector;
    /// ```
    pub fn printing_to(
        options: TraceCollectorOptions,
        tree: TreeOptions,
        writer: impl Write + Send + 'static,
    ) -> Self {
        let writer = Arc::new(SharedWriter(Mutex::new(writer)));
        let of_open = Arc::clone(&writer);
        let hooks = Hooks {
            on_completed: Some(Box::new(move |completed| {
                writer.write(&completed_text(completed, &tree));
            })),
            on_open: Some(Box::new(move |open| {
                of_open.write(&open_text(open));
            })),
        };
        Self::with_hooks(options, hooks)
    }
}

/// The writer, shared by the two hooks.
struct SharedWriter<W>(Mutex<W>);

impl<W: Write> SharedWriter<W> {
    fn write(&self, text: &str) {
        let mut writer = self.0.lock().unpoisoned();
        // The error is dropped: a closed terminal or pipe must not end the program.
        let written = writer.write_all(text.as_bytes());
        drop(written.and_then(|()| writer.flush()));
    }
}

/// Returns the text of a completed trace.
fn completed_text(completed: &CompletedTrace, options: &TreeOptions) -> String {
    let mut text = completed.trace.tree_with(options.clone()).to_string();
    let completion = completed.completion;
    if !completion.is_complete() {
        text.push_str("incomplete: ");
        let losses = completed.trace.losses();
        let losses = (completion == Completion::SpansLost).then(|| losses.to_string());
        text.push_str(losses.as_deref().unwrap_or(completion.as_str()));
        text.push('\n');
    }
    if completed.told_before {
        text.push_str(&format!("again, as {}\n", reasons(completed)));
    }
    text.push('\n');
    text
}

/// Returns the reasons why a trace is written again.
fn reasons(completed: &CompletedTrace) -> String {
    let mut reasons = Vec::new();
    let late = completed.late_spans;
    if late > 0 {
        let are_others_gone = late == completed.trace.len();
        let others = if are_others_gone {
            "; what was told before is no longer kept"
        } else {
            ""
        };
        reasons.push(format!("{} came late{others}", spans(late)));
    }
    let dropped = completed.dropped_spans;
    if dropped > 0 {
        reasons.push(format!(
            "{} came above the limit of a trace",
            spans(dropped)
        ));
    }
    let losses = completed.trace.losses();
    match (reasons.is_empty(), losses.is_empty()) {
        (true, _) => "spans were lost".to_owned(),
        (false, true) => reasons.join(", and "),
        (false, false) => format!("{}; {losses}", reasons.join(", and ")),
    }
}

fn spans(number: usize) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{number} span{s}")
}

/// Returns the line for a trace that has been open for a long time.
fn open_text(open: &OpenTrace) -> String {
    let (id, open_for, spans) = (open.trace_id, open.open_for, spans(open.spans));
    // Milliseconds would not be useful.
    let seconds = open_for.as_secs();
    format!("trace {id}: open for {seconds} s, {spans} so far\n\n")
}
