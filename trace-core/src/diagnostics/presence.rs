//! Tracks the tracers of the process, to explain why a root or span has no tracer.
//!
//! Chooses the kind of line for a root or function that is not recorded. Does not find the
//! tracer of a root: `tracer` and `root` do.

use std::panic::Location;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock};

use super::chart::is_counting;
use super::kind::{Diagnostic, Kind};
use super::listener::{Level, says, tell, tell_once};
use crate::process::fork::PerProcess;
use crate::process::sync::Unpoisoned;
use crate::stream::{Absence, Site};
use crate::value::environment;

/// The child of a `fork` gets its own value, because it has no tracer.
static PRESENT: PerProcess<Mutex<TracerPresence>> = PerProcess::new();

/// What is known about the tracers of the process.
#[derive(Debug, Default)]
struct TracerPresence {
    /// Tracers that were built and have not ended.
    tracers: usize,
    /// Where the last tracer was installed.
    installed_at: Option<&'static Location<'static>>,
    /// Whether that tracer is still installed.
    is_installed: bool,
    /// Whether that tracer was disabled. Then it is no mistake that nothing is recorded.
    is_disabled: bool,
    /// Whether that tracer had recorded nothing when its guard was dropped.
    was_idle: bool,
    /// The first roots that began while no tracer was installed, at most
    /// [`MAX_EARLY_ROOTS`].
    early_roots: Vec<&'static Site>,
}

const MAX_EARLY_ROOTS: usize = 8;

fn present() -> MutexGuard<'static, TracerPresence> {
    let present = PRESENT.get(|_| Mutex::default());
    present.lock().unpoisoned()
}

/// Whether there is more than one tracer. A copy from [`TracerPresence`], which roots can read
/// without a lock.
static ARE_SEVERAL: AtomicBool = AtomicBool::new(false);

/// Notes that a tracer was built.
pub(crate) fn tracer_begins() {
    change_tracers(|tracers| tracers + 1);
}

/// Notes that a tracer has ended.
pub(crate) fn tracer_ends() {
    change_tracers(|tracers| tracers.saturating_sub(1));
}

fn change_tracers(change: fn(usize) -> usize) {
    let mut present = present();
    present.tracers = change(present.tracers);
    // Stored under the lock, so that the stores happen in the order of the changes. Relaxed:
    // see `has_other_tracers`.
    ARE_SEVERAL.store(present.tracers > 1, Ordering::Relaxed);
}

/// Returns whether there are other tracers besides the caller's.
pub(crate) fn has_other_tracers() -> bool {
    // Relaxed: a trace of another tracer may have called this root. Then that tracer was built
    // before the call, and the call orders the store before this load. A tracer that is built
    // at the same time has not called this root.
    ARE_SEVERAL.load(Ordering::Relaxed)
}

/// Whether a tracer was ever attached. Never unset.
static WAS_ATTACHED: AtomicBool = AtomicBool::new(false);

/// Notes that a tracer is attached to some code.
pub(crate) fn attach() {
    // Relaxed: the load in `miss_root` only chooses the text of a line.
    WAS_ATTACHED.store(true, Ordering::Relaxed);
}

/// Returns whether threads process every call that is not recorded, because such calls are
/// counted or reported.
pub(crate) fn is_curious() -> bool {
    is_counting() || says(Level::All)
}

/// Returns whether a tracer is installed for the process.
pub(crate) fn is_installed() -> bool {
    present().is_installed
}

/// Notes that a tracer was installed, and reports the roots that began before it.
pub(crate) fn install(at: &'static Location<'static>) {
    let mut present = present();
    present.installed_at = Some(at);
    present.is_installed = true;
    let early = std::mem::take(&mut present.early_roots);
    drop(present); // A listener may call this module.
    for site in early {
        let kind = Kind::RootBeforeInstall;
        tell(kind, site, || kind.describe_site(site, Some(at), false));
    }
}

/// Notes that a tracer was installed that is disabled.
pub(crate) fn disable() {
    let mut present = present();
    present.is_disabled = true;
    present.early_roots.clear();
}

/// Notes that the guard of the installed tracer was dropped. `was_idle` means that the tracer
/// had recorded nothing.
pub(crate) fn drop_guard(was_idle: bool) {
    let mut present = present();
    present.is_installed = false;
    present.is_disabled = false;
    present.was_idle = was_idle;
}

/// Notes and reports a root that begins without a tracer.
pub(crate) fn miss_root(site: &'static Site) {
    site.note(Absence::NoTracer, is_counting());
    if !says(Level::All) {
        return;
    }
    let is_harness = is_test_harness();
    let mut present = present();
    if present.is_disabled {
        return;
    }
    let installed_at = present.installed_at.filter(|_| !present.is_installed);
    let kind = if installed_at.is_some() {
        // Under a test harness, the dropped guard belonged to another test.
        (!is_harness).then_some(Kind::GuardDropped)
        // Relaxed: only the text of the line depends on it.
    } else if WAS_ATTACHED.load(Ordering::Relaxed) && present.tracers > 0 && is_in_task() {
        Some(Kind::AttachedElsewhere)
    } else {
        let is_known = present.early_roots.len() >= MAX_EARLY_ROOTS
            || present
                .early_roots
                .iter()
                .any(|early| std::ptr::eq(*early, site));
        if !is_harness && !is_known {
            present.early_roots.push(site);
        }
        (!is_harness).then_some(Kind::NoTracer)
    };
    drop(present);
    if let Some(kind) = kind {
        tell(kind, site, || {
            kind.describe_site(site, installed_at, HANDLES_REQUEST.get().is_some())
        });
    }
}

/// Notes and reports a call of a function that is not a root, outside of any trace.
/// `has_tracer` means that the call runs with a current tracer.
pub(crate) fn miss_span(site: &'static Site, has_tracer: bool) {
    site.note(Absence::Outside, is_counting());
    if !says(Level::All) {
        return;
    }
    let is_harness = is_test_harness();
    let present = present();
    if present.is_disabled {
        return;
    }
    let installed_at = present.installed_at.filter(|_| !present.is_installed);
    let kind = if present.tracers > 0 && is_in_task() {
        Some(Kind::SpawnedTask)
    } else if has_tracer || present.is_installed {
        Some(Kind::OutsideTrace)
    } else if installed_at.is_some() && present.was_idle && !is_harness {
        Some(Kind::GuardDropped)
    } else {
        None
    };
    drop(present);
    if let Some(kind) = kind {
        tell(kind, site, || {
            kind.describe_site(site, installed_at, HANDLES_REQUEST.get().is_some())
        });
    }
}

/// Reports a tracer that is built while this crate lacks the feature `record`.
pub(crate) fn not_built_in(at: &Location<'_>) {
    tell_once(|| Diagnostic::not_built_in(at), Kind::NotBuiltIn);
}

/// Reports a tracer that is built without a collector.
pub(crate) fn no_collector(at: &Location<'_>) {
    if !is_test_harness() {
        tell_once(|| Diagnostic::no_collector(at), Kind::NoCollector);
    }
}

/// Reports unknown names in `OTEL_PROPAGATORS`.
pub(crate) fn unknown_propagators(unknown: &[String], known: &[&str]) {
    tell_once(
        || Diagnostic::unknown_propagators(unknown, known),
        Kind::UnknownPropagator,
    );
}

/// What returns whether a thread handles a request, if the process has a layer for HTTP.
static HANDLES_REQUEST: OnceLock<fn() -> bool> = OnceLock::new();

/// Notes that the process has a layer for HTTP. `handles_request` returns whether the current
/// thread handles a request.
pub(crate) fn note_http_layer(handles_request: fn() -> bool) {
    let _is_known = HANDLES_REQUEST.set(handles_request);
}

/// Reports a root of a site that begins within a trace, if that is the trace of a request.
#[cold]
#[inline(never)]
pub(crate) fn root_within_trace(site: &'static Site) {
    if says(Level::All)
        && let Some(handles_request) = HANDLES_REQUEST.get()
        && handles_request()
    {
        let kind = Kind::RootInRequest;
        tell(kind, site, || kind.describe_site(site, None, true));
    }
}

/// Reports hosts that match nothing, in the list of a client's layer.
pub(crate) fn unmatched_hosts(source: &Location<'_>, method: &str, hosts: &[String]) {
    if !hosts.is_empty() {
        tell_once(
            || Diagnostic::unmatched_hosts(source, method, hosts),
            Kind::UnmatchedHost,
        );
    }
}

/// Reports that a redactor panicked.
pub(crate) fn redactor_panicked() {
    tell_once(Diagnostic::redactor_panicked, Kind::RedactorPanicked);
}

/// Reports a request that passes through two layers of a server.
pub(crate) fn two_layers(outer: &Location<'_>, inner: &Location<'_>) {
    tell_once(|| Diagnostic::two_layers(outer, inner), Kind::TwoLayers);
}

/// Returns whether this code runs in a tokio task that did not inherit a trace. A task of
/// `trace_core::spawn` does not reach this function: it has a trace, or it was spawned without
/// one.
fn is_in_task() -> bool {
    #[cfg(feature = "tokio")]
    {
        tokio::task::try_id().is_some()
    }
    #[cfg(not(feature = "tokio"))]
    {
        false
    }
}

/// Returns whether the program seems to be a test harness. Most tests need no tracer.
///
/// This is a guess, because no interface provides this information. Cargo runs tests from the
/// folder `deps`, and rustdoc builds doctests in a separate folder.
fn is_test_harness() -> bool {
    /// 0 if not yet known, 1 if the program is not a harness, 2 if it is a harness.
    static KNOWN: AtomicU8 = AtomicU8::new(0);
    // Relaxed, here and below: every thread that finds the value unknown computes the same
    // value, and no other data depends on it.
    match KNOWN.load(Ordering::Relaxed) {
        0 => {
            let program = std::env::current_exe().unwrap_or_default();
            let folder = program.parent().and_then(|folder| folder.file_name());
            let is_harness = environment::variable("NEXTEST").is_some()
                || folder.is_some_and(|name| name == "deps")
                || program.to_string_lossy().contains("rustdoctest");
            KNOWN.store(1 + u8::from(is_harness), Ordering::Relaxed);
            is_harness
        }
        known => known == 2,
    }
}
