//! Which tracers there are and were, and so why a root or a span has none.

use std::panic::Location;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Mutex, MutexGuard};

use super::chart::is_counting;
use super::kind::{Diagnostic, Kind};
use super::told::{Level, says, tell, tell_once};
use crate::process::fork::PerProcess;
use crate::process::sync::Unpoisoned;
use crate::stream::{Absence, Site};
use crate::value::environment;

/// The child of a `fork` has one of its own, as it has no tracer.
static PRESENT: PerProcess<Mutex<Present>> = PerProcess::new();

/// See [the module](self).
#[derive(Debug, Default)]
struct Present {
    /// Tracers that were built and have not ended.
    tracers: usize,
    /// Where the last one was installed.
    installed_at: Option<&'static Location<'static>>,
    /// Whether it still is.
    is_installed: bool,
    /// Whether it had recorded nothing when it was removed.
    was_idle: bool,
    /// The first roots that began while none was installed.
    early_roots: Vec<&'static Site>,
}

const MAX_EARLY_ROOTS: usize = 8;

fn present() -> MutexGuard<'static, Present> {
    let present = PRESENT.get(|_| Mutex::default());
    present.lock().unpoisoned()
}

/// Whether there are several tracers: kept beside [`Present`], as roots ask for it.
static ARE_SEVERAL: AtomicBool = AtomicBool::new(false);

pub(crate) fn tracer_begins() {
    change_tracers(|tracers| tracers + 1);
}

pub(crate) fn tracer_ends() {
    change_tracers(|tracers| tracers.saturating_sub(1));
}

fn change_tracers(change: fn(usize) -> usize) {
    let mut present = present();
    present.tracers = change(present.tracers);
    ARE_SEVERAL.store(present.tracers > 1, Ordering::Relaxed);
}

/// Whether there is another tracer beside the one that asks.
pub(crate) fn has_other_tracers() -> bool {
    ARE_SEVERAL.load(Ordering::Relaxed)
}

/// Whether a tracer was ever attached.
static WAS_ATTACHED: AtomicBool = AtomicBool::new(false);

pub(crate) fn attach() {
    WAS_ATTACHED.store(true, Ordering::Relaxed);
}

/// Whether threads look again and again for what is not recorded: somebody counts, or is
/// to be told.
pub(crate) fn is_curious() -> bool {
    is_counting() || says(Level::All)
}

pub(crate) fn is_installed() -> bool {
    present().is_installed
}

/// A tracer was installed: says which roots came too early.
pub(crate) fn install(at: &'static Location<'static>) {
    let mut present = present();
    present.installed_at = Some(at);
    present.is_installed = true;
    let early = std::mem::take(&mut present.early_roots);
    drop(present);
    for site in early {
        let kind = Kind::RootBeforeInstall;
        tell(kind, site, || kind.of_site(site, Some(at)));
    }
}

/// The guard of the installed tracer is dropped.
pub(crate) fn drop_guard(was_idle: bool) {
    let mut present = present();
    present.is_installed = false;
    present.was_idle = was_idle;
}

/// A root begins without a tracer.
pub(crate) fn miss_root(site: &'static Site) {
    site.note(Absence::NoTracer, is_counting());
    if !says(Level::All) {
        return;
    }
    let is_harness = is_test_harness();
    let mut present = present();
    let installed_at = present.installed_at.filter(|_| !present.is_installed);
    let kind = if installed_at.is_some() {
        // In a test it was another one's.
        (!is_harness).then_some(Kind::GuardDropped)
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
        tell(kind, site, || kind.of_site(site, installed_at));
    }
}

/// A function that is no root is called outside of any trace. `has_tracer` says whether a
/// tracer surrounds it.
pub(crate) fn miss_span(site: &'static Site, has_tracer: bool) {
    site.note(Absence::Outside, is_counting());
    if !says(Level::All) {
        return;
    }
    let is_harness = is_test_harness();
    let present = present();
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
        tell(kind, site, || kind.of_site(site, installed_at));
    }
}

/// A tracer is built, and this crate is without recording.
pub(crate) fn not_built_in(at: &Location<'_>) {
    tell_once(|| Diagnostic::not_built_in(at), Kind::NotBuiltIn);
}

/// A tracer is built without a collector.
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

/// Whether this is a task of tokio's. None of `trace_core::spawn` gets here: it has a trace,
/// or began where there was none.
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

/// Whether the program is one of tests, which mostly need no tracer. Nothing says so for
/// certain: cargo runs tests from the folder of dependencies, doctests are built in one of
/// their own.
fn is_test_harness() -> bool {
    static KNOWN: AtomicU8 = AtomicU8::new(0);
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
