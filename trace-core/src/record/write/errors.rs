//! Writes errors: a span's status, its type of error, and a log.
//!
//! One entry has all three. If a child has logged the same error, the entry has no log, so
//! that an error that passes through ten functions is logged once. `last_failure.rs` compares
//! the messages to decide whether it is the same error.

use std::fmt;

use super::formatted::{Formatted, with_formatted};
use super::text::{entry, length};
use super::{append, last_failure};
use crate::record::thread;
use crate::stream::{EntryKind, Header, error_bits, number_error_type};

/// Writes an error of the current span, if the running scope may write to it. The error has a
/// status and a type. It has a log if `log` is set and no child has logged the error.
pub(crate) fn own_error(type_name: &'static str, message: &dyn fmt::Display, log: bool) {
    error(0, type_name, message, log);
}

/// Writes an error of a span, as [`own_error`] does; zero stands for the current span.
// Not inlined: every traced function that returns a `Result` calls it.
#[inline(never)]
pub(crate) fn error(span: u64, type_name: &'static str, message: &dyn fmt::Display, log: bool) {
    let span = if span == 0 { thread::own_span() } else { span };
    if span == 0 {
        return;
    }
    with_formatted(message, |message| {
        // Both have to hold. If no child has failed, an equal message belongs to another
        // error, because two successive calls may fail in the same way.
        let came_through =
            thread::has_failed_child(span) && last_failure::is_last_message_in(message);
        // This is always needed, because the parent that records the error next compares its
        // message with this one.
        last_failure::note_message(message);
        thread::note_message_of(span);
        let log = if log && !came_through {
            error_bits::LOG
        } else {
            0
        };
        // Names of types are static, so most have a number. Then the name is not written.
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
        // The usual case: the type has a number, and the message is short.
        if let Formatted::Short(message) = message
            && type_name.is_empty()
            && thread::push_error(header, span, message)
        {
            return;
        }
        any_error(header, span, type_name, message.as_str());
    });
}

/// Writes an error in the general case: the message is long, the type has no number, the
/// tracer is not plain, or the stage has no room.
#[cold]
#[inline(never)]
fn any_error(header: Header, span: u64, type_name: &str, message: &str) {
    let words = [header.word(), span, append::now(), message.len() as u64];
    entry(words, [type_name, message]);
}
