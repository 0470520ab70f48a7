//! The kinds of diagnostic lines, and their texts.
//!
//! [`listener`](super::listener) decides whether and where a line is printed.

use std::fmt;
use std::panic::Location;

use crate::stream::Site;
use crate::value::visible::visible;

/// What a [`Diagnostic`] is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A root began, and the process has no tracer. Never reported under a test harness.
    NoTracer,
    /// The guard of the tracer was dropped, perhaps at once by `let _ = ..install()`. Never
    /// reported under a test harness.
    GuardDropped,
    /// A root began before the tracer was installed: for example, `main` is itself a root.
    /// Never reported under a test harness.
    RootBeforeInstall,
    /// A function that is not a root was called outside of any trace.
    OutsideTrace,
    /// Like [`OutsideTrace`](Self::OutsideTrace), but in a tokio task: of `spawn`,
    /// `spawn_blocking` or a `JoinSet`.
    SpawnedTask,
    /// A root began without a tracer in a task of `tokio::spawn`, while a tracer is attached
    /// elsewhere.
    AttachedElsewhere,
    /// This crate is built without its feature `record`.
    NotBuiltIn,
    /// A tracer without a collector was built. Never reported under a test harness.
    NoCollector,
    /// A request passes through two layers of a server. Only one of them makes a span.
    TwoLayers,
    /// A root of an attribute began within the trace of a request, to which it has no link.
    RootInRequest,
    /// A tracer lost spans before it ended, or when it ended.
    Lost,
    /// `OTEL_PROPAGATORS` lists an unknown name.
    UnknownPropagator,
    /// A client's layer lists hosts that match nothing, such as `https://shop.example`.
    UnmatchedHost,
    /// A setting in the environment is not followed.
    Setting,
    /// How a tracer was set up by the environment. Only with [`Level::Details`].
    ///
    /// [`Level::Details`]: super::Level::Details
    SetUp,
    /// A collector that sends spans elsewhere got connected, lost its connection, or had spans
    /// refused.
    Export,
    /// What a bridge from another library cannot do as asked, or had to leave out.
    Bridge,
    /// A redactor panicked. The text that it got was replaced as a whole.
    RedactorPanicked,
}

/// One line about spans that are not recorded or were lost.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Diagnostic {
    /// What the line is about.
    pub kind: Kind,
    message: String,
}

impl Kind {
    pub(super) const ALL: [Self; 18] = [
        Self::NoTracer,
        Self::GuardDropped,
        Self::RootBeforeInstall,
        Self::OutsideTrace,
        Self::SpawnedTask,
        Self::AttachedElsewhere,
        Self::NotBuiltIn,
        Self::NoCollector,
        Self::TwoLayers,
        Self::RootInRequest,
        Self::Lost,
        Self::UnknownPropagator,
        Self::UnmatchedHost,
        Self::Setting,
        Self::SetUp,
        Self::Export,
        Self::Bridge,
        Self::RedactorPanicked,
    ];

    /// Returns the line about a site. Some kinds mention the place where a tracer was
    /// installed, or what there is for HTTP.
    pub(super) fn describe_site(
        self,
        site: &Site,
        install: Option<&Location<'_>>,
        has_http_layer: bool,
    ) -> Diagnostic {
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
                "{span} is not recorded, as its task does not see the trace in which it was spawned: write `trace_core::spawn(..)` or `trace_core::spawn_blocking(..)`, or `future.in_current_trace()` for a `JoinSet` or `tokio::spawn`, or make it a root by `#[trace_root]`{}",
                match has_http_layer {
                    true => {
                        "; a handler needs `trace_http::server()` around its route, in axum by `.layer(..)` after all routes, and what is behind a `Buffer` needs `trace_http::capture()` around that"
                    }
                    false => "",
                }
            ),
            Self::RootInRequest => format!(
                "root {span} begins a trace of its own within a request of `trace_http::server()`, and nothing links the two: write `#[traced]` for a span of the request, or `trace_core::root(..)` if another trace is meant"
            ),
            Self::AttachedElsewhere => format!(
                "root {span} is not recorded, as a task of `tokio::spawn` does not see the tracer that is attached elsewhere: write `..install()?` for it, or `tracer.attach(..)` around the future of the task"
            ),
            Self::NotBuiltIn
            | Self::NoCollector
            | Self::TwoLayers
            | Self::UnknownPropagator
            | Self::UnmatchedHost
            | Self::Setting
            | Self::SetUp
            | Self::Export
            | Self::Bridge
            | Self::RedactorPanicked
            | Self::Lost => {
                format!("{span} is lost")
            }
        };
        Diagnostic::new(self, &message)
    }

    /// Returns the line about `more` places that have no line of their own.
    pub(super) fn describe_more(self, more: u64) -> Diagnostic {
        let reason = match self {
            Self::NoTracer => "no tracer is installed",
            Self::GuardDropped => "the guard of the tracer has been dropped",
            Self::RootBeforeInstall => "they are roots that began before the tracer was installed",
            Self::OutsideTrace => "no trace runs where they are called",
            Self::SpawnedTask => "their tasks do not see the trace in which they were spawned",
            Self::RootInRequest => "they are roots within requests",
            Self::AttachedElsewhere => "`tokio::spawn` does not hand the tracer on",
            Self::NotBuiltIn
            | Self::NoCollector
            | Self::TwoLayers
            | Self::UnknownPropagator
            | Self::UnmatchedHost
            | Self::Setting
            | Self::SetUp
            | Self::Export
            | Self::Bridge
            | Self::RedactorPanicked
            | Self::Lost => "they are lost",
        };
        let message = format!(
            "and {more} more that are not recorded, as {reason}: `tracer.doctor()` lists them"
        );
        Diagnostic::new(self, &message)
    }
}

impl Diagnostic {
    /// Makes a line. Escapes characters that cannot be printed, because names and the messages
    /// of collectors may come from anywhere.
    pub(super) fn new(kind: Kind, message: &str) -> Self {
        let message = visible(message, usize::MAX).into_owned();
        Self { kind, message }
    }

    /// Returns the line about a tracer that records nothing. `source` is the place where it
    /// was built.
    pub(super) fn not_built_in(source: &Location<'_>) -> Self {
        let (file, line) = (source.file(), source.line());
        let message = format!(
            "the tracer at {file}:{line} records nothing, as `trace-core` is built without its feature `record`: write `features = [\"record\"]` in the application's `Cargo.toml`"
        );
        Self::new(Kind::NotBuiltIn, &message)
    }

    /// Returns the line about two layers of a server, one within the other.
    pub(super) fn two_layers(outer: &Location<'_>, inner: &Location<'_>) -> Self {
        let message = format!(
            "requests pass two layers of `trace_http::server()`, made at {}:{} and {}:{}, and have one span, of the first: remove one of them",
            outer.file(),
            outer.line(),
            inner.file(),
            inner.line()
        );
        Self::new(Kind::TwoLayers, &message)
    }

    /// Returns the line about a tracer without a collector. `source` is the place where it was
    /// built.
    pub(super) fn no_collector(source: &Location<'_>) -> Self {
        let (file, line) = (source.file(), source.line());
        let message = format!(
            "the tracer at {file}:{line} has no collector, so nothing is kept: write `.collector(TraceCollector::printing())`, or `.collector(())` if that is meant"
        );
        Self::new(Kind::NoCollector, &message)
    }

    /// Returns the line about a redactor that panicked.
    pub(super) fn redactor_panicked() -> Self {
        let message = "the redactor panicked; what it got was replaced as a whole: find the text for which `redact_key`, `redact_text` or `replace_value` panics, whose message is above";
        Self::new(Kind::RedactorPanicked, message)
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

    /// Hosts that match nothing, in the list of a client's layer that was made at `source`.
    pub(super) fn unmatched_hosts(source: &Location<'_>, method: &str, hosts: &[String]) -> Self {
        let (file, line) = (source.file(), source.line());
        let hosts = hosts.join(", ");
        let message = format!(
            "`{method}` of the layer at {file}:{line} lists hosts that match nothing: {hosts}; expected `shop.example`, `shop.example:8080`, `*.example` for all below a domain, or an IP address"
        );
        Self::new(Kind::UnmatchedHost, &message)
    }
}

impl fmt::Display for Diagnostic {
    /// Writes the message. The prefix `trace-core: ` is added only on standard error.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Writes a span's name and place.
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

/// Writes the place where a tracer was installed; writes nothing if the place is unknown.
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
