//! Numbers for the names of types of errors.
//!
//! A name is long, and the same in each error of its type. So entries have its number
//! instead. The table is static: a name is at the place that its address gives, or up to
//! seven places behind it. A number keeps its name for the life of the process, so the
//! worker may look it up at any time.
//!
//! Nothing here waits: the callers record, on threads of the application. If all eight
//! places are taken, or another thread is writing a name, the error has its name as a text.

use std::sync::{Mutex, OnceLock};

/// Places of the table, and so the most names that have numbers.
const TYPES: usize = 1_024;

/// Places that are looked at for one name.
const TRIES: usize = 8;

/// The names, by number. A place is written once, and is never emptied.
///
/// `OnceLock` orders this: `get` sees either nothing or the whole text. It never waits.
static NAMES: [OnceLock<&'static str>; TYPES] = [const { OnceLock::new() }; TYPES];

/// Held while a name is written, and only ever tried.
///
/// `OnceLock::set` waits for a thread that is setting the same place. In the child of a
/// `fork` that thread may be missing, and the wait would never end. But then this lock is
/// held for ever in the child, which so never calls `set`.
static WRITER: Mutex<()> = Mutex::new(());

/// Returns the number of a type. Gives it one if it has none and there is a place.
///
/// A name is known by its address. If the compiler has put the same text at several
/// addresses, each of them has a number.
#[inline]
pub(crate) fn number_error_type(name: &'static str) -> Option<u32> {
    let first = first_place(name);
    if holds(first, name) {
        return u32::try_from(first).ok();
    }
    search(first, name)
}

/// Returns the name of the type that has this number; empty if there is none, which only
/// a damaged stream asks for.
pub(crate) fn error_type_by_number(number: u32) -> &'static str {
    let name = NAMES.get(number as usize).and_then(OnceLock::get);
    name.copied().unwrap_or("")
}

/// Returns the first place at which a name may be.
#[inline]
fn first_place(name: &'static str) -> usize {
    // The compiler puts texts one behind the other, and few names are shorter than 16 bytes:
    // so neighbors rarely share a place.
    (name.as_ptr().addr() / 16) % TYPES
}

/// Returns whether a place has this name.
#[inline]
fn holds(place: usize, name: &'static str) -> bool {
    let known = NAMES.get(place).and_then(OnceLock::get);
    // The same address and length mean the same text, and need no look at the text.
    known.is_some_and(|known| std::ptr::eq(*known, name))
}

/// Looks for a name from its first place on, and writes it into the first free place. This
/// runs for the first error of a type, and for each error whose name is not at its first
/// place.
#[cold]
#[inline(never)]
fn search(first: usize, name: &'static str) -> Option<u32> {
    (first..first + TRIES).find_map(|place| {
        let place = place % TYPES;
        let vacant = NAMES.get(place).filter(|names| names.get().is_none());
        if let Some(vacant) = vacant {
            let _turn = WRITER.try_lock().ok()?;
            // The last writer may have taken the place since it was looked at: then this
            // fails, and `holds` below says whose it is.
            vacant.set(name).ok();
        }
        let number = u32::try_from(place).ok()?;
        holds(place, name).then_some(number)
    })
}

#[cfg(test)]
mod tests {
    use super::{TRIES, error_type_by_number, number_error_type};

    #[test]
    fn a_type_keeps_its_number() {
        let names: &'static str = "one::Error two::Error";
        let (one, two) = names.split_once(' ').unwrap();
        let numbers = [one, two].map(|name| number_error_type(name).unwrap());
        assert_eq!(numbers.map(error_type_by_number), [one, two]);
        assert_eq!(
            numbers,
            [one, two].map(|name| number_error_type(name).unwrap())
        );
    }

    #[test]
    fn names_that_find_no_place_have_no_number() {
        let names: &'static str = "abcdefghijklmnopqrstuvwxyz";
        let prefixes = (0..names.len()).filter_map(|length| names.get(..length));
        let numbers = prefixes.filter_map(|name| {
            let number = number_error_type(name)?;
            assert_eq!(error_type_by_number(number), name);
            Some(number)
        });
        assert!((1..=TRIES).contains(&numbers.count()));
    }
}
