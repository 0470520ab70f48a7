//! Names of fields, and how to recognize misspelled ones.
//!
//! A misspelled field is an error: its content must not be ignored silently.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Visitor};

/// The names of the fields of a message, in camel case.
pub(super) struct Names(pub(super) &'static [&'static str]);

/// What the name of a field means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name {
    /// The field, in camel or snake case.
    Field(&'static str),
    /// Not the exact name of the field, but probably a misspelling of it.
    Misspelled(&'static str),
    /// An unknown name.
    Other,
}

impl Names {
    pub(super) fn find(&self, name: &str) -> Name {
        if let Some(camel) = self.find_exact(name) {
            return Name::Field(camel);
        }
        let bare = bare(name);
        let is_near = |camel: &&&str| is_near(&bare, &self::bare(camel));
        match self.0.iter().find(is_near) {
            Some(camel) => Name::Misspelled(camel),
            None => Name::Other,
        }
    }

    /// Finds a field in camel or snake case. Does not look for misspelled names.
    fn find_exact(&self, name: &str) -> Option<&'static str> {
        let mut names = self.0.iter().copied();
        names.find(|camel| *camel == name || is_snake(camel, name))
    }

    /// Finds a name in the form that it has in the input, with escapes.
    pub(super) fn find_bytes(&self, name: &[u8]) -> Name {
        str::from_utf8(name).map_or(Name::Other, |name| self.find(name))
    }
}

/// Reads a field that may occur once. `null` is its default.
pub(super) fn next<'de, A, T>(
    map: &mut A,
    slot: &mut Option<T>,
    name: &'static str,
) -> Result<(), A::Error>
where
    A: MapAccess<'de>,
    T: serde::Deserialize<'de> + Default,
{
    if slot.is_some() {
        return Err(A::Error::duplicate_field(name));
    }
    *slot = Some(map.next_value::<Option<T>>()?.unwrap_or_default());
    Ok(())
}

/// Refuses the value of a field. Contains what was found, and what is expected.
pub(super) struct Refused<'a>(pub(super) &'a str, pub(super) &'a str);

impl<'de> DeserializeSeed<'de> for Refused<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, _: D) -> Result<(), D::Error> {
        let Self(found, expected) = self;
        Err(D::Error::custom(format_args!(
            "invalid value: {found}, expected {expected}"
        )))
    }
}

/// Refuses the value of a misspelled field.
pub(super) fn refuse_misspelled<'de, A>(map: &mut A, meant: &str) -> Result<(), A::Error>
where
    A: MapAccess<'de>,
{
    map.next_value_seed(Refused("a field that is not known", &format!("`{meant}`")))
}

impl<'de> DeserializeSeed<'de> for &Names {
    type Value = Name;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Name, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for &Names {
    type Value = Name;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Name, E> {
        Ok(self.find(name))
    }
}

/// Reads the name of a field in a document of any kind. A similar name is not a mistake there,
/// and looking for one would cost too much.
pub(super) struct ExactName<'a>(pub(super) &'a Names);

impl<'de> DeserializeSeed<'de> for ExactName<'_> {
    type Value = Option<&'static str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for ExactName<'_> {
    type Value = Option<&'static str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.0.find_exact(name))
    }
}

/// Returns whether `snake` is the snake case of `camel`.
fn is_snake(camel: &str, snake: &str) -> bool {
    let mut rest = snake.chars();
    camel.chars().all(|character| match character {
        'A'..='Z' => {
            rest.next() == Some('_') && rest.next() == Some(character.to_ascii_lowercase())
        }
        character => rest.next() == Some(character),
    }) && rest.next().is_none()
}

/// Reduces a name so that names that differ only in case, separators or a plural are equal.
fn bare(name: &str) -> Vec<u8> {
    let letters = name.bytes().filter(u8::is_ascii_alphanumeric);
    let mut bare: Vec<u8> = letters.map(|byte| byte.to_ascii_lowercase()).collect();
    if bare.last() == Some(&b's') {
        bare.pop();
    }
    bare
}

/// Returns whether two names differ by one letter, or by two swapped letters.
fn is_near(name: &[u8], meant: &[u8]) -> bool {
    if name == meant {
        return true;
    }
    // In a short word, one letter makes another word.
    if meant.len() < 5 || name.len().abs_diff(meant.len()) > 1 {
        return false;
    }
    let same = |(left, right): &(&u8, &u8)| left == right;
    let before = name.iter().zip(meant).take_while(same).count();
    let (name, meant) = (
        name.get(before..).unwrap_or_default(),
        meant.get(before..).unwrap_or_default(),
    );
    let pairs = name.iter().rev().zip(meant.iter().rev());
    let behind = pairs.take_while(same).count();
    match (name.len() - behind, meant.len() - behind) {
        (2, 2) => name.first() == meant.get(1) && name.get(1) == meant.first(),
        (left, right) => left <= 1 && right <= 1,
    }
}

#[cfg(test)]
mod tests {
    use super::{Name, Names};

    #[test]
    fn names_are_found_and_mistakes_in_them() {
        const NAMES: Names = Names(&["resource", "scopeSpans", "spans"]);
        for name in ["scopeSpans", "scope_spans"] {
            assert_eq!(NAMES.find(name), Name::Field("scopeSpans"), "{name}");
        }
        for name in [
            "scopespans",
            "ScopeSpans",
            "scope-spans",
            "scopeSpan",
            "scopeSpnas",
            "scpeSpans",
            "scopeeSpans",
            "SCOPE_SPANS",
        ] {
            assert_eq!(NAMES.find(name), Name::Misspelled("scopeSpans"), "{name}");
        }
        assert_eq!(NAMES.find("span"), Name::Misspelled("spans"));
        assert_eq!(NAMES.find("Resource"), Name::Misspelled("resource"));
        for name in [
            "",
            "schemaUrl",
            "scope",
            "scan",
            "spin",
            "scopeLogs",
            "vendor",
            "é",
        ] {
            assert_eq!(NAMES.find(name), Name::Other, "{name}");
        }
    }
}
