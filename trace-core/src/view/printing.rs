//! Every completed trace, live.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use super::color::ColorChoice;
use super::tree_options::TreeOptions;
use crate::assemble::{
    CompletedTrace, Completion, Hooks, Trace, TraceCollector, TraceCollectorOptions,
};

impl TraceCollector {
    /// Makes a collector that prints the tree of every completed trace to standard
    /// output, in colors if that is a terminal.
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

    /// Makes a collector that writes the tree of every completed trace, followed by
    /// an empty line.
    ///
    /// A trace that is still open after the
    /// [`give_up_time`](TraceCollectorOptions::give_up_time) is said to be so, once, in a
    /// line. One to which spans came late is written again, and says so.
    ///
    /// Trees never mingle: each is one write, under a lock. What cannot be written is
    /// lost.
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
        let page = Arc::new(Page(Mutex::new(writer)));
        let of_running = Arc::clone(&page);
        let hooks = Hooks {
            on_completed: Some(Box::new(move |completed| {
                page.write(&text_of(completed, &tree));
            })),
            on_running: Some(Box::new(move |trace| {
                of_running.write(&running_text_of(trace));
            })),
        };
        Self::with_hooks(options, hooks)
    }
}

/// Where traces are written.
struct Page<W>(Mutex<W>);

impl<W: Write> Page<W> {
    fn write(&self, text: &str) {
        let mut writer = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A closed terminal or pipe must not end the program.
        let written = writer.write_all(text.as_bytes());
        drop(written.and_then(|()| writer.flush()));
    }
}

fn text_of(completed: &CompletedTrace, options: &TreeOptions) -> String {
    let mut text = completed.trace.tree_with(options.clone()).to_string();
    let completion = completed.completion;
    if !completion.is_complete() {
        text.push_str("incomplete: ");
        let losses = completed.trace.losses();
        let losses = (completion == Completion::SpansLost).then(|| losses.to_string());
        text.push_str(losses.as_deref().unwrap_or(completion.as_str()));
        text.push('\n');
    }
    match completed.late_spans {
        0 => {}
        1 => text.push_str("again, as 1 span came late\n"),
        late => text.push_str(&format!("again, as {late} spans came late\n")),
    }
    text.push('\n');
    text
}

/// Says that a trace goes on.
fn running_text_of(trace: &Trace) -> String {
    let (id, spans) = (trace.trace_id, trace.len());
    let s = if spans == 1 { "" } else { "s" };
    let since = trace.start().unwrap_or_default();
    format!("trace {id}: still open, since {since}; {spans} span{s} up to now\n\n")
}
