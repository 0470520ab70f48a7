//! Tests that every form of function records its span and returns its value.

use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

use async_trait::async_trait;
use expect_test::expect;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, LocalBoxFuture};
use trace_core::{trace_root, traced};

use super::{check, records};

#[traced]
fn plain() -> u32 {
    1
}

#[traced("named op {x}")]
async fn asynchronous(x: u32) -> u32 {
    tokio::task::yield_now().await;
    plain() + x
}

#[trace_root("root")]
async fn start() -> u32 {
    asynchronous(1).await
}

#[trace_root]
fn r#type() -> u32 {
    plain()
}

#[test]
fn functions() {
    let value = check(
        async { start().await + r#type() },
        expect![[r#"
            root root
              named op {x}
                plain
            root type
              plain
        "#]],
    );
    assert_eq!(value, 3);
}

#[derive(Default)]
struct Thing {
    value: u32,
}

impl Thing {
    #[traced]
    async fn by_ref(&self) -> u32 {
        self.value
    }
    #[traced]
    async fn by_mut(&mut self) -> &mut u32 {
        self.value += 1;
        &mut self.value
    }
    #[traced]
    async fn by_value(self) -> u32 {
        self.value
    }
    #[traced]
    async fn by_mut_value(mut self) -> Self {
        self.value += 1;
        self
    }
    #[traced]
    async fn by_arc(self: Arc<Self>) -> u32 {
        self.value
    }
    #[traced]
    async fn by_box(self: Box<Self>) -> u32 {
        self.value
    }
    #[traced]
    async fn by_pin(self: Pin<&mut Self>) -> u32 {
        self.value
    }
    #[traced]
    fn sync_by_mut(&mut self) -> Result<&mut u32, String> {
        if self.value == 100 {
            return Err("full".to_owned());
        }
        Ok(&mut self.value)
    }
    #[traced]
    fn sync_by_value(self) -> Result<Self, String> {
        Ok(self)
    }
}

#[test]
fn receivers() {
    let body = async {
        let mut thing = Thing::default();
        *thing.by_mut().await += 1;
        *thing.sync_by_mut().unwrap() += 1;
        assert_eq!(thing.by_ref().await, 3);
        assert_eq!(Pin::new(&mut thing).by_pin().await, 3);
        let thing = thing.by_mut_value().await.sync_by_value().unwrap();
        assert_eq!(Box::new(thing).by_box().await, 4);
        assert_eq!(Arc::new(Thing::default()).by_arc().await, 0);
        Thing::default().by_value().await
    };
    check(
        body,
        expect![[r#"
            by_mut
            sync_by_mut
            by_ref
            by_pin
            by_mut_value
            sync_by_value
            by_box
            by_arc
            by_value
        "#]],
    );
}

#[traced]
async fn generic<'a, T, const N: usize>(text: &'a str, values: [T; N]) -> (&'a str, usize)
where
    T: Clone + 'a,
{
    (text, values.to_vec().len())
}

#[traced]
async fn higher_ranked<F>(call: F) -> usize
where
    F: for<'x> Fn(&'x str) -> &'x str,
{
    call("abc").len()
}

#[traced]
async fn impl_arguments(values: impl IntoIterator<Item = u32>) -> impl Iterator<Item = u32> {
    values.into_iter().map(|value| value + 1)
}

#[traced]
async fn nested_impl(fails: bool) -> Result<impl Iterator<Item = u32>, String> {
    if fails {
        return Err("no".into());
    }
    Ok(0..3)
}

#[traced]
fn sync_nested_impl(fails: bool) -> Result<impl Iterator<Item = u32>, String> {
    if fails {
        return Err("no".into());
    }
    Ok(0..3)
}

#[traced]
async fn patterns((a, b): (u32, u32), [c, ..]: [u32; 3], _: u32, Thing { value }: Thing) -> u32 {
    a + b + c + value
}

#[traced]
fn sync_patterns((a, mut b): (u32, u32), mut c: u32) -> Result<u32, ()> {
    b += 1;
    c += 1;
    Ok(a + b + c)
}

#[test]
fn signatures() {
    let body = async {
        assert_eq!(generic("x", [1, 2]).await, ("x", 2));
        assert_eq!(higher_ranked(|text| text).await, 3);
        assert_eq!(impl_arguments([1]).await.sum::<u32>(), 2);
        assert_eq!(nested_impl(false).await.unwrap().count(), 3);
        assert!(nested_impl(true).await.is_err());
        assert_eq!(sync_nested_impl(false).unwrap().count(), 3);
        assert!(sync_nested_impl(true).is_err());
        assert_eq!(patterns((1, 2), [3, 0, 0], 9, Thing { value: 4 }).await, 10);
        assert_eq!(sync_patterns((1, 2), 3), Ok(8));
    };
    check(
        body,
        expect![[r#"
            generic
            higher_ranked
            impl_arguments
            nested_impl
            nested_impl error alloc::string::String: no
            sync_nested_impl
            sync_nested_impl error alloc::string::String: no
            patterns
            sync_patterns
        "#]],
    );
}

#[async_trait]
trait Store {
    async fn load(&self, id: u32) -> Result<u32, String>;
    #[traced("default body")]
    async fn twice(&self, id: u32) -> Result<u32, String> {
        Ok(self.load(id).await? * 2)
    }
}

struct Memory;

#[async_trait]
impl Store for Memory {
    #[traced("load", tags(id, next = id + 1))]
    async fn load(&self, id: u32) -> Result<u32, String> {
        tokio::task::yield_now().await;
        if id == 0 {
            return Err("no such id".to_owned());
        }
        Ok(id)
    }
}

#[async_trait(?Send)]
trait LocalStore {
    async fn load(&self) -> u32;
}

#[async_trait(?Send)]
impl LocalStore for Thing {
    #[traced("local load", tags(value = self.value))]
    async fn load(&self) -> u32 {
        let local = Rc::new(1);
        tokio::task::yield_now().await;
        *local
    }
}

trait Native {
    async fn load(&self) -> u32;
    #[traced("default native")]
    fn opaque(&self) -> impl Future<Output = u32> {
        async { self.load().await + 1 }
    }
}

impl Native for Thing {
    #[traced("native load")]
    async fn load(&self) -> u32 {
        self.value
    }
}

#[test]
fn traits() {
    let body = async {
        assert_eq!(Memory.twice(2).await, Ok(4));
        assert!(Memory.twice(0).await.is_err());
        assert_eq!(LocalStore::load(&Thing::default()).await, 1);
        assert_eq!(Thing::default().opaque().await, 1);
    };
    check(
        body,
        expect![[r#"
            default body
              load id=I64(2) next=I64(3)
            default body error alloc::string::String: no such id
              load id=I64(0) next=I64(1) error alloc::string::String: no such id
            local load value=I64(0)
            default native
              native load
        "#]],
    );
}

#[traced(tags(id))]
fn opaque(id: u32) -> impl Future<Output = Result<u32, String>> {
    let next = id + 1;
    async move {
        plain();
        Ok(next)
    }
}

#[traced(tags(text))]
fn moved_before(text: String) -> BoxFuture<'static, usize> {
    let moved = text;
    Box::pin(async move { moved.len() })
}

#[traced(tags(text))]
fn borrowed_by_the_block(text: &str) -> Pin<Box<dyn Future<Output = usize> + Send + '_>> {
    Box::pin(async { text.len() })
}

#[traced(service = text, tags(text))]
fn not_held(text: &str, length: usize) -> BoxFuture<'static, usize> {
    Box::pin(async move { length })
}

#[test]
fn tags_of_arguments_that_the_future_does_not_hold() {
    let body = async {
        assert_eq!(moved_before("abc".to_owned()).await, 3);
        assert_eq!(borrowed_by_the_block("abcd").await, 4);
        assert_eq!(not_held("ab", 2).await, 2);
    };
    check(
        body,
        expect![[r#"
            moved_before text=String("abc")
            borrowed_by_the_block text=String("abcd")
            not_held (ab) text=String("ab")
        "#]],
    );
}

#[traced(tags(text))]
fn opaque_by_call<'a>(text: &'a str) -> impl Future<Output = usize> + 'a {
    std::future::ready(text.len())
}

#[traced]
fn pinned<'a>(&text: &'a &'a str) -> Pin<Box<dyn Future<Output = usize> + Send + 'a>> {
    Box::pin(async move {
        plain();
        text.len()
    })
}

#[traced(tags(id, text), service = "inner")]
fn boxed(id: u32, text: String) -> BoxFuture<'static, Result<u32, String>> {
    if id == 0 {
        return Box::pin(async { Err("zero".to_owned()) });
    }
    if id == 1 {
        return std::future::ready(Ok(1)).boxed();
    }
    async move {
        plain();
        Ok(text.len() as u32)
    }
    .boxed()
}

#[traced(tags(a, c))]
fn early_with_patterns((a, _): (u32, u32), [_, c]: [u32; 2]) -> BoxFuture<'static, u32> {
    if a == c {
        return Box::pin(std::future::ready(1));
    }
    Box::pin(std::future::ready(2))
}

#[traced]
fn local(value: Rc<u32>) -> LocalBoxFuture<'static, u32> {
    Box::pin(async move { *value })
}

#[test]
fn functions_that_return_a_future() {
    let body = async {
        assert_eq!(opaque(1).await, Ok(2));
        assert_eq!(opaque_by_call("abc").await, 3);
        assert_eq!(pinned(&"abc").await, 3);
        assert_eq!(early_with_patterns((1, 2), [3, 1]).await, 1);
        assert!(outer().await.is_err());
        assert_eq!(local(Rc::new(1)).await, 1);
    };
    check(
        body,
        expect![[r#"
            opaque id=I64(1)
              plain
            opaque_by_call text=String("abc")
            pinned
              plain
            early_with_patterns a=I64(1) c=I64(1)
            outer error alloc::string::String: zero
              boxed (inner) id=I64(2) text=String("ab")
                plain
              boxed (inner) id=I64(1) text=String("")
              boxed (inner) id=I64(0) text=String("x") error alloc::string::String: zero
            local
        "#]],
    );
}

#[traced]
async fn outer() -> Result<u32, String> {
    boxed(2, "ab".to_owned()).await?;
    boxed(1, String::new()).await?;
    drop(boxed(1, "never polled".to_owned()));
    boxed(0, "x".to_owned()).await
}

#[traced("located", tags(line))]
#[inline]
fn located(line: u32) -> u32 {
    line
}

const LOCATED: u32 = line!() - 4;

#[test]
fn the_source_of_a_span_is_the_line_of_the_function() {
    let ((), records) = records(async {
        located(LOCATED);
    });
    let span = records
        .iter()
        .find(|span| span.operation_name == "located")
        .unwrap();
    let source = span.source.as_ref().unwrap();
    assert_eq!((&*source.file, source.line), (file!(), LOCATED));
}
