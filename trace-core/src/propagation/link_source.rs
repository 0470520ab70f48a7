//! Values from which links can be made.

use std::sync::Arc;

use crate::propagation::Extracted;
use crate::value::{Link, TraceContext};

/// A value for the argument `links(..)` of the attributes. It contains any number of spans of
/// other traces.
///
/// It is implemented for [`Link`], [`TraceContext`] and [`Extracted`]. It is also implemented
/// for `Option`s, slices, arrays and vectors of them, and for pointers to them. So a consumer
/// can link to the contexts of all messages of a batch.
///
/// ```
/// use trace_core::{Link, LinkSource, TraceContext};
///
/// struct Message {
///     sender: Option<TraceContext>,
/// }
///
/// impl LinkSource for Message {
///     fn for_each_link(&self, add: &mut dyn FnMut(Link)) {
///         self.sender.for_each_link(add);
///     }
/// }
/// # Message { sender: None }.for_each_link(&mut |_| unreachable!());
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be linked to",
    label = "expected a `TraceContext`, a `Link`, or an `Option`, slice or vector of them",
    note = "implement `trace_core::LinkSource` for `{Self}`"
)]
pub trait LinkSource {
    /// Calls `add` with each link.
    fn for_each_link(&self, add: &mut dyn FnMut(Link));
}

impl LinkSource for Link {
    fn for_each_link(&self, add: &mut dyn FnMut(Link)) {
        add(self.clone());
    }
}

impl LinkSource for TraceContext {
    fn for_each_link(&self, add: &mut dyn FnMut(Link)) {
        add(Link::from(self));
    }
}

impl LinkSource for Extracted {
    fn for_each_link(&self, add: &mut dyn FnMut(Link)) {
        self.context.for_each_link(add);
    }
}

impl<T: LinkSource> LinkSource for Option<T> {
    fn for_each_link(&self, add: &mut dyn FnMut(Link)) {
        self.iter().for_each(|link| link.for_each_link(add));
    }
}

impl<T: LinkSource> LinkSource for [T] {
    fn for_each_link(&self, add: &mut dyn FnMut(Link)) {
        self.iter().for_each(|link| link.for_each_link(add));
    }
}

impl<T: LinkSource, const N: usize> LinkSource for [T; N] {
    fn for_each_link(&self, add: &mut dyn FnMut(Link)) {
        self.as_slice().for_each_link(add);
    }
}

macro_rules! through_pointer {
    ($($pointer:ty, $target:ty, [$($bounds:tt)*];)*) => {$(
        impl<T: LinkSource $($bounds)*> LinkSource for $pointer {
            fn for_each_link(&self, add: &mut dyn FnMut(Link)) {
                <$target>::for_each_link(self, add);
            }
        }
    )*};
}

through_pointer! {
    &T, T, [+ ?Sized];
    &mut T, T, [+ ?Sized];
    Box<T>, T, [+ ?Sized];
    Arc<T>, T, [+ ?Sized];
    Vec<T>, [T], [];
}
