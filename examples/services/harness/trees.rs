//! Trees of complete traces, while the requests run.
//!
//! It chooses which traces are printed, some of each kind. `TreeOptions` sets the form of a
//! tree.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use trace_core::{ColorChoice, CompletedTrace, Summary, Trace, TreeOptions};

use super::options::Options;
use super::screen::Screen;
use super::story::Story;

/// Prints the first traces of each kind.
pub struct Trees {
    screen: Screen,
    slow_threshold: Duration,
    most: usize,
    most_of_each: usize,
    shown: Mutex<BTreeMap<Story, usize>>,
}

impl Trees {
    pub fn new(options: &Options, screen: &Screen) -> Self {
        let wants_all = u64::try_from(options.trees).is_ok_and(|trees| trees >= options.requests);
        Self {
            screen: screen.clone(),
            slow_threshold: options.slow_threshold(),
            most: options.trees,
            most_of_each: if wants_all {
                options.trees
            } else {
                options.trees.div_ceil(Story::COUNT)
            },
            shown: Mutex::default(),
        }
    }

    /// Prints a trace, unless enough traces of its kind were printed.
    pub fn show(&self, completed: &CompletedTrace) {
        let trace = &completed.trace;
        let story = Story::of(trace, self.slow_threshold);
        {
            let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
            let all: usize = shown.values().sum();
            let of_this = shown.entry(story).or_default();
            if all >= self.most || *of_this >= self.most_of_each {
                return;
            }
            *of_this += 1;
        }
        let mut text = format!("{}\n{}", story.title(), tree(trace));
        if !completed.completion.is_complete() {
            text += &format!("incomplete: {}\n", completed.completion);
        }
        if let Some(largest) = Summary::from_trace(trace).largest_self_time {
            text += &format!("most time of its own: {largest}\n");
        }
        self.screen.print(format_args!("{text}\n"));
    }
}

/// Returns the tree with its logs, except the logs of errors, which repeat the line of their
/// span.
fn tree(trace: &Trace) -> String {
    let mut shown = Trace::new(trace.trace_id);
    for mut span in trace.spans().cloned() {
        span.logs.retain(|log| log.message != "exception");
        // This cannot fail, because the span has the trace's id.
        drop(shown.add_span(span));
    }
    let options = TreeOptions {
        header: true,
        logs: true,
        color: ColorChoice::Auto,
        ..TreeOptions::default()
    };
    shown.tree_with(options).to_string()
}
