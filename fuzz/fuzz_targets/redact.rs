//! Redaction never panics, keeps what is text, and finds nothing in what it has redacted.

#![no_main]

use libfuzzer_sys::fuzz_target;
use trace_core::redaction::Redactor;
use trace_otlp::Redaction;

/// Pieces from which a text is made, so that names meet values often.
const PIECES: [&str; 56] = [
    "password",
    "token",
    "cookie",
    "authorization",
    "api",
    "key",
    "name",
    "count",
    "bearer",
    "basic",
    "YTpi",
    "eyJhbGciOiJIUzI1",
    "AKIA0123456789ABCDEF",
    "ghp_0123456789abcdef",
    "sk-",
    "4111111111111111",
    "4111",
    "1111",
    "-----BEGIN",
    " PRIVATE KEY-----",
    "-----END",
    "://",
    "@",
    "user",
    "host",
    "=",
    ":",
    "\"",
    "'",
    "\\",
    "\\u0026",
    "\\n",
    "%3D",
    "%26",
    "%3F",
    "%61",
    "?",
    "&",
    ";",
    ",",
    " ",
    "\n",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ".",
    "_",
    "-",
    "--",
    "é",
    "REDACTED",
    "::1",
    "10.0.0.1",
];

fuzz_target!(|input: &[u8]| {
    let (kind, input) = input.split_first().unwrap_or((&0, &[]));
    let text = match kind % 2 {
        0 => String::from_utf8_lossy(input).into_owned(),
        _ => {
            let piece = |byte: &u8| PIECES[usize::from(*byte) % PIECES.len()];
            input.iter().map(piece).collect()
        }
    };
    let redaction = match kind / 2 % 3 {
        0 => Redaction::standard(),
        1 => Redaction::standard().emails().addresses(),
        _ => Redaction::standard()
            .key("name")
            .hash_keys(["user"])
            .keep("token"),
    };
    if let Some(once) = redaction.redact_text(&text) {
        assert_ne!(once, text);
        let twice = redaction.redact_text(&once);
        assert_eq!(twice, None, "redacted again: {once:?} of {text:?}");
    }
});
