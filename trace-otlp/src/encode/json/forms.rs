//! The forms of JSON that a request consists of: lists, texts and objects.

use serde::ser::{Serialize, SerializeMap, Serializer};

/// Writes an object with the entries that `fill` adds.
pub(super) fn object<S: Serializer>(
    serializer: S,
    fill: impl FnOnce(&mut S::SerializeMap) -> Result<(), S::Error>,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    fill(&mut map)?;
    map.end()
}

/// An array of the items of iterators; the closure makes an iterator for each use.
pub(super) struct List<F>(pub(super) F);

impl<F, I> Serialize for List<F>
where
    F: Fn() -> I,
    I: IntoIterator<Item: Serialize>,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}

/// A text of a value that implements `Display`: an id or a 64-bit integer.
pub(super) struct Text<T>(pub(super) T);

impl<T: std::fmt::Display> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}
