//! Tests of damaged input: what is lost, where it is reported, and that the rest is read.

use std::io::{self, Read};

use expect_test::{Expect, expect};
use trace_otlp::decode::{self, DecodeOptions, Totals};

use super::decode::request;
use super::left_out::group;

const LENIENT: DecodeOptions = DecodeOptions {
    lenient: true,
    max_request_bytes: 1 << 20,
    max_items: 1 << 20,
};

pub(super) fn lenient(input: &[u8]) -> Totals {
    let requests = decode::requests(input).with_options(LENIENT);
    let totals = requests.feed(&()).unwrap();
    let strict: Result<Vec<_>, _> = decode::requests(input).collect();
    assert_eq!(
        strict.err().map(|error| error.to_string()),
        totals.problems.first().map(ToString::to_string),
        "{}",
        String::from_utf8_lossy(input)
    );
    totals
}

/// Compares the problems of lenient reading, and checks that strict reading ends at the first
/// one.
pub(super) fn check(input: impl AsRef<[u8]>, expected: &Expect) {
    let totals = lenient(input.as_ref());
    let mut lines: Vec<_> = totals.problems.iter().map(ToString::to_string).collect();
    lines.push(format!(
        "{} read, {} left out",
        totals.spans, totals.left_out
    ));
    expected.assert_eq(&lines.join("\n"));
}

/// Returns lines with one span each, in the forms that programs write.
fn lines() -> Vec<String> {
    let whole = request("");
    let list = whole.strip_prefix(r#"{"resourceSpans":"#).unwrap();
    let list = list.strip_suffix('}').unwrap();
    let group = group(1..2);
    vec![
        whole.clone(),
        whole.replacen('{', "{ ", 1),
        format!(" {whole}"),
        format!(r#"{{"result":{whole}}}"#),
        format!(r#"{{"trace":{whole},"status":"COMPLETE"}}"#),
        format!(r#"{{"batches":{list}}}"#),
        format!(r#"{{"resource":{{"attributes":[]}},{}"#, &group[1..]),
        group,
        r#"{"traceId":"1","id":"1","tags":{"a":"b"},"annotations":[{"timestamp":1,"value":"x"}]}"#.to_owned(),
        r#"{"id":"1","traceId":"1","localEndpoint":{"serviceName":"shop"}}"#.to_owned(),
        format!(r#"[{whole}]"#),
        r#"[{"traceId":"1","id":"1","tags":{"a":"b"}}]"#.to_owned(),
        r#"{"data":[{"traceID":"1","spans":[{"traceID":"1","spanID":"1","references":[]}],"processes":{}}]}"#.to_owned(),
        whole.replace('[', "[\n  ").replace('{', "{\n  ").replace('}', "\n  }").replace(",\"", ",\n  \"").replacen("{\n  ", "{\n", 1),
    ]
}

#[test]
fn a_line_that_is_cut_anywhere_takes_no_other_with_it() {
    for line in lines() {
        let good = format!("{line}\n").repeat(5);
        assert_eq!(lenient(good.as_bytes()).spans, 5, "{good}");
        let begin = line.find(['{', '[']).unwrap() + 1;
        let step = 1 + line.len() / 40;
        for cut in (begin..line.len()).step_by(step) {
            let cut = &line[..cut];
            let input = format!("{line}\n{cut}\n{good}");
            let totals = lenient(input.as_bytes());
            // In an array, only the closing bracket may be cut off.
            let whole = u64::from(line.starts_with('[') && cut.ends_with('}') && read_whole(cut));
            assert_eq!((totals.spans, totals.left_out), (6 + whole, 1), "{input}");
            let at_end = format!("{good}{cut}");
            let totals = lenient(at_end.as_bytes());
            assert_eq!((totals.spans, totals.left_out), (5 + whole, 1), "{at_end}");
        }
    }
}

/// Returns whether the text after the opening bracket is a whole object.
fn read_whole(cut: &str) -> bool {
    serde_json::from_str::<serde_json::Value>(&cut[1..]).is_ok()
}

#[test]
fn a_cut_is_named_at_its_line() {
    check(
        "{\"traceId\":\"1\",\"id\":\"1\",\"tags\":{\n{\"traceId\":\"1\",\"id\":\"2\"}\n{\"traceId\":\"1\",\"id\":\"3\"}\n",
        &expect![[r#"
            line 1, column 32: `tags` is cut off: EOF while parsing an object
            2 read, 1 left out"#]],
    );
    let good = request("");
    check(
        format!("{{\n  \"resourceSpans\": [\n    {{\n\n{good}"),
        &expect![[r#"
            line 3, column 5: `resourceSpans[0]` is cut off: EOF while parsing an object
            1 read, 1 left out"#]],
    );
    check(
        format!("{{\"resourceSpans\":\n{good}"),
        &expect![[r#"
            line 1, column 17: `resourceSpans` is cut off: EOF while parsing a value
            1 read, 1 left out"#]],
    );
    // The text has a line break, so the rest of the document belongs to the damage.
    let broken = "{\n  \"resourceSpans\": [\n    {\n      \"a\": \"b\nc\",\n      \"d\": [\n        {\n          \"e\": 1\n        }\n      ]\n    }\n  ]\n}\n";
    check(
        format!("{broken}{good}"),
        &expect![[r#"
            line 4, column 13: `resourceSpans[0].a` is cut off: EOF while parsing a string
            1 read, 1 left out"#]],
    );
    check(
        format!("[{broken},{good},\n{good}]\n{good}"),
        &expect![[r#"
            line 4, column 13: `resourceSpans[0].a` is cut off: EOF while parsing a string
            3 read, 1 left out"#]],
    );
}

#[test]
fn a_line_break_where_a_value_may_stand_is_no_cut() {
    let good = request("");
    let list = good.strip_prefix(r#"{"resourceSpans":"#).unwrap();
    let group = group(1..2);
    for input in [
        format!("{{\"trace\":\n{good}}}"),
        format!("{{\"result\":\n{good}\n}}"),
        format!("{{\"resourceSpans\":\n{list}"),
        format!("{{\"resourceSpans\":[\n{group}\n]}}"),
        format!(
            "{{\"resourceSpans\":[\n{{\"resource\":\n{{}},{}\n]}}",
            &group[1..]
        ),
        format!("{{\"trace\":{{\"batches\":[\n{group}]}}}}"),
        format!("[\n{good}\n]"),
        "{\"data\":[\n{\"traceID\":\"1\",\"spans\":[\n{\"traceID\":\"1\",\"spanID\":\"1\"}]}]}"
            .to_owned(),
    ] {
        let totals = lenient(input.as_bytes());
        assert_eq!((totals.spans, totals.left_out), (1, 0), "{input}");
    }
}

#[test]
fn columns_are_counted_from_one() {
    let error = |input: &str| {
        decode::requests(input.as_bytes())
            .next()
            .unwrap()
            .unwrap_err()
    };
    for input in [
        "{\"resourceSpans\":[\n",
        "{\"trace\":\n\n",
        "{\n\n\"a\"\n\n1}",
        "{\n\n}\n{",
    ] {
        let error = error(input);
        assert!(error.column() > 0 && error.line() > 0, "{error}");
    }
}

#[test]
fn one_bad_element_is_left_out_alone() {
    let zipkin = |id: u32| format!(r#"{{"traceId":"1","id":"{id}"}}"#);
    let (one, two, three) = (zipkin(1), zipkin(2), zipkin(3));
    for bad in [
        "null",
        "7",
        "-1.5e3",
        "\"a, ]{\\\" b\"",
        "[[1,{}]]",
        "nul",
        "{\"a\":1}",
    ] {
        for input in [
            format!("[{one},{bad},{two},{three}]"),
            format!("[{bad},{one},{two},{three}]"),
            format!("[{one},{two},{three},{bad}]"),
            format!("[\n{one},\n{bad},\n{two},\n{three}\n]\n"),
            format!("[[{one}, {bad} , {two}],[{three}]]"),
        ] {
            let totals = lenient(input.as_bytes());
            assert_eq!((totals.spans, totals.left_out), (3, 1), "{input}");
        }
    }
    check(
        "[1,\n{\"resourceSpans\":[]}\n]",
        &expect![[r#"
            line 1, column 2: found `1`; expected an object or `]`
            0 read, 1 left out"#]],
    );
    check(
        format!("[{one} {two},{three}]"),
        &expect![[r#"
            line 1, column 27: found `{`; expected `,` or `]`
            3 read, 1 left out"#]],
    );
    check(
        format!("[{one},,{two},{three}]"),
        &expect![[r#"
            line 1, column 27: found `,`; expected an object
            3 read, 1 left out"#]],
    );
    check(
        format!("[{one},{two},{three},]"),
        &expect![[r#"
            line 1, column 77: found `]`; expected an object
            3 read, 1 left out"#]],
    );
    check(
        format!("{one},\n{two},\n{three}\n"),
        &expect![[r#"
            line 1, column 25: found `,`; expected a JSON object or an array of them
            3 read, 1 left out"#]],
    );
    check(
        format!("{one}\n{two}\n]\n{three}\n"),
        &expect![[r#"
            line 3, column 1: found `]`; expected a JSON object or an array of them
            3 read, 1 left out"#]],
    );
    check(
        format!("[{one},\n{two}"),
        &expect![[r#"
            line 2, column 25: found the end of the input; expected `,` or `]`
            2 read, 1 left out"#]],
    );
    check(
        format!("[\"{one},\n{two}]"),
        &expect![[r#"
            line 1, column 2: found `"`; expected an object or `]`
            1 read, 1 left out"#]],
    );
}

#[test]
fn an_error_does_not_wait_for_what_follows() {
    /// A reader that returns its bytes, and then fails the test.
    struct Ends<'a>(&'a [u8]);
    impl Read for Ends<'_> {
        fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
            assert!(!self.0.is_empty(), "nobody needs more");
            self.0.read(space)
        }
    }
    for input in [
        "xxxx",
        "7, 8",
        "{\"resourceSpans\":[]} x",
        "[{\"resourceSpans\":[]}; \"a",
        "[[[[",
    ] {
        let mut requests = decode::requests(Ends(input.as_bytes()));
        assert!(requests.any(|request| request.is_err()), "{input}");
        assert!(requests.next().is_none());
    }
}

#[test]
fn what_is_passed_over_has_a_limit() {
    for begin in ["x", "[x", "[\"", "{\"a\":\"\n", "[{"] {
        let input = begin.as_bytes().chain(io::repeat(b'x'));
        let requests = decode::requests(input).with_options(LENIENT);
        let last = requests.last().unwrap();
        assert!(
            last.unwrap_err()
                .to_string()
                .contains("more than 1048576 bytes"),
            "{begin}"
        );
    }
}

#[test]
fn a_request_is_measured_however_it_comes() {
    struct Portions<'a>(&'a [u8], usize);
    impl Read for Portions<'_> {
        fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
            let end = space.len().min(self.1);
            self.0.read(&mut space[..end])
        }
    }
    let text = format!(r#" {{"resourceSpans":[],"x":"{}"}} "#, "y".repeat(60_000));
    let length = text.len() - 2;
    for portion in [1, 100, 1 << 20] {
        for (max_request_bytes, fits) in [(1, false), (length - 1, false), (length, true)] {
            let options = DecodeOptions {
                max_request_bytes,
                ..DecodeOptions::default()
            };
            let reader = Portions(text.as_bytes(), portion);
            let mut requests = decode::requests(reader).with_options(options);
            assert_eq!(
                requests.next().unwrap().is_ok(),
                fits,
                "{portion} {max_request_bytes}"
            );
        }
    }
}
