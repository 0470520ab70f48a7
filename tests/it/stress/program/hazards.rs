//! What may happen to a program's spans.

use super::choices::Choices;

/// What may happen to a program's spans.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hazards {
    /// The capacity of the queue in spans, if it may become full.
    pub(crate) max_queue_spans: Option<usize>,
    /// Whether scopes hand over at any time.
    pub(crate) cuts: bool,
    /// The seed of hand-overs at any time that must not change the result, if there are any.
    pub(crate) flushes: Option<u64>,
    /// Whether the tracer may be shut down.
    pub(crate) shutdown: bool,
    /// Whether a collector sometimes panics.
    pub(crate) panics: bool,
}

impl Hazards {
    /// Without hazards, every span is delivered with all its data.
    pub(crate) const NONE: Self = Self {
        max_queue_spans: None,
        cuts: false,
        flushes: None,
        shutdown: false,
        panics: false,
    };

    /// Chooses random hazards.
    pub(crate) fn choose(choices: &mut Choices) -> Self {
        let may_be_full = choices.below(2) == 1;
        Self {
            max_queue_spans: may_be_full.then(|| choices.below(30)),
            cuts: choices.below(2) == 1,
            flushes: None,
            shutdown: choices.below(4) == 1,
            panics: choices.below(4) == 1,
        }
    }

    /// Whether every span is delivered.
    pub(super) const fn is_lossless(&self) -> bool {
        self.max_queue_spans.is_none() && !self.shutdown
    }
}
