//! The options of a bridge.

use std::borrow::Cow;

use tracing_core::Subscriber;

use crate::face::{Around, BridgeSubscriber};
use crate::rules::{EventSpan, Rules, Targets};
use crate::state::State;

/// The options of a bridge; [`subscriber`](Self::subscriber) and [`around`](Self::around) make
/// one.
///
/// Filters for spans, for logs in spans and for lines of a log are apart: `RUST_LOG=warn` of a
/// formatting subscriber removes no span.
///
/// ```
/// use trace_bridge::{Bridge, Targets};
/// use tracing_core::Level;
///
/// let subscriber = Bridge::new()
///     .spans("info,my_app=trace".parse::<Targets>()?) // instead of DEBUG
///     .logs(Level::WARN) // instead of INFO
///     .leave_out("iban")
///     .subscriber();
/// # Ok::<(), trace_bridge::InvalidTargets>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "the options do nothing before `subscriber` or `around`"]
pub struct Bridge {
    rules: Rules,
}

impl Bridge {
    /// Makes the default options.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets which spans are recorded in a trace. Default: up to DEBUG, without those of known
    /// libraries that are of no use. The rules of known libraries stay, unless a target of the
    /// same name is given.
    pub fn spans(mut self, targets: impl Into<Targets>) -> Self {
        self.rules.spans = self.rules.spans.overridden_by(&targets.into());
        self
    }

    /// Sets which events are logs of the current span. Default: up to INFO.
    pub fn logs(mut self, targets: impl Into<Targets>) -> Self {
        self.rules.logs = self.rules.logs.overridden_by(&targets.into());
        self
    }

    /// Sets which spans begin a trace, through the sampler, where no trace runs. Default: none.
    /// Others are ignored there and counted in [`BridgeStats`](crate::BridgeStats).
    pub fn roots(mut self, targets: impl Into<Targets>) -> Self {
        self.rules.roots = targets.into();
        self
    }

    /// Leaves out all fields of this name, besides those with names of secrets, such as
    /// `password`. See [`is_secret_key`](trace_core::redaction::is_secret_key).
    pub fn leave_out(mut self, field: impl Into<Cow<'static, str>>) -> Self {
        self.rules.left_out.push(field.into());
        self
    }

    /// Keeps fields of this name, although it is the name of a secret.
    pub fn keep(mut self, field: impl Into<Cow<'static, str>>) -> Self {
        self.rules.kept.push(field.into());
        self
    }

    /// Sets whether an event of level ERROR makes its span fail. Default: false. An event of level
    /// ERROR with a field `error`, as `#[instrument(err)]` writes it, always does.
    pub fn errors_fail(mut self, fail: bool) -> Self {
        self.rules.errors_fail = fail;
        self
    }

    /// Adds a rule that makes spans of events. It wins over earlier ones.
    pub fn event_span(mut self, rule: EventSpan) -> Self {
        self.rules.event_spans.insert(0, rule);
        self
    }

    /// Makes a subscriber that stands alone.
    pub fn subscriber(self) -> BridgeSubscriber {
        BridgeSubscriber::new(self.into_state())
    }

    /// Makes a subscriber around another one.
    pub fn around<S: Subscriber>(self, inner: S) -> Around<S> {
        Around::new(self.into_state(), inner)
    }

    /// Makes a layer of `tracing-subscriber`.
    #[cfg(feature = "tracing-subscriber")]
    pub fn layer(self) -> crate::BridgeLayer {
        crate::BridgeLayer::new(self.into_state())
    }

    /// Installs the bridge for the whole process; see [`init`](crate::init).
    ///
    /// # Errors
    ///
    /// If a subscriber or a logger is installed already.
    #[cfg(feature = "init")]
    pub fn init(self) -> Result<(), crate::InitError> {
        crate::init::install(self)
    }

    fn into_state(self) -> State {
        State::new(self.rules)
    }
}
