//! Values from which a context can be taken.

use std::sync::Arc;

use super::Extracted;
use crate::value::TraceContext;

/// A value for the arguments `parent = ..` and `remote = ..` of the attributes. It may contain
/// a context.
///
/// It is implemented for [`TraceContext`] and [`Extracted`], and for `Option`s of them and
/// pointers to them. Implement it for your own type that carries a context, such as a message.
///
/// ```
/// use trace_core::TraceContext;
/// use trace_core::propagation::{ContextSource, Extracted};
///
/// struct Message {
///     text: String,
///     sender: Option<TraceContext>,
/// }
///
/// impl ContextSource for Message {
///     fn extracted(&self) -> Extracted {
///         self.sender.extracted()
///     }
/// }
/// # let message = Message { text: String::new(), sender: None };
/// # assert!(message.text.is_empty() && message.extracted().context.is_none());
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` holds no trace context",
    label = "expected a `TraceContext`, an `Extracted`, an `Option` of one, or a reference to one",
    note = "read one from headers with `trace_core::propagation::extract`, or implement `trace_core::propagation::ContextSource` for `{Self}`",
    note = "the id of a span is not enough: `span.context()` and `trace_core::span::current_context()` return a context"
)]
pub trait ContextSource {
    /// Returns the context, if there is one.
    fn extracted(&self) -> Extracted;
}

impl ContextSource for TraceContext {
    fn extracted(&self) -> Extracted {
        Extracted {
            context: Some(self.clone()),
            baggage: self.baggage.clone(),
            ..Extracted::default()
        }
    }
}

impl ContextSource for Extracted {
    fn extracted(&self) -> Extracted {
        self.clone()
    }
}

impl<T: ContextSource> ContextSource for Option<T> {
    fn extracted(&self) -> Extracted {
        self.as_ref().map(T::extracted).unwrap_or_default()
    }
}

macro_rules! through_pointer {
    ($($pointer:ty),*) => {$(
        impl<T: ContextSource + ?Sized> ContextSource for $pointer {
            fn extracted(&self) -> Extracted {
                T::extracted(self)
            }
        }
    )*};
}

through_pointer!(&T, &mut T, Box<T>, Arc<T>);
