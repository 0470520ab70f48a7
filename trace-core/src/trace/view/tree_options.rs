//! What a tree shows.

use super::color::ColorChoice;

/// What a [`TraceTree`](crate::TraceTree) shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeOptions {
    /// A first line with trace id, number of spans and services, and duration.
    /// Default: no.
    pub header: bool,
    /// The service beside the operation. Default: yes.
    pub services: bool,
    /// The span's kind. Default: no.
    pub kinds: bool,
    /// Start and end, counted from the start of the trace. Default: no.
    pub intervals: bool,
    /// The duration. Default: yes.
    pub durations: bool,
    /// Width of the bar that shows when the span ran within the root's time, in
    /// characters; a percentage of that stands beside it. Where the trace takes more than a
    /// quarter longer than its root, as with work that goes on after an answer, it is the
    /// trace's time. Default: 20; 0 for none.
    pub bar_width: usize,
    /// A mark on spans that were timed by a clock that differs from the root's.
    /// Default: yes.
    pub clocks: bool,
    /// A check mark on spans that did not fail. Default: yes.
    pub check_marks: bool,
    /// The tags, one a line. Default: no.
    pub tags: bool,
    /// Keys of tags that stand on the span's own line, as `key=value` and in this
    /// order. Default: none.
    pub inline_tags: Vec<String>,
    /// The logs, one a line, with the time since the start of the trace. Default: no.
    pub logs: bool,
    /// The links, one a line, beside the mark that there are some. Default: no.
    pub links: bool,
    /// File and line of the source. Default: no.
    pub sources: bool,
    /// Colors. Default: [`ColorChoice::Never`], so that a text is the same
    /// everywhere.
    pub color: ColorChoice,
    /// Most spans shown. Default: 1,000, which a person may still scroll through.
    pub max_spans: usize,
    /// Most levels shown; deeper spans are counted. Default: 100, since every level
    /// shifts the lines by three characters.
    pub max_depth: usize,
    /// Most characters of a name, message or value. Default: 120.
    pub max_text: usize,
}

impl TreeOptions {
    /// Shows structure and failures only: the same text in every run.
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
