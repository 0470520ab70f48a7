//! The trait that errors of services and bodies need.

use std::fmt;

/// An error of a service or a body. Its text is recorded, so its type needs
/// [`Display`](fmt::Display). If that is missing, the compiler explains it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no text that a span could record",
    label = "the error of this service, or of its body, needs `std::fmt::Display`",
    note = "implement `std::fmt::Display` for `{Self}`, or change the error within the layer, such as by `tower::ServiceExt::map_err`"
)]
pub trait RecordedError: fmt::Display + 'static {}

#[diagnostic::do_not_recommend]
impl<E: fmt::Display + 'static> RecordedError for E {}
