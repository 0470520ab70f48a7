//! Decides what happens to a request, from its number and the seed alone.
//!
//! So every service knows its part without communication, and the same seed gives the same
//! failures for any order of requests. The handlers call it and act accordingly.

use std::time::Duration;

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

/// The fates of all requests.
#[derive(Clone, Copy, Debug)]
pub struct Fates {
    pub seed: u64,
    pub error_rate: f64,
    pub slow_rate: f64,
    pub cancel_rate: f64,
}

/// The fate of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Nothing special happens.
    Fine,
    /// The database reads the whole table.
    SlowQuery,
    /// The auth service has to get new keys.
    SlowKeys,
    /// The first query fails, and the second does not.
    Deadlock,
    /// Every query fails.
    DatabaseDown,
    /// The data service cannot read the row from the database.
    CorruptRow,
    /// The user has to log in again.
    TokenExpired,
    /// The database takes longer than the client waits.
    ClientGivesUp,
}

impl Fates {
    pub fn of(&self, request: u64) -> Fate {
        const FAILURES: [Fate; 4] = [
            Fate::Deadlock,
            Fate::DatabaseDown,
            Fate::CorruptRow,
            Fate::TokenExpired,
        ];
        let mut dice = self.dice(request, "fate");
        let mut rest: f64 = dice.random();
        let mut falls = |rate: f64| {
            let falls = (0.0..rate).contains(&rest);
            rest -= rate;
            falls
        };
        if falls(self.cancel_rate) {
            Fate::ClientGivesUp
        } else if falls(self.error_rate) {
            FAILURES[dice.random_range(0..FAILURES.len())]
        } else if falls(self.slow_rate * 0.75) {
            Fate::SlowQuery
        } else if falls(self.slow_rate * 0.25) {
            Fate::SlowKeys
        } else {
            Fate::Fine
        }
    }

    /// Returns how long some work takes: about `millis` milliseconds.
    pub fn work_time(&self, request: u64, work: &str, millis: f64) -> Duration {
        let factor = self.dice(request, work).random_range(0.5..1.5);
        Duration::from_secs_f64(millis * factor / 1_000.0)
    }

    fn dice(&self, request: u64, what: &str) -> SmallRng {
        // FNV-1a. Any hash would do that is the same in every run.
        let mix = |seed: u64, byte: u8| (seed ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
        let bytes = self.seed.to_le_bytes().into_iter();
        let bytes = bytes.chain(request.to_le_bytes()).chain(what.bytes());
        SmallRng::seed_from_u64(bytes.fold(0xcbf2_9ce4_8422_2325, mix))
    }
}
