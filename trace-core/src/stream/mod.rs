//! The form in which spans wait: a stream of words and texts.
//!
//! [`record`](crate::record) writes it on the application's threads.
//! [`delivery`](crate::delivery) carries it to the worker, which reads it with [`decode`].
//! This folder knows how a stream is laid out. It does not know when something is written,
//! who waits for it, or how much may wait.
//!
//! # Layout
//!
//! There is no object per span. Each statement about a span is one *entry*: a header, the
//! span's id, and some words. [`header`] describes the first word, and [`EntryKind`] lists
//! the words and texts of each kind. Texts are in a second buffer, in the order of the
//! entries; an entry has only their lengths in bytes. So a reader starts at the front, and
//! cannot skip an entry without reading it.
//!
//! Opening a span takes four words. A number tag with a site's key takes two, and closing
//! takes one. Each takes one more word, and closing two, if another span was opened since.
//! A [`Chunk`] has both buffers.
//!
//! The words are in memory only, in the processor's byte order. They never leave the
//! process, so the layout may change with every release.
//!
//! # Pieces
//!
//! What a scope hands over at once is a *piece*. A piece begins with an entry that names
//! the trace, the part and the scope. Entries before the first piece belong to no trace.
//! A span may be spread over several pieces, in any order: the decoder joins them.
//!
//! # Damage
//!
//! Only this crate writes streams, so a damaged one is a bug and not an attack. The reader
//! still checks every access. Words that are missing read as zero, texts as empty, and
//! unknown sites, types and outcomes as defaults. An unknown kind of entry ends the chunk:
//! its length would be unknown, too. What comes after it is lost and *not* counted, so the
//! law of conservation does not survive damage.

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
