//! Passes diagnostic lines to the listener, and limits their number.
//!
//! Owns the level, the listener, and the numbers of places. The texts of the lines are in
//! [`kind`](super::kind).

use std::cell::Cell;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use super::kind::{Diagnostic, Kind};
use super::printer;
use crate::process::caught::{catch, drop_quietly};
use crate::process::exit::AtExit;
use crate::process::fork;
use crate::process::fork::PerProcess;
use crate::process::sync::Unpoisoned;
use crate::stream::Site;
use crate::value::environment;

/// Which lines are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Level {
    /// No lines.
    Nothing,
    /// The losses of a tracer, when it ends, failures to send spans, and settings in the
    /// environment that are not followed. The default in release builds.
    Losses,
    /// Losses, and spans that seem to be unrecorded by mistake. The default in debug builds.
    All,
    /// The lines of [`All`](Self::All), and how the environment has set a tracer up.
    Details,
}

/// Passes all lines to a closure instead of standard error.
///
/// The closure is called on the thread that detects a problem, which may be an application
/// thread, and on the thread that ends a tracer. No deadline limits the call, so the closure
/// should be quick. It may call the functions of this module. It gets no lines about its own
/// code. A panic of the closure or of its destructor is ignored.
pub fn listen(listener: impl Fn(&Diagnostic) + Send + Sync + 'static) {
    replace(Listener::Closure(Arc::new(listener)));
}

/// Discards all lines.
pub fn silence() {
    replace(Listener::Nobody);
}

/// Prints all lines on standard error. This is the default, except in the child of a `fork`.
pub fn print() {
    replace(Listener::Printer);
}

fn replace(listener: Listener) {
    let replaced = std::mem::replace(&mut state().listener, listener);
    // The lock is not held here, because the drop may cause a line or end a tracer.
    drop_quietly(replaced);
}

/// Sets which lines are printed, and overrides `OTEL_LOG_LEVEL`.
pub fn set_level(level: Level) {
    // Relaxed: no data depends on the level. `says` loads it.
    LEVEL.store(level as u8, Ordering::Relaxed);
}

/// Largest number of different lines about settings.
const MAX_SETTINGS: usize = 100;

/// Largest number of places for which a line of one kind is printed.
const MAX_SITES: u64 = 5;

/// The level that was set, or the level of the environment; [`UNKNOWN`] until the environment
/// is read.
static LEVEL: AtomicU8 = AtomicU8::new(UNKNOWN);
const UNKNOWN: u8 = u8::MAX;

/// The child of a `fork` gets its own state, because a thread that exists only in the parent
/// may hold the lock.
static STATE: PerProcess<Mutex<State>> = PerProcess::new();

#[derive(Default)]
struct State {
    listener: Listener,
    /// By kind: the number of places with a problem, and how many of them were reported or
    /// summed up.
    places: [(u64, u64); Kind::ALL.len()],
    /// Lines about settings that were reported, at most [`MAX_SETTINGS`].
    settings: Vec<String>,
}

/// The receiver of the lines.
#[derive(Clone, Default)]
enum Listener {
    #[default]
    Printer,
    Nobody,
    Closure(Arc<dyn Fn(&Diagnostic) + Send + Sync>),
}

thread_local! {
    /// Whether this thread is calling the listener. Such a call causes no further lines.
    /// Otherwise a listener that causes a line would never end.
    static IS_TELLING: Cell<bool> = const { Cell::new(false) };
}

fn state() -> MutexGuard<'static, State> {
    let state = STATE.get(|_| {
        // The parent's closure or standard error may need a lock that is never released in the
        // child.
        let listener = match fork::has_happened() {
            true => Listener::Nobody,
            false => Listener::Printer,
        };
        Mutex::new(State {
            listener,
            ..State::default()
        })
    });
    state.lock().unpoisoned()
}

/// Returns whether lines of this level are printed.
pub(super) fn says(level: Level) -> bool {
    let from_environment = || parse_level(environment::variable("OTEL_LOG_LEVEL").as_deref());
    level as u8 <= known_or(&LEVEL, from_environment)
}

/// Returns the level that is known, or else reads and keeps it. A level that is set meanwhile
/// counts.
fn known_or(known: &AtomicU8, read: impl FnOnce() -> Level) -> u8 {
    // Relaxed, here and below: no data depends on the level.
    let level = known.load(Ordering::Relaxed);
    if level != UNKNOWN {
        return level;
    }
    let read = read() as u8;
    let kept = known.compare_exchange(UNKNOWN, read, Ordering::Relaxed, Ordering::Relaxed);
    kept.map_or_else(|set| set, |_unknown| read)
}

/// Reads a value of `OTEL_LOG_LEVEL`. An unknown value is ignored.
///
/// Source: OpenTelemetry SDK environment variables, *General SDK Configuration*.
fn parse_level(variable: Option<&str>) -> Level {
    let asked = variable.map(|text| text.trim().to_ascii_lowercase());
    match asked.as_deref() {
        Some("none" | "off") => Level::Nothing,
        Some("error" | "fatal") => Level::Losses,
        Some("warn" | "info") => Level::All,
        Some("debug" | "trace" | "verbose" | "all") => Level::Details,
        _ if cfg!(debug_assertions) => Level::All,
        _ => Level::Losses,
    }
}

/// Reports a problem at a place, unless this place or enough other places were reported
/// before.
pub(super) fn tell(kind: Kind, site: &Site, diagnostic: impl FnOnce() -> Diagnostic) {
    if !says(Level::All) || IS_TELLING.get() || !site.tell(kind as u32) {
        return;
    }
    let listener = state().listener_for_place(kind);
    match listener {
        Some(listener) => listener.notify(&diagnostic()),
        // The place is only counted. The end of the process reports it, unless a tracer ends
        // earlier.
        None => AT_EXIT.ensure_registered(),
    }
}

/// Reports a problem of the process, without a place. Reports each kind once.
pub(super) fn tell_once(diagnostic: impl FnOnce() -> Diagnostic, kind: Kind) {
    if !says(Level::All) || IS_TELLING.get() {
        return;
    }
    let listener = {
        let mut state = state();
        match state.places.get_mut(kind as usize) {
            Some(places) if *places == (0, 0) => *places = (1, 1),
            _ => return,
        }
        state.listener.clone()
    };
    listener.notify(&diagnostic());
}

/// Reports a setting in the environment that is not followed, each text once.
///
/// These lines have the level of losses, because a tracer that is set up in another way than
/// was asked for may lose all spans.
pub(crate) fn tell_setting(message: &str) {
    tell_text(Level::Losses, Kind::Setting, message);
}

/// Reports how the environment has set up a tracer, each text once.
pub(crate) fn tell_set_up(message: &str) {
    tell_text(Level::Details, Kind::SetUp, message);
}

/// Reports what a bridge from another library left out, each text once.
pub(crate) fn tell_bridge(message: &str) {
    tell_text(Level::Losses, Kind::Bridge, message);
}

fn tell_text(level: Level, kind: Kind, message: &str) {
    if !says(level) || IS_TELLING.get() {
        return;
    }
    let listener = {
        let mut state = state();
        let settings = &mut state.settings;
        if settings.len() >= MAX_SETTINGS || settings.iter().any(|told| told == message) {
            return;
        }
        settings.push(message.to_owned());
        state.listener.clone()
    };
    listener.notify(&Diagnostic::new(kind, message));
}

/// Reports a change in how a collector sends spans. The collector limits the number of lines.
///
/// The lines have the level of losses, because spans are lost if nobody reads them.
pub(crate) fn tell_export(message: &str) {
    if !says(Level::Losses) || IS_TELLING.get() {
        return;
    }
    let listener = state().listener.clone();
    // Standard error may be stuck, which must not stop the collector.
    listener.notify_at_end(vec![Diagnostic::new(Kind::Export, message)]);
}

/// At the end of a tracer, reports its losses and the number of places without a line.
pub(crate) fn end(loss: Option<String>) {
    if IS_TELLING.get() {
        return;
    }
    let loss = loss.filter(|_| says(Level::Losses));
    let loss = loss.map(|message| Diagnostic::new(Kind::Lost, &message));
    let mut lines: Vec<Diagnostic> = loss.into_iter().collect();
    let says_all = says(Level::All);
    let listener = {
        let mut state = state();
        if says_all {
            lines.extend(state.sum_up_untold());
        }
        if lines.is_empty() {
            return;
        }
        state.listener.clone()
    };
    listener.notify_at_end(lines);
}

/// Reports further places at the end of the process, because the process may have no tracer.
static AT_EXIT: AtExit = AtExit::new(at_exit);

extern "C" fn at_exit() {
    let _is_well = catch(|| end(None));
}

impl State {
    /// Counts a place and returns the listener for its line; `None` if enough places had a
    /// line.
    fn listener_for_place(&mut self, kind: Kind) -> Option<Listener> {
        let (places, told) = self.places.get_mut(kind as usize)?;
        *places += 1;
        if *places > MAX_SITES {
            return None;
        }
        *told += 1;
        Some(self.listener.clone())
    }

    /// Sums up the places without a line, and marks them as reported.
    fn sum_up_untold(&mut self) -> impl Iterator<Item = Diagnostic> {
        let kinds = Kind::ALL.into_iter().zip(&mut self.places);
        kinds.filter_map(|(kind, (places, told))| {
            let more = *places - std::mem::replace(told, *places);
            (more > 0).then(|| kind.describe_more(more))
        })
    }
}

impl Listener {
    /// Passes on a line, on the thread that detects the problem.
    fn notify(self, line: &Diagnostic) {
        self.call(|listener| match listener {
            Self::Printer => printer::print(line),
            Self::Nobody => {}
            Self::Closure(listener) => listener(line),
        });
    }

    /// Passes on the lines at the end of a tracer or process. Standard error must not block
    /// the end.
    fn notify_at_end(self, lines: Vec<Diagnostic>) {
        self.call(|listener| match listener {
            Self::Printer => printer::print_at_end(lines),
            Self::Nobody => {}
            Self::Closure(listener) => lines.iter().for_each(|line| {
                let _is_well = catch(|| listener(line));
            }),
        });
    }

    /// Calls the listener. The caller must not hold a lock.
    ///
    /// A closure is application code and may panic. Its destructor may also panic. It runs
    /// here if the closure was replaced during the call.
    fn call(self, call: impl FnOnce(&Self)) {
        let outer = IS_TELLING.replace(true);
        let _is_well = catch(|| call(&self));
        drop_quietly(self);
        IS_TELLING.set(outer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_asks_for_more_or_less() {
        let default = match cfg!(debug_assertions) {
            true => Level::All,
            false => Level::Losses,
        };
        assert_eq!(parse_level(None), default);
        assert_eq!(parse_level(Some("nonsense")), default);
        assert_eq!(parse_level(Some("NONE")), Level::Nothing);
        assert_eq!(parse_level(Some(" error ")), Level::Losses);
        assert_eq!(parse_level(Some("info")), Level::All);
        assert_eq!(parse_level(Some("debug")), Level::Details);
    }

    #[test]
    fn a_level_that_is_set_meanwhile_counts() {
        let known = AtomicU8::new(UNKNOWN);
        let read = || {
            known.store(Level::Nothing as u8, Ordering::Relaxed);
            Level::All
        };
        assert_eq!(known_or(&known, read), Level::Nothing as u8);
        assert_eq!(known_or(&known, || Level::All), Level::Nothing as u8);
        let unknown = AtomicU8::new(UNKNOWN);
        assert_eq!(known_or(&unknown, || Level::Losses), Level::Losses as u8);
        assert_eq!(known_or(&unknown, || Level::All), Level::Losses as u8);
    }
}
