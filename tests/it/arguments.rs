//! Tests of the types that names, messages, tags and statuses accept.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use trace_core::testing::TestTracer;
use trace_core::{
    CollectorError, SpanRecord, Status, TagInput, TagSource, TagValue, TraceFuture, debug, display,
    span,
};

/// Returns the only span that `record` records.
fn recorded(record: impl FnOnce(&TestTracer)) -> SpanRecord {
    let tracer = TestTracer::new();
    record(&tracer);
    let [span] = &tracer.spans()[..] else {
        panic!("one span")
    };
    span.clone()
}

fn of_current(record: impl FnOnce()) -> SpanRecord {
    recorded(|tracer| tracer.root("root").run_sync(record))
}

fn of_held(record: impl FnOnce(&trace_core::OpenSpan)) -> SpanRecord {
    recorded(|tracer| {
        let held = tracer.root("root").start();
        record(&held);
        held.end();
    })
}

#[test]
fn a_text_that_is_written_at_once_may_be_of_any_kind() {
    let (owned, shared, cow) = (String::from("a"), Arc::<str>::from("b"), Cow::from("c"));
    let logs = |span: &SpanRecord| -> String {
        let messages = span.logs.iter().map(|log| &*log.message);
        messages.collect()
    };
    let current = of_current(|| {
        span::add_log(&owned);
        span::add_log(&shared);
        span::add_log(cow.as_ref());
        span::add_log(&cow);
        span::add_log(format!("{owned}{shared}"));
        span::add_log_with(
            owned.clone() + "!",
            &[("waited", &Duration::from_millis(1_500))],
        );
        span::set_operation_name(format!("n{owned}"));
        span::set_service_name(&shared);
        span::add_tag(&owned, 1);
        span::add_tag(owned.clone() + "2", 2);
    });
    assert_eq!(logs(&current), "abccaba!");
    assert_eq!(current.logs[5].fields[0].value, TagValue::F64(1.5));
    assert_eq!(
        (&*current.operation_name, &*current.service_name),
        ("na", "b")
    );
    assert_eq!(current.tag("a2"), Some(&TagValue::I64(2)));

    let held = of_held(|held| {
        held.add_log(&owned);
        held.add_log(format!("{owned}{shared}"));
        held.add_log_with(cow, &[]);
        held.set_operation_name(String::from("name"));
        held.set_service_name(&shared);
        held.add_tag(format!("{owned}2"), 2);
    });
    assert_eq!(logs(&held), "aabc");
    assert_eq!((&*held.operation_name, &*held.service_name), ("name", "b"));
    assert_eq!(held.tag("a2"), Some(&TagValue::I64(2)));
}

#[test]
fn spans_are_named_by_any_text() {
    let tracer = TestTracer::new();
    let name = String::from("b");
    tracer.root("a").run_sync(|| {
        span::in_span(&name, || {});
        span::in_span(format!("{name}2"), || {});
        span::start(&name).end();
        span::start(format!("{name}3")).end();
        span::build(format!("{name}4")).start().end();
    });
    tracer.root(format!("{name}5")).run_sync(|| {});
    tracer.attach_sync(|| trace_core::root(Cow::from("c")).run_sync(|| {}));
    drop(async {}.in_span(name));
    let mut names: Vec<_> = tracer
        .spans()
        .into_iter()
        .map(|s| s.operation_name)
        .collect();
    names.sort();
    assert_eq!(names, ["a", "b", "b", "b2", "b3", "b4", "b5", "c"]);
}

#[test]
fn baggage_is_of_any_text() {
    recorded(|tracer| {
        tracer.root("root").run_sync(|| {
            assert_eq!(
                span::set_baggage(String::from("k"), format!("{}", 1)),
                Ok(true)
            );
            assert_eq!(span::baggage(String::from("k")).as_deref(), Some("1"));
            assert_eq!(
                span::remove_baggage(String::from("k")).as_deref(),
                Some("1")
            );
            assert_eq!(span::baggage("k"), None);
        });
    });
}

#[test]
fn a_status_is_a_text_or_one_that_is_lent() {
    let declined = Status::Error("declined".into());
    for span in [
        of_current(|| span::set_status("declined")),
        of_current(|| span::set_status(String::from("declined"))),
        of_current(|| span::set_status(Cow::from("declined"))),
        of_current(|| span::set_status(declined.clone())),
        of_current(|| span::set_status(&declined)),
        of_held(|held| held.set_status("declined")),
        of_held(|held| held.set_status(&declined)),
    ] {
        assert_eq!(span.status, declined);
    }
    assert_eq!(
        of_held(|held| held.set_status(Status::Ok)).status,
        Status::Ok
    );
}

#[test]
fn a_status_that_panics_is_none() {
    struct Bad;
    impl From<Bad> for Status {
        fn from(_: Bad) -> Self {
            std::panic::panic_any("no status")
        }
    }
    assert_eq!(of_current(|| span::set_status(Bad)).status, Status::Unset);
    assert_eq!(of_held(|held| held.set_status(Bad)).status, Status::Unset);
}

#[test]
fn a_duration_is_seconds_wherever_a_tag_is_set() {
    let waited = Duration::from_millis(250);
    let seconds = Some(&TagValue::F64(0.25));
    let current = of_current(|| span::add_tag("waited", waited));
    assert_eq!(current.tag("waited"), seconds);
    let held = of_held(|held| held.add_tag("waited", Some(&waited)));
    assert_eq!(held.tag("waited"), seconds);
    let root = recorded(|tracer| tracer.root("r").tag("waited", waited).run_sync(|| {}));
    assert_eq!(root.tag("waited"), seconds);

    #[trace_core::trace_root(tags(waited))]
    fn waits(waited: Duration) -> Duration {
        waited
    }
    let attribute = recorded(|tracer| {
        assert_eq!(tracer.attach_sync(|| waits(waited)), waited);
    });
    assert_eq!(attribute.tag("waited"), seconds);
}

#[test]
fn builders_take_the_texts_and_numbers_that_tags_are() {
    let (text, shared) = (String::from("text"), Arc::<str>::from("shared"));
    let root = recorded(|tracer| {
        tracer
            .root("root")
            .tag("lent", &text)
            .tag("shared", Arc::clone(&shared))
            .tag("boxed", Box::<str>::from("boxed"))
            .tag("large", u128::MAX)
            .tag("list", TagValue::from(vec![1_u32, 2]))
            .run_sync(|| {});
    });
    let value = |key: &str| root.tag(key).map(ToString::to_string).unwrap_or_default();
    assert_eq!(
        ["lent", "shared", "boxed", "large", "list"].map(value),
        ["text", "shared", "boxed", &u128::MAX.to_string(), "[1, 2]"]
    );
}

/// A type of the application that may have a tag value.
struct OrderId(Option<u32>);

impl TagSource for OrderId {
    fn tag_input(&self) -> TagInput<'_> {
        TagInput::I64(self.0.expect("an order has an id").into())
    }
}

#[test]
fn builders_take_whatever_the_span_takes() {
    struct Hostile;
    impl std::fmt::Display for Hostile {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            panic!("cannot be said")
        }
    }
    const PANICKED: &str = "(evaluating this tag panicked)";
    let expected = |span: &SpanRecord| {
        let tags = span.tags.iter();
        let tags = tags.map(|tag| format!("{}={}", tag.key, tag.value));
        assert_eq!(
            tags.collect::<Vec<_>>(),
            [
                "some=1",
                "lent=2",
                "slice=[1, 2]",
                "shown=127.0.0.1",
                "debugged=Some(3)",
                "own=7",
                "literal=text",
                &format!("without={PANICKED}"),
                &format!("hostile={PANICKED}"),
            ]
        );
    };
    let address = std::net::Ipv4Addr::LOCALHOST;
    // The two builders have no common trait.
    macro_rules! with_tags {
        ($builder:expr) => {
            $builder
                .tag("some", Some(1))
                .tag("none", None::<&str>)
                .tag("lent", &2)
                .tag("slice", &[1_i64, 2][..])
                .tag("shown", display(address))
                .tag("debugged", debug(Some(3)))
                .tag("own", OrderId(Some(7)))
                .tag("literal", TagValue::from("text"))
                .tag("without", OrderId(None))
                .tag("hostile", display(Hostile))
        };
    }
    expected(&recorded(|tracer| {
        with_tags!(tracer.root("root")).run_sync(|| {});
    }));
    let tracer = TestTracer::new();
    tracer
        .root("root")
        .run_sync(|| with_tags!(span::build("held")).start().end());
    let spans = tracer.spans();
    let held = spans.iter().find(|span| span.operation_name == "held");
    expected(held.unwrap());
}

#[test]
fn any_text_that_is_owned_is_an_error() {
    let text = String::from("no");
    let statuses = [
        Status::from(&text),
        Status::from(text.clone().into_boxed_str()),
        Status::from(Arc::<str>::from("no")),
        Status::from(Cow::from("no")),
        Status::from("no"),
        Status::from(text),
    ];
    assert!(
        statuses
            .iter()
            .all(|status| *status == Status::Error("no".into()))
    );
}

#[test]
fn a_text_is_what_a_collector_could_not_do() {
    fn fails(text: &str) -> Result<(), CollectorError> {
        if text.is_empty() {
            Err("empty")?;
        }
        text.parse::<u32>().map_err(|error| error.to_string())?;
        Err(format!("{text} is too much"))?
    }
    assert_eq!(fails("").unwrap_err().to_string(), "empty");
    assert_eq!(fails("7").unwrap_err().to_string(), "7 is too much");
    assert!(
        fails("x")
            .unwrap_err()
            .to_string()
            .contains("invalid digit")
    );
}
