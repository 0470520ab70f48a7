//! Functions of blocks, of `async_trait` and of `async_recursion`.

use super::*;

struct Shop;

trait Sells {
    fn items(&self) -> impl Future<Output = u32>;
    async fn awaited(&self) -> u32;
}

#[traced]
impl Shop {
    fn later(&self) -> impl Future<Output = u32> + use<> {
        async { 1 }
    }
    fn boxed(&self) -> BoxFuture<'_, u32> {
        Box::pin(async { 1 })
    }
    fn rows() -> BoxStream<'static, u32> {
        stream::iter([1]).boxed()
    }
    async fn awaited(&self) -> u32 {
        1
    }
}

#[traced]
impl Sells for Shop {
    fn items(&self) -> impl Future<Output = u32> {
        std::future::ready(1)
    }
    async fn awaited(&self) -> u32 {
        1
    }
}

#[test]
fn functions_of_a_block_are_as_if_each_had_the_attribute() {
    assert_eq!(whose(|| Shop.later()), "called");
    assert_eq!(whose(|| Shop.boxed()), "called");
    assert_eq!(whose(|| Shop::rows().count()), "called");
    assert_eq!(whose(|| Shop.awaited()), "polled");
    assert_eq!(whose(|| Sells::items(&Shop)), "called");
    assert_eq!(whose(|| Sells::awaited(&Shop)), "polled");
}

#[traced]
#[must_use]
async fn stays_async() {}

#[test]
fn an_async_function_is_of_the_trace_of_its_first_poll() {
    assert_eq!(whose(|| awaits_nothing(1)), "polled");
    assert_eq!(whose(stays_async), "polled");
    assert_eq!(whose(|| Box::pin(awaits_nothing(1))), "polled");
}

#[traced(tags(value))]
async fn awaits_nothing(value: u32) {}

#[async_trait]
trait Store {
    async fn load(&self, id: u32, text: &str) -> Result<u32, String>;
    async fn fixed() -> u32
    where
        Self: Sized;
    async fn unit(self: Box<Self>);
    async fn generic<'a, T: Send + Sync>(&self, value: &'a T) -> &'a T
    where
        Self: Sized;
    #[traced]
    async fn by_default(&self) -> u32 {
        1
    }
    #[traced]
    fn hand_made(&self) -> BoxFuture<'_, u32> {
        Box::pin(async { 1 })
    }
}

struct EachFunction;
struct BlockAbove;
struct BlockBelow;

/// The functions of [`Store`], with an attribute for each.
macro_rules! store {
    ($(#[$block:meta])* $ty:ty, $(#[$function:meta])*) => {
        $(#[$block])*
        impl Store for $ty {
            $(#[$function])*
            async fn load(&self, id: u32, text: &str) -> Result<u32, String> {
                if id == 0 {
                    return Err(text.to_owned());
                }
                Ok(id)
            }
            $(#[$function])*
            async fn fixed() -> u32 {
                1
            }
            $(#[$function])*
            async fn unit(self: Box<Self>) {}
            $(#[$function])*
            async fn generic<'a, T: Send + Sync>(&self, value: &'a T) -> &'a T {
                value
            }
        }
    };
}

store!(#[async_trait] EachFunction, #[traced]);
store!(
    #[traced]
    #[async_trait]
    BlockAbove,
);
store!(
    #[async_trait]
    #[traced]
    BlockBelow,
);

#[test]
fn functions_of_async_trait_are_of_the_trace_of_their_first_poll() {
    #[track_caller]
    fn check<S: Store + Sync>(store: fn() -> S) {
        let shared = store();
        assert_eq!(whose(|| shared.load(1, "a")), "polled");
        assert_eq!(whose(|| shared.load(0, "a")), "polled");
        assert_eq!(whose(|| S::fixed()), "polled");
        assert_eq!(whose(|| Box::new(store()).unit()), "polled");
        assert_eq!(whose(|| shared.generic(&1)), "polled");
        assert_eq!(whose(|| shared.by_default()), "polled");
        assert_eq!(whose(|| shared.hand_made()), "called");
    }
    check(|| EachFunction);
    check(|| BlockAbove);
    check(|| BlockBelow);
}

#[async_trait(?Send)]
trait Local {
    #[traced(tags(text))]
    async fn load(&self, text: &str) -> u32 {
        *std::rc::Rc::new(1)
    }
    #[traced]
    async fn fixed()
    where
        Self: Sized,
    {
    }
}

impl Local for Shop {}

#[test]
fn the_same_without_send() {
    assert_eq!(whose(|| Local::load(&Shop, "a")), "polled");
    assert_eq!(whose(<Shop as Local>::fixed), "polled");
}

#[traced]
#[async_recursion]
async fn recursive_below(n: u32) -> u32 {
    if n == 0 {
        return 1;
    }
    recursive_below(n - 1).await
}

#[async_recursion]
#[traced]
async fn recursive_above(n: u32) -> u32 {
    if n == 0 {
        return 1;
    }
    recursive_above(n - 1).await
}

#[async_recursion(?Send)]
#[traced]
async fn recursive_without_arguments() {
    if false {
        recursive_without_arguments().await;
    }
}

impl Shop {
    #[async_recursion]
    #[traced(tags(text))]
    async fn recursive<T: Send + Sync>(&self, text: &str, value: T) -> usize {
        if text.is_empty() {
            return size_of_val(&value);
        }
        self.recursive("", value).await
    }
}

#[test]
fn functions_of_async_recursion_are_of_the_trace_of_their_first_poll() {
    assert_eq!(whose(|| recursive_below(0)), "polled");
    assert_eq!(whose(|| recursive_above(0)), "polled");
    assert_eq!(whose(recursive_without_arguments), "polled");
    assert_eq!(whose(|| Shop.recursive("", 1)), "polled");
}

// A path that begins with `::` does not by itself indicate an attribute.
#[traced]
fn written_with_a_whole_path() -> ::core::pin::Pin<Box<dyn Future<Output = ()>>> {
    let _before = ();
    Box::pin(async {})
}

#[test]
fn a_function_that_does_something_at_the_call_is_not_async() {
    assert_eq!(whose(written_with_a_whole_path), "called");
}
