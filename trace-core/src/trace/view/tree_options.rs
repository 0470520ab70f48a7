//! The options of a tree.

use super::color::ColorChoice;

/// What a [`TraceTree`](crate::TraceTree) shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeOptions {
    /// Whether a first line has the trace id, the numbers of spans and services, and the
    /// duration. Default: no.
    pub header: bool,
    /// Whether the service is beside the operation. Default: yes.
    pub services: bool,
    /// Whether to show the span's kind. Default: no.
    pub kinds: bool,
    /// Whether to show start and end, counted from the start of the trace. Default: no.
    pub intervals: bool,
    /// Whether to show the duration. Default: yes.
    pub durations: bool,
    /// Width of the bar that shows when the span ran, in characters. A percentage is beside
    /// it. The whole bar is the root's time, or the trace's time if the trace takes more than
    /// a quarter longer than its root, because work continues after the answer. Default: 20;
    /// 0 for no bar.
    pub bar_width: usize,
    /// Whether to mark spans whose clock differs from the root's. Default: yes.
    pub clocks: bool,
    /// Whether spans that did not fail have a check mark. Default: yes.
    pub check_marks: bool,
    /// Whether to show the tags, one in a line. Default: no.
    pub tags: bool,
    /// Keys of tags that are shown on the span's own line, as `key=value` and in this order.
    /// Default: none.
    pub inline_tags: Vec<String>,
    /// Whether to show the logs, one in a line, with the time since the start of the trace.
    /// Default: no.
    pub logs: bool,
    /// Whether to show the links, one in a line. A span's own line always has their number.
    /// Default: no.
    pub links: bool,
    /// Whether to show file and line of the source. Default: no.
    pub sources: bool,
    /// When to use colors. Default: [`ColorChoice::Never`], so that a text is the same
    /// everywhere.
    pub color: ColorChoice,
    /// Most spans shown. Default: 1,000, through which a person may still scroll.
    pub max_spans: usize,
    /// Most levels shown. Deeper spans are only counted. Default: 100, because every level
    /// shifts the lines by three characters.
    pub max_depth: usize,
    /// Most characters of a name, message or value. Default: 120.
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
