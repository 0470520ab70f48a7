//! The tracer of the whole process: installing it, and finding the tracer for a new root.
//!
//! Attached tracers are part of a scope (`record`). A root first looks for a tracer there, and
//! then here.
//!
//! A root must not take a lock or change a reference count that all threads share. So each
//! thread keeps a copy of the tracer, and compares one counter to see whether the copy is up
//! to date.

use std::cell::Cell;
use std::fmt;
use std::ops::Deref;
use std::panic::Location;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, RwLock};

use super::at_exit;
use super::builder::{BuildError, TracerBuilder};
use super::tracer::Tracer;
use crate::diagnostics;
use crate::process::fork::PerProcess;
use crate::process::sync::Unpoisoned;
use crate::propagation::installed;
use crate::record::{RECORDING_BUILT, TracerCore, entered};

/// The tracer of the process. The child of a `fork` begins without a tracer, and with its own
/// lock.
static GLOBAL: PerProcess<RwLock<Option<Arc<TracerCore>>>> = PerProcess::new();

/// How often [`GLOBAL`] has changed. A `fork` counts as a change in the child.
static CHANGES: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// This thread's copy of [`GLOBAL`], with the number of changes at which it was copied.
    ///
    /// With a lock and a shared reference count instead of a copy, finding the tracer would be
    /// the slowest part of a root.
    static SEEN: Seen = const { Seen { changes: Cell::new(NONE), tracer: Cell::new(None) } };
}

/// Replaces the number of changes if the thread has no copy.
const NONE: u64 = u64::MAX;

/// See [`SEEN`].
struct Seen {
    changes: Cell<u64>,
    tracer: Cell<Option<Arc<TracerCore>>>,
}

/// Keeps the process's tracer installed. Dropping the guard delivers the remaining spans.
///
/// Dereferences to the [`Tracer`]. Bind it in `main` with `let _tracing = ..`; `let _ = ..`
/// drops it at once. At the end of an async service, await
/// [`shutdown_when_idle`](Tracer::shutdown_when_idle), which waits for open traces. Dropping
/// the guard blocks the thread for at most the
/// [`shutdown_timeout`](TracerBuilder::shutdown_timeout).
///
/// ```
/// use trace_core::{MemoryCollector, Tracer};
///
/// let spans = MemoryCollector::new();
/// let tracing = Tracer::builder("shop").collector(spans.clone()).install()?;
/// trace_core::root("checkout").run_sync(|| {});
/// drop(tracing);
/// assert_eq!(spans.spans().len(), 1);
/// # Ok::<(), trace_core::InstallError>(())
/// ```
#[must_use = "dropping the guard removes the tracer, and `let _ = ..` drops it at once: bind it in `main` with `let _tracing = ..`"]
#[derive(Debug)]
pub struct TracerGuard(Tracer);

/// The error for a tracer that could not be installed.
///
/// ```
/// use trace_core::Tracer;
///
/// let _tracing = Tracer::builder("shop").install()?;
/// assert_eq!(
///     Tracer::builder("shop").install().unwrap_err().to_string(),
///     "a tracer is installed already; \
///      expected one `install` in a process, or `build` for another tracer"
/// );
/// # Ok::<(), trace_core::InstallError>(())
/// ```
pub struct InstallError(Reason);

#[derive(Debug)]
enum Reason {
    AlreadyInstalled,
    Build(BuildError),
}

/// Whether a thread is installing a tracer. Only one thread may do this at a time.
static INSTALLING: PerProcess<AtomicBool> = PerProcess::new();

impl TracerBuilder {
    /// Builds the tracer and installs it for all new roots of the process, until the guard
    /// is dropped. The drop delivers the remaining spans.
    ///
    /// On Unix, the end of the process also delivers them if the guard still exists. This
    /// happens if the guard was forgotten or is in a `static` when `main` returns, or if
    /// [`std::process::exit`] is called. The end of the process delivers the spans that were
    /// handed over, and the spans that the ending thread has recorded. This takes at most the
    /// [`shutdown_timeout`](Self::shutdown_timeout). If a collector ends the process, the
    /// tracer does not wait for that collector, but waits for the others.
    ///
    /// The child of a `fork` has no tracer until it installs its own. It may do so while it
    /// still has the parent's guard; see [`Tracer`](Tracer#after-a-fork).
    ///
    /// # Errors
    ///
    /// If a tracer is already installed, or the operating system cannot start a thread.
    #[track_caller]
    pub fn install(self) -> Result<TracerGuard, InstallError> {
        let source = Location::caller();
        self.say_mistakes(source);
        install(self, source)
    }
}

/// Installs a tracer.
///
/// Collectors and samplers are application code and may begin roots, which read [`GLOBAL`]. So
/// they are not created, dropped or waited for while `GLOBAL` is locked.
fn install(
    mut builder: TracerBuilder,
    source: &'static Location<'static>,
) -> Result<TracerGuard, InstallError> {
    if !RECORDING_BUILT {
        return Ok(TracerGuard(builder.build()?));
    }
    let Some(_installing) = Installing::begin() else {
        builder.discard();
        return Err(InstallError(Reason::AlreadyInstalled));
    };
    let is_disabled = builder.is_disabled();
    let propagator = builder.take_propagator();
    let tracer = builder.build()?;
    // Before the tracer: a root that finds it finds its caller, too.
    installed::set(propagator);
    let mut global = global().write().unpoisoned();
    set_global(&mut global, tracer.core().cloned());
    drop(global);
    tracer.ending().into_iter().for_each(at_exit::add);
    match is_disabled {
        true => diagnostics::disable(),
        false => diagnostics::install(source),
    }
    Ok(TracerGuard(tracer))
}

/// The right to install a tracer.
struct Installing;

impl Installing {
    /// Takes the right to install; `None` if a tracer is installed, or another thread is
    /// installing one.
    fn begin() -> Option<Self> {
        let flag = INSTALLING.get(|_| AtomicBool::new(false));
        // Acquire: pairs with the release in `drop`, so that this thread sees how the last
        // installer changed `GLOBAL`. No release is needed: a thread whose swap fails reads
        // nothing that this thread wrote.
        if flag.swap(true, Ordering::Acquire) {
            return None;
        }
        let installing = Self;
        let global = global().read().unpoisoned();
        global.is_none().then_some(installing)
    }
}

impl Drop for Installing {
    fn drop(&mut self) {
        let flag = INSTALLING.get(|_| AtomicBool::new(false));
        // Release: pairs with the acquire of the swap in `begin`.
        flag.store(false, Ordering::Release);
    }
}

fn global() -> &'static RwLock<Option<Arc<TracerCore>>> {
    GLOBAL.get(|_| RwLock::new(None))
}

/// Makes every thread read [`GLOBAL`] again, in the child of a `fork`. Async-signal-safe.
pub(super) fn forget() {
    // Release: pairs with the acquire loads in `Seen::take_current` and `read_global`.
    CHANGES.fetch_add(1, Ordering::Release);
}

/// Changes the tracer of the process. The caller has locked it.
fn set_global(global: &mut Option<Arc<TracerCore>>, tracer: Option<Arc<TracerCore>>) {
    *global = tracer;
    // Release: pairs with the acquire loads in `Seen::take_current` and `read_global`. A
    // thread that reads the new count then finds the new tracer under the lock.
    CHANGES.fetch_add(1, Ordering::Release);
}

/// Returns the tracer for a root that begins here: the tracer that is attached or whose trace
/// is current, or else the tracer of the process.
pub(crate) fn current() -> Option<Arc<TracerCore>> {
    with_current(Arc::clone)
}

/// Calls `begin` with the tracer for a root that begins here; `None` if there is none.
///
/// Does not change the reference count of the process's tracer: `begin` borrows the thread's
/// copy.
#[inline]
pub(crate) fn with_current<R>(begin: impl FnOnce(&Arc<TracerCore>) -> R) -> Option<R> {
    if let Some(tracer) = entered::current_tracer() {
        if tracer.has_ended() {
            return Some(begin(&instead_of(tracer)));
        }
        return Some(begin(&tracer));
    }
    let (changes, tracer) = SEEN
        .try_with(Seen::take_current)
        .unwrap_or_else(|_| read_global());
    let begun = tracer.as_ref().map(begin);
    let _kept = SEEN.try_with(|seen| {
        seen.changes.set(changes);
        seen.tracer.set(tracer);
    });
    begun
}

/// Returns the tracer for a root that begins in a trace whose tracer was shut down: another
/// tracer that still records, if there is one.
#[cold]
fn instead_of(ended: Arc<TracerCore>) -> Arc<TracerCore> {
    let installed = || read_global().1.filter(|tracer| !tracer.has_ended());
    let living = entered::living_tracer().or_else(installed);
    living.unwrap_or(ended)
}

/// Reads the tracer of the process, and the number of changes before this read.
#[cold]
fn read_global() -> (u64, Option<Arc<TracerCore>>) {
    // The count is read before the tracer: if the tracer changes in between, the count is too
    // old, and the next root reads again. Acquire: pairs with the release in `set_global`.
    let changes = CHANGES.load(Ordering::Acquire);
    let global = global().read().unpoisoned();
    (changes, global.clone())
}

impl Seen {
    /// Takes the thread's copy, or a new copy if it is out of date. Until `with_current` puts
    /// the copy back, the thread has none, because code that runs in between may begin roots
    /// itself.
    #[inline]
    fn take_current(&self) -> (u64, Option<Arc<TracerCore>>) {
        let changes = self.changes.replace(NONE);
        // Acquire: pairs with the release in `set_global`; see there.
        if changes == CHANGES.load(Ordering::Acquire) {
            (changes, self.tracer.take())
        } else {
            read_global()
        }
    }
}

impl Deref for TracerGuard {
    type Target = Tracer;

    fn deref(&self) -> &Tracer {
        &self.0
    }
}

impl Drop for TracerGuard {
    fn drop(&mut self) {
        if !RECORDING_BUILT || self.0.is_foreign() {
            return;
        }
        let mut global = global().write().unpoisoned();
        set_global(&mut global, None);
        drop(global);
        installed::set(None);
        diagnostics::drop_guard(self.0.stats().started == 0);
        self.0.end();
        self.0.ending().into_iter().for_each(at_exit::remove);
    }
}

impl From<BuildError> for InstallError {
    fn from(error: BuildError) -> Self {
        Self(Reason::Build(error))
    }
}

impl fmt::Display for InstallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Reason::AlreadyInstalled => f.write_str(
                "a tracer is installed already; expected one `install` in a process, or `build` for another tracer",
            ),
            Reason::Build(error) => error.fmt(f),
        }
    }
}

impl fmt::Debug for InstallError {
    /// Writes the message, because a `main` that returns the error prints this form.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InstallError({self})")
    }
}

impl std::error::Error for InstallError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0 {
            Reason::AlreadyInstalled => None,
            Reason::Build(error) => std::error::Error::source(error),
        }
    }
}
