//! The table of the doctor, and its text.
//!
//! Counts nothing: see [`chart`](super::chart).

use std::borrow::Cow;
use std::fmt;

use crate::value::visible::visible;

/// What happened to the spans of each place in the source. It answers the question "why is my
/// span missing?". Returned by [`Tracer::doctor`](crate::Tracer::doctor).
///
/// It contains only places that the program has reached.
///
/// ```
/// use trace_core::{Tracer, sampler_fn, trace_root, traced};
///
/// #[traced]
/// fn charge() {}
///
/// #[trace_root]
/// fn checkout() {
///     charge();
/// }
///
/// let nothing = sampler_fn(|_| false.into());
/// let tracer = Tracer::builder("shop").sampler(nothing).build()?;
/// tracer.attach_sync(checkout);
/// charge();
/// # if cfg!(debug_assertions) {
/// // In a debug build, or while the doctor is armed, there are counts.
/// assert!(tracer.doctor().why("charge").ends_with(
///     "called 1 time outside of any trace, not sampled 1 time by the sampler"
/// ));
/// # }
/// assert_eq!(tracer.doctor().why("refund"), "`refund` was not seen: it is not called, not polled or not traced, or its span still runs or waits to be read, which a flush does");
/// # Ok::<(), trace_core::BuildError>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Doctor {
    /// One report for each place, sorted by file and line.
    pub sites: Vec<SiteReport>,
    /// Whether calls are counted: in a debug build, or while the doctor is armed.
    pub is_counting: bool,
}

/// What happened to the spans of one place in the source.
///
/// Recorded, unsampled and dropped spans are those of the tracer. Calls outside of any trace
/// and roots without a tracer are those of the whole process. If nothing is counted,
/// [`AtLeastOnce`](Times::AtLeastOnce) in [`recorded`](Self::recorded) also refers to the
/// whole process.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SiteReport {
    /// The name of the span. If a call gives names at run time, this is the name that it gave
    /// first. Spans with its other names are counted in a second report of the same place, in
    /// which this is empty.
    pub operation_name: &'static str,
    /// The path of the file, as passed to the compiler.
    pub file: &'static str,
    /// The line, counted from 1.
    pub line: u32,
    /// How often the worker has read a span of this place for the collectors.
    pub recorded: Times,
    /// How often the code was called outside of any trace.
    pub outside: Times,
    /// How often the code began a root without a tracer.
    pub no_tracer: Times,
    /// How often the code ran in a trace that is not sampled, by who made this decision.
    pub not_sampled: Vec<(NotSampledBy, Times)>,
    /// The reasons why spans were dropped, each with the number of spans. Always counted.
    pub dropped: Vec<(String, u64)>,
}

/// How often something happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Times {
    /// It is not known to have happened.
    #[default]
    Never,
    /// It happened while calls were not counted.
    AtLeastOnce,
    /// It happened this often while calls were counted.
    Counted(u64),
}

/// Who decided that a trace is not sampled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NotSampledBy {
    /// The tracer's sampler.
    Sampler,
    /// The caller. Its decision came with its context.
    Caller,
    /// The limit of [`Trust::Capped`](crate::Trust::Capped).
    Cap,
    /// A panic of the tracer's sampler.
    Panic,
}

impl NotSampledBy {
    pub(super) const ALL: [Self; 4] = [Self::Sampler, Self::Caller, Self::Cap, Self::Panic];
}

impl Doctor {
    pub(super) fn new(mut sites: Vec<SiteReport>, is_counting: bool) -> Self {
        sites.sort_by_key(|site| (site.file, site.line, site.operation_name));
        Self { sites, is_counting }
    }

    /// Returns the table of a tracer that records nothing.
    pub(crate) const fn nothing() -> Self {
        Self {
            sites: Vec::new(),
            is_counting: false,
        }
    }

    /// Returns what happened to the spans with this name, as text with one line for each
    /// place. If the name is unknown but a call gave several names at run time, the text has
    /// the places of such calls, because these names are not counted separately.
    #[must_use]
    pub fn why(&self, operation_name: &str) -> String {
        let sites = self.sites.iter();
        let named = sites.filter(|site| site.operation_name == operation_name);
        let lines: Vec<String> = named.map(SiteReport::why).collect();
        if !lines.is_empty() {
            return lines.join("\n");
        }
        let name = shown(operation_name);
        let unnamed = self.sites.iter().filter(|site| site.has_unnamed_spans());
        let unnamed: Vec<String> = unnamed.map(SiteReport::why).collect();
        match unnamed.is_empty() {
            true => format!(
                "`{name}` was not seen: it is not called, not polled or not traced, or its span still runs or waits to be read, which a flush does"
            ),
            false => format!(
                "`{name}` was not seen as the first name of a place; other names that are given at run time are counted by place only:\n{}",
                unnamed.join("\n")
            ),
        }
    }
}

impl SiteReport {
    /// Returns what happened to the spans, as one line of text.
    #[must_use]
    pub fn why(&self) -> String {
        let mut parts = Vec::new();
        let mut part = |before: &str, times: Times, after: &str| {
            if times != Times::Never {
                parts.push(format!("{before}{times}{after}"));
            }
        };
        part("recorded ", self.recorded, "");
        part("called ", self.outside, " outside of any trace");
        part("began ", self.no_tracer, " without a tracer");
        for (by, times) in &self.not_sampled {
            part("not sampled ", *times, &format!(" by {by}"));
        }
        for (reason, spans) in &self.dropped {
            part("dropped ", Times::Counted(*spans), &format!(" as {reason}"));
        }
        let name = match self.operation_name {
            "" => NAMED_AT_RUN_TIME.to_owned(),
            name => format!("`{}`", shown(name)),
        };
        let place = self.place();
        format!("{name} ({place}): {}", shown(&parts.join(", ")))
    }

    /// Returns whether the tracer has seen spans here whose names are not known.
    fn has_unnamed_spans(&self) -> bool {
        let is_seen = self.recorded != Times::Never
            || !self.not_sampled.is_empty()
            || !self.dropped.is_empty();
        self.operation_name.is_empty() && is_seen
    }

    /// Returns whether nothing is known about the site: the program has not reached it.
    pub(super) fn is_empty(&self) -> bool {
        let times = [self.recorded, self.outside, self.no_tracer];
        let never = times.iter().all(|times| *times == Times::Never);
        never && self.not_sampled.is_empty() && self.dropped.is_empty()
    }

    fn place(&self) -> String {
        match self.file {
            "" => "anywhere".to_owned(),
            file => format!("{}:{}", shown(file), self.line),
        }
    }

    /// Returns the cells of the row in the table, in the order of [`HEAD`].
    fn cells(&self) -> [String; COLUMNS] {
        let times = |times: Times| match times {
            Times::Never => "-".to_owned(),
            Times::AtLeastOnce => "yes".to_owned(),
            Times::Counted(count) => count.to_string(),
        };
        let list = |items: Vec<String>| match items.is_empty() {
            true => "-".to_owned(),
            false => items.join(", "),
        };
        let not_sampled = self.not_sampled.iter();
        let dropped = self.dropped.iter();
        [
            match self.operation_name {
                "" => NAMED_AT_RUN_TIME.to_owned(),
                name => shown(name).into_owned(),
            },
            self.place(),
            times(self.recorded),
            times(self.outside),
            times(self.no_tracer),
            list(
                not_sampled
                    .map(|(by, count)| format!("{} by {by}", times(*count)))
                    .collect(),
            ),
            list(
                dropped
                    .map(|(reason, count)| format!("{count}: {}", shown(reason)))
                    .collect(),
            ),
        ]
    }
}

/// Escapes characters that cannot be printed, because names may come from anywhere.
fn shown(text: &str) -> Cow<'_, str> {
    visible(text, usize::MAX)
}

/// Stands for the names of spans that are counted by place only.
pub(super) const NAMED_AT_RUN_TIME: &str = "named at run time";

const COLUMNS: usize = 7;
const HEAD: [&str; COLUMNS] = [
    "span",
    "where",
    "recorded",
    "outside",
    "no tracer",
    "not sampled",
    "dropped",
];

impl fmt::Display for Doctor {
    /// Writes a table: a line of headings, then one line for each place.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: Vec<[String; COLUMNS]> = std::iter::once(HEAD.map(str::to_owned))
            .chain(self.sites.iter().map(SiteReport::cells))
            .collect();
        let width = |column: usize| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: [usize; COLUMNS] = std::array::from_fn(width);
        for row in &rows {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(widths) {
                line.push_str(&format!("{cell:width$}  "));
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Never => f.write_str("never"),
            Self::AtLeastOnce => f.write_str("at least once"),
            Self::Counted(1) => f.write_str("1 time"),
            Self::Counted(count) => write!(f, "{count} times"),
        }
    }
}

impl fmt::Display for NotSampledBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sampler => "the sampler",
            Self::Caller => "the caller",
            Self::Cap => "the cap on callers",
            Self::Panic => "the sampler's panic",
        })
    }
}
