//! A future that runs in a scope of its own.

use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::kept::Kept;
use super::scope::{OwnedEntered, Scope};

pin_project! {
    /// A future that runs in a scope of its own, which ends with it.
    ///
    /// The future is also dropped within the scope.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct InScope<F> {
        #[pin]
        future: F,
        // Dropped after the future.
        place: Kept<Place>,
    }

    impl<F> PinnedDrop for InScope<F> {
        fn drop(this: Pin<&mut Self>) {
            if let Some(place) = this.project().place.get_mut() {
                place.enter_to_drop();
            }
        }
    }
}

/// Where the scope is.
#[derive(Debug)]
enum Place {
    /// It has ended.
    Nowhere,
    /// Its code waits to be polled.
    Waiting(Scope),
    /// It is entered to drop its code.
    Dropping {
        #[expect(dead_code, reason = "held for its destructor, which leaves the scope")]
        entered: OwnedEntered,
    },
}

impl<F> InScope<F> {
    pub(crate) fn new(scope: impl FnOnce() -> Scope, future: F) -> Self {
        Self {
            future,
            place: Kept::new(|| Place::Waiting(scope())),
        }
    }
}

impl<F: Future> Future for InScope<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let Some(place) = this.place.get_mut() else {
            return this.future.poll(cx);
        };
        let Place::Waiting(scope) = place else {
            return this.future.poll(cx);
        };
        let entered = scope.enter();
        let polled = this.future.poll(cx);
        if polled.is_ready() {
            entered.end();
            *place = Place::Nowhere;
        }
        polled
    }
}

impl Place {
    fn enter_to_drop(&mut self) {
        if let Self::Waiting(scope) = self {
            let entered = std::mem::take(scope).enter_owned();
            *self = Self::Dropping { entered };
        }
    }
}
