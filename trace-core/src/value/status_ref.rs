//! A borrowed [`Status`].

use std::borrow::Cow;

use super::span_record::Status;

/// Whether the work failed; a borrowed [`Status`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusRef<'a> {
    /// The code set no status: no failure is known.
    Unset,
    /// The code set the status to success.
    Ok,
    /// The work failed, with this message.
    Error(&'a str),
}

impl StatusRef<'_> {
    /// Copies the status.
    #[must_use]
    pub fn to_status(self) -> Status {
        match self {
            Self::Unset => Status::Unset,
            Self::Ok => Status::Ok,
            Self::Error(message) => Status::Error(Cow::Owned(message.to_owned())),
        }
    }
}

impl Status {
    /// Borrows the status.
    #[must_use]
    pub fn as_ref(&self) -> StatusRef<'_> {
        match self {
            Self::Unset => StatusRef::Unset,
            Self::Ok => StatusRef::Ok,
            Self::Error(message) => StatusRef::Error(message),
        }
    }
}
