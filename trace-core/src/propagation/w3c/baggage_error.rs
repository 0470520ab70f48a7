//! The error for an invalid member of `baggage`.

use std::fmt;

use crate::value::visible::Visible;
use crate::value::{Baggage, InvalidBaggage};

/// A member of `baggage` that was ignored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseBaggageError(pub(super) Reason);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// `number` counts from 1, without empty members.
    Member {
        number: usize,
        text: Box<str>,
        finding: Finding,
    },
    /// The number of further members that were ignored.
    More(u64),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Finding {
    NoEqualsSign,
    ValueCharacter(char),
    Percent,
    Invalid(InvalidBaggage),
}

impl ParseBaggageError {
    /// Returns the number of members that this error is about. It is one, or the number of
    /// members that are not reported one by one.
    #[must_use]
    pub const fn members(&self) -> u64 {
        match self.0 {
            Reason::Member { .. } => 1,
            Reason::More(members) => members,
        }
    }
}

impl fmt::Display for ParseBaggageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (number, text, finding) = match &self.0 {
            Reason::More(more) => {
                return write!(
                    f,
                    "`baggage` has {more} more members that are left out; expected up to {} \
                     `key=value`",
                    Baggage::MAX_ENTRIES
                );
            }
            Reason::Member {
                number,
                text,
                finding,
            } => (number, text, finding),
        };
        match finding {
            Finding::NoEqualsSign => write!(
                f,
                "`{text}`, member {number} of `baggage`, has no `=`; expected `key=value`"
            ),
            Finding::ValueCharacter(found) => write!(
                f,
                "value of `{text}`, member {number} of `baggage`, has `{}`; expected it \
                 percent-encoded",
                Visible(*found)
            ),
            Finding::Percent => write!(
                f,
                "value of `{text}`, member {number} of `baggage`, has a `%` without two hex \
                 digits; expected `%25` for the sign itself"
            ),
            Finding::Invalid(error) => write!(f, "member {number} of `baggage`: {error}"),
        }
    }
}

impl std::error::Error for ParseBaggageError {}
