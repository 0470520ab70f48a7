//! Tests of application code that the recorder calls and that may panic, record or flush.

use std::fmt;
use std::panic::resume_unwind;
use std::time::Duration;

use trace_core::{
    Limits, Sampler, SamplingDecision, SamplingInput, TagInput, TagSource, Tracer, display, span,
};

use super::{build, named, settled, tracer};

/// A value that does everything it should not do while it is formatted.
struct Busy<'a>(&'a Tracer);

impl fmt::Display for Busy<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bu")?;
        span::add_tag("from within", display(format_args!("{}", 1)));
        span::in_span("within", || span::add_log("within"));
        self.0
            .root("other")
            .run_sync(|| span::add_tag("text", "of another trace"));
        let _report = self.0.flush(Duration::ZERO);
        assert!(self.0.stats().open > 0);
        f.write_str("sy")
    }
}

#[test]
fn a_value_may_flush_while_it_is_formatted_and_is_not_recorded() {
    let (tracer, spans) = tracer();
    tracer.root("root").run_sync(|| {
        span::in_span("child", || {
            span::add_tag("before", "b");
            span::add_tag("busy", display(Busy(&tracer)));
            span::add_tag("after", "a");
            span::record_error(&Busy(&tracer));
        });
    });
    // `Busy` is called only because something is recorded, so its own spans are not recorded.
    assert_eq!(settled(&tracer).delivered, 2);
    let all = spans.take();
    let child = named(&all, "child");
    for (key, value) in [("before", "b"), ("busy", "busy"), ("after", "a")] {
        assert_eq!(child.tag(key).unwrap().as_str(), Some(value));
    }
    assert_eq!(child.tag("from within"), None);
    assert_eq!(child.status, trace_core::Status::Error("busy".into()));
}

#[test]
fn a_value_that_panics_harms_nothing() {
    struct Panics;
    impl fmt::Display for Panics {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("half")?;
            resume_unwind(Box::new("oops"))
        }
    }
    let (tracer, spans) = tracer();
    tracer.root("root").run_sync(|| {
        span::add_log_with("log", &[("bad", &display(Panics)), ("good", &2)]);
        span::add_tag("bad", display(Panics));
        span::record_error(&Panics);
        span::add_tag("good", "good");
    });
    settled(&tracer);
    let root = spans.take().remove(0);
    assert_eq!(root.tag("good").unwrap().as_str(), Some("good"));
    assert_eq!(
        root.tag("bad").unwrap().as_str(),
        Some("(formatting this value panicked)")
    );
    assert_eq!(root.logs[0].fields.len(), 2);
    assert_eq!(root.outcome, trace_core::Outcome::Ok);
}

#[test]
fn a_source_of_a_tag_that_panics_harms_nothing() {
    struct Panics;
    impl TagSource for Panics {
        fn tag_input(&self) -> TagInput<'_> {
            span::in_span("within", || resume_unwind(Box::new("oops")))
        }
    }
    let (tracer, spans) = tracer();
    tracer.root("root").run_sync(|| {
        span::add_tag("bad", Panics);
        span::add_log_with("log", &[("bad", &Some(&Panics)), ("good", &1)]);
        span::start("held").add_tag("bad", Panics);
        span::add_tag("good", true);
    });
    assert_eq!(settled(&tracer).delivered, 2);
    let all = spans.take();
    let root = named(&all, "root");
    let panicked = Some("(evaluating this tag panicked)");
    assert_eq!(root.tag("bad").unwrap().as_str(), panicked);
    assert_eq!(root.tag("good").unwrap().as_bool(), Some(true));
    assert_eq!(root.logs[0].fields.len(), 2);
    assert_eq!(root.logs[0].fields[0].value.as_str(), panicked);
    assert_eq!(named(&all, "held").tag("bad").unwrap().as_str(), panicked);
}

#[test]
fn a_sampler_that_panics_refuses() {
    struct Panics;
    impl Sampler for Panics {
        fn sample(&self, _input: &SamplingInput<'_>) -> SamplingDecision {
            resume_unwind(Box::new("oops"))
        }
    }
    let (tracer, spans) = build(Tracer::builder("stress").on_demand().sampler(Panics));
    assert_eq!(tracer.root("root").run_sync(|| 42), 42);
    assert_eq!(settled(&tracer).sampled_out, 1);
    assert!(spans.take().is_empty());
    assert_ne!(tracer.stats().sampler_panics, 0);
}

#[test]
fn no_text_is_longer_than_the_limit() {
    let limits = Limits {
        max_value_bytes: 100,
        ..Limits::default()
    };
    let (tracer, spans) = build(Tracer::builder("stress").on_demand().limits(limits));
    let long = "ü".repeat(200);
    tracer.root("root").run_sync(|| {
        span::add_tag("text", &long);
        span::add_tag("texts", vec![long.as_str(), "short"]);
        span::add_tag("display", display(&long));
        span::add_tag("end", "end");
        span::add_log_with(&long, &[("field", &long)]);
    });
    settled(&tracer);
    let root = spans.take().remove(0);
    let cut = "ü".repeat(50);
    assert_eq!(root.tag("text").unwrap().as_str(), Some(&*cut));
    assert_eq!(root.tag("display").unwrap().as_str(), Some(&*cut));
    assert_eq!(
        root.tag("texts").unwrap().to_string(),
        format!("[\"{cut}\", \"short\"]")
    );
    assert_eq!(root.tag("end").unwrap().as_str(), Some("end"));
    assert_eq!(root.logs[0].message, cut);
}

#[test]
fn values_of_every_size_keep_their_place_in_the_stream() {
    // The lengths are near the sizes of the stage and the chunk, so that both are moved at
    // every possible place.
    let (tracer, spans) = tracer();
    let texts: Vec<String> = (0..700).map(|n| "x".repeat(n * 7 % 4_000)).collect();
    tracer.root("root").run_sync(|| {
        for (n, text) in texts.iter().enumerate() {
            span::in_span("child", || {
                let numbers: Vec<i64> = (0..).take(n % 300).collect();
                span::add_tag("n", n);
                span::add_tag("numbers", numbers);
                span::add_log_with(text, &[("n", &n), ("text", &text)]);
                span::add_tag("texts", vec![text.as_str(); n % 3]);
                span::add_tag("last", n);
            });
        }
    });
    assert_eq!(settled(&tracer).delivered, 701);
    for span in spans
        .take()
        .iter()
        .filter(|span| span.operation_name == "child")
    {
        let n = usize::try_from(span.tag("n").unwrap().as_i64().unwrap()).unwrap();
        assert_eq!(span.tag("last"), span.tag("n"));
        assert_eq!(span.logs[0].message, texts[n]);
        assert_eq!(span.logs[0].fields[1].value.as_str(), Some(&*texts[n]));
        assert_eq!(&span.logs[0].fields[0].value, span.tag("n").unwrap());
    }
}
