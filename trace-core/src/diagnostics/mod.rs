//! Lines about spans that are not recorded or were lost, and the [`Doctor`].
//!
//! Each line goes to standard error. It describes what happened, where, and how to fix it. A
//! line of one [`Kind`] is printed once for a place in the source, and for at most five
//! places. The number of further places is printed when a tracer ends, and on Unix at the end
//! of the process.
//!
//! ```text
//! trace-core: `send_mail` (src/mail.rs:12) is not recorded, as its task does not see the trace in which it was spawned: write `trace_core::spawn(..)` or `trace_core::spawn_blocking(..)`, or `future.in_current_trace()` for a `JoinSet` or `tokio::spawn`, or make it a root by `#[trace_root]`
//! trace-core: 3 spans lost: 2 still open (send_mail, src/mail.rs:12), collector otlp: connection refused
//! ```
//!
//! By default, a tracer prints its losses when it ends, an exporter prints that it is
//! disconnected, connected again or refused, and a setting in the environment is reported that
//! is not followed. The other lines are printed in debug builds, if `OTEL_LOG_LEVEL` is `warn`,
//! `info` or `debug`, or if [`set_level`] requests them. `OTEL_LOG_LEVEL=error` prints only
//! these three, and `none` prints nothing. `debug` also prints how the environment has set a
//! tracer up.
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
//! Standard error may be locked, or its reader may be stuck. The end of a tracer or of the
//! process waits for it for at most half a second. The line is written later, unless the
//! process ends first. A closure has no such limit.
//!
//! The child of a `fork` prints nothing until it calls [`print()`] or [`listen`]. Another
//! thread of the parent may have held the lock of standard error during the `fork`.
//!
//! [`Tracer::doctor`](crate::Tracer::doctor) explains why a span is missing. It adds no work
//! to a recorded call. A call that is not recorded notes the reason at its site, once.
//!
//! This module counts spans and reports what happened to them. It does not decide which spans
//! are recorded or dropped.

mod chart;
mod doctor;
mod kind;
mod listener;
mod loss;
mod presence;
mod printer;
pub(crate) mod stats;

pub(crate) use chart::{Chart, SiteLoss, is_counting};
pub use doctor::{Doctor, NotSampledBy, SiteReport, Times};
pub use kind::{Diagnostic, Kind};
pub use listener::{Level, listen, print, set_level, silence};
pub(crate) use listener::{end, tell_bridge, tell_export, tell_set_up, tell_setting};
pub(crate) use loss::Loss;
pub(crate) use presence::{
    attach, disable, drop_guard, has_other_tracers, install, is_curious, is_installed, miss_root,
    miss_span, no_collector, not_built_in, note_http_layer, redactor_panicked, root_within_trace,
    tracer_begins, tracer_ends, two_layers, unknown_propagators, unmatched_hosts,
};
