//! The future of a response, within the span of its request.

use std::cell::Cell;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;
use trace_core::__private::UnrecordedSpan;
use trace_core::{Outcome, span};

use super::options::Options;
use super::start::{Begun, BegunSpan};
use crate::around::{Entered, Handled};
use crate::body::TracedBody;
use crate::conventions::HTTP_ROUTE;
use crate::exchange::{About, Exchange};
use crate::names;
use crate::panics;
use crate::recorded_error::RecordedError;
use crate::route::Route;

pin_project! {
    /// The future of a response. Made by [`ServerService`](super::ServerService).
    ///
    /// # Cancel safety
    ///
    /// If this is dropped before it is ready, the handler's future is dropped within the span,
    /// and the span ends as cancelled.
    pub struct ServerFuture<F> {
        #[pin]
        inner: Option<F>,
        // `Untraced` after the response is ready.
        state: State,
    }

    impl<F> PinnedDrop for ServerFuture<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            match this.state {
                State::Untraced => {}
                State::Passing(passing) => passing.span.run(|| this.inner.set(None)),
                State::Running(running) => {
                    let span = &running.exchange.span;
                    span.in_scope(|| this.inner.set(None));
                }
            }
        }
    }
}

impl<F> ServerFuture<F> {
    pub(super) const fn untraced(inner: F) -> Self {
        Self {
            inner: Some(inner),
            state: State::Untraced,
        }
    }

    /// Calls the service within the span of the request, and wraps the future that it returns.
    pub(super) fn call(
        begun: Begun,
        options: &Arc<Options>,
        call: impl FnOnce() -> Option<F>,
    ) -> Self {
        let Begun {
            span,
            handled,
            method,
            has_route,
            is_skipped: _,
        } = begun;
        match span {
            BegunSpan::Exchange(exchange) => {
                let mut running = Running {
                    exchange,
                    handled,
                    method,
                    options: Arc::clone(options),
                    has_route,
                };
                Self {
                    inner: running.call(call).flatten(),
                    state: State::Running(running),
                }
            }
            BegunSpan::Unrecorded(span) => {
                let mut passing = Passing {
                    span,
                    handled,
                    sends_id: options
                        .trace_id_header
                        .as_ref()
                        .map(|_| Arc::clone(options)),
                };
                Self {
                    inner: passing.run(call),
                    state: State::Passing(passing),
                }
            }
        }
    }
}

/// The span of a request that has no response yet.
#[derive(Debug)]
enum State {
    /// There is no span of this layer.
    Untraced,
    Passing(Passing),
    Running(Running),
}

/// A request that has no response yet, and whose span is not recorded.
#[derive(Debug)]
struct Passing {
    span: UnrecordedSpan,
    handled: Handled,
    /// The options, if they have a header for the trace's id.
    sends_id: Option<Arc<Options>>,
}

impl Passing {
    /// Runs code of the handler within the span.
    fn run<R>(&mut self, body: impl FnOnce() -> R) -> R {
        let Self { span, handled, .. } = self;
        span.run(|| {
            let entered = handled.enter();
            let value = body();
            let _not_recorded = entered.leave();
            value
        })
    }

    fn with_body<B: Body>(self, mut response: Response<B>) -> Response<TracedBody<B>> {
        if let Some(options) = &self.sends_id {
            options.write_trace_id(response.headers_mut(), self.span.context());
        }
        response.map(|body| TracedBody::passing(body, self.span))
    }
}

/// A request that has no response yet.
#[derive(Debug)]
struct Running {
    exchange: Exchange,
    handled: Handled,
    /// The text for the method in the name of the span.
    method: &'static str,
    options: Arc<Options>,
    /// Whether the route is known. Another route that is noted later belongs to a router that
    /// the handler asks.
    has_route: bool,
}

impl Running {
    /// Calls the service within the span, and returns its future. If the service panics, the
    /// span ends as panicked.
    fn call<R>(&mut self, call: impl FnOnce() -> R) -> Option<R> {
        let Self {
            exchange: Exchange { about, span },
            handled,
            method,
            has_route,
            ..
        } = self;
        let (mut called, mut is_noted) = (None, false);
        let about = Cell::new(Some(about));
        // A poll is used, because it costs less than entering the span.
        let _ready = span.poll(
            || {
                let (value, route) = run_handler(*handled, *has_route, method, &about, call);
                called = Some(value);
                Poll::Ready(route)
            },
            |route| {
                write_route(method, about.take()?, route.as_ref());
                is_noted = route.is_some();
                None
            },
        );
        *has_route |= is_noted;
        called
    }
}

/// Runs code of the handler within the span. Returns the route that was noted, too, unless it
/// is known already. If the code
/// panics, the span gets this route and all that is still to be written.
fn run_handler<R>(
    handled: Handled,
    has_route: bool,
    method: &'static str,
    about: &Cell<Option<&mut About>>,
    run: impl FnOnce() -> R,
) -> (R, Option<Route>) {
    let entered = Cell::new(Some(handled.enter()));
    let leave = || {
        entered
            .take()
            .and_then(Entered::leave)
            .filter(|_| !has_route)
    };
    let value = panics::write_passing(run, || {
        let route = leave();
        if let Some(about) = about.take() {
            write_route(method, about, route.as_ref());
            about.see_panic();
        }
    });
    (value, leave())
}

/// Names the current span after a route. A gRPC call already has the name of its method.
fn write_route(method: &'static str, about: &mut About, route: Option<&Route>) {
    if let (Some(route), Some(undecided)) = (route, &mut about.undecided) {
        undecided.route = Some(route.as_str().to_owned());
    }
    if let Some(route) = route.filter(|_| span::is_recording() && !about.is_call()) {
        let route = route.as_str();
        span::set_operation_name(names::of_request(method, Some(route)));
        span::add_tag(HTTP_ROUTE, route);
    }
}

impl<F, B, E> Future for ServerFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body<Error: RecordedError>,
    E: RecordedError,
{
    type Output = Result<Response<TracedBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let Some(inner) = this.inner.as_mut().as_pin_mut() else {
            // The future has already returned its response.
            return Poll::Pending;
        };
        let polled = match this.state {
            State::Untraced => inner.poll(cx),
            State::Passing(passing) => passing.run(|| inner.poll(cx)),
            State::Running(running) => running.poll(|| inner.poll(cx)),
        };
        let Poll::Ready(result) = polled else {
            return Poll::Pending;
        };
        let state = std::mem::replace(this.state, State::Untraced);
        Poll::Ready(result.map(|response| match state {
            State::Untraced => response.map(TracedBody::untraced),
            State::Passing(passing) => passing.with_body(response),
            State::Running(running) => running.with_body(response),
        }))
    }
}

impl Running {
    fn poll<B, E>(
        &mut self,
        poll: impl FnOnce() -> Poll<Result<Response<B>, E>>,
    ) -> Poll<Result<Response<B>, E>>
    where
        B: Body,
        E: RecordedError,
    {
        let Self {
            exchange,
            handled,
            method,
            options,
            has_route,
        } = self;
        let Exchange { about, span } = exchange;
        let panics = panics::count();
        let noted = Cell::new(None);
        // Whichever comes takes it: a panic, a result, or a route without a result.
        let about = Cell::new(Some(about));
        let polled = span.poll(
            || {
                let (polled, route) = run_handler(*handled, *has_route, method, &about, poll);
                noted.set(route);
                polled
            },
            |result| match (result, about.take()?) {
                (Ok(response), about) => {
                    let route = Route::from_extensions(response.extensions());
                    let route = route.or(noted.take());
                    write_route(method, about, route.as_ref());
                    let has_caught = options.sees_caught_panics && panics != panics::count();
                    see_head(about, options, response, has_caught)
                }
                (Err(error), about) => about.see_error(error),
            },
        );
        // The closure above is not called while the response is pending, so the route is
        // written here.
        if let Some(route) = noted.take().filter(|_| span.is_recording())
            && let Some(about) = about.take()
        {
            *has_route = true;
            span.in_scope(|| write_route(method, about, Some(&route)));
        }
        polled
    }

    fn with_body<B: Body>(self, mut response: Response<B>) -> Response<TracedBody<B>> {
        if self.options.trace_id_header.is_some() {
            let context = self.exchange.span.context();
            self.options.write_trace_id(response.headers_mut(), context);
        }
        response.map(|body| TracedBody::new(body, self.exchange))
    }
}

/// Handles the head of a response. `has_caught` is set if a panic was caught while the response
/// was made.
fn see_head<B: Body>(
    about: &mut About,
    options: &Options,
    response: &Response<B>,
    has_caught: bool,
) -> Option<Outcome> {
    if has_caught && response.status().is_server_error() {
        about.note_panic();
    }
    let outcome = about.see_head(response);
    if span::is_recording() {
        options.extras.write_response(response);
    }
    outcome
}

impl<F> fmt::Debug for ServerFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerFuture")
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}
