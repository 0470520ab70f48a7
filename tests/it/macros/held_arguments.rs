//! Tests of tags of arguments that a returned future must not hold. The tags have the caller's
//! values, and every value lives as long as in the plain function.

use std::cell::RefCell;
use std::pin::Pin;

use expect_test::expect;
use futures_util::future::BoxFuture;
use trace_core::traced;

use super::check;

/// A return type that hides the future.
type Later<T> = Pin<Box<dyn Future<Output = T> + Send>>;

#[traced(tags(x))]
fn shadowed(x: u32) -> BoxFuture<'static, u32> {
    let x = x + 100;
    Box::pin(async move { x })
}

#[traced(tags(x))]
fn shadowed_opaque(x: u32) -> impl Future<Output = u32> {
    let x = x + 100;
    async move { x }
}

#[traced(tags(x))]
fn shadowed_hidden(x: u32) -> Later<u32> {
    let x = x + 100;
    Box::pin(async move { x })
}

#[traced(tags(x))]
fn shadowed_inside(x: u32) -> Later<u32> {
    Box::pin(async move {
        let x = [x, 100];
        x[0] + x[1]
    })
}

#[traced(tags(x))]
fn not_held(x: &str) -> Later<u32> {
    Box::pin(async { 1 })
}

#[traced(tags(x))]
fn moved(x: String) -> Later<usize> {
    let length = x.into_bytes().len();
    Box::pin(async move { length })
}

#[traced(service = name, tags(length = name.len()))]
fn captures_nothing(name: &str) -> impl Future<Output = u32> + use<> {
    async move { 1 }
}

#[test]
fn tags_are_the_values_of_the_arguments() {
    let body = async {
        assert_eq!(shadowed(1).await, 101);
        assert_eq!(shadowed_opaque(1).await, 101);
        assert_eq!(shadowed_hidden(1).await, 101);
        assert_eq!(shadowed_inside(1).await, 101);
        assert_eq!(not_held("a").await, 1);
        assert_eq!(moved("abc".to_owned()).await, 3);
        assert_eq!(captures_nothing("shop").await, 1);
    };
    check(
        body,
        expect![[r#"
        shadowed x=I64(1)
        shadowed_opaque x=I64(1)
        shadowed_hidden x=I64(1)
        shadowed_inside x=I64(1)
        not_held x=String("a")
        moved x=String("abc")
        captures_nothing (shop) length=I64(4)
    "#]],
    );
}

struct Noisy<'a>(&'a RefCell<Vec<&'static str>>);

impl Drop for Noisy<'_> {
    fn drop(&mut self) {
        self.0.borrow_mut().push("dropped");
    }
}

struct Row {
    noisy: u32,
}

impl Noisy<'_> {
    fn name(&self) -> &'static str {
        "noisy"
    }
}

/// The name in the block belongs to a field.
#[traced(tags(name = noisy.name()))]
fn drops_at_the_call<'a>(noisy: Noisy<'a>) -> impl Future<Output = u32> + use<'a> {
    async move {
        let row = Row { noisy: 1 };
        row.noisy
    }
}

#[traced(tags(name = noisy.name()))]
fn drops_after_the_body<'a>(
    noisy: Noisy<'a>,
    log: &'a RefCell<Vec<&'static str>>,
) -> impl Future<Output = ()> + use<'a> {
    async move {
        let _noisy = &noisy;
        log.borrow_mut().push("ran");
    }
}

#[test]
fn tags_keep_no_argument_alive() {
    let log = RefCell::new(Vec::new());
    let body = async {
        let future = drops_at_the_call(Noisy(&log));
        log.borrow_mut().push("called");
        future.await;
        drops_after_the_body(Noisy(&log), &log).await;
    };
    check(
        body,
        expect![[r#"
        drops_at_the_call name=String("noisy")
        drops_after_the_body name=String("noisy")
    "#]],
    );
    assert_eq!(log.into_inner(), ["dropped", "called", "ran", "dropped"]);
}

/// Two values. A block may move one of them.
struct Pair<'a> {
    left: Noisy<'a>,
    _right: Noisy<'a>,
}

#[traced(tags(name = pair.left.name()))]
fn destructured<'a>(pair: Pair<'a>) -> impl Future<Output = ()> + use<'a> {
    async move {
        let Pair { left, .. } = pair;
        drop(left);
    }
}

#[traced(tags(name = pair.left.name()))]
fn matched<'a>(pair: Pair<'a>) -> impl Future<Output = ()> + use<'a> {
    async move {
        match pair {
            Pair { left, .. } if left.name() == "noisy" => drop(left),
            Pair { .. } => {}
        }
    }
}

#[traced(tags(name = pair.left.name()))]
#[expect(let_underscore_drop, reason = "nothing is dropped there")]
fn discarded<'a>(pair: Pair<'a>) -> impl Future<Output = ()> + use<'a> {
    async move {
        let _ = pair;
    }
}

impl<'a> Pair<'a> {
    #[traced(tags(name = self.left.name()))]
    fn of_self(self) -> impl Future<Output = ()> + use<'a> {
        async move { drop(self.left) }
    }

    #[traced(tags(name = self.left.name()))]
    fn of_a_box(self: Box<Self>) -> impl Future<Output = ()> + use<'a> {
        async move { drop(self.left) }
    }
}

#[test]
fn tags_keep_no_part_of_an_argument_alive() {
    fn dropped_at_the_call<'a, F: Future<Output = ()>>(
        log: &'a RefCell<Vec<&'static str>>,
        call: impl FnOnce(Pair<'a>) -> F,
    ) -> usize {
        log.borrow_mut().clear();
        let pair = Pair {
            left: Noisy(log),
            _right: Noisy(log),
        };
        let future = call(pair);
        let dropped = log.borrow().len();
        drop(future);
        assert_eq!(log.borrow().len(), 2);
        dropped
    }
    let log = RefCell::new(Vec::new());
    let body = async {
        assert_eq!(dropped_at_the_call(&log, destructured), 1);
        assert_eq!(dropped_at_the_call(&log, matched), 1);
        assert_eq!(dropped_at_the_call(&log, discarded), 2);
        assert_eq!(dropped_at_the_call(&log, Pair::of_self), 1);
        assert_eq!(
            dropped_at_the_call(&log, |pair| Box::new(pair).of_a_box()),
            0
        );
    };
    check(body, expect![[r#""#]]);
}
