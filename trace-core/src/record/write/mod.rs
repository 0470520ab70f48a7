//! Writes the data of a span, as entries of the stream.
//!
//! Entries go to the thread's stage, which is moved into the running scope's chunk when it is
//! full. The functions write to the current span, or to a span that is open in the running
//! scope. They do not check this; [`span`](crate::record::span) decides where an entry is
//! written. `stream/entry.rs` defines the form of the entries, and `stream/decode` reads them.
//!
//! These functions do not fail or block. The application's code (`Display`, `Debug`, tag
//! sources) runs only within [`quietly`](crate::record::quietly), and never between the texts
//! and the words of an entry. It may enter a scope, which moves the stage and would split the
//! entry.

mod append;
mod current;
mod errors;
mod field;
mod formatted;
mod last_failure;
mod moments;
mod said;
mod site_tag;
mod span_ends;
mod text;
mod text_limit;

pub(in crate::record) use append::now;
pub(crate) use current::{own_span, own_span_or_count};
pub(crate) use errors::{error, own_error};
pub(in crate::record) use said::moved_back;
pub(crate) use said::{
    context_sent, description, kind, link, log, log_of_plain, operation_name, service_name,
    started_at, status,
};
pub(crate) use site_tag::{named_tag, site_tag};
pub(crate) use span_ends::{close, open, open_as};
pub(in crate::record) use span_ends::{close_newest, end, end_now, open_below};
pub(crate) use text::{copy, site_at};
