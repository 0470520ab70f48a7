//! Numbers for the names of types of errors: a name is long, and the same in each error.

use std::sync::{Mutex, OnceLock};

/// Types of errors that have numbers; the names of others are texts of the stream.
const TYPES: usize = 1_024;

/// A name is near the place that its address says, at most so far behind it.
const TRIES: usize = 8;

/// Where the name of a number is. A name never leaves.
static NAMES: [OnceLock<&'static str>; TYPES] = [const { OnceLock::new() }; TYPES];

/// Who holds it writes a name, so that nobody ever waits for a name that is being written:
/// in the child of a `fork` that would be for ever.
static WRITER: Mutex<()> = Mutex::new(());

/// Returns the number of a type, if it has one or gets one.
///
/// The compiler may have put a name at several places, and each has a number then.
#[inline]
pub(crate) fn number_error_type(name: &'static str) -> Option<u32> {
    let first = first_place(name);
    if holds(first, name) {
        return u32::try_from(first).ok();
    }
    search(first, name)
}

/// Returns the name of the type that has a number.
pub(crate) fn error_type_by_number(number: u32) -> &'static str {
    let name = NAMES.get(number as usize).and_then(OnceLock::get);
    name.copied().unwrap_or("")
}

#[inline]
fn first_place(name: &'static str) -> usize {
    // Names lie one behind the other, and few are shorter.
    (name.as_ptr().addr() / 16) % TYPES
}

#[inline]
fn holds(place: usize, name: &'static str) -> bool {
    let known = NAMES.get(place).and_then(OnceLock::get);
    // By its address and length: whoever has them has the text.
    known.is_some_and(|known| std::ptr::eq(*known, name))
}

#[cold]
#[inline(never)]
fn search(first: usize, name: &'static str) -> Option<u32> {
    (first..first + TRIES).find_map(|place| {
        let place = place % TYPES;
        let vacant = NAMES.get(place).filter(|names| names.get().is_none());
        if let Some(vacant) = vacant {
            let _turn = WRITER.try_lock().ok()?;
            // Who had the turn before may have taken it.
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
