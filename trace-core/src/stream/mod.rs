//! The form in which spans wait: a stream of words and texts.
//!
//! [`record`](crate::record) writes it on the application's threads.
//! [`delivery`](crate::delivery) carries it to the worker, which reads it with [`decode`].
//! This folder knows how a stream is laid out. It does not decide when something is written,
//! or how much may wait.
//!
//! # Layout
//!
//! There is no object per span. Each statement about a span is one *entry*: a header, the
//! span's id, and some words. [`header`] describes the first word, and [`EntryKind`] lists
//! the words and texts of each kind. Texts are in a second buffer, in the order of the
//! entries; an entry has only their lengths in bytes. So a reader starts at the front and
//! reads every entry. A [`Chunk`] has both buffers.
//!
//! An opening takes four words, a number tag with a site's key takes two, and an end takes
//! one. If another span was opened since, the tag and the end take three words each.
//!
//! A stream stays in the memory of its process, so its layout may change with every release.
//! Numbers have the processor's byte order.
//!
//! # Pieces
//!
//! What a scope hands over at once is a *piece*. It begins with an entry that names the
//! trace, the part and the scope. A span may be spread over several pieces, which may be
//! read in any order: the decoder joins them.
//!
//! # Damage
//!
//! Only this crate writes streams, so damage is a bug and not an attack. Readers still check
//! every access. A word that is missing reads as zero, a text as empty, and an unknown site,
//! type or outcome as a default. After an entry of an unknown kind, the rest of the chunk is
//! not read, because the length of the entry is unknown, too. Spans in that rest are lost
//! and *not* counted.

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
