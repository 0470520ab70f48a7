//! Numbers for the names of error types.
//!
//! The name of an error type is long, and all errors of the type share it. So entries
//! contain a number instead of the name. The table of names is static. A name is at the
//! index that is computed from its address, or up to seven places behind it. A number
//! keeps its name for the life of the process, so the worker may look it up at any time.
//!
//! Nothing here waits, because it runs on the application's threads. If all eight places
//! are taken, or another thread is writing a name, the name is written into the stream as
//! a text.

use std::sync::{Mutex, OnceLock};

/// The size of the table: the most names that can have numbers.
const TYPES: usize = 1_024;

/// How many places are searched for one name.
const TRIES: usize = 8;

/// The names, by number. A place is written once, and is never emptied.
///
/// `OnceLock` provides the ordering: `get` returns either nothing or the whole text. It
/// never waits.
static NAMES: [OnceLock<&'static str>; TYPES] = [const { OnceLock::new() }; TYPES];

/// Held while a name is written. It is only acquired with `try_lock`.
///
/// `OnceLock::set` waits for a thread that is setting the same place. In the child of a
/// `fork`, that thread may not exist, and the wait would never end. In that case this lock
/// is never released in the child, so the child never calls `set`.
static WRITER: Mutex<()> = Mutex::new(());

/// Returns the number of a type. Assigns one if the type has none and a place is free.
///
/// A name is identified by its address. If the compiler has put the same text at several
/// addresses, each address has its own number.
#[inline]
pub(crate) fn number_error_type(name: &'static str) -> Option<u32> {
    let first = first_place(name);
    if holds(first, name) {
        return u32::try_from(first).ok();
    }
    search(first, name)
}

/// Returns the name of the type with this number. Returns an empty text if there is none,
/// which only happens in a damaged stream.
pub(crate) fn error_type_by_number(number: u32) -> &'static str {
    let name = NAMES.get(number as usize).and_then(OnceLock::get);
    name.copied().unwrap_or("")
}

/// Returns the first place that is searched for a name.
#[inline]
fn first_place(name: &'static str) -> usize {
    // The compiler usually stores texts next to each other, and few names are shorter than
    // 16 bytes. So neighbors rarely share a place.
    (name.as_ptr().addr() / 16) % TYPES
}

/// Returns whether this name is at a place.
#[inline]
fn holds(place: usize, name: &'static str) -> bool {
    let known = NAMES.get(place).and_then(OnceLock::get);
    // Address and length are compared. If both are equal, the texts are equal, too.
    known.is_some_and(|known| std::ptr::eq(*known, name))
}

/// Searches for a name, beginning at its first place. If it finds a free place first, it
/// writes the name there. This runs for the first error of a type, and for each error
/// whose name is not at its first place.
#[cold]
#[inline(never)]
fn search(first: usize, name: &'static str) -> Option<u32> {
    (first..first + TRIES).find_map(|place| {
        let place = place % TYPES;
        let vacant = NAMES.get(place).filter(|names| names.get().is_none());
        if let Some(vacant) = vacant {
            let _turn = WRITER.try_lock().ok()?;
            // Another thread may have taken the place since the check above. `set` then
            // fails, and `holds` below checks which name is there.
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
