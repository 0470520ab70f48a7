//! How long to wait before a request is sent again.

use std::time::Duration;

use trace_core::IdGenerator;

/// Shortest and longest wait, and the longest wait that a server may ask for.
#[derive(Clone, Copy, Debug)]
pub(super) struct RetryDelays {
    pub(super) first: Duration,
    pub(super) longest: Duration,
    pub(super) longest_asked: Duration,
}

/// Computes waits that double with each failure.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// Returns how long to wait after one more failure.
    ///
    /// The wait is a random time between half the backoff and all of it, so that clients that
    /// failed together do not retry together. If the server has asked for a time, the wait is
    /// that time, up to a limit, but not less than the first wait.
    ///
    /// Source: OTLP specification, *Failures*: exponential backoff with jitter.
    pub(super) fn fail(&mut self, asked: Option<Duration>, delays: RetryDelays) -> Duration {
        let doubled = 2_u32.saturating_pow(self.failures);
        self.failures = self.failures.saturating_add(1);
        match asked {
            None => jitter(delays.first.saturating_mul(doubled).min(delays.longest)),
            Some(asked) => asked.min(delays.longest_asked).max(jitter(delays.first)),
        }
    }

    pub(super) fn succeed(&mut self) {
        self.failures = 0;
    }
}

fn jitter(wait: Duration) -> Duration {
    let part = u32::try_from(IdGenerator::random().span_id().get() >> 32).unwrap_or(u32::MAX);
    wait.mul_f64(0.5 + 0.5 * f64::from(part) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const DELAYS: RetryDelays = RetryDelays {
        first: SECOND,
        longest: Duration::from_secs(30),
        longest_asked: Duration::from_secs(300),
    };

    #[test]
    fn waits_double_up_to_the_longest_and_start_again() {
        let mut backoff = Backoff::default();
        for whole in [1, 2, 4, 8, 16, 30, 30] {
            let whole = SECOND * whole;
            let wait = backoff.fail(None, DELAYS);
            assert!(wait >= whole / 2 && wait <= whole, "{wait:?} of {whole:?}");
        }
        for _ in 0..100 {
            assert!(backoff.fail(None, DELAYS) <= DELAYS.longest);
        }
        backoff.succeed();
        assert!(backoff.fail(None, DELAYS) <= SECOND);
    }

    #[test]
    fn waits_differ() {
        let waits: Vec<_> = (0..8)
            .map(|_| Backoff::default().fail(None, DELAYS))
            .collect();
        assert!(waits.iter().any(|wait| *wait != waits[0]), "{waits:?}");
    }

    #[test]
    fn a_server_may_ask_for_a_time_within_bounds() {
        let mut backoff = Backoff::default();
        let asked = Duration::from_secs(70);
        assert_eq!(backoff.fail(Some(asked), DELAYS), asked);
        assert_eq!(
            backoff.fail(Some(Duration::MAX), DELAYS),
            DELAYS.longest_asked
        );
        assert!(backoff.fail(Some(Duration::ZERO), DELAYS) >= SECOND / 2);
    }
}
