//! Redaction never panics, keeps what is text, finds nothing in what it has redacted, and
//! leaves nothing of a secret that was planted.

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

/// What is in each planted secret, and in no other text.
const MARK: &str = "zq7zq";

/// A secret that ends where its own form says, whatever is around it: what is before and behind
/// the text in which random pieces are.
const PLANTED: [(&str, &str); 12] = [
    ("password=\"", "\""),
    ("\n{\"password\": \"", "\"}"),
    ("\nLogin { password: Some(\"", "\"), n: 1 }"),
    ("\n{\"credentials\":{\"user\":\"ann\",\"a\":\"", "\"}}"),
    ("\n{\"secrets\":[\"a\",\"", "\"]}"),
    ("\npassword: b\"", "\""),
    ("\nsecret: vec![\"", "\"]"),
    ("\n[(\"cookie\", \"", "\")]"),
    ("\n-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----"),
    (
        "\nprivate_key=-----BEGIN RSA PRIVATE KEY-----\n",
        "\n-----END RSA PRIVATE KEY-----",
    ),
    (
        "\nsecret: -----BEGIN PRIVATE KEY-----\n",
        "\n-----END PRIVATE KEY-----",
    ),
    (
        "\nBearer -----BEGIN PRIVATE KEY-----\n",
        "\n-----END PRIVATE KEY-----",
    ),
];

/// Plants a secret that begins a line, with pieces of it around its mark. Nothing of a form's
/// own end is in it.
fn check_planted(seed: u8, pieces: &str) {
    let (before, behind) = PLANTED[usize::from(seed) % PLANTED.len()];
    let is_inner = |char: &char| !matches!(char, '"' | '\\' | '\n' | '-');
    let inner: String = pieces.chars().filter(is_inner).collect();
    for text in [
        format!("{before}{inner}{MARK}{inner}{behind}"),
        format!("a=1 b:{before}{MARK}{inner}{behind}\n{inner}"),
    ] {
        let redacted = Redaction::standard().redact_text(&text);
        assert!(
            redacted
                .as_ref()
                .is_some_and(|redacted| !redacted.contains(MARK)),
            "{redacted:?} of {text:?}"
        );
    }
}

fuzz_target!(|input: &[u8]| {
    let (kind, input) = input.split_first().unwrap_or((&0, &[]));
    let text = match kind % 2 {
        0 => String::from_utf8_lossy(input).into_owned(),
        _ => {
            let piece = |byte: &u8| PIECES[usize::from(*byte) % PIECES.len()];
            input.iter().map(piece).collect()
        }
    };
    check_planted(*kind, &text);
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
