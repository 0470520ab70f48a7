//! The checks of sample rates, and their error.

use std::fmt;

/// The error for a number that cannot be a sample rate.
///
/// ```
/// use trace_core::HeadSampler;
///
/// assert_eq!(
///     HeadSampler::new(1.5).unwrap_err().to_string(),
///     "sample rate is `1.5`; expected a number from 0.0 to 1.0"
/// );
/// ```
#[derive(Clone, Copy, PartialEq)]
pub struct InvalidSampleRate(Rate);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Rate {
    Share(f64),
    PerSecond(f64),
}

/// Checks a share of all traces and returns it.
pub(super) fn check_share(rate: f64) -> Result<f64, InvalidSampleRate> {
    // This also refuses NaN, which no range contains.
    if (0.0..=1.0).contains(&rate) {
        Ok(rate)
    } else {
        Err(InvalidSampleRate(Rate::Share(rate)))
    }
}

/// Checks a number of traces a second and returns it.
pub(super) fn check_per_second(rate: f64) -> Result<f64, InvalidSampleRate> {
    if rate >= 0.0 && rate.is_finite() {
        Ok(rate)
    } else {
        Err(InvalidSampleRate(Rate::PerSecond(rate)))
    }
}

impl fmt::Display for InvalidSampleRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Rate::Share(rate) => {
                write!(
                    f,
                    "sample rate is `{rate}`; expected a number from 0.0 to 1.0"
                )
            }
            Rate::PerSecond(rate) => write!(
                f,
                "sample rate is `{rate}` traces a second; expected a finite number from 0.0"
            ),
        }
    }
}

impl std::error::Error for InvalidSampleRate {}

impl fmt::Debug for InvalidSampleRate {
    /// Writes the message, because a `main` that returns the error prints this form.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InvalidSampleRate({self})")
    }
}
