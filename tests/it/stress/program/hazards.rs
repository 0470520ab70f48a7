//! What may happen to a program's spans.

use super::choices::Choices;

/// What may happen to a program's spans.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hazards {
    /// How many spans the queue takes, if it may be full.
    pub(crate) max_queue_spans: Option<usize>,
    /// Whether scopes hand over at any time.
    pub(crate) cuts: bool,
    /// Whether scopes hand over at any time and do nothing else, and the seed of when.
    pub(crate) flushes: Option<u64>,
    /// Whether the tracer may be shut down.
    pub(crate) shutdown: bool,
    /// Whether a collector panics now and then.
    pub(crate) panics: bool,
}

impl Hazards {
    /// Every span comes out, with everything that was said of it.
    pub(crate) const NONE: Self = Self {
        max_queue_spans: None,
        cuts: false,
        flushes: None,
        shutdown: false,
        panics: false,
    };

    /// Any of them.
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

    /// Whether every span comes out.
    pub(super) const fn is_lossless(&self) -> bool {
        self.max_queue_spans.is_none() && !self.shutdown
    }
}
