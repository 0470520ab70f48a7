//! The choices of a program.

use crate::random::Random;

/// The source of a program's choices.
#[derive(Clone)]
pub(crate) enum Choices {
    Random(Random),
    Bytes(std::vec::IntoIter<u8>),
}

impl Choices {
    /// Takes the choices from bytes, for example those of a fuzzer. After the last byte, all
    /// choices are zero.
    pub(crate) fn of_bytes(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes.into_iter())
    }

    /// Returns a number from 0 up to but not including `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        match self {
            Self::Random(random) => random.below(end),
            Self::Bytes(bytes) => {
                // Uses as few bytes as possible, so that most choices take one byte.
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
