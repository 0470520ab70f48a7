//! The attributes of [`trace-core`](https://docs.rs/trace-core), which re-exports
//! them: [`traced`](macro@traced), [`trace_root`](macro@trace_root) and
//! [`traced_test`](macro@traced_test).
//!
//! An attribute adds a span to a function and is designed to change nothing else. The
//! value, the order of drops, panics, `Send`, lifetimes, lints and the places of compiler
//! errors are those of the plain function, with the exceptions listed under *Limits* in
//! [`traced`](macro@traced). An argument is recorded only if you name it.

#![forbid(unsafe_code)]

// In reading order: each group uses only those before it.

// Single tokens.
mod tokens;

// Items as tokens, and what to return if an item is not a function.
mod attribute;
mod fallback;
mod item;

// What a function's tokens show about its parameters, its body and its value.
mod body;
mod params;
mod returns;
mod suggest;

mod args;

mod block;
mod expand;

use proc_macro::TokenStream;

use attribute::Attribute;

/// Records a span for each call of the function, below the current span.
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
/// The span of an async function starts at the first poll and ends when the body is
/// ready, panics or is dropped. The span of a sync function lasts for the call. An `Err`
/// sets the status and `error.type` of the span of each traced function that returns it,
/// and writes an `exception` log in the innermost of these spans. A panic sets the status;
/// its message is not recorded. If no trace is being recorded, nothing happens.
///
/// # Functions
///
/// The attribute takes async and sync functions and methods with every signature: all
/// receivers, generics, lifetimes, `impl Trait`, patterns, `-> !`, `unsafe`, default
/// bodies in traits, and methods under `#[async_trait]`. Other attributes, such as
/// `#[tokio::main]`, may stand above or below it.
///
/// If a function is not `async` but visibly returns a future, that future is traced, and
/// not the call that makes it. These are visible: `impl Future`, `impl TryFuture`,
/// `Pin<Box<dyn Future>>`, `Box<dyn Future + Unpin>`, `BoxFuture`, `LocalBoxFuture`,
/// and every body that ends with an async block or `Box::pin(async ..)`. Streams are
/// traced in the same way: `impl Stream`, `impl TryStream`, `Pin<Box<dyn Stream>>`,
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
/// An alias or an associated type, such as `Self::Future` of a `tower::Service`, may stand
/// for a pinned box of a `dyn Future` or `dyn Stream`. Then that is traced too. A future of
/// another named type, such as `std::future::Ready` or `S::Future`, has no room for a span
/// and is a compiler error; see [`returns`](#returns--future-returns--stream-returns--value).
/// For a `JoinHandle` or a `Receiver`, the span is that of the call, because the work of
/// these types is done elsewhere.
///
/// A `const fn`, a function without a body, and everything that is not a function is
/// an error.
///
/// # Which trace
///
/// An `async fn` does nothing before its first poll: its span is below the span that is
/// current at that poll. A function that is not `async` belongs to the trace in which it is
/// called, even if the returned future or stream is polled elsewhere, and its span is below
/// the span that was current at the call. So the body of a response is part of the request,
/// even though the server sends it after the handler has returned:
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
/// // What the server does with it, after `handler` has returned:
/// assert_eq!(body.count().now_or_never(), Some(3));
/// assert_trace!(tracer.trace(), r#"
///     GET /events
///     └─ events
/// "#);
/// ```
///
/// The span ends with the future or the stream. The trace stays open until then, even
/// while nothing polls: it is complete when the last event was sent or the connection is
/// gone. A future or stream that is dropped before its first poll makes no span.
///
/// So a loop in a task, as in `tokio::spawn(watch())` with a traced
/// `fn watch() -> impl Future`, keeps the calling trace open for as long as it runs. If the
/// loop is not part of that trace, make it an `async fn`: it then belongs to the trace of
/// its task, and `tokio::spawn` gives a task none. Or call it where no trace is current:
/// `tokio::spawn(span::detached(|| watch()))`; see
/// [`span::detached`](https://docs.rs/trace-core/latest/trace_core/span/fn.detached.html).
///
/// In these cases the span belongs where the future or stream is first polled:
///
/// - Nothing is recorded at the call.
/// - The function is a root, or has a `parent`.
/// - Another function that is not `async` calls this one to make its own future or stream.
///   The inner future is then polled within the outer one, and its span is below the
///   outer span.
/// - The function was an `async fn` before `#[async_trait]` or `#[async_recursion]` rewrote
///   it. The order of the attributes does not matter.
///
/// # `impl` blocks, traits and modules
///
/// On an `impl` block, a trait or an inline module, the attribute applies to each function
/// with a body in it, also in nested blocks; tests and `const fn`s are left out. A method
/// is named after its type (`Account::balance`), and a method of a trait after the trait.
/// `service`, `kind`, `tags`, `err`, `links` and `crate` may be given for all functions.
/// The attribute of a function or of a nested block overrides them, with tags one by one;
/// `skip` leaves the function or block out. An expression that names `self` applies only to
/// methods, and `err` only to functions that may return an error.
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
/// The operation name, taken literally: braces have no meaning in it. Use few different
/// names: `get_account` and not `get_account/42`. Default: the function's name.
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
/// | `card = secret(card)` | `[redacted]`; `card` is never evaluated |
/// | `"http.request.header.x-id" = id` | any expression, with a key that is not a Rust name |
///
/// `None` records no tag. A key may be a keyword, as in `type = kind`.
///
/// An expression runs only because something is recorded, so it must not change anything
/// else: the code that it calls leaves no spans, not even roots, and if it panics, the tag
/// says so and the function continues. This also holds for `service`, `links`, and
/// functions of the returned value or of its error. If a function in `err(..)` panics, the
/// error counts as unexpected.
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
/// A closure is a function of the returned value: it gets a reference to that value, and
/// what it returns is recorded. It may name arguments that are `Copy`, as references are;
/// other arguments no longer exist at that time.
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
/// function that returns a future may have moved its arguments away by then, so its tags
/// are copied at the call, if a trace is recorded there. There is one exception: if the
/// body is nothing but an `async move {}`, or one in `Box::pin`, that plainly uses the
/// tagged arguments, the tags are evaluated in that block.
///
/// ## `service = expression`
///
/// The name of the service, if it is not the tracer's: any `AsRef<str>`.
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
/// The role of the span in a call: `server`, `client`, `producer`, `consumer` or
/// `internal`, which is the default.
///
/// ```
/// # use trace_core::traced;
/// #[traced(kind = client)]
/// async fn ask_the_bank() {}
/// ```
///
/// ## `err = off`, `err = status`, `err(|error| ..)`
///
/// Without this argument, an `Err` marks the span, with every type of error. The recorded
/// text is that of an `Error` with the texts of its sources, else the `Display` text, else
/// the `Debug` text, else the type's name. An alias of `Result` is a `Result`, and so are
/// `Option<Result>`, `Poll<Result>` and `Poll<Option<Result>>`; `None` is not an error.
///
/// `off` ignores the returned value. `status` sets the status and `error.type` and writes
/// no `exception` log. A function decides whether an error counts: it gets the error, and
/// if it returns `false`, the error was expected and does not change the span.
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
/// The context of the parent span, instead of the current span: a
/// [`ContextSource`](https://docs.rs/trace-core/latest/trace_core/propagation/trait.ContextSource.html),
/// such as a `TraceContext` or an `Option` of one. If there is no context, the current
/// span is the parent. The expression is evaluated at the call. If the context belongs to
/// another trace than the current one, the span belongs to that trace, with that trace's
/// sampling decision.
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
/// came with a request: a `ContextSource`, such as the value that `propagation::extract`
/// returns. If it has a context, its trace continues. `trust` says how far that context is
/// trusted: `Trust::Continue`, the default; `Trust::Restart`, which begins a new trace
/// with a link to the caller's; or `Trust::Capped { per_second }`, which limits how many
/// traces a second are recorded because the caller asks for it.
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
/// What a function that is not `async` returns, if its type does not show it. `future` and
/// `stream` are for an `impl Trait` with your own trait, and for aliases of boxes. With
/// `value` the span lasts for the call, and the type of the returned value does not matter.
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
/// Leaves the function unchanged; for functions in a traced block.
///
/// ## `crate = path`
///
/// The path of `trace-core`, if that is not `::trace_core`; for crates that re-export it.
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
/// // What clippy lints and rustdoc shows: the function as it was written.
/// #[cfg(any(clippy, doc))]
/// async fn charge(order: Order) -> Result<u64, String> { .. }
/// ```
///
/// If another attribute may need to see an `async fn`, as `#[tokio::main]` does, the
/// function stays one, with `traced(..).await` in it. So does a function with a lifetime
/// without a name in `impl Trait`, as in `impl Executor<'_>`.
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
/// // Each beside the function as it was written, as above.
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
/// What is traced:
///
/// - If a sync function returns a `Result` and may return early, its body moves into a
///   closure. A closure would change `Location::caller()`, so the body of a
///   `#[track_caller]` function does not move, and an `Err` that leaves it by `return` or
///   `?` is not recorded.
/// - In these cases the span is that of the call, and not that of the future or stream,
///   unless the body ends with an async block: a stream of a named type, `impl FusedStream`
///   or `impl FusedFuture`; a future that a generic function does not know to be one, as `T`
///   in `fn run<T>(make: impl FnOnce() -> T) -> T`; a type that is itself a future, as in
///   `fn new() -> Self`; a reference to a future; an `impl IntoFuture`; and a future within
///   another type, as in `Option<BoxFuture>`. An `async fn` that awaits the future is
///   traced. A future with an `impl Trait` within its type, as `Either<impl Future, ..>`, is
///   an error only where spans are recorded, because such a type has no name.
///
/// Other attributes:
///
/// - Attributes that rewrite functions may leave this one where it is not allowed. With
///   `#[automock]`, put it on a trait, or on functions of an `impl` of that trait, and not
///   on an `impl` block that is itself mocked. It does not work below or above
///   `#[easy_ext::ext]`: let the methods call traced functions.
/// - If another attribute rewrites an `async fn` before this one sees it, the function may
///   count as not `async`; write this attribute above the other one.
///
/// Types and sizes:
///
/// - A returned future or stream gets a wrapper that is `Send`, `Sync` and `Unpin` if the
///   future or stream is, and has no other trait: `impl Future + Clone` and
///   `impl Future + FusedFuture` do not compile. A pinned box behind an alias may be declared
///   `Send` and `Sync`, but may have no other trait such as `Unpin` or `UnwindSafe`, unless
///   the body ends with `Box::pin(async ..)`.
/// - In a generic function, an error type that is an `Error` only for parameters
///   that are `'static`, as the errors of some channels are, needs `err = off`: the traits
///   of a type are looked up without its lifetimes.
/// - A future is at most 32 bytes larger than the plain one, and often smaller: an
///   argument that an `async fn` keeps across an `.await` is stored twice in a plain future,
///   and a large one once in a traced one. A function that stays an `async fn` (see
///   *Expansion*) stores its arguments once more.
/// - Traced async functions that call each other nest about 27 deep if the future
///   must be `Send`; plain ones about 40. Beyond that the compiler asks for a higher
///   `#![recursion_limit]`; a `Box::pin(..)` as a `dyn Future` on the way also resets the
///   count.
///
/// Compiler errors:
///
/// - A lifetime that a path leaves out, as in `Ref<u32>` for `Ref<'_, u32>`, may be an error
///   in an `async fn`, and is none in the function that it becomes. Clippy and rustdoc, which
///   see the function as it was written, report it.
/// - Errors in an `async fn` say "async block" instead of "async fn", because the body is in
///   an async block; to keep the `async fn`, arguments would have to be stored twice. In a
///   sync function that may return an `Err` early they say "closure" instead of "function".
///   The compiler calls a captured variable "local data", or asks to move it into a closure
///   that outlives it.
/// - A mistake in a returned `impl Trait` of an `async fn` is one error; the plain function
///   has two, because the compiler checks the body of an `async fn` once more. An unsized
///   type of an argument or of a value, such as `str`, may cause more errors or fewer,
///   because the expansion has it in more places or fewer. If a lifetime is missing in such
///   a type, the error is at the body's last expression and not at the whole body.
/// - In a sync function that may fail, or whose type may stand for a future, an error about
///   a lifetime is at the beginning of the last expression, because the value is examined
///   before it is returned. If the body of a function that may fail early is in a closure,
///   E0005, E0384 and E0515 call its arguments variables. In an `async fn` with a reference
///   to something that holds references, an error about a lifetime may be at the argument
///   and not where the reference is used.
/// - If a function returns an async block, the block's output is checked in the block: an
///   error is there (E0308), and not at the whole block (E0271). The output's type must be
///   known before a method is called on it. If a future is made in another way and has
///   another output, the error names the wrapper, `Traced<..>`; if the value is not a future,
///   there are two errors.
/// - If a trait has no function of that name (E0407), the error about an `async fn` begins
///   at the function's first word and not at its `async`.
///
/// Lints:
///
/// - `unconditional_recursion` does not fire in a sync function that returns a `Result` and
///   may return early.
/// - `async_fn_in_trait` does not fire on a traced function, and `unused_assignments`
///   says "assigned" of an argument that is changed, and not "passed". In a function that a
///   macro writes after a `$vis`, clippy lints that are silent in macros may fire. Clippy
///   also lints the expressions in the attribute.
/// - Clippy's `missing_const_for_fn` is silenced on traced functions that are not `async`:
///   a `forbid` of just that lint is E0453 there, under clippy.
#[proc_macro_attribute]
pub fn traced(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::expand(Attribute::Traced, args.into(), item.into()).into()
}

/// Starts a trace with each call of the function.
///
/// The sampler of the current tracer decides whether the trace is recorded. The current
/// tracer is the one that `attach` or another trace made current, else the installed one.
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
/// Takes the functions and the arguments that [`macro@traced`] takes, except `root`,
/// `parent` and `skip`; it is short for `#[traced(root)]`.
///
/// # Expansion
///
/// That of [`macro@traced`], with `root` for `traced` and `enter_root` for `enter`.
#[proc_macro_attribute]
pub fn trace_root(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::expand(Attribute::TraceRoot, args.into(), item.into()).into()
}

/// Runs a test with its own tracer.
///
/// Stands on a sync or async function, with any return type that a test may have. It adds
/// `#[test]`, unless an attribute called `test` stands below it. Without one, an async test
/// gets its own runtime with one thread; with `#[tokio::test(..)]`, it gets the runtime that
/// this attribute describes. On both, roots in tasks that the code under test spawns by
/// itself belong to the test. Any other attribute, such as `#[sqlx::test]`, runs the test
/// itself.
///
/// Put `#[traced_test]` above `#[test]`. A `#[test]` above it is already gone when
/// `#[traced_test]` is expanded, so there would be two tests.
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
/// A sync test becomes `__run_sync("pays", move || { .. })`. An async test above
/// `#[tokio::test(..)]` becomes `__run_tokio("pays", .., async move { .. })`, without that
/// attribute, and one above another test attribute
/// `__within("pays", async move { .. }).await`.
#[proc_macro_attribute]
pub fn traced_test(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::expand(Attribute::TracedTest, args.into(), item.into()).into()
}
