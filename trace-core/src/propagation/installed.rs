//! The propagator of the whole process: the one that came with its tracer.
//!
//! Owns where it is kept. `tracer/global.rs` sets and removes it.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, RwLock};

use super::{Extracted, Extractor, Injector, Propagator, TraceStart, W3cPropagator};
use crate::process::caught::drop_quietly;
use crate::process::fork::PerProcess;
use crate::process::sync::Unpoisoned;
use crate::value::{Baggage, TraceContext};

/// The propagator that was [installed](crate::TracerBuilder::propagator) with the tracer of
/// the process; without one, [`W3cPropagator`].
///
/// [`extract`](super::extract), [`inject`](super::inject),
/// [`span::inject`](crate::span::inject) and the layers of `trace-http` use it unless they are
/// told another one.
///
/// ```
/// use std::collections::HashMap;
/// use trace_core::propagation::{self, B3Propagator};
/// use trace_core::{Tracer, span};
///
/// let tracing = Tracer::builder("shop").propagator(B3Propagator).install()?;
/// let mut headers = HashMap::new();
/// trace_core::root("call").run_sync(|| span::inject(&mut headers));
/// assert!(headers.contains_key("b3") && !headers.contains_key("traceparent"));
/// assert!(propagation::extract(&headers).context.is_some());
/// drop(tracing);
/// assert!(propagation::extract(&headers).context.is_none());
/// # Ok::<(), trace_core::InstallError>(())
/// ```
#[derive(Clone, Copy, Default)]
pub struct InstalledPropagator;

type Shared = Arc<dyn Propagator>;

/// The propagator of the process. The child of a `fork` begins without one, as it begins
/// without a tracer.
static INSTALLED: PerProcess<RwLock<Option<Shared>>> = PerProcess::new();

/// Whether there may be one in [`INSTALLED`]. Most processes have none, and then no request
/// takes the lock, which all threads share.
static IS_SET: AtomicBool = AtomicBool::new(false);

impl InstalledPropagator {
    /// Returns whether no other propagator is installed.
    #[must_use]
    #[inline]
    pub fn is_w3c(self) -> bool {
        // Acquire: pairs with the release in `set`, so that the propagator is found.
        !IS_SET.load(Ordering::Acquire)
    }

    /// Calls the propagator of the process.
    fn with<R>(&self, call: impl FnOnce(&dyn Propagator) -> R) -> R {
        let installed = if self.is_w3c() { None } else { Self::find() };
        match installed {
            Some(propagator) => call(&*propagator),
            None => call(&W3cPropagator),
        }
    }

    #[cold]
    fn find() -> Option<Shared> {
        // A copy: propagators are application code, which does not run under a lock.
        installed().read().unpoisoned().clone()
    }
}

impl Propagator for InstalledPropagator {
    fn inject(&self, context: &TraceContext, headers: &mut dyn Injector) {
        self.with(|propagator| propagator.inject(context, headers));
    }

    fn inject_start(&self, start: TraceStart, baggage: &Baggage, headers: &mut dyn Injector) {
        self.with(|propagator| propagator.inject_start(start, baggage, headers));
    }

    fn extract(&self, headers: &dyn Extractor) -> Extracted {
        self.with(|propagator| propagator.extract(headers))
    }
}

impl fmt::Debug for InstalledPropagator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = if self.is_w3c() { "w3c" } else { "another" };
        write!(f, "InstalledPropagator({name})")
    }
}

/// Sets the propagator of the process, or removes it.
pub(crate) fn set(propagator: Option<Shared>) {
    let is_set = propagator.is_some();
    let earlier = {
        let mut installed = installed().write().unpoisoned();
        // Release: pairs with the acquire in `is_w3c`. Under the lock, so that two calls cannot
        // leave a propagator that nobody looks for.
        IS_SET.store(is_set, Ordering::Release);
        std::mem::replace(&mut *installed, propagator)
    };
    drop_quietly(earlier);
}

fn installed() -> &'static RwLock<Option<Shared>> {
    INSTALLED.get(|_| RwLock::new(None))
}
