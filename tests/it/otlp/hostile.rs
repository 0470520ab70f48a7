//! Tests that for any input, reading ends, does not panic and uses little memory.

use std::io::{self, Read};

use trace_otlp::decode::{self, DecodeOptions};

use super::generator::Generator;
use super::json;

/// Reads strictly and leniently. Returns the number of spans from lenient reading.
fn read(input: &[u8]) -> usize {
    let strict: Result<Vec<_>, _> = decode::requests(input).collect();
    let lenient = DecodeOptions {
        lenient: true,
        ..DecodeOptions::default()
    };
    let requests = decode::requests(input).with_options(lenient);
    let requests: Vec<_> = requests.map(Result::unwrap).collect();
    let is_clean = requests.iter().all(|request| request.left_out == 0);
    assert_eq!(
        strict.is_ok(),
        is_clean,
        "{}",
        String::from_utf8_lossy(input)
    );
    requests.iter().map(decode::DecodedRequest::len).sum()
}

fn valid(generator: &mut Generator) -> Vec<u8> {
    let resource = generator.resource();
    let mut text = String::new();
    for _ in 0..2 {
        let records = [generator.record(), generator.record()];
        let pretty = generator.below(2) == 0;
        text += &json(&resource, &records, pretty);
    }
    text.into_bytes()
}

#[test]
fn damaged_requests_do_no_harm() {
    const PIECES: [&[u8]; 12] = [
        b"{", b"}", b"[", b"]", b"\"", b"\\", b"\n", b",", b"null", b"1e999", b"\xff", b"\\ud800",
    ];
    let mut generator = Generator::new(7);
    for _ in 0..200 {
        let mut input = valid(&mut generator);
        for _ in 0..=generator.below(3) {
            let at = generator.below(input.len());
            let until = at + generator.below(20).min(input.len() - at);
            let piece = PIECES[generator.below(PIECES.len())];
            match generator.below(3) {
                0 => input.truncate(at + 1),
                1 => drop(input.splice(at..until, piece.iter().copied())),
                _ => drop(input.splice(at..at, piece.iter().copied())),
            }
        }
        read(&input);
    }
}

#[test]
fn every_beginning_of_a_request_is_refused_but_none_and_all() {
    let mut generator = Generator::new(3);
    let resource = generator.resource();
    let text = json(&resource, &[generator.record()], false);
    let text = text.trim_end();
    for length in 1..text.len() {
        let result = decode::requests(&text.as_bytes()[..length]).next().unwrap();
        assert!(result.is_err(), "{length}");
    }
}

#[test]
fn depth_is_limited() {
    for (open, close) in [
        (r#"{"vendor":"#, "}"),
        ("[", "]"),
        (r#"{"resourceSpans":[{"a":"#, "}]}"),
        (r#"{"arrayValue":{"values":["#, "]}}"),
    ] {
        let nested = format!("{}1{}", open.repeat(10_000), close.repeat(10_000));
        read(nested.as_bytes());
        let value = format!(
            r#"{{"resourceSpans":[{{"resource":{{"attributes":[{{"key":"k","value":{nested}}}]}}}}]}}"#
        );
        read(value.as_bytes());
    }
}

#[test]
fn nested_values_become_text_of_about_their_size() {
    let open = r#"{"kvlistValue":{"values":[{"key":"\"","value":"#;
    let value = format!(
        r#"{}{{"stringValue":"\"\""}}{}"#,
        open.repeat(25),
        "}]}}".repeat(25)
    );
    let input = format!(
        r#"{{"resourceSpans":[{{"resource":{{"attributes":[{{"key":"k","value":{value}}}]}}}}]}}"#
    );
    let request = decode::requests(input.as_bytes()).next().unwrap().unwrap();
    let text = request.groups[0].resource.tags[0].value.to_string();
    assert!(text.len() < input.len(), "{text}");
}

#[test]
fn a_long_text_is_not_repeated_in_the_error() {
    let input = format!(r#"{{"resourceSpans":"{}"}}"#, "x".repeat(1_000_000));
    let error = decode::requests(input.as_bytes())
        .next()
        .unwrap()
        .unwrap_err();
    assert!(error.to_string().len() < 500, "{error}");
}

#[test]
fn a_request_that_is_too_long_ends_the_input() {
    let options = DecodeOptions {
        lenient: true,
        max_request_bytes: 1_000_000,
        ..DecodeOptions::default()
    };
    let endless = io::repeat(b' ')
        .take(100)
        .chain(&b"{\"a\":\""[..])
        .chain(io::repeat(b'x'));
    let mut requests = decode::requests(endless).with_options(options);
    let error = requests.next().unwrap().unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 1, column 101: the request has more than 1000000 bytes"
    );
    assert!(requests.next().is_none());
}

#[test]
fn a_request_with_too_many_objects_ends_the_input() {
    let options = DecodeOptions {
        lenient: true,
        max_items: 1_000,
        ..DecodeOptions::default()
    };
    // Each empty object takes about 30 times its bytes in memory.
    let ids = r#""traceId":"4bf92f3577b34da6a3ce929d0e0e4736","spanId":"00f067aa0ba902b7""#;
    let request = |list: &str, items: usize| {
        let items = vec!["{}"; items].join(",");
        format!(
            r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{{ids},"{list}":[{items}]}}]}}]}}]}}"#
        )
    };
    for list in ["events", "links"] {
        // Beside the items there are eight.
        let input = request(list, 992);
        let mut requests = decode::requests(input.as_bytes()).with_options(options);
        assert_eq!(requests.next().unwrap().unwrap().len(), 1);
        let input = [request(list, 993), request(list, 1)].concat();
        let mut requests = decode::requests(input.as_bytes()).with_options(options);
        assert_eq!(
            requests.next().unwrap().unwrap_err().to_string(),
            "line 1, column 1: the request has more than 1000 objects and arrays"
        );
        assert!(requests.next().is_none());
        // Without end, too.
        let endless = io::repeat(b'{').take(2_000).chain(io::repeat(b' '));
        let mut requests = decode::requests(endless).with_options(options);
        assert!(requests.next().unwrap().is_err());
    }
}

#[test]
fn a_reader_may_give_any_portion() {
    struct Drip<'a>(&'a [u8], Generator);
    impl Read for Drip<'_> {
        fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
            if self.1.below(4) == 0 {
                return Err(io::ErrorKind::Interrupted.into());
            }
            let end = space.len().min(1 + self.1.below(3));
            self.0.read(&mut space[..end])
        }
    }
    let mut generator = Generator::new(11);
    for _ in 0..20 {
        let input = valid(&mut generator);
        let whole: Vec<_> = decode::requests(&*input).map(Result::unwrap).collect();
        let drops = decode::requests(Drip(&input, Generator::new(5)));
        let drops: Vec<_> = drops.map(Result::unwrap).collect();
        assert_eq!(format!("{whole:?}"), format!("{drops:?}"));
    }
}

#[test]
fn a_reader_that_fails_is_reported_once() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("unplugged"))
        }
    }
    let mut requests = decode::requests(b"{\"resourceSpans\":[]}\n ".chain(Broken));
    assert!(requests.next().unwrap().is_ok());
    let error = requests.next().unwrap().unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 2, column 2: the input cannot be read further"
    );
    let source = std::error::Error::source(&error).unwrap();
    assert_eq!(source.to_string(), "unplugged");
    assert!(requests.next().is_none());
}
