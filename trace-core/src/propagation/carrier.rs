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
}

/// Gives headers: a header map, the metadata of a message.
///
/// Names have no case: `traceparent` has to find `Traceparent`.
///
/// ```
/// use trace_core::propagation::{Extractor, extract};
///
/// struct Message {
///     traceparent: String,
/// }
///
/// impl Extractor for Message {
///     fn get(&self, key: &str) -> Option<&str> {
///         (key == "traceparent").then_some(&*self.traceparent)
///     }
/// }
/// # let traceparent = "00-0000000000000000000000000000000a-000000000000000b-01".to_owned();
/// # assert!(extract(&Message { traceparent }).context.is_some());
/// ```
#[diagnostic::on_unimplemented(
    note = "headers of an HTTP crate need a type of one's own around them, of some ten lines: see the example of `trace_core::propagation::Extractor`"
)]
pub trait Extractor {
    /// Returns the value of a header, of several the first. The name comes in
    /// lower case. A value that is no text is as good as none.
    fn get(&self, key: &str) -> Option<&str>;

    /// Calls `each` with every value of a header, in the order of the header lines.
    ///
    /// Implement it where a name can be there more than once: `tracestate` and
    /// `baggage` may be split over several lines, and a second `traceparent` makes
    /// both worthless. The provided method knows one value.
    fn for_each<'a>(&'a self, key: &str, each: &mut dyn FnMut(&'a str)) {
        if let Some(value) = self.get(key) {
            each(value);
        }
    }
}

/// Returns all lines of a header as one.
///
/// Source: HTTP Semantics (RFC 9110), *Field Order*.
pub(super) fn joined<'a>(headers: &'a dyn Extractor, key: &str) -> Option<Cow<'a, str>> {
    let mut joined: Option<Cow<'a, str>> = None;
    headers.for_each(key, &mut |line| match &mut joined {
        None => joined = Some(Cow::Borrowed(line)),
        Some(lines) => {
            let lines = lines.to_mut();
            lines.push(',');
            lines.push_str(line);
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
}

impl Injector for BTreeMap<String, String> {
    fn set(&mut self, key: &str, value: &str) {
        Injector::remove(self, key);
        self.insert(key.to_owned(), value.to_owned());
    }

    fn remove(&mut self, key: &str) {
        self.retain(|name, _| !name.eq_ignore_ascii_case(key));
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
}

macro_rules! extract_from_pairs {
    ($([$($generics:tt)*] $pairs:ty),* $(,)?) => {$(
        impl<K: AsRef<str>, V: AsRef<str>, $($generics)*> Extractor for $pairs {
            fn get(&self, key: &str) -> Option<&str> {
                self.iter()
                    .find(|pair| pair.0.as_ref().eq_ignore_ascii_case(key))
                    .map(|pair| pair.1.as_ref())
            }

            fn for_each<'a>(&'a self, key: &str, each: &mut dyn FnMut(&'a str)) {
                self.iter()
                    .filter(|pair| pair.0.as_ref().eq_ignore_ascii_case(key))
                    .for_each(|pair| each(pair.1.as_ref()));
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
