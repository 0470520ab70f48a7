//! Tests of functions whose return type does not show that it is a future or a stream.

use std::pin::Pin;
use std::rc::Rc;

use expect_test::expect;
use futures_util::future::ready;
use futures_util::stream;
use futures_util::{
    FutureExt, Stream, StreamExt, TryFuture, TryFutureExt, TryStream, TryStreamExt,
};
use trace_core::{TraceContext, span, trace_root, traced};

use super::check;

type Fut<T> = Pin<Box<dyn Future<Output = T> + Send>>;
type Local<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;
type Unpinned<T> = Box<dyn Future<Output = T> + Send + Unpin>;
type Rows = Pin<Box<dyn Stream<Item = Result<u32, String>> + Send + Sync>>;

#[traced]
async fn inner() {
    tokio::task::yield_now().await;
}

/// Like `tower::Service`.
trait Service<R> {
    type Future: Future<Output = Result<u32, String>>;
    fn call(&mut self, request: R) -> Self::Future;
}

struct Shop;

impl Service<String> for Shop {
    type Future = Fut<Result<u32, String>>;

    #[traced("Shop::call", kind = client, service = "shop", tags(request, length = request.len()))]
    fn call(&mut self, request: String) -> Self::Future {
        let future = async move {
            inner().await;
            request.parse().map_err(|_| format!("`{request}`"))
        };
        future.boxed()
    }
}

struct Layer<S>(S);

impl<R, S> Service<R> for Layer<S>
where
    S: Service<R> + Clone + 'static,
    R: Clone + 'static,
{
    type Future = Local<'static, Result<u32, String>>;

    #[traced("Layer::call", tags(ret.ok = |result| result.is_ok()))]
    fn call(&mut self, request: R) -> Self::Future {
        let future = self.0.call(request);
        future.boxed_local()
    }
}

impl Clone for Shop {
    fn clone(&self) -> Self {
        Self
    }
}

#[test]
fn an_associated_type_that_is_a_boxed_future_is_traced() {
    let body = async {
        assert_eq!(Layer(Shop).call("1".to_owned()).await, Ok(1));
        assert!(Shop.call("x".to_owned()).await.is_err());
        drop(Shop.call("never polled".to_owned()));
    };
    check(
        body,
        expect![[r#"
            Layer::call ret.ok=Bool(true)
              Shop::call Client (shop) request=String("1") length=I64(1)
                inner
            Shop::call Client (shop) request=String("x") length=I64(1) error alloc::string::String: `x`
              inner
        "#]],
    );
}

#[traced(tags(early, text = %text, list = ?[1, 2]))]
fn alias(early: bool, text: &str) -> Fut<Result<(), String>> {
    if early {
        return Box::pin(ready(Err("early".to_owned())));
    }
    let Some(text) = text.get(..1).map(str::to_owned) else {
        return ready(Ok(())).boxed();
    };
    Box::pin(async move {
        inner().await;
        Err(text)
    })
}

#[traced(err(|error| *error > limit))]
fn tolerant(limit: u32, error: Rc<u32>) -> Local<'static, Result<(), u32>> {
    let given = *error;
    async move { Err(given) }.boxed_local()
}

#[traced(err = off)]
fn unpinned() -> Unpinned<Result<(), u32>> {
    let future = ready(Err(1));
    Box::new(future)
}

#[trace_root(tags(id))]
fn root(id: u32) -> Fut<u32> {
    let future = inner().map(move |()| id);
    Box::pin(future)
}

#[traced(parent = parent, links(parent))]
fn below(parent: Option<TraceContext>) -> Fut<bool> {
    let future = async { span::is_recording() };
    future.boxed()
}

#[traced(tags(bad = bad()))]
fn panics() -> Fut<u32> {
    let number = ready(1);
    number.boxed()
}

fn bad() -> u32 {
    panic!("a tag")
}

#[test]
fn an_alias_of_a_boxed_future_is_traced() {
    let body = async {
        assert!(alias(true, "a").await.is_err());
        assert!(alias(false, "").await.is_ok());
        assert!(alias(false, "b").await.is_err());
        assert!(tolerant(1, Rc::new(1)).await.is_err());
        assert!(tolerant(0, Rc::new(1)).await.is_err());
        assert!(unpinned().await.is_err());
        assert_eq!(root(7).await, 7);
        assert!(below(span::current_context()).await);
        assert_eq!(panics().await, 1);
    };
    check(
        body,
        expect![[r#"
        alias early=Bool(true) text=String("a") list=String("[1, 2]") error alloc::string::String: early
        alias early=Bool(false) text=String("") list=String("[1, 2]")
        alias early=Bool(false) text=String("b") list=String("[1, 2]") error alloc::string::String: b
          inner
        tolerant
        tolerant error u32: 1
        unpinned
        root root id=I64(7)
          inner
        below
        panics bad=String("(evaluating this tag panicked)")
    "#]],
    );
}

#[traced(tags(fails))]
fn rows(fails: bool) -> Rows {
    let rows = stream::iter(0..2).map(move |row| match fails {
        true => Err(format!("row {row}")),
        false => Ok(row),
    });
    Box::pin(rows)
}

#[traced(tags(ret.row = |row| row.clone().ok()))]
fn one_row() -> Rows {
    Box::pin(stream::iter([Ok(3)]))
}

#[trace_root]
fn root_rows() -> Rows {
    rows(true)
}

#[test]
fn an_alias_of_a_boxed_stream_is_traced() {
    let body = async {
        assert_eq!(rows(false).count().await, 2);
        assert_eq!(one_row().count().await, 1);
        assert_eq!(root_rows().count().await, 2);
    };
    check(
        body,
        expect![[r#"
        rows fails=Bool(false)
        one_row ret.row=I64(3)
        root root_rows error alloc::string::String: row 0
          rows fails=Bool(true) error alloc::string::String: row 0
    "#]],
    );
}

/// Every future with this output implements it.
trait Job: Future<Output = Result<(), String>> {}

impl<F: Future<Output = Result<(), String>>> Job for F {}

#[traced(returns = future, tags(id))]
fn job(id: u32) -> impl Job {
    let future = inner();
    future.map(move |()| {
        if id == 0 {
            Err("zero".to_owned())
        } else {
            Ok(())
        }
    })
}

#[traced(returns = future)]
fn said() -> Fut<u32> {
    let future = inner().map(|()| 1);
    future.boxed()
}

#[traced(returns = stream)]
fn said_of_a_stream() -> Rows {
    Box::pin(stream::empty())
}

#[test]
fn what_is_returned_can_be_said() {
    let body = async {
        assert!(job(0).await.is_err());
        assert_eq!(said().await, 1);
        assert_eq!(said_of_a_stream().count().await, 0);
    };
    check(
        body,
        expect![[r#"
        job id=I64(0) error alloc::string::String: zero
          inner
        said
          inner
        said_of_a_stream
    "#]],
    );
}

#[traced(returns = value)]
fn waits() -> std::future::Ready<u32> {
    std::future::ready(1)
}

#[traced(returns = value)]
fn made() -> impl Future<Output = Result<(), String>> {
    ready(Err("not seen".to_owned()))
}

#[traced]
fn spawns() -> tokio::task::JoinHandle<()> {
    tokio::spawn(inner())
}

#[traced]
fn given<T>(give: impl FnOnce() -> T) -> T {
    give()
}

#[test]
fn the_call_is_traced_of_what_is_a_value() {
    let body = async {
        assert_eq!(waits().await, 1);
        assert!(made().await.is_err());
        assert!(spawns().await.is_ok());
        assert_eq!(given(|| ready(1)).await, 1);
    };
    check(
        body,
        expect![[r#"
        waits
        made
        spawns
        given
    "#]],
    );
}

/// A future whose type has an anonymous lifetime.
trait Connects {
    type Future<'a>: Future<Output = u32>
    where
        Self: 'a;
    fn connect(&self) -> Self::Future<'_>;
}

struct Pool(u32);

impl Connects for Pool {
    type Future<'a> = Local<'a, u32>;

    #[traced(tags(size = self.0, twice = |size| size * 2))]
    fn connect(&self) -> Self::Future<'_> {
        let future = inner().map(|()| self.0);
        future.boxed_local()
    }
}

impl Pool {
    #[traced(returns = future)]
    fn said(&self) -> Local<'_, u32> {
        let future = inner().map(|()| self.0);
        future.boxed_local()
    }

    #[traced(err(|error| *error > 0))]
    fn early(&self) -> Local<'_, Result<(), u32>> {
        if self.0 == 0 {
            return Box::pin(ready(Ok(())));
        }
        let future = inner().map(|()| Err(self.0));
        future.boxed_local()
    }

    #[traced]
    fn borrowed<'a>(&self, cell: &'a std::cell::RefCell<u32>) -> std::cell::Ref<'a, u32> {
        cell.borrow()
    }
}

#[traced]
fn borrowed(cell: &std::cell::RefCell<u32>) -> std::cell::Ref<'_, u32> {
    cell.borrow()
}

#[test]
fn a_lifetime_without_a_name_hides_no_future() {
    let body = async {
        let pool = Pool(3);
        assert_eq!(pool.connect().await, 3);
        assert_eq!(pool.said().await, 3);
        assert!(pool.early().await.is_err());
        assert!(Pool(0).early().await.is_ok());
        let cell = std::cell::RefCell::new(1);
        assert_eq!(*pool.borrowed(&cell), *borrowed(&cell));
    };
    check(
        body,
        expect![[r#"
        connect size=I64(3) twice=I64(6)
          inner
        said
          inner
        early error u32: 3
          inner
        early
        borrowed
        borrowed
    "#]],
    );
}

#[traced(tags(text, ret.ok = |result| result.is_ok()))]
fn parsed(text: &'static str) -> impl TryFuture<Ok = u32, Error = String> {
    async move {
        inner().await;
        let number: u32 = text.parse().map_err(|_| String::from("no number"))?;
        Ok(number)
    }
}

#[trace_root]
fn parsed_early(text: &'static str) -> impl TryFuture<Ok = u32, Error = String> {
    if text.is_empty() {
        return ready(Ok(0));
    }
    ready(Err(text.into()))
}

#[traced(parent = parent)]
fn parsed_rows(parent: Option<TraceContext>) -> impl TryStream<Ok = u32, Error = String> {
    stream::iter([Ok(1), Err("row".into())])
}

#[traced(returns = future)]
fn job_of(text: &'static str) -> impl Job {
    async move {
        text.parse::<u32>().map_err(|error| error.to_string())?;
        Ok(())
    }
}

#[traced]
fn job_unsaid(text: &'static str) -> impl Job {
    Box::pin(async move {
        if text.is_empty() {
            Err("empty")?;
        }
        Ok(())
    })
}

#[test]
fn what_a_trait_of_futures_gives_is_found_out() {
    let body = async {
        assert_eq!(TryFutureExt::into_future(parsed("1")).await, Ok(1));
        assert!(TryFutureExt::into_future(parsed("x")).await.is_err());
        assert!(TryFutureExt::into_future(parsed_early("")).await.is_ok());
        assert!(TryFutureExt::into_future(parsed_early("x")).await.is_err());
        let rows = parsed_rows(span::current_context()).into_stream();
        assert_eq!(rows.count().await, 2);
        assert!(job_of("x").await.is_err());
        assert!(job_unsaid("").await.is_err());
    };
    check(
        body,
        expect![[r#"
        parsed text=String("1") ret.ok=Bool(true)
          inner
        parsed text=String("x") ret.ok=Bool(false) error alloc::string::String: no number
          inner
        root parsed_early
        root parsed_early error alloc::string::String: x
        parsed_rows error alloc::string::String: row
        job_of error alloc::string::String: invalid digit found in string
        job_unsaid error alloc::string::String: empty
    "#]],
    );
}
