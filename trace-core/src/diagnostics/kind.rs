//! What can be said, in its words.

use std::fmt;
use std::panic::Location;

use crate::stream::Site;
use crate::value::visible::visible;

/// What a [`Diagnostic`] is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A root began, and the process has no tracer. Never said under a test harness.
    NoTracer,
    /// The guard of the tracer is gone, perhaps at once by `let _ = ..install()`. Never said
    /// under a test harness.
    GuardDropped,
    /// A root began before the tracer was installed, as a `main` does that is a root. Never
    /// said under a test harness.
    RootBeforeInstall,
    /// A function that is no root was called where no trace runs.
    OutsideTrace,
    /// The same in a task of tokio: of `spawn`, `spawn_blocking` or a `JoinSet`.
    SpawnedTask,
    /// A root began without a tracer in a task that `tokio::spawn` made, and a tracer is
    /// attached elsewhere.
    AttachedElsewhere,
    /// This crate is built without its feature `record`.
    NotBuiltIn,
    /// A tracer was built that has no collector. Never said under a test harness.
    NoCollector,
    /// Spans were lost when a tracer ended, or before.
    Lost,
    /// `OTEL_PROPAGATORS` lists an unknown name.
    UnknownPropagator,
}

/// One line.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Diagnostic {
    /// What it is about.
    pub kind: Kind,
    message: String,
}

impl Kind {
    pub(super) const ALL: [Self; 10] = [
        Self::NoTracer,
        Self::GuardDropped,
        Self::RootBeforeInstall,
        Self::OutsideTrace,
        Self::SpawnedTask,
        Self::AttachedElsewhere,
        Self::NotBuiltIn,
        Self::NoCollector,
        Self::Lost,
        Self::UnknownPropagator,
    ];

    /// What is said of a place. `install` is where a tracer was installed, for those that
    /// speak of it.
    pub(super) fn of_site(self, site: &Site, install: Option<&Location<'_>>) -> Diagnostic {
        let span = At(site);
        let install = Installed(install);
        let message = match self {
            Self::NoTracer => format!(
                "root {span} is not recorded, as no tracer is installed: write `let _tracing = Tracer::builder(\"my-service\").collector(..).install()?;` at the beginning of a `main` that is no root"
            ),
            Self::GuardDropped => format!(
                "{span} is not recorded, as the guard of the tracer{install} has been dropped: write `let _tracing = ..install()?;` in `main`; `let _ = ..` drops it at once"
            ),
            Self::RootBeforeInstall => format!(
                "root {span} began before the tracer{install}, and is not recorded: install it first, in a `main` that is no root and calls the root"
            ),
            Self::OutsideTrace => format!(
                "{span} is not recorded, as no trace runs where it is called: make it, or what calls it, a root by `#[trace_root]` or `trace_core::root(..)`; a thread takes the trace along in a `Carried`"
            ),
            Self::SpawnedTask => format!(
                "{span} is not recorded, as its task does not see the trace in which it was spawned: write `trace_core::spawn(..)` or `trace_core::spawn_blocking(..)`, or `future.in_current_trace()` for a `JoinSet` or `tokio::spawn`, or make it a root by `#[trace_root]`"
            ),
            Self::AttachedElsewhere => format!(
                "root {span} is not recorded, as a task of `tokio::spawn` does not see the tracer that is attached elsewhere: write `..install()?` for it, or `tracer.attach(..)` around the future of the task"
            ),
            Self::NotBuiltIn | Self::NoCollector | Self::Lost | Self::UnknownPropagator => {
                format!("{span} is lost")
            }
        };
        Diagnostic::new(self, &message)
    }

    /// What is said of places of which nothing was said.
    pub(super) fn of_more(self, more: u64) -> Diagnostic {
        let reason = match self {
            Self::NoTracer => "no tracer is installed",
            Self::GuardDropped => "the guard of the tracer has been dropped",
            Self::RootBeforeInstall => "they are roots that began before the tracer was installed",
            Self::OutsideTrace => "no trace runs where they are called",
            Self::SpawnedTask => "their tasks do not see the trace in which they were spawned",
            Self::AttachedElsewhere => "`tokio::spawn` does not hand the tracer on",
            Self::NotBuiltIn | Self::NoCollector | Self::Lost | Self::UnknownPropagator => {
                "they are lost"
            }
        };
        let message = format!(
            "and {more} more that are not recorded, as {reason}: `tracer.doctor()` lists them"
        );
        Diagnostic::new(self, &message)
    }
}

impl Diagnostic {
    /// Names, and what collectors say, may come from anywhere.
    pub(super) fn new(kind: Kind, message: &str) -> Self {
        let message = visible(message, usize::MAX).into_owned();
        Self { kind, message }
    }

    /// A tracer that records nothing.
    pub(super) fn not_built_in(source: &Location<'_>) -> Self {
        let (file, line) = (source.file(), source.line());
        let message = format!(
            "the tracer at {file}:{line} records nothing, as `trace-core` is built without its feature `record`: write `features = [\"record\"]` in the application's `Cargo.toml`"
        );
        Self::new(Kind::NotBuiltIn, &message)
    }

    /// A tracer that gives what it records to nobody.
    pub(super) fn no_collector(source: &Location<'_>) -> Self {
        let (file, line) = (source.file(), source.line());
        let message = format!(
            "the tracer at {file}:{line} has no collector, so nothing is kept: write `.collector(TraceCollector::printing())`, or `.collector(())` if that is meant"
        );
        Self::new(Kind::NoCollector, &message)
    }

    /// Unknown names in `OTEL_PROPAGATORS`.
    pub(super) fn unknown_propagators(unknown: &[String], known: &[&str]) -> Self {
        let unknown = unknown.join("`, `");
        let known = known.join(", ");
        let message = format!(
            "`OTEL_PROPAGATORS` lists unknown propagators, which are left out: `{unknown}`; expected some of {known}"
        );
        Self::new(Kind::UnknownPropagator, &message)
    }
}

impl fmt::Display for Diagnostic {
    /// Writes what is said, without the name of the crate that the standard error has before
    /// it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// A span and its place.
struct At<'a>(&'a Site);

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let site = self.0;
        if site.operation_name().is_empty() {
            return f.write_str("a span");
        }
        write!(
            f,
            "`{}` ({}:{})",
            site.operation_name(),
            site.file(),
            site.line()
        )
    }
}

/// Where a tracer was installed, if that is known.
struct Installed<'a>(Option<&'a Location<'a>>);

impl fmt::Display for Installed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(at) => write!(f, " that is installed at {}:{}", at.file(), at.line()),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Diagnostic, Kind};

    #[test]
    fn foreign_text_is_one_line_and_seen() {
        let message = "1 span lost: collector otlp\u{200b}: no\nconnection \u{202e}";
        assert_eq!(
            Diagnostic::new(Kind::Lost, message).to_string(),
            "1 span lost: collector otlp\\u{200b}: no\\nconnection \\u{202e}"
        );
    }
}
