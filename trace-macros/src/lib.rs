//! The attributes of [`trace-core`](https://docs.rs/trace-core), which re-exports
//! them: [`traced`](macro@traced), [`trace_root`](macro@trace_root) and
//! [`traced_test`](macro@traced_test).
//!
//! An attribute adds a span to a function and is made to change nothing else: the
//! value, the order in which everything is dropped, panics, `Send`, lifetimes, lints
//! and the places of compiler errors are those of the plain function, with the
//! exceptions listed under *Limits* in [`traced`](macro@traced). Nothing is recorded
//! of the arguments unless it is named.

#![forbid(unsafe_code)]

// The order is that in which to read: each group uses only those before it.

// Single tokens.
mod tokens;

// Items as tokens, and what to give back where they are no function.
mod attribute;
mod fallback;
mod item;

// What a function says of its arguments, its body and its value.
mod body;
mod params;
mod returns;
mod suggest;

mod args;

mod block;
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
/// `Err` sets the status and `error.type` of each span that it passes, and writes an
/// `exception` log in the innermost. A panic sets the status, and its message is not
/// recorded. If no trace is recorded at the time, nothing happens.
///
/// # Functions
///
/// Async and sync functions and methods of every signature: all receivers,
/// generics, lifetimes, `impl Trait`, patterns, `-> !`, `unsafe`, default bodies
/// in traits, and methods under `#[async_trait]`. Other attributes, such as
/// `#[tokio::main]`, may stand above or below.
///
/// A function that is not `async` but visibly returns a future has that future
/// traced, and not the call that makes it: `impl Future`, `impl TryFuture`,
/// `Pin<Box<dyn Future>>`, `Box<dyn Future + Unpin>`, `BoxFuture`, `LocalBoxFuture`,
/// and everything that ends with an async block or `Box::pin(async ..)`. The same goes
/// for streams: `impl Stream`, `impl TryStream`, `Pin<Box<dyn Stream>>`,
/// `Box<dyn Stream + Unpin>`, `BoxStream`, `LocalBoxStream`. Items are polled inside
/// the span, which ends with the stream, with an item that is an `Err`, or when the
/// stream is dropped.
///
/// ```
/// # use trace_core::traced;
/// use futures_util::{Stream, StreamExt, stream};
///
/// #[traced(tags(table))]
/// fn rows(table: &str) -> impl Stream<Item = Result<u32, std::io::Error>> {
///     stream::iter(0..3).map(Ok)
/// }
/// ```
///
/// So is a pinned box of a `dyn Future` or `dyn Stream` that an alias or an associated
/// type stands for, such as `Self::Future` of a `tower::Service`. A future of another
/// named type, such as `std::future::Ready` or `S::Future`, is an error of the compiler,
/// as there is no room in it for a span; see [`returns`](#returns--future-returns--stream-returns--value).
/// Not so a `JoinHandle` or a `Receiver`: their work is done elsewhere, and the span is
/// that of the call.
///
/// A `const fn`, a function without a body, and anything that is no function is
/// an error.
///
/// # Which trace
///
/// An `async fn` does nothing before its first poll: its span is below the one that is
/// current there. A function that is not `async` is of the trace in which it is called,
/// whoever polls later what it returns, and its span is below the one that was current
/// at the call. So the body of a response is a part of the request, though the server
/// sends it when the handler has returned:
///
/// ```
/// use futures_util::{Stream, stream};
/// use trace_core::{trace_root, traced};
///
/// #[traced]
/// fn events(count: u32) -> impl Stream<Item = u32> {
///     stream::iter(0..count)
/// }
///
/// #[trace_root("GET /events")]
/// async fn handler() -> impl Stream<Item = u32> {
///     events(3)
/// }
/// # use futures_util::{FutureExt, StreamExt};
/// # use trace_core::{assert_trace, testing::TestTracer};
/// # let tracer = TestTracer::new();
/// # let body = tracer.attach(handler()).now_or_never().unwrap();
///
/// // What the server does with it, when `handler` has returned:
/// assert_eq!(body.count().now_or_never(), Some(3));
/// assert_trace!(tracer.trace(), r#"
///     GET /events
///     └─ events
/// "#);
/// ```
///
/// The span ends with the future or the stream, and the trace stays open until then,
/// also while nobody polls: it is complete when the last event was sent or the
/// connection is gone. One that is dropped before its first poll makes no span.
///
/// So a loop that goes on in a task, as in `tokio::spawn(watch())` with a traced
/// `fn watch() -> impl Future`, keeps the trace that called it open for as long as it
/// runs. If it is no part of that, make it an `async fn`, which is of the trace of its
/// task, that is of none, or call it where no trace is current:
/// `tokio::spawn(span::detached(|| watch()))`; see
/// [`span::detached`](https://docs.rs/trace-core/latest/trace_core/span/fn.detached.html).
///
/// Where nothing is recorded at the call, the trace is the one of the first poll. Roots,
/// and functions with a `parent`, begin there as well. So does what such a function
/// calls to make what it returns: it is polled in that, and below its span. An
/// `async fn` that `#[async_trait]` or `#[async_recursion]` rewrites is still one,
/// whichever attribute stands above.
///
/// # `impl` blocks, traits and modules
///
/// On an `impl` block, a trait or an inline module the attribute goes to each
/// function with a body in it, whatever is nested; tests and `const fn`s are left
/// out. A method is named after its type: `Account::balance`, and that of a trait
/// after the trait. `service`, `kind`, `tags`, `err`, `links` and `crate` may be
/// given for all functions; what the attribute of a function or of a nested block says
/// wins, with tags one by one, and `skip` leaves either out. What names `self` goes to
/// methods, and `err` to functions that may return an error.
///
/// ```
/// # use trace_core::{trace_root, traced};
/// struct Account {
///     id: u64,
/// }
///
/// #[traced(service = "accounts", tags(account.id = self.id))]
/// impl Account {
///     async fn balance(&self) -> Result<i64, String> {
///         self.check()?;
///         Ok(1)
///     }
///
///     #[traced("check account", kind = client)]
///     fn check(&self) -> Result<(), String> {
///         Ok(())
///     }
///
///     #[traced(skip)]
///     fn id(&self) -> u64 {
///         self.id
///     }
/// }
/// # assert_eq!(Account { id: 1 }.id(), 1);
/// ```
///
/// In a trait, the functions are those with a default body. The functions of a
/// `mod name;` in another file cannot be seen.
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
/// An expression runs only because something is recorded, and so changes nothing else:
/// what it calls leaves no spans, not even roots, and if it panics, the tag says so and
/// the function goes on. The same goes for `service`, `links`, and functions of the
/// returned value or of its error; a function in `err(..)` that panics has not said that
/// the error is expected.
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
/// A closure is a function of the returned value: it is given a reference to it, and
/// records what it gives. It may name arguments that are `Copy`, as references are;
/// others are gone by then.
///
/// ```
/// # use trace_core::traced;
/// #[traced(tags(ret.rows = |rows| rows.len()))]
/// async fn all() -> Vec<u32> {
///     vec![1, 2]
/// }
///
/// #[traced(tags(bytes = |sent| sent.as_ref().ok().copied(), outcome = ?|sent| sent))]
/// fn send(text: &str) -> Result<usize, String> {
///     Ok(text.len())
/// }
/// # assert_eq!(send("abc"), Ok(3));
/// ```
///
/// An `async fn` evaluates its tags at the first poll, at the top of its body. A
/// function that returns a future may have given its arguments away by then: its tags
/// are copied at the call, if a trace is recorded there. Only if it is nothing but an
/// `async move {}`, or one in `Box::pin`, that plainly uses the tagged arguments, they
/// are evaluated in that.
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
/// ## `err = off`, `err = status`, `err(|error| ..)`
///
/// An `Err` marks the span, whatever the error's type: recorded is the text of an
/// `Error` with those of its sources, else the `Display` text, else the `Debug`
/// text, else the type's name. An alias of `Result` is a `Result`, and so are
/// `Option<Result>`, `Poll<Result>` and `Poll<Option<Result>>`; `None` is no error.
///
/// `off` does not look at the returned value. `status` sets the status and
/// `error.type` and writes no `exception` log. A function says of the error whether
/// it counts: one that is expected leaves the span as it is.
///
/// ```
/// # use trace_core::traced;
/// #[traced(err = off)]
/// fn probe(port: u16) -> Result<(), u16> {
///     Err(port)
/// }
///
/// #[traced(err = status)]
/// async fn poll_often() -> Result<(), String> {
///     Err("not yet".to_owned())
/// }
///
/// #[traced(err(|error| error.kind() != std::io::ErrorKind::NotFound))]
/// fn read(path: &str) -> std::io::Result<String> {
///     std::fs::read_to_string(path)
/// }
/// # assert_eq!(probe(1), Err(1));
/// # assert!(read("no such file").is_err());
/// ```
///
/// ## `links(..)`
///
/// Spans of other traces that belong to this one: any number of expressions that
/// are [`LinkSource`s](https://docs.rs/trace-core/latest/trace_core/trait.LinkSource.html),
/// such as a `TraceContext`, a `Link`, or an `Option`, slice or vector of them.
///
/// ```
/// # use trace_core::{TraceContext, traced};
/// struct Message {
///     sender: Option<TraceContext>,
/// }
///
/// #[traced(kind = consumer, links(message.sender))]
/// async fn consume(message: Message) {}
///
/// #[traced(kind = producer)]
/// fn produce() -> Message {
///     // Over a wire: `span::inject` there, `propagation::extract(..).context` here.
///     Message { sender: trace_core::span::current_context() }
/// }
/// ```
///
/// ## `parent = expression`
///
/// The context below whose span this one goes, instead of the current one: a
/// [`ContextSource`](https://docs.rs/trace-core/latest/trace_core/propagation/trait.ContextSource.html),
/// such as a `TraceContext` or an `Option` of one. Without a context the current
/// span is the parent. The expression is evaluated at the call. A context of another
/// trace than the current one brings its trace and its decision along.
///
/// ```
/// # use trace_core::{TraceContext, traced};
/// struct Job {
///     creator: Option<TraceContext>,
/// }
///
/// impl Job {
///     #[traced(parent = self.creator)]
///     async fn run(&self) {}
/// }
/// ```
///
/// ## `root`, `remote = expression`, `trust = expression`
///
/// `root` begins a trace, as [`macro@trace_root`] does. `remote` is the context that
/// came with a request, a `ContextSource` such as what `propagation::extract`
/// returns: if there is one, its trace goes on. `trust` says how far that is
/// believed: `Trust::Continue`, the default; `Trust::Restart`, which begins a trace
/// with a link to the caller's; or `Trust::Capped { per_second }`, which lets the
/// caller have so many traces recorded.
///
/// ```
/// # use trace_core::{Trust, propagation, traced};
/// use std::collections::HashMap;
///
/// #[traced(root, remote = propagation::extract(&headers), trust = Trust::Restart)]
/// async fn handle(headers: HashMap<String, String>) {}
/// ```
///
/// ## `returns = future`, `returns = stream`, `returns = value`
///
/// What a function returns that is not `async`, where its type does not show it.
/// `future` and `stream` go with an `impl Trait` of your own, and with aliases of boxes.
/// `value` has the span last for the call, whatever is returned.
///
/// ```
/// # use trace_core::traced;
/// use std::future::{Ready, ready};
///
/// #[traced(returns = value)]
/// fn cached(key: u32) -> Ready<u32> {
///     ready(key)
/// }
///
/// trait Job: Future<Output = u32> {}
/// impl<F: Future<Output = u32>> Job for F {}
///
/// #[traced(returns = future)]
/// fn job() -> impl Job {
///     async { 42 }
/// }
/// ```
///
/// ## `skip`
///
/// Leaves the function as it is; for functions in a traced block.
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
/// #[cfg(not(any(clippy, doc)))]
/// fn charge(order: Order) -> impl Future<Output = Result<u64, String>> {
///     static SITE: Site = Site::new("charge", SpanKind::Internal, file!(), line!(), &["order.id"]);
///     traced::<Result<u64, String>, _, _, _>(
///         || &SITE,
///         |output| Output::new(output).failure().record(true), // whether it is an `Err`
///         async move {
///             if false { let output: Result<u64, String> = never_called(); return output; } // the type
///             let _ = &order; // arguments drop in the order of the plain function
///             if recording() { tag(&SITE, 0, &(order.id)); }
///             { Ok(order.id) } // the body, untouched
///         },
///     )
/// }
///
/// // What clippy lints and rustdoc shows: the function as it is written.
/// #[cfg(any(clippy, doc))]
/// async fn charge(order: Order) -> Result<u64, String> { .. }
/// ```
///
/// A function with an attribute that may have to see `async fn`, such as
/// `#[tokio::main]`, stays one, with `traced(..).await` in it; so does one with a
/// lifetime without a name in `impl Trait`, as in `impl Executor<'_>`.
///
/// Input:
///
/// ```
/// # use trace_core::traced;
/// #[traced]
/// fn parse(text: &str) -> Result<u32, std::num::ParseIntError> {
///     let number: u32 = text.parse()?;
///     Ok(number + 1)
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
/// // Each beside the function as it is written, as above.
/// fn parse(text: &str) -> Result<u32, std::num::ParseIntError> {
///     static SITE: Site = Site::new("parse", ..);
///     let mut guard = enter(&SITE);
///     let output = call(move || -> Result<u32, std::num::ParseIntError> {
///         if false { let output: Result<u32, std::num::ParseIntError> = never_called(); return output; }
///         let text = text;
///         { let number: u32 = text.parse()?; Ok(number + 1) }
///     }); // a body without `return`, `?` or a macro needs no closure
///     if guard.is_recording() {
///         guard.end(Output::new(&output).failure().record(true));
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
/// - The body of a sync function that returns a `Result`, and may do so early, moves
///   into a closure. As that would change `Location::caller()`, the body of a
///   `#[track_caller]` function does not, and an `Err` that leaves it by `return` or
///   `?` is not seen.
/// - A stream of a named type, and `impl FusedStream` or `impl FusedFuture`, are not
///   traced but the call that makes them, unless the body ends with an async block. So
///   is a future that a generic function does not know to be one, as `T` in
///   `fn run<T>(make: impl FnOnce() -> T) -> T`, one that the type is itself, as in
///   `fn new() -> Self`, a reference to one, an `impl IntoFuture`, and one within another
///   type, as in `Option<BoxFuture>`. An `async fn` that awaits it is traced. That a future
///   has an `impl Trait` within its type, as `Either<impl Future, ..>`, is an error only
///   where spans are recorded: such a type has no name.
/// - Attributes that write functions anew may keep this one where it cannot be. With
///   `#[automock]` it goes on a trait, or on functions of an `impl` of that trait, and not
///   on an `impl` block that is mocked itself. Below or above `#[easy_ext::ext]` there is no
///   place for it: have the methods call traced functions.
/// - A returned future or stream gets a wrapper that is `Send`, `Sync` and `Unpin` if
///   it is itself, and has no other trait: `impl Future + Clone` and
///   `impl Future + FusedFuture` do not compile. Of a pinned box behind an alias, `Send` and
///   `Sync` may be said, and no other trait such as `Unpin` or `UnwindSafe`, unless the body
///   ends with `Box::pin(async ..)`.
/// - An `async fn` that another attribute rewrites, so that this one sees a function
///   that returns a future, may count as not `async`; write this attribute above it.
/// - `unconditional_recursion` is not noticed in a sync function that returns a
///   `Result`, and may do so early.
/// - In a generic function, an error type that is an `Error` only for parameters
///   that are `'static`, as some channels' are, needs `err = off`: which traits a
///   type has is found out without regard to lifetimes.
/// - A future is at most 32 bytes larger than the plain one, and often smaller: an
///   argument that an `async fn` keeps across an `.await` is stored twice, and a
///   large one here once. A function that stays an `async fn` (see *Expansion*) stores
///   its arguments once more.
/// - A lifetime that a path leaves out, as in `Ref<u32>` for `Ref<'_, u32>`, is an error
///   in an `async fn`, and none in the function that it becomes. Clippy and rustdoc, which
///   see the function as it is written, report it.
/// - Errors in an `async fn` say "async block", and those in the body of a sync function
///   that may return an `Err` early say "closure", where those in plain functions say
///   "async fn" and "function": the body is in one. As an `async fn` cannot be made of
///   another one without storing the arguments twice, the words stay so. What is captured
///   by the block, and was a variable, is "local data", or is to be moved into a closure
///   that outlives it.
/// - One mistake in a returned `impl Trait` of an `async fn` is one error where the plain
///   function has two: the compiler looks at the type, and at the body once more if it is
///   that of an `async fn`. An unsized type of an argument or of a value, such as `str`,
///   may be more errors or fewer, as it is written in more places or fewer. A lifetime that
///   is missing in such a type is reported at the body's last expression and not at the
///   whole body.
/// - An error about a lifetime in a sync function that may fail, or whose type may stand for
///   a future, is at the beginning of the last expression, as its value is looked at before
///   it is returned. Where the body of one that may fail early is in a closure, arguments are
///   variables: E0005, E0384 and E0515 call them so. In an `async fn`
///   with a reference to something that holds references, it may be at the argument and not
///   where the reference is used.
/// - What an async block gives which a function returns is checked in the block: an error is
///   there (E0308), and not at the whole block (E0271). The type has to be known before
///   what it gives is looked at. Of a future that is made otherwise and gives something else,
///   the error names the wrapper, `Traced<..>`; of what is no future, there are two.
/// - Where a trait has no function of that name (E0407), an error about an `async fn` begins
///   at its first word and not at its `async`.
/// - The lint `async_fn_in_trait` is silent about a traced function, and `unused_assignments`
///   says "assigned" of an argument that is changed, and not "passed". In a function that a
///   macro writes after a `$vis`, lints of clippy that are silent in macros may fire. Clippy
///   looks at the expressions in the attribute, too.
/// - `missing_const_for_fn` of clippy is silenced on traced functions that are not `async`:
///   a `forbid` of just that lint is E0453 there, under clippy.
/// - Traced async functions that call each other nest about 27 deep if the future
///   has to be `Send`; plain ones about 40. Beyond that the compiler asks for a higher
///   `#![recursion_limit]`; one `Box::pin(..)` as a `dyn Future` on the way ends the
///   count too.
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
/// Takes the functions and the arguments that [`macro@traced`] takes, but `root`,
/// `parent` and `skip`; it is short for `#[traced(root)]`.
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
/// Brings `#[test]`, unless an attribute called `test` stands below. Without one, an async
/// test runs on a runtime of its own, with one thread; with `#[tokio::test(..)]`, on one as
/// that describes it. In these, roots in tasks that the code under test spawns by itself
/// are the test's. Any other attribute, such as `#[sqlx::test]`, runs the test itself.
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
/// #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
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
/// A sync test becomes `__run_sync("pays", move || { .. })`, an async one above
/// `#[tokio::test(..)]` `__run_tokio("pays", .., async move { .. })` without that
/// attribute, and one above another test attribute
/// `__within("pays", async move { .. }).await`.
#[proc_macro_attribute]
pub fn traced_test(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::expand(Attribute::TracedTest, args.into(), item.into()).into()
}
