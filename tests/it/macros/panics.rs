//! Tests of attribute arguments whose expressions panic. A function must behave the same
//! whether it is recorded or not.

use std::panic::resume_unwind;

use expect_test::expect;
use futures_util::future::BoxFuture;
use trace_core::{AlwaysOff, Link, LinkSource, Tracer, traced};

use super::check;

fn throw<T>() -> T {
    resume_unwind(Box::new("thrown"))
}

struct Name;

impl AsRef<str> for Name {
    fn as_ref(&self) -> &str {
        throw()
    }
}

struct Links;

impl LinkSource for Links {
    fn for_each_link(&self, _add: &mut dyn FnMut(Link)) {
        throw::<()>();
    }
}

#[traced(
    service = throw::<&str>(),
    tags(before, called = throw::<u32>(), sum = before / (before - 1), shown = %throw::<u32>(),
        after = before + 1),
    links(throw::<Option<Link>>())
)]
fn sync(before: u32) -> u32 {
    before
}

#[traced(service = name, tags(after = 1), links(links))]
async fn of_traits(name: Name, links: Links) -> u32 {
    1
}

#[traced(service = throw::<&str>(), tags(called = throw::<u32>(), after = text.len()), links(throw::<Option<Link>>()))]
fn copied(text: &str) -> BoxFuture<'static, usize> {
    let length = text.len();
    Box::pin(async move { length })
}

#[traced(
    tags(ret.bad = |_| throw::<u32>(), ret.good = |value| value.is_ok()),
    err(|_| throw())
)]
fn returned(fails: bool) -> Result<(), String> {
    if fails {
        Err("failed".to_owned())
    } else {
        Ok(())
    }
}

async fn everything() {
    assert_eq!(sync(1), 1);
    assert_eq!(of_traits(Name, Links).await, 1);
    assert_eq!(copied("abc").await, 3);
    assert!(returned(false).is_ok());
    assert_eq!(returned(true), Err("failed".to_owned()));
}

#[test]
fn an_expression_that_panics_is_seen_in_the_tag_and_nowhere_else() {
    check(
        everything(),
        expect![[r#"
            sync before=I64(1) called=String("(evaluating this tag panicked)") sum=String("(evaluating this tag panicked)") shown=String("(evaluating this tag panicked)") after=I64(2)
            of_traits after=I64(1)
            copied called=String("(evaluating this tag panicked)") after=I64(3)
            returned ret.bad=String("(evaluating this tag panicked)") ret.good=Bool(true)
            returned ret.bad=String("(evaluating this tag panicked)") ret.good=Bool(false) error alloc::string::String: failed
        "#]],
    );
}

#[test]
fn the_same_where_it_is_not_recorded() {
    let tracer = Tracer::builder("off").sampler(AlwaysOff).on_demand();
    let tracer = tracer.build().unwrap();
    let run = tracer.root("root").run(everything());
    futures_util::FutureExt::now_or_never(run).unwrap();
    assert_eq!(tracer.stats().sampled_out, 1);
    // The same outside of any trace.
    futures_util::FutureExt::now_or_never(everything()).unwrap();
}
