//! Finds user information in URLs.

use std::ops::Range;

use super::text::{is_quote, run_end};

/// A part of a text without spaces, quotes and similar characters. It may contain a URL.
#[derive(Clone, Copy, Default)]
pub(super) struct Unbroken {
    end: usize,
    /// The last `@` in it.
    last_at: Option<usize>,
}

impl Unbroken {
    /// Returns the part that contains `start`. Searches for it once, and then keeps it.
    fn containing(&mut self, text: &[u8], start: usize) -> Self {
        if start > self.end || self.end == 0 {
            let is_inside = |byte: u8| {
                !(byte.is_ascii_whitespace() || is_quote(byte) || b"<>\\".contains(&byte))
            };
            let end = run_end(text, start, is_inside);
            let part = text.get(start..end).unwrap_or_default();
            let last_at = part.iter().rposition(|byte| *byte == b'@');
            *self = Self {
                end,
                last_at: last_at.map(|at| start + at),
            };
        }
        *self
    }
}

/// Returns the user information after a `://` that ends at `start`, without its `@`, and
/// whether it contains a password.
///
/// The last `@` of the authority counts, because a password may contain one. A password may
/// wrongly contain `/`, `?` or `#`. It is found if the text between the first `:` and this
/// character is not a port.
pub(super) fn user_info(
    text: &[u8],
    start: usize,
    unbroken: &mut Unbroken,
) -> Option<(Range<usize>, bool)> {
    let unbroken = unbroken.containing(text, start);
    // Most URLs have no user information.
    let last_at = unbroken.last_at.filter(|at| *at > start)?;
    let rest = text.get(start..unbroken.end)?;
    let authority = rest.split(|byte| b"/?#".contains(byte)).next()?;
    let in_authority = authority.iter().rposition(|byte| *byte == b'@');
    let end = in_authority.map(|at| start + at).or_else(|| {
        // `user:pa/ss@host`, and not `host:80/a@b`.
        let colon = authority.iter().position(|byte| *byte == b':')?;
        let port = authority.get(colon + 1..)?;
        let is_port = port.iter().all(u8::is_ascii_digit) || authority.starts_with(b"[");
        (!is_port).then_some(last_at)
    })?;
    let has_password = text.get(start..end)?.contains(&b':');
    (end > start).then_some((start..end, has_password))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_information_ends_at_the_last_at() {
        let of = |text: &str| {
            let (part, has_password) = user_info(text.as_bytes(), 0, &mut Unbroken::default())?;
            Some((text.get(part)?.to_owned(), has_password))
        };
        let found = |text: &str, has_password| Some((text.to_owned(), has_password));
        assert_eq!(of("a:b@host/x@y"), found("a:b", true));
        assert_eq!(of("a:b@c@host"), found("a:b@c", true));
        assert_eq!(of("token@host"), found("token", false));
        assert_eq!(of("a:b/c@host"), found("a:b/c", true));
        assert_eq!(of("host:80/a@b"), None);
        assert_eq!(of("[::1]:80/a@b"), None);
        assert_eq!(of("host/a@b"), None);
        assert_eq!(of("host a@b"), None);
        assert_eq!(of("@host"), None);
    }
}
