//! What is said of a span, as entries of the stream.
//!
//! Entries go to the thread's stage, which is moved into the running scope's chunk when it is
//! full. Only the current span, or one that the caller knows to be open in the running scope,
//! is written to; who decides that is above, in [`span`](crate::record::span).

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
    context_sent, description, kind, link, log, operation_name, service_name, started_at, status,
};
pub(crate) use site_tag::{named_tag, site_tag};
pub(crate) use span_ends::{close, open, open_as};
pub(in crate::record) use span_ends::{close_newest, end, end_now, open_below};
pub(crate) use text::{copy, site_at};
