//! Bodies whose end is the end of a span.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use crate::exchange::Exchange;
use crate::panics;
use crate::recorded_error::RecordedError;

pin_project! {
    /// The body of a response, whose end is the end of a span. Its frames are those of the
    /// inner body.
    ///
    /// Each poll runs within the span, and so does the drop of the inner body. If the body is
    /// dropped before its end, the span ends as cancelled, with the number of bytes so far, also
    /// if a panic of its owner drops it.
    pub struct TracedBody<B> {
        // `None` while it is dropped.
        #[pin]
        body: Option<B>,
        // The last field, so that the body is dropped before the span ends.
        exchange: Option<Exchange>,
    }

    impl<B> PinnedDrop for TracedBody<B> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if let Some(Exchange { span, .. }) = this.exchange {
                span.in_scope(|| this.body.set(None));
            }
        }
    }
}

impl<B> TracedBody<B> {
    /// Makes a body that continues an exchange after the head of the response.
    pub(crate) fn new(body: B, exchange: Exchange) -> Self {
        if exchange.is_over() {
            return Self::untraced(body);
        }
        Self {
            body: Some(body),
            exchange: Some(exchange),
        }
    }

    /// Makes a body without a span.
    pub(crate) const fn untraced(body: B) -> Self {
        Self {
            body: Some(body),
            exchange: None,
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
            // Only a drop removes it.
            return Poll::Ready(None);
        };
        let Some(Exchange { about, span }) = this.exchange else {
            return body.poll_frame(cx);
        };
        about.note_read();
        let polled = span.poll(
            || {
                let frame = panics::write_unwinding(|| body.as_mut().poll_frame(cx));
                frame.map(|frame| (frame, body.is_end_stream()))
            },
            |(frame, is_last)| about.see_frame(frame.as_ref(), *is_last),
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
        let span = self.exchange.as_ref().map(|exchange| &exchange.span);
        f.debug_struct("TracedBody")
            .field("span", &span)
            .finish_non_exhaustive()
    }
}
