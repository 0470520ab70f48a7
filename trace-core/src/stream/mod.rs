//! The form in which spans wait: a stream of words, written by [`record`](crate::record)
//! and read by [`delivery`](crate::delivery).
//!
//! There is no object per span. Opening a span appends four words, a number tag
//! two, closing it one, or with the span's id one or two more; texts lie beside the
//! words in a buffer of their own. A [`Chunk`] is a piece of the stream of one scope. Whoever reads it goes
//! through it once, from the front.

mod absence;
mod call_sites;
mod chunk;
pub(crate) mod decode;
mod entry;
mod entry_kind;
mod error_types;
mod header;
mod noted_sites;
mod notes;
mod plain_entry;
mod site;

pub(crate) use absence::Absence;
pub(crate) use chunk::{Chunk, Cursor};
pub(crate) use entry::{Close, Entry, FieldKey, FieldValue, Open};
pub(crate) use entry_kind::EntryKind;
pub(crate) use error_types::number_error_type;
pub(crate) use header::{
    Header, error_bits, join_halves, outcome_number, status_number, value_type,
};
pub(crate) use plain_entry::PlainEntry;
pub use site::Site;
pub(crate) use site::SiteTable;
