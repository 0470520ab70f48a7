//! The span of an async function, and of a stream.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use pin_project_lite::pin_project;

use super::kept::Kept;
use super::life::SpanLife;
use crate::span_record::Outcome;
use crate::stream::Site;

pin_project! {
    /// A future or stream whose life, from the first poll to its end, is a span.
    ///
    /// It is stored once; what is added are three words.
    pub struct Traced<F, S, O> {
        #[pin]
        future: F,
        site: Kept<S>,
        observe: Kept<O>,
        // Dropped after the future, which so is dropped within its span.
        life: Kept<SpanLife>,
    }

    impl<F, S, O> PinnedDrop for Traced<F, S, O> {
        #[cfg_attr(not(debug_assertions), inline(always))]
        fn drop(this: Pin<&mut Self>) {
            if let Some(life) = this.project().life.get_mut() {
                life.begin_cancel();
            }
        }
    }
}

impl<F, S, O> Traced<F, S, O> {
    /// A future whose span belongs where it is polled first.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn new(site: S, observe: O, future: F) -> Self {
        Self::beginning(SpanLife::fresh, site, observe, future)
    }

    /// A future whose span belongs where it is polled first, if something is recorded
    /// there, else where this is called.
    #[inline]
    pub(crate) fn called_within(site: S, observe: O, future: F) -> Self {
        Self::beginning(SpanLife::called_within, site, observe, future)
    }

    /// A future whose span belongs where this is called.
    #[inline]
    pub(crate) fn called(site: S, observe: O, future: F) -> Self {
        Self::beginning(SpanLife::called, site, observe, future)
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn beginning(life: impl FnOnce() -> SpanLife, site: S, observe: O, future: F) -> Self {
        Self {
            future,
            site: Kept::new(|| site),
            observe: Kept::new(|| observe),
            life: Kept::new(life),
        }
    }
}

impl<F, S, O> Future for Traced<F, S, O>
where
    F: Future,
    S: Fn() -> &'static Site,
    O: Fn(&F::Output) -> bool,
{
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let parts = (this.site.get(), this.observe.get(), this.life.get_mut());
        let (Some(site), Some(observe), Some(life)) = parts else {
            return this.future.poll(cx);
        };
        let poll = || this.future.poll(cx);
        let polled = life.poll::<false, _>(site(), poll, |output| {
            Some(Outcome::of_body(observe(output)))
        });
        if polled.is_ready() {
            // It is so already; said where the compiler sees it, so that `.await`,
            // which drops this next, does not look.
            life.set_off();
        }
        polled
    }
}

impl<F, S, O> Stream for Traced<F, S, O>
where
    F: Stream,
    S: Fn() -> &'static Site,
    O: Fn(&F::Item) -> bool,
{
    type Item = F::Item;

    /// Ends the span with the stream, or with an item that is an error.
    #[inline]
    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<F::Item>> {
        let this = self.project();
        let parts = (this.site.get(), this.observe.get(), this.life.get_mut());
        let (Some(site), Some(observe), Some(life)) = parts else {
            return this.future.poll_next(cx);
        };
        let poll = || this.future.poll_next(cx);
        life.poll::<false, _>(site(), poll, |item| match item {
            Some(item) => observe(item).then_some(Outcome::Error),
            None => Some(Outcome::Ok),
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.future.size_hint()
    }
}

impl<F, S, O> fmt::Debug for Traced<F, S, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Traced").finish_non_exhaustive()
    }
}
