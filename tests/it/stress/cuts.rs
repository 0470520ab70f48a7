//! Tests that a program gives the same spans for any hand-overs: a full chunk, the scheduled
//! delay, a flush.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Duration;

use trace_core::{
    Limits, Link, Log, SpanId, SpanKind, SpanRecord, Status, TraceId, Tracer, display, span, traced,
};

use super::{build, named, settled};
use crate::random::Random;

/// Runs `body` in a span, without hand-overs and with one at every cut. The spans must be the
/// same, except for times and ids.
#[track_caller]
pub(super) fn same_in_chunks(limits: &Limits, body: impl Fn(&dyn Fn())) -> SpanRecord {
    let whole = recorded(limits, |tracer| run_root(tracer, || body(&|| {})));
    let cut = recorded(limits, |tracer| {
        run_root(tracer, || {
            body(&|| {
                let _report = tracer.flush(Duration::ZERO);
            });
        });
    });
    assert_eq!(whole, cut);
    cut
}

fn run_root(tracer: &Tracer, body: impl FnOnce()) {
    tracer.root("root").run_sync(body);
}

/// Returns the root, without times and ids.
fn recorded(limits: &Limits, run: impl FnOnce(&Tracer)) -> SpanRecord {
    let (tracer, spans) = build(Tracer::builder("stress").on_demand().limits(limits.clone()));
    run(&tracer);
    settled(&tracer);
    let spans = spans.take();
    let roots: Vec<_> = spans
        .iter()
        .filter(|span| span.parent_span_id.is_none())
        .collect();
    assert_eq!(roots.len(), 1, "{spans:#?}");
    let mut root = roots[0].clone();
    root.trace_id = TraceId::new(1).unwrap();
    root.span_id = SpanId::new(1).unwrap();
    (root.start, root.end) = Default::default();
    for log in &mut root.logs {
        log.time = Default::default();
    }
    root
}

fn few(max: usize) -> Limits {
    Limits {
        max_tags: max,
        max_logs: max,
        max_links: max,
        max_fields: max,
        ..Limits::default()
    }
}

fn messages(span: &SpanRecord) -> Vec<&str> {
    span.logs.iter().map(|log| &*log.message).collect()
}

#[test]
fn errors_and_logs_share_one_limit() {
    let span = same_in_chunks(&few(2), |cut| {
        span::add_log("one");
        cut();
        span::add_log("two");
        cut();
        span::record_error("boom");
    });
    assert_eq!(messages(&span), ["one", "two"]);
    assert_eq!(span.dropped.logs, 1);
}

#[test]
fn the_newest_error_is_the_status_although_its_log_is_cut_off() {
    let span = same_in_chunks(&Limits::default(), |cut| {
        for attempt in 0..130 {
            if attempt % 50 == 10 {
                cut();
            }
            span::record_error(&format!("attempt {attempt}"));
        }
        span::record_error(&131);
    });
    assert_eq!(span.status, Status::Error("131".into()));
    assert_eq!(span.tag("error.type").unwrap().as_str(), Some("i32"));
    assert_eq!((span.logs.len(), span.dropped.logs), (128, 3));
}

#[test]
fn ok_is_final() {
    let span = same_in_chunks(&Limits::default(), |cut| {
        span::set_status(Status::Error("before".into()));
        cut();
        span::set_status(&Status::Ok);
        cut();
        span::set_status(Status::Error("after".into()));
        span::record_error("later");
    });
    assert_eq!(span.status, Status::Ok);
}

#[test]
fn tags_set_again_keep_their_place() {
    let span = same_in_chunks(&few(2), |cut| {
        span::add_tag("a", 1);
        span::add_tag("b", &[1, 2][..]);
        cut();
        span::add_tag("c", "beyond the limit");
        span::add_tag("a", "text");
        cut();
        span::add_tag("b", 2.5);
        span::add_tag("c", "once more");
    });
    let tags: Vec<_> = span.tags.iter().map(|tag| &*tag.key).collect();
    assert_eq!((tags, span.dropped.tags), (vec!["a", "b"], 2));
    assert_eq!(span.tag("a").unwrap().as_str(), Some("text"));
    assert_eq!(span.tag("b"), Some(&2.5.into()));
}

#[traced(tags(a = 1, b = |sum| *sum))]
fn with_tags(body: &dyn Fn()) -> i64 {
    body();
    2
}

#[test]
fn a_tag_of_an_attribute_is_the_one_that_was_set_by_hand() {
    for cuts in [false, true] {
        let (tracer, spans) = build(Tracer::builder("stress").on_demand());
        run_root(&tracer, || {
            with_tags(&|| {
                span::add_tag("b", "set by hand");
                span::add_tag("a", "replaced");
                if cuts {
                    let _report = tracer.flush(Duration::ZERO);
                }
            });
        });
        settled(&tracer);
        let all = spans.take();
        let tags = &named(&all, "with_tags").tags;
        let tags: Vec<_> = tags
            .iter()
            .map(|tag| (&*tag.key, tag.value.clone()))
            .collect();
        assert_eq!(tags, [("a", "replaced".into()), ("b", 2.into())]);
    }
}

#[test]
fn fields_of_what_was_cut_off_are_nobodys() {
    let span = same_in_chunks(&few(1), |cut| {
        let cut = CutHere(cut);
        span::add_log_with("kept", &[("cut", &display(&cut))]);
        span::add_log_with("cut off", &[("cut", &display(&cut)), ("field", &1)]);
        for _ in 0..2 {
            let mut link = link(1);
            link.tags.push(trace_core::Tag::new("tag", 1));
            span::add_link(link);
        }
        span::add_log_with("cut off", &[("cut", &display(&cut)), ("field", &1)]);
    });
    assert_eq!((span.logs.len(), span.logs[0].fields.len()), (1, 1));
    assert_eq!((span.links.len(), span.links[0].tags.len()), (1, 1));
}

/// Hands over the running scope while it is formatted as the value of a field.
struct CutHere<'a>(&'a dyn Fn());

impl std::fmt::Display for CutHere<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        (self.0)();
        f.write_str("cut")
    }
}

fn link(number: u64) -> Link {
    Link {
        trace_id: TraceId::new(u128::from(number)).unwrap(),
        span_id: SpanId::new(number).unwrap(),
        flags: Default::default(),
        tracestate: Default::default(),
        tags: Vec::new(),
    }
}

/// Records one random entry of the current span.
fn say(random: &mut Random, cut: &dyn Fn()) {
    let number = i64::try_from(random.below(1_000)).unwrap();
    let text = "x".repeat(random.below(80));
    let keys = ["a", "b", "c", "d", "error.type", "cancelled"];
    let key = keys[random.below(keys.len())];
    let shown = CutHere(cut);
    match random.below(24) {
        0..=2 => span::add_tag(key, number),
        3 => span::add_tag(key, &*text),
        4 => span::add_tag(key, &[number, 2][..]),
        5 => span::add_tag(key, &["text", &text][..]),
        6 => span::add_tag(key, display(&shown)),
        7..=8 => span::add_log(&text),
        9 => span::add_log_with(
            &text,
            &[("a", &number), ("b", &display(&shown)), ("c", &true)],
        ),
        10 => span::add_link(link(random.id64())),
        11 => {
            let mut link = link(random.id64());
            for _ in 0..random.below(4) {
                link.tags.push(trace_core::Tag::new("tag", number));
            }
            span::add_link(link);
        }
        12 => span::set_status(Status::Error(text.into())),
        13 if random.chance(10) => span::set_status(&Status::Ok),
        13 | 14 => span::record_error(&*text),
        15 => span::record_error(&number),
        16 => span::set_operation_name(format!("name {number}")),
        17 => span::set_service_name(format!("service {number}")),
        18 => span::set_kind([SpanKind::Client, SpanKind::Server][random.below(2)]),
        19 if random.chance(30) => {
            span::inject(&mut Vec::<(String, String)>::new());
        }
        // Another span, which may also be cut and may fill the chunk.
        20 => span::in_span("child", || {
            span::add_tag("a", number);
            cut();
            span::add_log(&text);
        }),
        _ => with_tags_of_root(number),
    }
}

fn with_tags_of_root(number: i64) {
    span::in_span("sibling", || span::add_tag("b", number));
}

#[test]
fn random_calls_say_the_same_whatever_is_cut() {
    for seed in 0..400 {
        let mut random = Random::new(seed);
        let limits = few(random.below(6));
        let calls = [30, 30, 30, 500][random.below(4)];
        let share = [2, 10, 50][random.below(3)];
        let has_panicked = random.chance(20);
        let start = random.clone();
        let run = |tracer: &Tracer, cuts: bool| {
            let mut random = start.clone();
            // A separate generator, so that the calls are the same.
            let cuts_at = std::cell::RefCell::new(Random::new(seed ^ 0x5eed));
            let cut = || {
                if !cuts || !cuts_at.borrow_mut().chance(share) {
                } else if cuts_at.borrow_mut().chance(50) {
                    let _report = tracer.flush(Duration::ZERO);
                } else {
                    span::in_span("full", || {
                        (0..10).for_each(|_| span::add_log("x".repeat(4_000)));
                    });
                }
            };
            let body = || {
                for _ in 0..calls {
                    say(&mut random, &cut);
                    cut();
                }
                if has_panicked {
                    resume_unwind(Box::new(()));
                }
            };
            let root = || run_root(tracer, body);
            assert_eq!(catch_unwind(AssertUnwindSafe(root)).is_err(), has_panicked);
        };
        let whole = recorded(&limits, |tracer| run(tracer, false));
        let cut = recorded(&limits, |tracer| run(tracer, true));
        assert_eq!(whole, cut, "seed {seed}, {limits:?}");
    }
}

#[test]
fn a_log_is_not_older_than_one_before_it() {
    let (tracer, spans) = build(Tracer::builder("stress").on_demand());
    run_root(&tracer, || {
        for _ in 0..100 {
            span::add_log("log");
            let _report = tracer.flush(Duration::ZERO);
        }
    });
    settled(&tracer);
    let times = |log: &Log| log.time;
    assert!(spans.take()[0].logs.is_sorted_by_key(times));
}
