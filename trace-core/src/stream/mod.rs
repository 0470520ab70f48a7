//! The binary format in which recorded spans wait for the worker: a stream of words and
//! texts.
//!
//! [`record`](crate::record) writes the stream on the application's threads.
//! [`delivery`](crate::delivery) passes it to the worker. The worker reads it with
//! [`decode`]. This folder defines the layout of a stream. It does not decide when
//! something is written, or how much may wait.
//!
//! # Layout
//!
//! There is no object per span. Everything that is recorded about a span is written as
//! *entries*. An entry has a header, the span's id, and some words. [`header`] describes
//! the first word, and [`EntryKind`] lists the words and texts of each kind. Texts are in
//! a second buffer, in the order of the entries. An entry contains only their lengths in
//! bytes, so a reader has to start at the front and read every entry. A [`Chunk`] contains
//! both buffers.
//!
//! An opening takes four words. A numeric tag with a site's key takes two, and an end
//! takes one. The tag and the end take three words each if another span has been opened in
//! between.
//!
//! A stream never leaves the memory of its process, so its layout may change with every
//! release. Numbers use the processor's byte order.
//!
//! # Pieces
//!
//! A scope hands over its entries in *pieces*. A piece begins with an entry that names the
//! trace, the part and the scope. A span may be spread over several pieces. They may be
//! read in any order, and the decoder joins them.
//!
//! # Damage
//!
//! Only this crate writes streams, so a damaged stream is a bug and not an attack. Readers
//! still check every access. A missing word is read as zero, and a missing text as empty.
//! An unknown site, type or outcome is read as a default. If an entry has an unknown kind,
//! its length is unknown, too. The rest of the chunk is then not read. Spans in that rest
//! are lost and *not* counted.

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
