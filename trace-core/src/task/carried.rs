//! A message that carries the trace of its sender.
//!
//! It contains the message and one scope of the trace. The scope keeps the trace open
//! while the message exists.

use std::fmt;

use crate::record::{self, IfRecording, Scope};
use crate::span::InCurrentTrace;
use crate::value::TraceContext;

/// A message together with the trace and the span that were current when it was created.
///
/// Use it for channels between tasks. The receiver runs in its own task, and without this type
/// it does not know which trace its work belongs to. A waiting message keeps the trace open.
///
/// ```
/// use trace_core::{Carried, MemoryCollector, Tracer, span};
///
/// let spans = MemoryCollector::new();
/// let tracer = Tracer::builder("shop").collector(spans.clone()).on_demand().build()?;
/// let (sender, receiver) = std::sync::mpsc::channel();
/// tracer.root("order").run_sync(|| sender.send(Carried::new("book")));
///
/// // Elsewhere, where no trace runs:
/// receiver.recv()?.run_sync(|title| span::in_span("pack", || assert_eq!(title, "book")));
///
/// let _report = tracer.flush(std::time::Duration::ZERO);
/// let [order, pack] = &spans.spans()[..] else { panic!() };
/// assert_eq!(pack.parent_span_id, Some(order.span_id));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Carried<T> {
    message: T,
    context: IfRecording<Option<TraceContext>>,
    scope: IfRecording<Scope>,
}

impl<T> Carried<T> {
    /// Wraps a message with the current trace, if there is one.
    pub fn new(message: T) -> Self {
        Self {
            message,
            context: IfRecording::from_fn(record::current_context),
            scope: IfRecording::from_fn(Scope::capture),
        }
    }

    /// Returns the message.
    pub const fn message(&self) -> &T {
        &self.message
    }

    /// Returns the context of the sender, for example to add a link to it. Returns `None` if
    /// there was no trace.
    pub const fn context(&self) -> Option<&TraceContext> {
        match self.context.get() {
            Some(context) => context.as_ref(),
            None => None,
        }
    }

    /// Returns the message, which no longer keeps the trace open.
    pub fn into_message(self) -> T {
        self.message
    }

    /// Calls `body` with the message, and runs the future that it returns in the sender's
    /// trace.
    ///
    /// `body` itself is called at once, outside that trace.
    ///
    /// # Cancel safety
    ///
    /// The future that `body` returned is dropped within the sender's trace. Then it no longer
    /// keeps the trace open. The message is lost if that future owns it.
    pub fn run<F: Future>(self, body: impl FnOnce(T) -> F) -> InCurrentTrace<F> {
        let Self { message, scope, .. } = self;
        let body = body(message);
        InCurrentTrace::new(|| scope.into_inner().unwrap_or_default(), body)
    }

    /// Runs a closure in the sender's trace, with a reference to the message. May be called
    /// any number of times, even on several threads at once.
    ///
    /// ```
    /// use trace_core::{Carried, span};
    ///
    /// let here = Carried::new(());
    /// std::thread::scope(|threads| {
    ///     for _ in 0..4 {
    ///         threads.spawn(|| here.with(|()| span::in_span("part", || {})));
    ///     }
    /// });
    /// ```
    pub fn with<R>(&self, body: impl FnOnce(&T) -> R) -> R {
        let mut scope =
            IfRecording::from_fn(|| self.scope.get().map(Scope::beside).unwrap_or_default());
        let _entered = scope.get_mut().map(Scope::enter);
        body(&self.message)
    }

    /// Runs a closure in the sender's trace on this thread, and passes it the message.
    pub fn run_sync<R>(self, body: impl FnOnce(T) -> R) -> R {
        let Self {
            message, mut scope, ..
        } = self;
        let _entered = scope.get_mut().map(Scope::enter);
        body(message)
    }
}

impl<T: fmt::Debug> fmt::Debug for Carried<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Carried")
            .field("message", &self.message)
            .field("context", &self.context)
            .finish_non_exhaustive()
    }
}
