//! Tests that only the span is added: drop order, panics, sizes, auto traits.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::task::{Context, Waker};

use expect_test::expect;
use futures_util::FutureExt;
use trace_core::traced;

use super::check;

/// Adds its name to a list when it is dropped.
struct Noisy(&'static str, Rc<RefCell<Vec<&'static str>>>);

impl Drop for Noisy {
    fn drop(&mut self) {
        self.1.borrow_mut().push(self.0);
    }
}

impl Noisy {
    fn touch(&self) -> u32 {
        1
    }

    fn temporary(&self, name: &'static str) -> Self {
        Self(name, Rc::clone(&self.1))
    }
}

/// Writes the same function twice, plain and traced.
macro_rules! twice {
    ($(async fn $name:ident($($arguments:tt)*) $(-> $output:ty)? $body:block)*) => {
        mod plain {
            use super::*;
            $(pub(super) async fn $name($($arguments)*) $(-> $output)? $body)*
        }
        mod with_span {
            use super::*;
            $(#[traced] pub(super) async fn $name($($arguments)*) $(-> $output)? $body)*
        }
    };
    ($(fn $name:ident($($arguments:tt)*) $(-> $output:ty)? $body:block)*) => {
        mod plain_sync {
            use super::*;
            $(pub(super) fn $name($($arguments)*) $(-> $output)? $body)*
        }
        mod with_span_sync {
            use super::*;
            $(#[traced] pub(super) fn $name($($arguments)*) $(-> $output)? $body)*
        }
    };
}

twice! {
    async fn used(a: Noisy, b: Noisy, c: Noisy, d: Noisy) -> u32 {
        let local = a.temporary("local");
        tokio::task::yield_now().await;
        c.touch() + a.touch() + local.touch() + b.touch() + d.temporary("tail").touch()
    }
    async fn destructured(a: Noisy, (b, _): (Noisy, Noisy), _: Noisy, d: Noisy) -> u32 {
        let _local = a.temporary("local");
        tokio::task::yield_now().await;
        b.touch() + d.temporary("tail").touch()
    }
    async fn unused(a: Noisy, _b: Noisy, _c: Noisy, d: Noisy) -> u32 {
        tokio::task::yield_now().await;
        d.touch() + a.touch()
    }
    async fn moved(a: Noisy, b: Noisy, mut c: Noisy, d: Noisy) -> Result<u32, Noisy> {
        drop(b);
        c.0 = "C";
        c.touch();
        tokio::task::yield_now().await;
        if a.touch() == 1 {
            return Err(d);
        }
        Ok(1)
    }
}

twice! {
    fn sync_used(a: Noisy, b: Noisy, c: Noisy, d: Noisy) -> Result<u32, String> {
        let local = a.temporary("local");
        Ok(c.touch() + a.touch() + local.touch() + b.touch() + d.temporary("tail").touch())
    }
    fn sync_destructured(a: Noisy, (b, _): (Noisy, Noisy), _: Noisy, d: Noisy) -> Result<u32, String> {
        let _local = a.temporary("local");
        Ok(b.touch() + d.temporary("tail").touch())
    }
    fn sync_number(a: Noisy, (b, _): (Noisy, Noisy), _: Noisy, d: Noisy) -> u32 {
        let _local = a.temporary("local");
        b.touch() + d.temporary("tail").touch()
    }
}

type List = Rc<RefCell<Vec<&'static str>>>;

fn drops(run: impl FnOnce(&dyn Fn(&'static str) -> Noisy)) -> Vec<&'static str> {
    let list = List::default();
    run(&|name| Noisy(name, Rc::clone(&list)));
    list.take()
}

macro_rules! assert_same_drops {
    ($plain:ident::$name:ident == $traced:ident::$also:ident, |$n:ident| ($($argument:expr),*), $finish:expr) => {
        let plain = drops(|$n| finish($plain::$name($($argument),*), &$finish));
        let traced = drops(|$n| finish($traced::$also($($argument),*), &$finish));
        assert!(!plain.is_empty());
        assert_eq!(plain, traced, "{}", stringify!($name));
    };
}

fn finish<T>(value: T, finish: &dyn Fn(T)) {
    finish(value);
}

/// Polls to the end.
fn complete<F: Future>(future: F) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    drop(runtime.block_on(future));
}

/// Polls once and drops.
fn cancel<F: Future>(future: F) {
    let mut future = Box::pin(future);
    let mut context = Context::from_waker(Waker::noop());
    assert!(future.as_mut().poll(&mut context).is_pending());
}

#[test]
fn drop_order_is_that_of_the_plain_function() {
    assert_same_drops!(
        plain::used == with_span::used,
        |n| (n("a"), n("b"), n("c"), n("d")),
        complete
    );
    assert_same_drops!(
        plain::used == with_span::used,
        |n| (n("a"), n("b"), n("c"), n("d")),
        cancel
    );
    assert_same_drops!(
        plain::used == with_span::used,
        |n| (n("a"), n("b"), n("c"), n("d")),
        drop
    );
    assert_same_drops!(
        plain::destructured == with_span::destructured,
        |n| (n("a"), (n("b"), n("b2")), n("c"), n("d")),
        complete
    );
    assert_same_drops!(
        plain::destructured == with_span::destructured,
        |n| (n("a"), (n("b"), n("b2")), n("c"), n("d")),
        cancel
    );
    assert_same_drops!(
        plain::destructured == with_span::destructured,
        |n| (n("a"), (n("b"), n("b2")), n("c"), n("d")),
        drop
    );
    assert_same_drops!(
        plain::unused == with_span::unused,
        |n| (n("a"), n("b"), n("c"), n("d")),
        complete
    );
    assert_same_drops!(
        plain::unused == with_span::unused,
        |n| (n("a"), n("b"), n("c"), n("d")),
        cancel
    );
    assert_same_drops!(
        plain::moved == with_span::moved,
        |n| (n("a"), n("b"), n("c"), n("d")),
        complete
    );
    assert_same_drops!(
        plain::moved == with_span::moved,
        |n| (n("a"), n("b"), n("c"), n("d")),
        cancel
    );
    assert_same_drops!(
        plain_sync::sync_used == with_span_sync::sync_used,
        |n| (n("a"), n("b"), n("c"), n("d")),
        drop
    );
    assert_same_drops!(
        plain_sync::sync_destructured == with_span_sync::sync_destructured,
        |n| (n("a"), (n("b"), n("b2")), n("c"), n("d")),
        drop
    );
    assert_same_drops!(
        plain_sync::sync_number == with_span_sync::sync_number,
        |n| (n("a"), (n("b"), n("b2")), n("c"), n("d")),
        drop
    );
}

#[traced]
async fn panics() {
    tokio::task::yield_now().await;
    std::panic::resume_unwind(Box::new(7_u32));
}

#[traced]
fn panics_in_sync() -> Result<u32, String> {
    std::panic::resume_unwind(Box::new(8_u32))
}

#[traced]
async fn never() -> ! {
    inside();
    std::future::pending().await
}

#[traced]
fn inside() {}

#[traced]
fn never_sync() -> ! {
    std::panic::resume_unwind(Box::new(9_u32))
}

#[test]
fn panics_pass_with_their_payload() {
    let body = async {
        let payload = AssertUnwindSafe(panics()).catch_unwind().await.unwrap_err();
        assert_eq!(payload.downcast_ref(), Some(&7_u32));
        let payload = catch_unwind(panics_in_sync).unwrap_err();
        assert_eq!(payload.downcast_ref(), Some(&8_u32));
        let payload = catch_unwind(|| never_sync()).unwrap_err();
        assert_eq!(payload.downcast_ref(), Some(&9_u32));
        inside();
    };
    check(
        body,
        expect![[r#"
            panics panicked
            panics_in_sync panicked
            never_sync panicked
            inside
        "#]],
    );
}

thread_local! {
    static PANICKED_AT: RefCell<Vec<(u32, u32)>> = const { RefCell::new(Vec::new()) };
}

#[test]
fn panics_are_where_they_are_in_the_source() {
    // Each is on one line, so that only the line number differs.
    #[rustfmt::skip]
    async fn plain(list: &[u32]) -> Result<u32, String> { list.first().ok_or("none")?; Ok(list[1]) }
    #[rustfmt::skip]
    #[traced] async fn traced(list: &[u32]) -> Result<u32, String> { list.first().ok_or("none")?; Ok(list[1]) }
    #[rustfmt::skip]
    fn plain_sync(list: &[u32]) -> Result<u32, String> { list.first().ok_or("none")?; Ok(list[1]) }
    #[rustfmt::skip]
    #[traced] fn traced_sync(list: &[u32]) -> Result<u32, String> { list.first().ok_or("none")?; Ok(list[1]) }

    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let place = info.location().map(|place| (place.line(), place.column()));
        PANICKED_AT.with_borrow_mut(|places| places.extend(place));
        before(info);
    }));
    let body = async {
        let list = [1];
        let line = line!();
        let runs: [&dyn Fn(); 4] = [
            &|| drop(plain(&list).now_or_never()),
            &|| drop(traced(&list).now_or_never()),
            &|| drop(plain_sync(&list)),
            &|| drop(traced_sync(&list)),
        ];
        for run in runs {
            assert!(catch_unwind(AssertUnwindSafe(run)).is_err());
        }
        line
    };
    let (_line, _text) = super::recording::spans(body);
    let places = PANICKED_AT.take();
    let [plain, traced, plain_sync, traced_sync] = places[..] else {
        panic!("{places:?}")
    };
    // The attribute comes before the function on the same line.
    let attribute = "#[traced] ".len() as u32;
    assert_eq!(traced, (plain.0 + 2, plain.1 + attribute + 1));
    assert_eq!(
        traced_sync,
        (plain_sync.0 + 2, plain_sync.1 + attribute + 1)
    );
}

#[test]
fn a_dropped_future_is_cancelled_and_an_unpolled_one_is_nothing() {
    let body = async {
        cancel(never());
        drop(never());
        inside();
    };
    check(
        body,
        expect![[r#"
            never cancelled
              inside
            inside
        "#]],
    );
}

#[track_caller]
#[traced]
fn caller(fails: bool) -> Result<u32, u32> {
    if fails {
        Err(0)
    } else {
        Ok(std::panic::Location::caller().line())
    }
}

#[test]
fn the_caller_is_still_the_caller() {
    let body = async {
        assert_eq!(caller(false), Ok(line!()));
        assert!(caller(true).is_err());
    };
    check(
        body,
        expect![[r#"
            caller
            caller error u32: 0
        "#]],
    );
}

fn assert_send<T: Send>(value: T) -> T {
    value
}

#[traced]
async fn sendable(text: &str, number: std::cell::Cell<u32>) -> usize {
    let length = text.len() + number.take() as usize;
    tokio::task::yield_now().await;
    length
}

#[traced]
async fn not_sendable(value: Rc<u32>) -> u32 {
    tokio::task::yield_now().await;
    *value
}

#[test]
fn futures_are_send_when_the_plain_ones_are() {
    let body = async {
        let text = "abc".to_owned();
        assert_eq!(assert_send(sendable(&text, 1.into())).await, 4);
        assert_eq!(not_sendable(Rc::new(2)).await, 2);
    };
    check(
        body,
        expect![[r#"
            sendable
            not_sendable
        "#]],
    );
}
