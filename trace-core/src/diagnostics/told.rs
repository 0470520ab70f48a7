//! Who is told, and how often.

use std::cell::Cell;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::kind::{Diagnostic, Kind};
use crate::caught::catch;
use crate::environment;
use crate::fork::{self, PerProcess};
use crate::stream::Site;

/// How much is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Level {
    /// Nothing.
    Nothing,
    /// What was lost when a tracer ended. The default in release builds.
    Losses,
    /// That, and what is not recorded, as it seems by mistake. The default in debug builds.
    All,
}

/// Has everything said to a closure, and nothing to the standard error.
///
/// It is called where something is noticed, also on the application's threads: it should be
/// quick. What it does is not said in turn; if it panics, nobody notices.
pub fn listen(listener: impl Fn(&Diagnostic) + Send + Sync + 'static) {
    state().listener = Listener::Closure(Arc::new(listener));
}

/// Has nothing said to anybody.
pub fn silence() {
    state().listener = Listener::Nobody;
}

/// Has everything said on the standard error again, which is the default, but in the child
/// of a `fork`.
pub fn print() {
    state().listener = Listener::Printer;
}

/// Sets how much is said, in place of what `OTEL_LOG_LEVEL` asks for.
pub fn set_level(level: Level) {
    LEVEL.store(level as u8, Ordering::Relaxed);
}

/// Places of a kind of which something is said.
const MAX_SITES: u64 = 5;

/// The level that was set, or that the environment asks for; [`UNKNOWN`] until that is read.
static LEVEL: AtomicU8 = AtomicU8::new(UNKNOWN);
const UNKNOWN: u8 = u8::MAX;

/// The child of a `fork` has one of its own.
static STATE: PerProcess<Mutex<State>> = PerProcess::new();

#[derive(Default)]
struct State {
    listener: Listener,
    /// Of how many places something was to be said, by kind, and how many of them were
    /// told or summed up.
    places: [(u64, u64); Kind::ALL.len()],
}

#[derive(Clone, Default)]
enum Listener {
    #[default]
    Printer,
    Nobody,
    Closure(Arc<dyn Fn(&Diagnostic) + Send + Sync>),
}

thread_local! {
    /// Whether this thread says something.
    static IS_TELLING: Cell<bool> = const { Cell::new(false) };
}

fn state() -> MutexGuard<'static, State> {
    let state = STATE.get(|_| {
        // What a closure of the parent's needs may be locked for ever, and so may the
        // standard error.
        let listener = match fork::has_happened() {
            true => Listener::Nobody,
            false => Listener::Printer,
        };
        Mutex::new(State {
            listener,
            ..State::default()
        })
    });
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether so much is said.
pub(super) fn says(level: Level) -> bool {
    let known = match LEVEL.load(Ordering::Relaxed) {
        UNKNOWN => {
            let asked = level_of(environment::variable("OTEL_LOG_LEVEL").as_deref());
            LEVEL.store(asked as u8, Ordering::Relaxed);
            asked as u8
        }
        known => known,
    };
    level as u8 <= known
}

/// Source: OpenTelemetry SDK environment variables, *General SDK Configuration*.
fn level_of(variable: Option<&str>) -> Level {
    let asked = variable.map(|text| text.trim().to_ascii_lowercase());
    match asked.as_deref() {
        Some("none" | "off") => Level::Nothing,
        Some("error" | "fatal") => Level::Losses,
        Some("warn" | "info" | "debug" | "trace" | "verbose" | "all") => Level::All,
        _ if cfg!(debug_assertions) => Level::All,
        _ => Level::Losses,
    }
}

/// Says something of a place, unless it was said before, or of enough others.
pub(super) fn tell(kind: Kind, site: &Site, diagnostic: impl FnOnce() -> Diagnostic) {
    if !says(Level::All) || IS_TELLING.get() || !site.tell(kind as u32) {
        return;
    }
    let listener = {
        let mut state = state();
        let listener = state.listener.clone();
        let Some((places, told)) = state.places.get_mut(kind as usize) else {
            return;
        };
        *places += 1;
        if *places > MAX_SITES {
            return;
        }
        *told += 1;
        listener
    };
    listener.hear(&diagnostic());
}

/// Says something that is of no place.
pub(super) fn tell_once(diagnostic: impl FnOnce() -> Diagnostic, kind: Kind) {
    if !says(Level::All) || IS_TELLING.get() {
        return;
    }
    let listener = {
        let mut state = state();
        let listener = state.listener.clone();
        match state.places.get_mut(kind as usize) {
            Some(places) if *places == (0, 0) => *places = (1, 1),
            _ => return,
        }
        listener
    };
    listener.hear(&diagnostic());
}

/// Says what was lost.
pub(crate) fn tell_loss(message: &str) {
    if says(Level::Losses) && !IS_TELLING.get() {
        let listener = state().listener.clone();
        listener.hear(&Diagnostic::new(Kind::Lost, message));
    }
}

/// Says of how many places nothing was said, at the end of a tracer.
pub(crate) fn end() {
    if !says(Level::All) || IS_TELLING.get() {
        return;
    }
    let (listener, more) = {
        let mut state = state();
        let more = Kind::ALL.map(|kind| {
            let places = state.places.get_mut(kind as usize);
            places.map_or(0, |(places, told)| {
                *places - std::mem::replace(told, *places)
            })
        });
        (state.listener.clone(), more)
    };
    for (kind, more) in Kind::ALL.into_iter().zip(more) {
        if more > 0 {
            listener.hear(&kind.of_more(more));
        }
    }
}

impl Listener {
    /// Called without a lock. What hears it is the application's code, and may panic.
    fn hear(&self, diagnostic: &Diagnostic) {
        let outer = IS_TELLING.replace(true);
        let _is_well = catch(|| match self {
            Self::Printer => print_line(diagnostic),
            Self::Nobody => {}
            Self::Closure(listener) => listener(diagnostic),
        });
        IS_TELLING.set(outer);
    }
}

fn print_line(diagnostic: &Diagnostic) {
    if cfg!(panic = "abort") {
        use std::io::Write;
        // Below, a standard error that is broken would end the process.
        let _written = writeln!(std::io::stderr(), "trace-core: {diagnostic}");
    } else {
        #[expect(clippy::print_stderr, reason = "tests capture what is printed so")]
        {
            eprintln!("trace-core: {diagnostic}");
        }
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
        assert_eq!(level_of(None), default);
        assert_eq!(level_of(Some("nonsense")), default);
        assert_eq!(level_of(Some("NONE")), Level::Nothing);
        assert_eq!(level_of(Some(" error ")), Level::Losses);
        assert_eq!(level_of(Some("debug")), Level::All);
    }
}
