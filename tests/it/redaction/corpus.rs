//! Planted secrets, spans that have them in every place, and the search for them in what leaves.
//!
//! Also used by the tests of the exporter.

use trace_core::{Link, SpanId, Tag, TraceContext, TraceId, span, traced};

/// What no output may contain: one of them is in every planted text. Long enough that no id and
/// no time has one by chance.
pub const PLANTED: [&str; 4] = ["hunter2", "SECRETS0", "4111 1111", "41111111"];

/// Texts with a secret, each of another sort.
pub fn texts() -> Vec<String> {
    let token = |parts: [&str; 2]| parts.concat();
    vec![
        "password=hunter2".into(),
        "user=ann password='hunter2 hunter2' x".into(),
        r#"{"user":"ann","password":"hunter2"}"#.into(),
        r#"{"body":"{\"client_secret\":\"hunter2 hunter2\"}"}"#.into(),
        "Login { password: Some(\"hunter2\") }".into(),
        "mysql --password hunter2 -h db".into(),
        "Authorization: Bearer hunter2.hunter2".into(),
        "Cookie: a=hunter2; b=hunter2".into(),
        "sent Bearer hunter2.x".into(),
        // `ann:hunter2`.
        "sent Basic YW5uOmh1bnRlcjI=".into(),
        "postgres://ann:hunter2@db:5432/shop".into(),
        "GET https://hunter2@shop/a?page=1 failed".into(),
        "/a?page=1&token=hunter2&X-Amz-Signature=hunter2".into(),
        "/login?next=https%3A%2F%2Fa%2F%3Ftoken%3Dhunter2".into(),
        "/a?p%61ssword=hunter2".into(),
        "eyJhbGciOiJIUzI1NiJ9.eyJTRUNSRVRTMCI6MX0SECRETS0.SECRETS0".into(),
        token(["AKIA", "SECRETS0SECRETS0"]),
        token(["ghp", "_SECRETS0SECRETS0SECRETS0"]),
        token(["xoxb", "-SECRETS0-SECRETS0"]),
        token(["sk_live", "_SECRETS0SECRETS0"]),
        token(["AIza", "SECRETS0SECRETS0SECRETS0SECRETS0"]),
        "-----BEGIN PRIVATE KEY-----\nSECRETS0\n-----END PRIVATE KEY-----".into(),
        "card 4111 1111 1111 1111 declined".into(),
        "pay/4111111111111111".into(),
    ]
}

#[traced(tags(note, password = note, notes = [note, "a"]))]
pub fn handle(note: &str) -> Result<(), String> {
    span::add_tag("run.time", note);
    span::add_tag("api_key", "hunter2");
    span::add_log(note);
    span::add_log_with("a", &[("field", &note), ("session.id", &"hunter2")]);
    let mut link = Link::from(TraceContext::new(
        TraceId::new(1).unwrap(),
        SpanId::new(2).unwrap(),
    ));
    link.tags.push(Tag::new("note", note.to_owned()));
    span::add_link(link);
    span::in_span(note, || span::set_status(note.to_owned()));
    span::add_tag("gen_ai.usage.output_tokens", 12);
    Err(note.to_owned())
}

/// Returns the first secret in an output, with what is before it.
pub fn found(out: &str) -> Option<String> {
    let planted = PLANTED.iter().chain(&["YW5uOmh1bnRlcjI"]);
    planted.into_iter().find_map(|planted| {
        let place = out.find(planted)?;
        let before = out[..place].char_indices().rev().nth(200);
        let begin = before.map_or(0, |(before, _)| before);
        Some(out[begin..place + planted.len()].to_owned())
    })
}
