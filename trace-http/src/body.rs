//! Bodies whose end is the end of a span.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use trace_core::__private::UnrecordedSpan;

use crate::exchange::Exchange;

pin_project! {
    /// The body of a response, whose end is the end of a span. Its frames are those of the
    /// inner body.
    ///
    /// Each poll runs within the span. If the body is dropped before its end, the span ends as
    /// cancelled, with the number of bytes so far.
    pub struct TracedBody<B> {
        #[pin]
        body: B,
        // The last field, so that the body is dropped before the span ends.
        state: State,
    }
}

/// What surrounds the rest of a body.
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
        Self { body, state }
    }

    /// Makes a body whose polls run in a trace that is not recorded.
    pub(crate) const fn passing(body: B, span: UnrecordedSpan) -> Self {
        let state = State::Passing(span);
        Self { body, state }
    }

    /// Makes a body without a span.
    pub(crate) const fn untraced(body: B) -> Self {
        let state = State::Untraced;
        Self { body, state }
    }
}

impl<B> Body for TracedBody<B>
where
    B: Body<Error: fmt::Display + 'static>,
{
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.project();
        let mut body = this.body;
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
        let polled = span.poll(
            || {
                let frame = body.as_mut().poll_frame(cx);
                frame.map(|frame| (frame, body.is_end_stream()))
            },
            |(frame, is_last)| about.see_frame(frame.as_ref(), *is_last),
        );
        polled.map(|(frame, _)| frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
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
