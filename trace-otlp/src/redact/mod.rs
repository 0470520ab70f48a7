//! Finds and replaces secrets, for [`TracerBuilder::redact`](trace_core::TracerBuilder::redact).
//!
//! [`Redaction`] holds the options. It decides about keys by the list of names in
//! [`trace_core::redaction`], and scans texts in two steps: [`filter`] looks once at each byte
//! and says of most texts that they have nothing, and [`scanner`] goes through the others.
//! `scanner` splits a text into words and asks the other files, each of which knows one sort of
//! secret. All of them read only a bounded part of the text again, so the time is linear.

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
