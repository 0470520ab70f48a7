//! What a program chooses.

use crate::random::Random;

/// Where the choices of a program come from.
#[derive(Clone)]
pub(crate) enum Choices {
    Random(Random),
    Bytes(std::vec::IntoIter<u8>),
}

impl Choices {
    /// Bytes, for example those that a fuzzer made up; zero when there are no more.
    pub(crate) fn of_bytes(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes.into_iter())
    }

    /// Returns a number from 0 to `end`, without `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        match self {
            Self::Random(random) => random.below(end),
            Self::Bytes(bytes) => {
                // As few as will do, so that most of them are a choice each.
                let mut largest = end.saturating_sub(1);
                let mut number = 0;
                while largest > 0 {
                    number = number << 8 | usize::from(bytes.next().unwrap_or(0));
                    largest >>= 8;
                }
                number % end
            }
        }
    }
}
