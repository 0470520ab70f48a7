//! Tests that only the faulty part of a request is left out, and is counted.

use expect_test::expect;

use super::damaged::{check, lenient};

fn span(id: u32) -> String {
    format!(r#"{{"traceId":"4bf92f3577b34da6a3ce929d0e0e4736","spanId":"10000000{id:08x}"}}"#)
}

fn spans(ids: std::ops::Range<u32>) -> String {
    ids.map(span).collect::<Vec<_>>().join(",")
}

fn groups(groups: &[&str]) -> String {
    format!(r#"{{"resourceSpans":[{}]}}"#, groups.join(","))
}

pub(super) fn group(ids: std::ops::Range<u32>) -> String {
    format!(r#"{{"scopeSpans":[{{"spans":[{}]}}]}}"#, spans(ids))
}

#[test]
fn what_is_at_fault_takes_no_other_group_with_it() {
    let (good, empty) = (group(0..51), "{}");
    for (bad, left_out) in [
        (r#"{"resource":{"attributes":"x"}}"#.to_owned(), 1),
        (group(60..63).replacen('{', r#"{"resource":7,"#, 1), 3),
        (
            group(60..63).replacen(
                '{',
                r#"{"resource":{"attributes":[{"key":"k","value":{"intValue":"x"}}]},"#,
                1,
            ),
            3,
        ),
        (
            group(60..64).replace(r#"{"spans""#, r#"{"scope":{"name":7},"spans""#),
            4,
        ),
        (group(60..65).replace("scopeSpans", "scopespans"), 5),
        (group(60..65).replace("\"spans\"", "\"Spans\""), 5),
        (r#"{"scopeSpans":7}"#.to_owned(), 1),
        (r#"{"scopeSpans":[7]}"#.to_owned(), 1),
        ("7".to_owned(), 1),
        ("null".to_owned(), 1),
        ("[]".to_owned(), 1),
    ] {
        for order in [[&*good, &*bad, empty], [&*bad, &*good, empty]] {
            for text in [
                groups(&order),
                groups(&order).replace("resourceSpans", "batches"),
                format!(r#"{{"trace":{}}}"#, groups(&order)),
            ] {
                let totals = lenient(text.as_bytes());
                assert_eq!((totals.spans, totals.left_out), (51, left_out), "{text}");
                assert_eq!(totals.problems.len(), 1, "{text}");
            }
        }
    }
}

#[test]
fn what_is_no_json_in_a_span_is_left_out_with_it() {
    let good = span(99);
    for bad in [
        "\"a\":\"\u{1}\"",
        "\"a\":\"x\ty\"",
        "\"a\":NaN",
        "\"a\":'b'",
        "\"a\":01",
        "\"a\" 1",
        "\"a\":1,",
    ] {
        let bad = good.replacen('{', &format!("{{{bad},"), 1);
        let otlp = groups(&[
            &group(0..50).replace("[{\"traceId", &format!("[{bad},{{\"traceId")),
            &group(50..60),
        ]);
        let totals = lenient(otlp.as_bytes());
        assert_eq!((totals.spans, totals.left_out), (60, 1), "{otlp}");
        let jaeger = format!(
            r#"{{"data":[{{"traceID":"1","spans":[{}]}},{{"traceID":"2","spans":[{{"traceID":"2","spanID":"1"}}]}}]}}"#,
            [
                r#"{"traceID":"1","spanID":"1"}"#,
                &bad.replace("Id\"", "ID\"")
            ]
            .join(",")
        );
        let totals = lenient(jaeger.as_bytes());
        assert_eq!((totals.spans, totals.left_out), (2, 1), "{jaeger}");
    }
    let latin = groups(&[&group(0..3)]).replacen("\"spanId\"", "\"name\":\"caf?\",\"spanId\"", 1);
    let latin: Vec<u8> = latin
        .bytes()
        .map(|byte| if byte == b'?' { 0xe9 } else { byte })
        .collect();
    check(
        &latin,
        &expect![[r#"
        line 1, column 101: `resourceSpans[0].scopeSpans[0].spans[0]` is malformed: invalid unicode code point
        2 read, 1 left out"#]],
    );
}

#[test]
fn spans_count_in_what_cannot_be_read_at_all() {
    let text = groups(&[&group(0..7)]);
    check(
        text.replacen('{', "{\"a\":nul,", 1),
        &expect![[r#"
            line 1, column 9: `a` is malformed: expected ident
            0 read, 7 left out"#]],
    );
    check(
        &text[..text.len() - 200],
        &expect![[r#"
            line 1, column 373: `resourceSpans[0].scopeSpans[0].spans[4]` is cut off: EOF while parsing a string
            0 read, 5 left out"#]],
    );
    check(
        text.replacen(
            "[{\"scopeSpans",
            "[{\"resource\":{\"a\":\"\t\"},\"scopeSpans",
            1,
        ),
        &expect![[r#"
            line 1, column 36: `resourceSpans[0].resource.a` is malformed: control character (\u0000-\u001F) found while parsing a string
            0 read, 7 left out"#]],
    );
}

#[test]
fn bad_parts_of_jaegers_are_left_out_alone() {
    let trace = |id: u32, processes: &str| {
        let spans: Vec<_> = (1..4)
            .map(|span| format!(r#"{{"traceID":"{id}","spanID":"{span}","processID":"p{span}"}}"#))
            .collect();
        format!(
            r#"{{"traceID":"{id}","spans":[{},{}],"processes":{processes}}}"#,
            spans.join(","),
            spans[0].replace("spanID\":\"1", "spanID\":\"9")
        )
    };
    let good = trace(1, r#"{"p1":{},"p2":{},"p3":{}}"#);
    for (bad, read, left_out) in [
        (trace(2, r#"{"p1":{},"p2":"x","p3":{}}"#), 3, 1),
        (trace(2, r#"{"p1":7,"p2":{},"p3":{}}"#), 2, 2),
        (trace(2, "7"), 0, 4),
        (r#"{"spans":null}"#.to_owned(), 0, 1),
        (
            r#"{"traceID":"1","spans":[],"processes":[]}"#.to_owned(),
            0,
            1,
        ),
    ] {
        for order in [[&good, &bad], [&bad, &good]] {
            let text = format!(r#"{{"data":[{},{}]}}"#, order[0], order[1]);
            let totals = lenient(text.as_bytes());
            assert_eq!(
                (totals.spans, totals.left_out),
                (4 + read, left_out),
                "{text}"
            );
        }
    }
}
