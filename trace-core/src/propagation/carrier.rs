//! What headers are written into and read from.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasher;

/// Takes headers: a header map, the metadata of a message.
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
    /// Sets a header, in place of all of that name. The name comes in lower case;
    /// the value is printable ASCII.
    fn set(&mut self, key: &str, value: &str);

    /// Takes away all headers of a name. Does nothing unless implemented, which is
    /// right where headers are written only once.
    fn remove(&mut self, key: &str) {
        let _ = key;
    }

    /// Takes away all headers whose name begins with a prefix, which comes in lower case.
    /// Does nothing unless implemented, like [`remove`](Self::remove).
    fn remove_prefixed(&mut self, prefix: &str) {
        let _ = prefix;
    }
}

/// Gives headers: a header map, the metadata of a message.
///
/// Names have no case: `traceparent` has to find `Traceparent`.
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
    /// The name comes in lower case. Give all of them, also those that are no text:
    /// `tracestate` and `baggage` may be split over several lines, and a second
    /// `traceparent` makes both worthless. Where a header can be there only once,
    /// that is one call at most.
    fn for_each<'a>(&'a self, name: &str, each: &mut dyn FnMut(&'a [u8]));

    /// Returns the value of a header, of several the first; `None` where there is
    /// none, or the first is no UTF-8.
    fn get(&self, name: &str) -> Option<&str> {
        let mut first = None;
        self.for_each(name, &mut |value| first = first.or(Some(value)));
        std::str::from_utf8(first?).ok()
    }

    /// Calls `each` with the name and the value of every header whose name begins with a
    /// prefix. The prefix comes in lower case; the names may be in any case.
    ///
    /// Only formats with variable header names need this, such as the baggage of
    /// [`JaegerPropagator`](super::JaegerPropagator). Does nothing unless implemented, which
    /// is right for carriers that cannot list their names.
    fn for_each_prefixed<'a>(&'a self, prefix: &str, each: &mut dyn FnMut(&'a str, &'a [u8])) {
        let _ = (prefix, each);
    }
}

/// Returns whether a name begins with a prefix, in any case.
fn has_prefix(name: &str, prefix: &str) -> bool {
    let start = name.get(..prefix.len());
    start.is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// Returns the first line of a header as text. What is no UTF-8 becomes `U+FFFD`, which no
/// format allows: readers report it as they report any other wrong character.
pub(super) fn first<'a>(headers: &'a dyn Extractor, name: &str) -> Option<Cow<'a, str>> {
    let mut first = None;
    headers.for_each(name, &mut |value| first = first.or(Some(value)));
    first.map(String::from_utf8_lossy)
}

/// Returns all lines of a header as one text, as [`first`] does with one.
///
/// Source: HTTP Semantics (RFC 9110), *Field Order*.
pub(super) fn joined<'a>(headers: &'a dyn Extractor, name: &str) -> Option<Cow<'a, str>> {
    let mut joined: Option<Cow<'a, str>> = None;
    headers.for_each(name, &mut |value| {
        let line = String::from_utf8_lossy(value);
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
