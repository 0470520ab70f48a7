use super::invalid_sample_rate::InvalidSampleRate;
use super::{AlwaysOff, AlwaysOn, ParentBased, Probabilistic, RateLimited, Sampler};

/// How traces that start here are chosen, as a configuration names it.
///
/// With `serde`, the text is `"always"`, `"never"`, `{"probabilistic": 0.1}` or
/// `{"rate_limited": {"per_second": 5.0}}`.
///
/// ```
/// use trace_core::SamplingStrategy;
///
/// let sampler = SamplingStrategy::RateLimited { per_second: 5.0 }.sampler()?;
/// # let _ = sampler;
/// assert_eq!(
///     SamplingStrategy::Probabilistic(2.0).sampler().err().unwrap().to_string(),
///     "sample rate is `2`; expected a number from 0.0 to 1.0"
/// );
/// # Ok::<(), trace_core::InvalidSampleRate>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum SamplingStrategy {
    /// All of them; see [`AlwaysOn`].
    #[default]
    Always,
    /// None of them; see [`AlwaysOff`].
    Never,
    /// This share of them, 0.0 to 1.0; see [`Probabilistic`].
    Probabilistic(f64),
    /// Up to so many a second; see [`RateLimited`].
    RateLimited {
        /// Traces a second, 0.0 or more.
        per_second: f64,
    },
}

impl SamplingStrategy {
    /// Makes the sampler. It is [`ParentBased`]: of the traces that come in, it
    /// records what the caller records, also under [`Never`](Self::Never). To
    /// record none at all, use [`AlwaysOff`] itself.
    ///
    /// # Errors
    ///
    /// When the rate is out of its range, or not a number.
    pub fn sampler(self) -> Result<Box<dyn Sampler>, InvalidSampleRate> {
        Ok(match self {
            Self::Always => Box::new(ParentBased::new(AlwaysOn)),
            Self::Never => Box::new(ParentBased::new(AlwaysOff)),
            Self::Probabilistic(rate) => Box::new(ParentBased::new(Probabilistic::new(rate)?)),
            Self::RateLimited { per_second } => {
                Box::new(ParentBased::new(RateLimited::per_second(per_second)?))
            }
        })
    }
}
