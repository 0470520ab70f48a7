//! Tests that foreign text is always written with all its characters visible.

use std::fmt::Write as _;
use std::time::Duration;

use trace_core::propagation::{XTracePropagator, extract};
use trace_core::{
    Baggage, Collector, Link, Log, Source, SpanBatch, SpanId, SpanRecord, Status, Summary,
    SummaryTable, Tag, Trace, TraceContext, TraceFlags, TraceId, TraceState, Tracer, TreeOptions,
    span, visible,
};
use trace_otlp::decode::{self, DecodeOptions};

use crate::random::Random;

/// Invisible characters, as ranges of code points: controls, separators, `Bidi_Control`,
/// `Default_Ignorable_Code_Point` and annotation marks.
///
/// Source: Unicode Character Database, `DerivedCoreProperties` and `PropList`.
const UNSEEN: [(u32, u32); 21] = [
    (0x0, 0x1f),
    (0x7f, 0x9f),
    (0xad, 0xad),
    (0x34f, 0x34f),
    (0x61c, 0x61c),
    (0x115f, 0x1160),
    (0x17b4, 0x17b5),
    (0x180b, 0x180f),
    (0x200b, 0x200f),
    (0x2028, 0x202e),
    (0x2060, 0x206f),
    (0x3164, 0x3164),
    (0xfe00, 0xfe0f),
    (0xfeff, 0xfeff),
    (0xffa0, 0xffa0),
    (0xfff0, 0xfff8),
    (0xfff9, 0xfffb),
    (0x1bca0, 0x1bca3),
    (0x1d173, 0x1d17a),
    (0xe0000, 0xe0fff),
    (0xe0100, 0xe01ef),
];

fn is_unseen(character: char) -> bool {
    let code = u32::from(character);
    UNSEEN
        .iter()
        .any(|(first, last)| (*first..=*last).contains(&code))
}

fn is_seen(character: char) -> bool {
    !is_unseen(character) && !character.is_whitespace()
}

const fn is_selector(character: char) -> bool {
    matches!(character, '\u{180b}'..='\u{180d}' | '\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

/// Checks that an output has no invisible characters. Exceptions are line breaks, joiners
/// between visible characters, and selectors after visible characters.
#[track_caller]
fn check(output: &str) {
    let characters: Vec<char> = output.chars().collect();
    for (index, character) in characters.iter().enumerate() {
        let previous = index.checked_sub(1).map(|before| characters[before]);
        let next = characters.get(index + 1).copied();
        let is_fine = match character {
            '\n' => true,
            '\u{200c}' | '\u{200d}' => {
                previous.is_some_and(|previous| is_seen(previous) || is_selector(previous))
                    && next.is_some_and(is_seen)
            }
            selector if is_selector(*selector) => previous.is_some_and(is_seen),
            character => !is_unseen(*character),
        };
        assert!(is_fine, "{:?} in {output:?}", character.escape_unicode());
    }
}

/// Returns a text of invisible characters, and of characters with which they may combine.
fn nasty(random: &mut Random) -> String {
    let mut text = String::new();
    for _ in 0..1 + random.below(8) {
        let (first, last) = UNSEEN[random.below(UNSEEN.len())];
        let code = first + random.below((last - first + 1) as usize) as u32;
        let pieces = [
            char::from_u32(code).unwrap(),
            ['\u{200d}', '\u{200c}', '\u{fe0f}', '\u{e0100}'][random.below(4)],
            ['a', '1', ' ', '=', ',', ';', '❤', 'ی', '`', '\u{3000}'][random.below(10)],
        ];
        text.push(pieces[random.below(3)]);
    }
    text
}

fn record(random: &mut Random) -> SpanRecord {
    let id = TraceId::new(7).unwrap();
    let mut span = SpanRecord::new(id, SpanId::new(random.id64()).unwrap(), nasty(random));
    span.service_name = nasty(random).into();
    span.status = Status::Error(nasty(random).into());
    span.source = Some(Source {
        file: nasty(random).into(),
        line: 1,
    });
    span.tags = vec![
        Tag::new("shown", nasty(random)),
        Tag::new(nasty(random), nasty(random)),
    ];
    span.logs = vec![Log {
        time: span.start,
        message: nasty(random).into(),
        fields: vec![Tag::new(nasty(random), nasty(random))],
    }];
    span.links = vec![Link {
        trace_id: id,
        span_id: span.span_id,
        flags: TraceFlags::NONE,
        tracestate: TraceState::default(),
        tags: vec![Tag::new(nasty(random), nasty(random))],
    }];
    span
}

#[test]
fn trees_and_tables_show_it() {
    let mut random = Random::new(1);
    for _ in 0..500 {
        let spans = [record(&mut random), record(&mut random)];
        let trace = Trace::from_spans(spans[0].trace_id, spans).unwrap();
        let everything = TreeOptions {
            header: true,
            tags: true,
            inline_tags: vec!["shown".to_owned()],
            logs: true,
            links: true,
            sources: true,
            max_text: random.below(30),
            ..TreeOptions::default()
        };
        check(&trace.tree_with(everything).to_string());
        let summary = Summary::from_trace(&trace);
        check(&summary.to_string());
        check(&SummaryTable(&[summary]).to_string());
        for problem in trace.problems() {
            check(&problem.to_string());
        }
    }
}

#[test]
fn errors_of_headers_show_it() {
    let mut random = Random::new(2);
    for _ in 0..500 {
        let (text, other) = (nasty(&mut random), nasty(&mut random));
        let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        for parent in [good.to_owned(), text.clone(), good.replace('c', &text)] {
            let headers = [
                ("traceparent", parent.clone()),
                ("tracestate", format!("a={text},{other}=b,{text}")),
                ("baggage", format!("a={text},{other}=b,{text},a=b;{other}")),
            ];
            for problem in extract(&headers).problems {
                check(&problem.to_string());
            }
        }
        let headers = [
            ("x-trace-id", good.get(3..35).unwrap()),
            ("x-span-id", "b7ad6b7169203331"),
            ("x-parent-span-id", &text),
            ("x-sampled", &other),
        ];
        use trace_core::propagation::Propagator;
        for problem in XTracePropagator.extract(&headers).problems {
            check(&problem.to_string());
        }
        let errors = [
            TraceContext::from_traceparent(&text)
                .err()
                .map(|e| e.to_string()),
            text.parse::<TraceState>().err().map(|e| e.to_string()),
            text.parse::<TraceId>().err().map(|e| e.to_string()),
            Baggage::new()
                .insert(&*text, "")
                .err()
                .map(|e| e.to_string()),
            serde_json::from_value::<Status>(serde_json::json!(text))
                .err()
                .map(|e| e.to_string()),
        ];
        errors.iter().flatten().for_each(|error| check(error));
    }
}

#[test]
fn errors_of_the_decoder_show_it() {
    let mut random = Random::new(3);
    let options = DecodeOptions {
        lenient: true,
        ..DecodeOptions::default()
    };
    let good = r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"4bf92f3577b34da6a3ce929d0e0e4736","spanId":"00f067aa0ba902b7","kind":2,"name":"a","attributes":[{"key":"k","value":{"intValue":"7"}}]}]}]}]}"#;
    let mut errors = 0;
    for _ in 0..500 {
        let text = nasty(&mut random);
        let as_json = serde_json::to_string(&text).unwrap();
        let found = [
            "\"4bf92f3577b34da6a3ce929d0e0e4736\"",
            "\"7\"",
            "[{",
            "\"resourceSpans\"",
        ];
        let found = found[random.below(found.len())];
        let inputs = [
            good.replacen(found, &as_json, 1),
            good.replacen(found, &text, 1),
            format!("{{{as_json}:1}}"),
            format!("{{\"resourceSpans\":{as_json}}}"),
            text,
        ];
        for input in inputs {
            for request in decode::requests(input.as_bytes()).with_options(options) {
                for problem in request.unwrap().problems {
                    errors += 1;
                    check(&problem.to_string());
                    check(problem.path());
                }
            }
        }
    }
    assert!(errors > 1_000, "{errors}");
}

#[test]
fn the_doctor_shows_it() {
    struct Panics(String);
    impl Collector for Panics {
        fn collect(&self, _: &SpanBatch<'_>) {
            std::panic::resume_unwind(Box::new("a panic that is not printed"));
        }
        fn name(&self) -> &str {
            &self.0
        }
    }
    let mut random = Random::new(4);
    for _ in 0..20 {
        let tracer = Tracer::builder("shop")
            .on_demand()
            .collector(Panics(nasty(&mut random)))
            .build()
            .unwrap();
        let name = nasty(&mut random);
        tracer
            .root(name.clone())
            .run_sync(|| span::start(nasty(&mut random)).end());
        tracer.flush(Duration::ZERO);
        let doctor = tracer.doctor();
        let mut text = format!("{doctor}{}\n", doctor.why(&name));
        for site in &doctor.sites {
            writeln!(text, "{}", site.why()).unwrap();
        }
        check(&text);
    }
}

#[test]
fn names_that_people_write_are_shown_as_they_are() {
    for name in [
        "GET /crème-brûlée/{id}",
        "👩\u{200d}👩\u{200d}👧 ❤\u{fe0f}\u{200d}🔥 1\u{fe0f}\u{20e3} 🏳\u{fe0f}\u{200d}🌈",
        "می\u{200c}خواهم PDF\u{200c}ها",
        "क्\u{200d}ष 葛\u{e0100}城",
        "র\u{200d}্যাব ශ්\u{200d}රී কর\u{200c}বে",
        "注文 заказ παραγγελία הזמנה",
    ] {
        assert_eq!(visible(name, 200), name);
        let id = TraceId::new(1).unwrap();
        let span = SpanRecord::new(id, SpanId::new(1).unwrap(), name);
        let tree = Trace::from_spans(id, [span]).unwrap().tree().to_string();
        assert!(tree.starts_with(name), "{tree}");
    }
}

#[test]
fn names_that_only_look_like_others_show_it() {
    for (name, shown) in [
        ("crè\u{200d}me", "crè\\u{200d}me"),
        ("а\u{200c}б", "а\\u{200c}б"),
        ("λ\u{200d}μ", "λ\\u{200d}μ"),
        ("é\u{fe0f}", "é\\u{fe0f}"),
        ("ж\u{e0101}", "ж\\u{e0101}"),
    ] {
        assert_eq!(visible(name, 200), shown);
        let id = TraceId::new(1).unwrap();
        let span = SpanRecord::new(id, SpanId::new(1).unwrap(), name);
        let tree = Trace::from_spans(id, [span]).unwrap().tree().to_string();
        assert!(tree.starts_with(shown), "{tree}");
    }
}
