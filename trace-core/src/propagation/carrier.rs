//! Carriers: types into which headers are written, or from which they are read.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasher;

/// A type into which headers can be written, such as a header map or the metadata of a message.
///
/// ```
/// use trace_core::propagation::Injector;
///
/// struct Message {
///     text: String,
/// }
///
/// impl Injector for Message {
///     fn set(&mut self, key: &str, value: &str) {
///         self.text += &format!("{key}: {value}\r\n");
///     }
/// }
/// # let mut message = Message { text: String::new() };
/// # message.set("a", "b");
/// # assert_eq!(message.text, "a: b\r\n");
/// ```
#[diagnostic::on_unimplemented(
    note = "headers of an HTTP crate need a type of one's own around them, of some ten lines: see the example of `trace_core::propagation::Injector`"
)]
pub trait Injector {
    /// Sets a header, and removes all other headers with this name. The name is in lower case.
    /// The value is printable ASCII.
    fn set(&mut self, key: &str, value: &str);

    /// Removes all headers with a name. The default implementation does nothing. This is
    /// correct if headers are written only once.
    fn remove(&mut self, key: &str) {
        let _ = key;
    }

    /// Removes all headers whose name begins with a prefix. The prefix is in lower case. The
    /// default implementation does nothing, like that of [`remove`](Self::remove).
    fn remove_prefixed(&mut self, prefix: &str) {
        let _ = prefix;
    }
}

/// A type from which headers can be read, such as a header map or the metadata of a message.
///
/// Names must be compared without case: `traceparent` must find `Traceparent`.
///
/// ```
/// use trace_core::propagation::{Extractor, extract};
///
/// struct Message {
///     headers: Vec<(String, Vec<u8>)>,
/// }
///
/// impl Extractor for Message {
///     fn for_each<'a>(&'a self, name: &str, each: &mut dyn FnMut(&'a [u8])) {
///         for (key, value) in &self.headers {
///             if key.eq_ignore_ascii_case(name) {
///                 each(value);
///             }
///         }
///     }
/// }
/// # let value = b"00-0000000000000000000000000000000a-000000000000000b-01".to_vec();
/// # let headers = vec![("Traceparent".to_owned(), value)];
/// # assert!(extract(&Message { headers }).context.is_some());
/// ```
#[diagnostic::on_unimplemented(
    note = "headers of an HTTP crate need a type of one's own around them, of some ten lines: see the example of `trace_core::propagation::Extractor`"
)]
pub trait Extractor {
    /// Calls `each` with every value of a header, in the order of the header lines.
    ///
    /// The name is in lower case. Pass every value, even if it is not valid UTF-8:
    /// `tracestate` and `baggage` may be split over several lines, and if there is a second
    /// `traceparent`, neither is used. If a carrier has at most one value for each name, this
    /// makes at most one call.
    fn for_each<'a>(&'a self, name: &str, each: &mut dyn FnMut(&'a [u8]));

    /// Returns the first value of a header. Returns `None` if there is no value, or if the
    /// first value is not valid UTF-8.
    fn get(&self, name: &str) -> Option<&str> {
        let mut first = None;
        self.for_each(name, &mut |value| first = first.or(Some(value)));
        std::str::from_utf8(first?).ok()
    }

    /// Calls `each` with the name and the value of every header whose name begins with a
    /// prefix. The prefix is in lower case. The names may be in any case.
    ///
    /// Only formats with variable header names need this, such as the baggage of
    /// [`JaegerPropagator`](super::JaegerPropagator). The default implementation does nothing.
    /// This is correct for carriers that cannot list their names.
    fn for_each_prefixed<'a>(&'a self, prefix: &str, each: &mut dyn FnMut(&'a str, &'a [u8])) {
        let _ = (prefix, each);
    }
}

/// Returns whether a name begins with a prefix, in any case.
fn has_prefix(name: &str, prefix: &str) -> bool {
    let start = name.get(..prefix.len());
    start.is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// Returns the first line of a header as text. Invalid UTF-8 becomes `U+FFFD`. No format allows
/// this character, so readers report it like any other invalid character.
pub(super) fn first<'a>(headers: &'a dyn Extractor, name: &str) -> Option<Cow<'a, str>> {
    let mut first = None;
    headers.for_each(name, &mut |value| first = first.or(Some(value)));
    first.map(text)
}

/// Returns a value as text. Invalid UTF-8 becomes `U+FFFD`.
pub(super) fn text(value: &[u8]) -> Cow<'_, str> {
    // Nearly all values are valid UTF-8, and this check is ten times as fast.
    match std::str::from_utf8(value) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(value),
    }
}

/// Returns all lines of a header as one text, joined with commas. Invalid UTF-8 becomes
/// `U+FFFD`, as in [`first`].
///
/// Source: HTTP Semantics (RFC 9110), *Field Order*.
pub(super) fn joined<'a>(headers: &'a dyn Extractor, name: &str) -> Option<Cow<'a, str>> {
    let mut joined: Option<Cow<'a, str>> = None;
    headers.for_each(name, &mut |value| {
        let line = text(value);
        match &mut joined {
            None => joined = Some(line),
            Some(lines) => {
                let lines = lines.to_mut();
                lines.push(',');
                lines.push_str(&line);
            }
        }
    });
    joined
}

impl<S: BuildHasher> Injector for HashMap<String, String, S> {
    fn set(&mut self, key: &str, value: &str) {
        Injector::remove(self, key);
        self.insert(key.to_owned(), value.to_owned());
    }

    fn remove(&mut self, key: &str) {
        self.retain(|name, _| !name.eq_ignore_ascii_case(key));
    }

    fn remove_prefixed(&mut self, prefix: &str) {
        self.retain(|name, _| !has_prefix(name, prefix));
    }
}

impl Injector for BTreeMap<String, String> {
    fn set(&mut self, key: &str, value: &str) {
        Injector::remove(self, key);
        self.insert(key.to_owned(), value.to_owned());
    }

    fn remove(&mut self, key: &str) {
        self.retain(|name, _| !name.eq_ignore_ascii_case(key));
    }

    fn remove_prefixed(&mut self, prefix: &str) {
        self.retain(|name, _| !has_prefix(name, prefix));
    }
}

impl Injector for Vec<(String, String)> {
    fn set(&mut self, key: &str, value: &str) {
        Injector::remove(self, key);
        self.push((key.to_owned(), value.to_owned()));
    }

    fn remove(&mut self, key: &str) {
        self.retain(|(name, _)| !name.eq_ignore_ascii_case(key));
    }

    fn remove_prefixed(&mut self, prefix: &str) {
        self.retain(|(name, _)| !has_prefix(name, prefix));
    }
}

macro_rules! extract_from_pairs {
    ($([$($generics:tt)*] $pairs:ty),* $(,)?) => {$(
        impl<K: AsRef<str>, V: AsRef<[u8]>, $($generics)*> Extractor for $pairs {
            fn for_each<'a>(&'a self, name: &str, each: &mut dyn FnMut(&'a [u8])) {
                self.iter()
                    .filter(|pair| pair.0.as_ref().eq_ignore_ascii_case(name))
                    .for_each(|pair| each(pair.1.as_ref()));
            }

            fn for_each_prefixed<'a>(
                &'a self,
                prefix: &str,
                each: &mut dyn FnMut(&'a str, &'a [u8]),
            ) {
                self.iter()
                    .filter(|pair| has_prefix(pair.0.as_ref(), prefix))
                    .for_each(|pair| each(pair.0.as_ref(), pair.1.as_ref()));
            }
        }
    )*};
}

extract_from_pairs!(
    [S: BuildHasher] HashMap<K, V, S>,
    [] BTreeMap<K, V>,
    [] Vec<(K, V)>,
    [] &[(K, V)],
    [const N: usize] [(K, V); N],
);
