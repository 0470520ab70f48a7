//! What is not recorded, or lost, and what to write so that it is not.
//!
//! One line each, on the standard error: what, where, and what to write. It is said once
//! of a kind and a place in the source, and of no more than five places of a kind; how many
//! there are besides is said when a tracer ends, and on Unix at the end of the process.
//! [`Kind`] lists what there is.
//!
//! ```text
//! trace-core: `send_mail` (src/mail.rs:12) is not recorded, as its task does not see the trace in which it was spawned: write `trace_core::spawn(..)` or `trace_core::spawn_blocking(..)`, or `future.in_current_trace()` for a `JoinSet` or `tokio::spawn`, or make it a root by `#[trace_root]`
//! trace-core: 3 spans lost: 2 still open (send_mail, src/mail.rs:12), collector otlp: connection refused
//! ```
//!
//! What was lost when a tracer ended is always said. The rest is said in debug builds, or if
//! `OTEL_LOG_LEVEL` is `warn`, `info` or `debug`, or by [`set_level`]. `OTEL_LOG_LEVEL=error` is
//! what was lost alone, `none` is nothing.
//!
//! Lines can go to a closure:
//!
//! ```
//! use std::sync::{Arc, Mutex};
//! use trace_core::{Tracer, diagnostics};
//!
//! let lines = Arc::new(Mutex::new(Vec::new()));
//! let listener = Arc::clone(&lines);
//! diagnostics::listen(move |said| listener.lock().unwrap().push(said.to_string()));
//!
//! let tracing = Tracer::builder("shop").install()?;
//! let open = trace_core::root("order").start();
//! drop(tracing);
//! assert_eq!(lines.lock().unwrap()[..], ["1 span lost: 1 still open"]);
//! # drop(open);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What is said at an end never holds it up for long: if the standard error is locked, or
//! nobody reads it, that is waited for half a second. The line is written later, unless the
//! process ends before. A closure is waited for.
//!
//! In the child of a `fork` nothing is said before it asks for it by [`print()`] or [`listen`]:
//! another thread of the parent's may have had the standard error locked.
//!
//! A question about one span is answered by the [`Doctor`], whom
//! [`Tracer::doctor`](crate::Tracer::doctor) calls. Nothing of this is done where something is
//! recorded, and where nothing is, a site notes once why.

mod chart;
mod doctor;
mod kind;
mod loss;
mod presence;
mod printer;
pub(crate) mod stats;
mod told;

pub(crate) use chart::{Chart, SiteLoss, is_counting};
pub use doctor::{Doctor, NotSampledBy, SiteReport, Times};
pub use kind::{Diagnostic, Kind};
pub(crate) use loss::Loss;
pub(crate) use presence::{
    attach, drop_guard, has_other_tracers, install, is_curious, is_installed, miss_root, miss_span,
    no_collector, not_built_in, tracer_begins, tracer_ends, unknown_propagators,
};
pub(crate) use told::end;
pub use told::{Level, listen, print, set_level, silence};
