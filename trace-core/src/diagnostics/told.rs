//! Who is told, and how often.

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
/// It is called where something is noticed, also on the application's threads, and by whoever
/// ends a tracer, whose deadline does not bound it: it should be quick. What it does is not
/// said in turn; if it panics, or its drop does, nobody notices. It may call these functions
/// itself.
pub fn listen(listener: impl Fn(&Diagnostic) + Send + Sync + 'static) {
    replace(Listener::Closure(Arc::new(listener)));
}

/// Has nothing said to anybody.
pub fn silence() {
    replace(Listener::Nobody);
}

/// Has everything said on the standard error again, which is the default, but in the child
/// of a `fork`.
pub fn print() {
    replace(Listener::Printer);
}

fn replace(listener: Listener) {
    let replaced = std::mem::replace(&mut state().listener, listener);
    // Without the lock: what drops may itself have something to say, or end a tracer.
    drop_quietly(replaced);
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
    state.lock().unpoisoned()
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
    let listener = state().listener_for_place(kind);
    match listener {
        Some(listener) => listener.hear(&diagnostic()),
        None => AT_EXIT.ensure_registered(),
    }
}

/// Says something that is of no place.
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
    listener.hear(&diagnostic());
}

/// Says what was lost, if anything, and of how many places nothing was said: at the end of
/// a tracer.
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
            lines.extend(state.untold());
        }
        if lines.is_empty() {
            return;
        }
        state.listener.clone()
    };
    listener.hear_at_end(lines);
}

/// At the end of the process, in which there was perhaps no tracer.
static AT_EXIT: AtExit = AtExit::new(at_exit);

extern "C" fn at_exit() {
    let _is_well = catch(|| end(None));
}

impl State {
    /// Who is told of another place; nobody if it was of enough others.
    fn listener_for_place(&mut self, kind: Kind) -> Option<Listener> {
        let (places, told) = self.places.get_mut(kind as usize)?;
        *places += 1;
        if *places > MAX_SITES {
            return None;
        }
        *told += 1;
        Some(self.listener.clone())
    }

    /// Sums up places of which nothing was said.
    fn untold(&mut self) -> impl Iterator<Item = Diagnostic> {
        let kinds = Kind::ALL.into_iter().zip(&mut self.places);
        kinds.filter_map(|(kind, (places, told))| {
            let more = *places - std::mem::replace(told, *places);
            (more > 0).then(|| kind.of_more(more))
        })
    }
}

impl Listener {
    /// Hears a line where it is noticed.
    fn hear(self, line: &Diagnostic) {
        self.call(|listener| match listener {
            Self::Printer => printer::print(line),
            Self::Nobody => {}
            Self::Closure(listener) => listener(line),
        });
    }

    /// Hears lines at an end.
    fn hear_at_end(self, lines: Vec<Diagnostic>) {
        self.call(|listener| match listener {
            Self::Printer => printer::print_at_end(lines),
            Self::Nobody => {}
            Self::Closure(listener) => lines.iter().for_each(|line| {
                let _is_well = catch(|| listener(line));
            }),
        });
    }

    /// Called without a lock. What hears is the application's code, and may panic, and so
    /// may its drop, which is here if it was replaced meanwhile.
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
        assert_eq!(level_of(None), default);
        assert_eq!(level_of(Some("nonsense")), default);
        assert_eq!(level_of(Some("NONE")), Level::Nothing);
        assert_eq!(level_of(Some(" error ")), Level::Losses);
        assert_eq!(level_of(Some("debug")), Level::All);
    }
}
