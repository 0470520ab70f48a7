//! Bodies that end a span when they end.

use std::cell::Cell;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use trace_core::__private::UnrecordedSpan;

use crate::exchange::{About, Exchange};
use crate::panics;
use crate::recorded_error::RecordedError;

pin_project! {
    /// The body of a response. Its span ends when the body ends. It returns the frames of the
    /// inner body unchanged.
    ///
    /// Each poll and the drop of the inner body run within the span. If the body is dropped
    /// before its end, the span ends as cancelled, with the number of bytes so far. This is
    /// also true if a panic of the owner drops the body. For a client's body that was never
    /// polled, see [the crate](crate#when-the-span-of-an-exchange-ends).
    pub struct TracedBody<B> {
        // `None` once the drop has begun.
        #[pin]
        body: Option<B>,
        // The last field, so that the body is dropped before the span ends.
        state: State,
    }

    impl<B> PinnedDrop for TracedBody<B> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            match this.state {
                State::Untraced => {}
                State::Passing(span) => span.run(|| this.body.set(None)),
                State::Traced(exchange) => exchange.span.in_scope(|| this.body.set(None)),
            }
        }
    }
}

/// The span of the rest of a body.
enum State {
    /// There is no span, or it has ended.
    Untraced,
    /// The span is not recorded.
    Passing(UnrecordedSpan),
    Traced(Exchange),
}

impl<B> TracedBody<B> {
    /// Makes a body that continues an exchange after the head of the response.
    pub(crate) fn new(body: B, exchange: Exchange) -> Self {
        let state = match exchange.is_over() {
            true => State::Untraced,
            false => State::Traced(exchange),
        };
        Self {
            body: Some(body),
            state,
        }
    }

    /// Makes a body whose polls run in a trace that is not recorded.
    pub(crate) const fn passing(body: B, span: UnrecordedSpan) -> Self {
        let state = State::Passing(span);
        Self {
            body: Some(body),
            state,
        }
    }

    /// Makes a body without a span.
    pub(crate) const fn untraced(body: B) -> Self {
        let state = State::Untraced;
        Self {
            body: Some(body),
            state,
        }
    }
}

impl<B> Body for TracedBody<B>
where
    B: Body<Error: RecordedError>,
{
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.project();
        let Some(mut body) = this.body.as_pin_mut() else {
            // Only the drop sets this to `None`.
            return Poll::Ready(None);
        };
        let Exchange { about, span } = match this.state {
            State::Untraced => return body.poll_frame(cx),
            State::Passing(span) => {
                let polled = span.run(|| body.as_mut().poll_frame(cx));
                let has_ended = match &polled {
                    Poll::Pending => false,
                    Poll::Ready(Some(Ok(_))) => body.is_end_stream(),
                    Poll::Ready(_) => true,
                };
                if has_ended {
                    *this.state = State::Untraced;
                }
                return polled;
            }
            State::Traced(exchange) => exchange,
        };
        about.note_read();
        // Whichever comes takes it: a panic or a frame.
        let about = Cell::new(Some(about));
        let polled = span.poll(
            || {
                let frame = panics::write_passing(
                    || body.as_mut().poll_frame(cx),
                    || about.take().into_iter().for_each(About::see_panic),
                );
                frame.map(|frame| (frame, body.is_end_stream()))
            },
            |(frame, is_last)| about.take()?.see_frame(frame.as_ref(), *is_last),
        );
        polled.map(|(frame, _)| frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map(Body::size_hint).unwrap_or_default()
    }
}

impl<B: Default> Default for TracedBody<B> {
    fn default() -> Self {
        Self::untraced(B::default())
    }
}

impl<B> fmt::Debug for TracedBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let span: Option<&dyn fmt::Debug> = match &self.state {
            State::Untraced => None,
            State::Passing(span) => Some(span),
            State::Traced(exchange) => Some(&exchange.span),
        };
        f.debug_struct("TracedBody")
            .field("span", &span)
            .finish_non_exhaustive()
    }
}
