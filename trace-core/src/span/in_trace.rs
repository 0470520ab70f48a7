//! Futures and streams that run in a span, or in the trace in which they were created.
//!
//! Owns the public wrappers. The state that they keep between polls is in `record/span` and
//! `record/scope`.

use std::borrow::Cow;
use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use pin_project_lite::pin_project;

use crate::record::{self, IfRecording, InScope, Scope, Traced, write};
use crate::stream::Site;
use crate::value::SpanKind;

/// Puts futures into a span, or into the trace that is current at the call.
pub trait TraceFuture: Future + Sized {
    /// Makes the future the body of a span, below the span that is current at the first poll.
    /// The output does not affect the span. To mark an error, call
    /// [`record_error`](crate::span::record_error).
    ///
    /// ```
    /// use trace_core::TraceFuture;
    ///
    /// # async fn ask_the_bank() {}
    /// # async fn pay() {
    /// ask_the_bank().in_span("ask the bank").await;
    /// # }
    /// ```
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped before its first poll records no span. A future that is
    /// dropped later is dropped within the span, and the span ends as cancelled.
    #[track_caller]
    fn in_span(self, operation_name: impl Into<Cow<'static, str>>) -> InSpan<Self> {
        let source = Location::caller();
        InSpan {
            traced: record::traced(
                Site::unnamed,
                |_| false,
                Named {
                    name: IfRecording::from_fn(|| Some((operation_name.into(), source))),
                    future: self,
                },
            ),
        }
    }

    /// Makes the future run in the trace and the span that are current *at the call*, wherever
    /// it is polled. Use it for futures that are passed to an executor or to another task. The
    /// future may outlive the span. The trace stays open until the future ends or is dropped.
    ///
    /// # Cancel safety
    ///
    /// The wrapped future is dropped within the carried trace. Then it no longer keeps the
    /// trace open.
    ///
    /// ```no_run
    /// use trace_core::TraceFuture;
    ///
    /// # async fn send_mail() {}
    /// tokio::spawn(send_mail().in_current_trace());
    /// ```
    fn in_current_trace(self) -> InCurrentTrace<Self> {
        InCurrentTrace::new(Scope::capture, self)
    }
}

impl<F: Future> TraceFuture for F {}

/// Puts streams into the trace that is current at the call.
pub trait TraceStream: Stream + Sized {
    /// Makes the stream run in the trace and the span that are current *at the call*, wherever
    /// it is polled. The stream may outlive the span. The trace stays open until the stream
    /// ends or is dropped.
    ///
    /// # Cancel safety
    ///
    /// The wrapped stream is dropped within the carried trace. Then it no longer keeps the
    /// trace open. Its `next` is cancel safe if the `next` of the wrapped stream is cancel
    /// safe.
    ///
    /// ```
    /// use futures_core::Stream;
    /// use trace_core::TraceStream;
    ///
    /// /// Is polled after the handler has returned.
    /// fn body(events: impl Stream<Item = u32>) -> impl Stream<Item = u32> {
    ///     events.in_current_trace()
    /// }
    /// ```
    fn in_current_trace(self) -> InCurrentTrace<Self> {
        InCurrentTrace::new(Scope::capture, self)
    }
}

impl<S: Stream> TraceStream for S {}

impl<F> InCurrentTrace<F> {
    pub(crate) fn new(scope: impl FnOnce() -> Scope, future: F) -> Self {
        Self {
            run: InScope::new(scope, future),
        }
    }
}

type Sites = fn() -> &'static Site;

pin_project! {
    /// A future in a span; made by [`TraceFuture::in_span`].
    ///
    /// # Cancel safety
    ///
    /// See [`TraceFuture::in_span`].
    #[must_use = "futures do nothing unless polled"]
    pub struct InSpan<F: Future> {
        #[pin]
        traced: Traced<Named<F>, Sites, fn(&F::Output) -> bool>,
    }
}

pin_project! {
    /// A future or stream that carries a trace; made by [`TraceFuture::in_current_trace`]
    /// and [`TraceStream::in_current_trace`].
    ///
    /// # Cancel safety
    ///
    /// The wrapped future or stream is dropped within the carried trace.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct InCurrentTrace<F> {
        #[pin]
        run: InScope<F>,
    }
}

pin_project! {
    /// The body of an [`InSpan`]: describes its span at the first poll, when the span is open.
    struct Named<F> {
        // The name and the place of the call; taken by the first poll.
        name: IfRecording<Option<(Cow<'static, str>, &'static Location<'static>)>>,
        #[pin]
        future: F,
    }
}

impl<F: Future> Future for Named<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        if let Some(name) = this.name.get_mut()
            && let Some((operation_name, source)) = name.take()
            && let Some(span) = write::own_span()
        {
            write::description(span, &operation_name, SpanKind::Internal, source);
        }
        this.future.poll(cx)
    }
}

impl<F: Future> Future for InSpan<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.project().traced.poll(cx)
    }
}

impl<F: Future> Future for InCurrentTrace<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.project().run.poll(cx)
    }
}

impl<S: Stream> Stream for InCurrentTrace<S> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let run = self.project().run;
        run.poll_with(|stream| stream.poll_next(cx), Option::is_none)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.run.get_ref().size_hint()
    }
}

impl<F: Future> fmt::Debug for InSpan<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InSpan").finish_non_exhaustive()
    }
}
