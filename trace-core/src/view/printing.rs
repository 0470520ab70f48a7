//! Every completed trace, live.

use std::io::Write;
use std::sync::{Mutex, PoisonError};

use super::color::ColorChoice;
use super::tree_options::TreeOptions;
use crate::assemble::{CompletedTrace, TraceCollector, TraceCollectorOptions};

impl TraceCollector {
    /// Makes a collector that prints the tree of every completed trace to standard
    /// output, in colours if that is a terminal.
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
        let writer = Mutex::new(writer);
        Self::with_hook(options, move |completed| {
            let text = text_of(completed, &tree);
            let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
            // A closed terminal or pipe must not end the program.
            let written = writer.write_all(text.as_bytes());
            drop(written.and_then(|()| writer.flush()));
        })
    }
}

fn text_of(completed: &CompletedTrace, options: &TreeOptions) -> String {
    let tree = completed.trace.tree_with(options.clone());
    if completed.completion.is_complete() {
        return format!("{tree}\n");
    }
    let reason = completed.completion;
    format!("{tree}incomplete: {reason}\n\n")
}
