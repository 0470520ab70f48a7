//! Finds and replaces secrets, for [`TracerBuilder::redact`](trace_core::TracerBuilder::redact).
//!
//! [`Redaction`] holds the options. It decides about keys with the list of names in
//! [`trace_core::redaction`], and scans texts in two steps. [`filter`] reads each byte once,
//! and rules most texts out. [`scanner`] scans the others: it splits a text into words and
//! calls the other files, each of which knows one kind of secret. Each of them reads only a
//! bounded part of the text again, so the time is linear.

mod base64;
mod cards;
mod escapes;
mod filter;
mod hash;
mod options;
mod output;
mod pairs;
mod pem;
mod personal;
mod reading;
mod redaction;
mod scanner;
mod text;
mod tokens;
mod url;
mod value;

#[cfg(test)]
mod tests;

pub use redaction::{InvalidPrefix, Redaction};
