//! The attributes of [`trace-core`](https://docs.rs/trace-core), which re-exports
//! them: [`traced`](macro@traced), [`trace_root`](macro@trace_root) and
//! [`traced_test`](macro@traced_test).
//!
//! An attribute adds a span to a function and changes nothing else: the value,
//! the order in which everything is dropped, panics, `Send`, lifetimes, lints and
//! the places of compiler errors stay those of the plain function. Nothing is
//! recorded of the arguments unless it is named.

// The order is that in which to read: each group uses only those before it.

// Tokens, and what to give back where they are no function.
mod attribute;
mod fallback;
mod item;

// What a function says of its arguments, its body and its value.
mod body;
mod params;
mod returns;
mod suggest;

mod args;

mod expand;

use proc_macro::TokenStream;

use attribute::Attribute;

/// Records a span for each call of the function, below the current one.
///
/// ```
/// use trace_core::traced;
///
/// #[traced]
/// async fn charge(order: u32) -> Result<u32, String> {
///     if order == 0 {
///         return Err("no such order".to_owned()); // marks the span
///     }
///     Ok(order)
/// }
///
/// #[traced("parse the order")]
/// fn parse(text: &str) -> Result<u32, std::num::ParseIntError> {
///     text.parse()
/// }
/// # assert_eq!(parse("1"), Ok(1));
/// ```
///
/// A span of an async function starts with its first poll and ends when its body
/// is ready, panics or is dropped; one of a sync function lasts for the call. An
/// `Err` sets the span's status, `error.type` and an `exception` log. If no trace
/// is recorded at the time, nothing happens.
///
/// # Functions
///
/// Async and sync functions and methods of every signature: all receivers,
/// generics, lifetimes, `impl Trait`, patterns, `-> !`, `unsafe`, default bodies
/// in traits, and methods under `#[async_trait]`. Other attributes, such as
/// `#[tokio::main]`, may stand above or below.
///
/// A function that is not `async` but visibly returns a future has that future
/// traced, and not the call that makes it: `impl Future`, `Pin<Box<dyn Future>>`,
/// `BoxFuture`, `LocalBoxFuture`, and everything that ends with an async block or
/// `Box::pin(async ..)`.
///
/// A `const fn`, a function without a body, and anything that is no function is
/// an error.
///
/// # Arguments
///
/// In any order, each at most once.
///
/// ## `"operation"` or `name = "operation"`
///
/// The operation name, as it is: braces mean nothing. Keep its variety low,
/// `get_account` and not `get_account/42`. Default: the function's name.
///
/// ```
/// # use trace_core::traced;
/// #[traced("get_account")]
/// async fn account_by_id(id: u64) {}
/// ```
///
/// ## `tags(..)`
///
/// Tags of the span. They are evaluated by reference, before the body runs, and
/// only if the span is recorded.
///
/// | written | recorded |
/// |---|---|
/// | `customer` | the argument `customer` |
/// | `order.id = order.id` | any expression; bools, numbers, texts and arrays keep their type |
/// | `address = %address` | the `Display` text |
/// | `items = ?order.items` | the `Debug` text |
/// | `card = secret(card)` | `[redacted]`; `card` is not even looked at |
/// | `"http.request.header.x-id" = id` | the same, for keys that are no names |
///
/// `None` records no tag. A key may be a keyword, as in `type = kind`.
///
/// ```
/// # use trace_core::traced;
/// struct Order { id: u64, items: Vec<String> }
/// struct Card;
///
/// #[traced(tags(customer, order.id = order.id, items = ?order.items, card = secret(card)))]
/// async fn charge(customer: &str, order: Order, card: Card) -> usize {
///     drop(card);
///     order.items.len()
/// }
/// ```
///
/// A function that returns a future which it does not end with (`async {}` or
/// `Box::pin(async {})`) may have given its arguments away when the future is
/// polled; its tags are then copied at the call, if a trace is recorded there.
///
/// ## `service = expression`
///
/// The name of the service, if it is not the tracer's: anything `AsRef<str>`.
///
/// ```
/// # use trace_core::traced;
/// struct Shop { service_name: String }
///
/// impl Shop {
///     #[traced(service = self.service_name)]
///     async fn open(&self) {}
/// }
/// ```
///
/// ## `kind = server`
///
/// The part in a call: `server`, `client`, `producer`, `consumer` or `internal`,
/// which is the default.
///
/// ```
/// # use trace_core::traced;
/// #[traced(kind = client)]
/// async fn ask_the_bank() {}
/// ```
///
/// ## `err = off`
///
/// Does not look at the returned value. Otherwise an `Err` marks the span,
/// whatever the error's type: recorded is the text of an `Error` with those of its
/// sources, else the `Display` text, else the `Debug` text, else the type's name.
/// An alias of `Result` is a `Result`; `None` is no error.
///
/// ```
/// # use trace_core::traced;
/// #[traced(err = off)]
/// fn probe(port: u16) -> Result<(), u16> {
///     Err(port)
/// }
/// # assert_eq!(probe(1), Err(1));
/// ```
///
/// ## `crate = path`
///
/// Where `trace-core` is, if not at `::trace_core`; for crates that re-export it.
///
/// ```
/// mod framework {
///     pub use trace_core as tracing;
/// }
///
/// #[framework::tracing::traced(crate = framework::tracing)]
/// fn handle() {}
/// ```
///
/// # Expansion
///
/// Input:
///
/// ```
/// # use trace_core::traced;
/// # struct Order { id: u64 }
/// #[traced("charge", tags(order.id = order.id))]
/// async fn charge(order: Order) -> Result<u64, String> {
///     Ok(order.id)
/// }
/// ```
///
/// Output, with shorter names and paths:
///
/// ```text
/// async fn charge(order: Order) -> Result<u64, String> {
///     static SITE: Site = Site::new("charge", SpanKind::Internal, file!(), line!(), &["order.id"]);
///     traced(
///         || &SITE,
///         |output| Output::new(output).failure().record(true), // whether it is an `Err`
///         async move {
///             if false { return never_called::<Result<u64, String>>(); } // the type
///             let _ = &order; // arguments drop in the order of the plain function
///             if recording() { tag(&SITE, 0, &(order.id)); }
///             { Ok(order.id) } // the body, untouched
///         },
///     ).await
/// }
/// ```
///
/// Input:
///
/// ```
/// # use trace_core::traced;
/// #[traced]
/// fn parse(text: &str) -> Result<u32, std::num::ParseIntError> {
///     text.parse()
/// }
///
/// #[traced]
/// fn count(text: &str) -> usize {
///     text.len()
/// }
/// ```
///
/// Output:
///
/// ```text
/// fn parse(text: &str) -> Result<u32, std::num::ParseIntError> {
///     static SITE: Site = Site::new("parse", ..);
///     let mut guard = enter(&SITE);
///     let output = call(move || {
///         if false { return never_called::<Result<u32, std::num::ParseIntError>>(); }
///         let _ = &text;
///         { text.parse() }
///     });
///     if guard.is_recording() && Output::new(&output).failure().record(true) {
///         guard.set_failed();
///     }
///     output
/// }
///
/// fn count(text: &str) -> usize {
///     static SITE: Site = Site::new("count", ..);
///     let guard = enter(&SITE);
///     { text.len() }
/// }
/// ```
///
/// # Limits
///
/// - The body of a sync function that returns a `Result` moves into a closure. As
///   that would change `Location::caller()`, the body of a `#[track_caller]`
///   function does not, and an `Err` that leaves it by `return` or `?` is not seen.
/// - In a generic function, an error type that is an `Error` only for parameters
///   that are `'static`, as some channels' are, needs `err = off`: which traits a
///   type has is found out without regard to lifetimes.
/// - A future is 32 bytes larger than the plain one, and an argument that the body
///   hands on before its first `.await` is stored once more.
/// - Traced async functions that call each other nest about 17 deep if the future
///   has to be `Send` and about 24 deep otherwise; plain ones about 41 and 60.
///   Beyond that the compiler asks for a higher `#![recursion_limit]`; one
///   `Box::pin(..)` as a `dyn Future` on the way ends the count too.
#[proc_macro_attribute]
pub fn traced(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::expand(Attribute::Traced, args.into(), item.into()).into()
}

/// Starts a trace with each call of the function.
///
/// The sampler of the current tracer decides whether it is recorded: the tracer
/// that `attach` or another trace made current, else the installed one.
///
/// ```
/// use trace_core::{trace_root, traced};
///
/// #[trace_root("checkout", kind = server, tags(customer))]
/// async fn checkout(customer: &str) -> Result<(), String> {
///     charge(customer).await
/// }
///
/// #[traced]
/// async fn charge(customer: &str) -> Result<(), String> {
///     Ok(())
/// }
/// ```
///
/// Takes the functions and the arguments that [`macro@traced`] takes.
///
/// # Expansion
///
/// That of [`macro@traced`], with `root` for `traced` and `enter_root` for `enter`.
#[proc_macro_attribute]
pub fn trace_root(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::expand(Attribute::TraceRoot, args.into(), item.into()).into()
}

/// Runs a test with a tracer of its own.
///
/// On a sync or async function, with any return type that a test may have.
/// Brings `#[test]`, unless an attribute called `test`, such as `#[tokio::test]`,
/// stands below. Without one, an async test runs on a runtime of its own.
///
/// Put it above `#[test]`: one that stands above is gone when this attribute is
/// expanded, and the test would be there twice.
///
/// ```
/// # mod example {
/// use trace_core::traced_test;
///
/// #[traced_test]
/// fn adds() {
///     assert_eq!(1 + 1, 2);
/// }
///
/// #[traced_test]
/// #[tokio::test(flavor = "current_thread")]
/// async fn parses() -> Result<(), std::num::ParseIntError> {
///     assert_eq!("1".parse::<u32>()?, 1);
///     Ok(())
/// }
/// # }
/// ```
///
/// The one argument is `crate = path`, as for [`macro@traced`].
///
/// # Expansion
///
/// Input:
///
/// ```
/// # mod example {
/// # use trace_core::traced_test;
/// #[traced_test]
/// async fn pays() {}
/// # }
/// ```
///
/// Output:
///
/// ```text
/// #[test]
/// fn pays() {
///     trace_core::testing::__run_async("pays", async move { {} })
/// }
/// ```
///
/// A sync test becomes `__run_sync("pays", move || { .. })`, an async one with a
/// test attribute `__within("pays", async move { .. }).await`.
#[proc_macro_attribute]
pub fn traced_test(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::expand(Attribute::TracedTest, args.into(), item.into()).into()
}
