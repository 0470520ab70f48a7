//! The options of a tree.

use super::color::ColorChoice;

/// Options for the content of a [`TraceTree`](crate::TraceTree).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeOptions {
    /// Whether to begin with a line that shows the trace id, the numbers of spans and
    /// services, and the duration. Default: no.
    pub header: bool,
    /// Whether to show the service beside the operation. Default: yes.
    pub services: bool,
    /// Whether to show the span's kind. Default: no.
    pub kinds: bool,
    /// Whether to show the start and end, counted from the start of the trace. Default: no.
    pub intervals: bool,
    /// Whether to show the duration. Default: yes.
    pub durations: bool,
    /// The width in characters of the bar that shows when the span ran. A percentage is shown
    /// beside it. The whole bar represents the root's time. If the trace takes more than a
    /// quarter longer than its root, because work continues after the answer, it represents
    /// the trace's time. Default: 20; 0 shows no bar.
    pub bar_width: usize,
    /// Whether to mark spans whose clock differs from the root's. Default: yes.
    pub clocks: bool,
    /// Whether to show a check mark on spans that did not fail. Default: yes.
    pub check_marks: bool,
    /// Whether to show the tags, one per line. Default: no.
    pub tags: bool,
    /// The keys of tags to show on the span's own line, as `key=value` and in this order.
    /// Default: none.
    pub inline_tags: Vec<String>,
    /// Whether to show the logs, one per line, with the time since the start of the trace.
    /// Default: no.
    pub logs: bool,
    /// Whether to show the links, one per line. A span's own line always shows how many links
    /// it has. Default: no.
    pub links: bool,
    /// Whether to show the source file and line. Default: no.
    pub sources: bool,
    /// When to use colors. Default: [`ColorChoice::Never`], so that the text is the same
    /// everywhere.
    pub color: ColorChoice,
    /// The maximum number of spans to show. Default: 1,000, which a person can still scroll
    /// through.
    pub max_spans: usize,
    /// The maximum number of levels to show. Deeper spans are only counted. Default: 100,
    /// because every level shifts the lines by three characters.
    pub max_depth: usize,
    /// The maximum number of characters of a name, message or value. Default: 120.
    pub max_text: usize,
}

impl TreeOptions {
    /// Returns options that show only structure and failures, which are the same in every run.
    ///
    /// ```
    /// use trace_core::{SpanId, SpanRecord, Status, Trace, TraceId, TreeOptions};
    ///
    /// let id = TraceId::new(1).unwrap();
    /// let mut root = SpanRecord::new(id, SpanId::new(1).unwrap(), "checkout");
    /// root.status = Status::Error("card declined".into());
    /// let mut child = SpanRecord::new(id, SpanId::new(2).unwrap(), "charge");
    /// child.parent_span_id = Some(root.span_id);
    /// child.status = root.status.clone();
    ///
    /// let trace = Trace::from_spans(id, [root, child])?;
    /// assert_eq!(
    ///     trace.tree_with(TreeOptions::compact()).to_string(),
    ///     "checkout    error: card declined\n\
    ///      └─ charge   error: card declined\n"
    /// );
    /// # Ok::<(), trace_core::ForeignSpanError>(())
    /// ```
    #[must_use]
    pub fn compact() -> Self {
        Self {
            services: false,
            durations: false,
            bar_width: 0,
            clocks: false,
            check_marks: false,
            ..Self::default()
        }
    }
}

impl Default for TreeOptions {
    fn default() -> Self {
        Self {
            header: false,
            services: true,
            kinds: false,
            intervals: false,
            durations: true,
            bar_width: 20,
            clocks: true,
            check_marks: true,
            tags: false,
            inline_tags: Vec::new(),
            logs: false,
            links: false,
            sources: false,
            color: ColorChoice::Never,
            max_spans: 1_000,
            max_depth: 100,
            max_text: 120,
        }
    }
}
