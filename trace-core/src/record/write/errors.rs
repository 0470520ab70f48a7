//! Errors: a span's status, its type of error, and a log.
//!
//! One entry says all three. An error that a child has logged already is said without the
//! log. Whether it is the same error is found out by its message.

use std::fmt;

use super::formatted::{Formatted, with_formatted};
use super::text::{entry, length};
use super::{append, last_failure};
use crate::record::thread;
use crate::stream::{EntryKind, Header, error_bits, number_error_type};

/// Writes an error of the current span, if that is the scope's to write to: its status, its
/// type, and a log, if it is asked for and no child has logged the error already.
pub(crate) fn own_error(type_name: &'static str, message: &dyn fmt::Display, log: bool) {
    error(0, type_name, message, log);
}

/// The same of a span; zero is the current one.
#[inline(never)]
pub(crate) fn error(span: u64, type_name: &'static str, message: &dyn fmt::Display, log: bool) {
    let span = if span == 0 { thread::own_span() } else { span };
    if span == 0 {
        return;
    }
    with_formatted(message, |message| {
        // Both have to hold: if no child has failed, the same message is another error.
        let came_through =
            thread::has_failed_child(span) && last_failure::is_last_message_in(message);
        // In any case, for the parent that records the error next.
        last_failure::note_message(message);
        let log = if log && !came_through {
            error_bits::LOG
        } else {
            0
        };
        let (header, type_name) = match number_error_type(type_name) {
            Some(number) => {
                let small = log | error_bits::NUMBERED_TYPE;
                (Header::new(EntryKind::Error, small, 0, number), "")
            }
            None => {
                let length = length(type_name);
                (Header::new(EntryKind::Error, log, 0, length), type_name)
            }
        };
        // The usual error: its type has a number, and its message is short.
        if let Formatted::Short(message) = message
            && type_name.is_empty()
            && thread::push_error(header, span, message)
        {
            return;
        }
        any_error(header, span, type_name, message.as_str());
    });
}

/// Writes an error whose message or type is long, or that does not fit into the stage.
#[cold]
#[inline(never)]
fn any_error(header: Header, span: u64, type_name: &str, message: &str) {
    let words = [header.word(), span, append::now(), message.len() as u64];
    entry(words, [type_name, message]);
}
