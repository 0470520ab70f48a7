//! Removes secrets from addresses: values of secret parameters in queries, and credentials.
//!
//! Which parameters are secrets is said by the list of names in [`trace_core::redaction`].
//!
//! Source: OpenTelemetry semantic conventions 1.44, *URL*, `url.query` and `url.full`.

use std::fmt;

use http::Uri;
use trace_core::redaction::{REDACTED, is_secret_parameter};

use crate::percent;

/// A query, without its leading `?`, as it is recorded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Query<'a>(pub(crate) &'a str);

impl fmt::Display for Query<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, pair) in self.0.split('&').enumerate() {
            if index > 0 {
                f.write_str("&")?;
            }
            match secret_key(pair) {
                Some(key) => write!(f, "{key}={REDACTED}")?,
                None => f.write_str(pair)?,
            }
        }
        Ok(())
    }
}

impl Query<'_> {
    /// Whether there is a secret.
    pub(crate) fn has_secrets(&self) -> bool {
        self.0.split('&').any(|pair| secret_key(pair).is_some())
    }
}

/// Returns the key of a pair whose value is a secret.
fn secret_key(pair: &str) -> Option<&str> {
    let (key, _) = pair.split_once('=')?;
    is_secret(key).then_some(key)
}

/// Returns whether the values of a key are secrets.
fn is_secret(key: &str) -> bool {
    // Servers decode keys, so the decoded key decides.
    let decoded = percent::decode(key.as_bytes());
    is_secret_parameter(&String::from_utf8_lossy(&decoded))
}

/// A whole address, as it is recorded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Url<'a>(pub(crate) &'a Uri);

impl fmt::Display for Url<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let uri = self.0;
        if let Some(scheme) = uri.scheme_str() {
            write!(f, "{scheme}://")?;
        }
        if let Some(authority) = uri.authority() {
            // The last `@`, because a password may contain one, too.
            match authority.as_str().rsplit_once('@') {
                Some((credentials, host)) => {
                    f.write_str(REDACTED)?;
                    if credentials.contains(':') {
                        write!(f, ":{REDACTED}")?;
                    }
                    write!(f, "@{host}")?;
                }
                None => f.write_str(authority.as_str())?,
            }
        }
        f.write_str(uri.path())?;
        match uri.query() {
            Some(query) => write!(f, "?{}", Query(query)),
            None => Ok(()),
        }
    }
}

/// Replaces secrets in a text: credentials behind `://`, and values of secret parameters in
/// queries and fragments, also of relative references. All else stays. Texts of errors often
/// contain addresses, in any form and place, so the text is not read as a list of addresses.
///
/// What is percent-encoded within another address, or has spaces, is not found.
pub(crate) fn in_text(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, found)) = next_of(rest, ["=", "://"]) {
        let after = rest.get(before.len() + found.len()..).unwrap_or_default();
        shown += before;
        shown += found;
        rest = after;
        if found == "=" {
            let value = if ends_with_secret_key(before) {
                value(after)
            } else {
                ""
            };
            if !value.is_empty() {
                shown += REDACTED;
                rest = after.strip_prefix(value).unwrap_or_default();
            }
        } else if let Some(credentials) = credentials(after) {
            write_credentials(&mut shown, credentials);
            rest = after.strip_prefix(credentials).unwrap_or_default();
        }
    }
    shown + rest
}

/// Finds the first of two texts. Returns what is before it, and the one that was found.
fn next_of<'a>(
    text: &'a str,
    [first, second]: [&'static str; 2],
) -> Option<(&'a str, &'static str)> {
    text.match_indices(['=', ':']).find_map(|(index, _)| {
        let (before, at) = text.split_at_checked(index)?;
        let found = [first, second]
            .into_iter()
            .find(|found| at.starts_with(found))?;
        Some((before, found))
    })
}

/// Returns whether a text ends with the key of a secret parameter: `?sig`, `&sig`, `&amp;sig`.
fn ends_with_secret_key(text: &str) -> bool {
    let key = text.rsplit_once(['?', '&', ';', '#']);
    key.is_some_and(|(_, key)| !key.contains(char::is_whitespace) && is_secret(key))
}

/// Returns the value at the start of a text, as far as it may be secret. A value in quotes ends
/// with them. Any other value ends before the next parameter, or at a space. In the latter case,
/// the punctuation that ends a sentence or surrounds an address is not part of it.
fn value(text: &str) -> &str {
    let quoted = text
        .strip_prefix('"')
        .and_then(|within| within.split_once('"'));
    if let Some((value, _)) = quoted {
        return text.get(..value.len() + 2).unwrap_or_default();
    }
    let is_end = |c: char| c.is_whitespace() || matches!(c, '&' | '#' | '<' | '>');
    let value = before(text, is_end);
    let after = text.strip_prefix(value).unwrap_or_default();
    if after.starts_with(['&', '#']) {
        return value;
    }
    value.trim_end_matches([')', ']', '}', ',', '.', ':', ';', '`', '\'', '"'])
}

/// Returns the credentials at the start of an address without its scheme.
///
/// A password may contain `@`, and also characters that should be encoded there, but often are
/// not. Each of these needs a guess. In `me:12/3@shop`, a name without dots is no host.
fn credentials(text: &str) -> Option<&str> {
    // The next address is left out, so that each part of a text is read once.
    let text = text.split("://").next()?;
    let whole = before(text, |c| c.is_whitespace() || matches!(c, '<' | '>'));
    let authority = before(whole, |c| matches!(c, '/' | '?' | '#' | '"'));
    if let Some((credentials, _)) = authority.rsplit_once('@') {
        return (!credentials.is_empty()).then_some(credentials);
    }
    let (name, port) = authority.split_once(':')?;
    if !port.bytes().all(|byte| byte.is_ascii_digit()) && !name.starts_with('[') {
        return whole.rsplit_once('@').map(|(credentials, _)| credentials);
    }
    let path = before(whole, |c| matches!(c, '?' | '"'));
    let (credentials, _) = path.rsplit_once('@')?;
    let is_host = name.contains(['.', '[']) || name == "localhost" || credentials.ends_with('/');
    (!is_host).then_some(credentials)
}

fn before(text: &str, is_end: impl Fn(char) -> bool) -> &str {
    text.split(is_end).next().unwrap_or_default()
}

/// Writes what takes the place of credentials.
fn write_credentials(shown: &mut String, credentials: &str) {
    *shown += REDACTED;
    if credentials.contains(':') {
        *shown += ":";
        *shown += REDACTED;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_secret_keys_are_not_shown() {
        let query = "q=1&sig=abc&X-Amz-Signature=x=y&SIG=a&&sig&Signature=&access_token=b";
        let shown = "q=1&sig=REDACTED&X-Amz-Signature=REDACTED&SIG=REDACTED&&sig&Signature=REDACTED&access_token=REDACTED";
        assert_eq!(Query(query).to_string(), shown);
        assert!(Query(query).has_secrets());
        let encoded = Query("X%2DAmz-Signature=a&%73ig=b&%=c");
        let shown = "X%2DAmz-Signature=REDACTED&%73ig=REDACTED&%=c";
        assert_eq!(encoded.to_string(), shown);
        for plain in ["", "q=1", "a=sig&b", "="] {
            assert_eq!(Query(plain).to_string(), plain);
            assert!(!Query(plain).has_secrets());
        }
    }

    #[test]
    fn credentials_are_not_shown() {
        let shown = |text: &str| Url(&text.parse().unwrap()).to_string();
        assert_eq!(
            shown("https://me:secret@shop.example:8443/a?sig=1"),
            "https://REDACTED:REDACTED@shop.example:8443/a?sig=REDACTED"
        );
        assert_eq!(shown("http://token@shop/"), "http://REDACTED@shop/");
        assert_eq!(shown("/a?b=c"), "/a?b=c");
        assert_eq!(shown("http://[::1]:80/"), "http://[::1]:80/");
    }

    #[test]
    fn texts_have_addresses() {
        for (text, shown) in [
            (
                "error (http://h/?sig=(a)&q='b'): see https://me:pw@h/, or `ftp://t@h`.",
                "error (http://h/?sig=REDACTED&q='b'): see https://REDACTED:REDACTED@h/, or `ftp://REDACTED@h`.",
            ),
            (
                "at http://\\?sig=a and ://",
                "at http://\\?sig=REDACTED and ://",
            ),
            // Within another address, with spaces, and escaped for HTML.
            (
                "http://h/?to=http://me:a@h#part",
                "http://h/?to=http://REDACTED:REDACTED@h#part",
            ),
            (
                "http://h/?to=http://h/?sig=a&b",
                "http://h/?to=http://h/?sig=REDACTED&b",
            ),
            ("http://h/?q=a b&sig=c d", "http://h/?q=a b&sig=REDACTED d"),
            ("?a=1&amp;sig=b&amp;c", "?a=1&amp;sig=REDACTED&amp;c"),
            (
                "http://h/#access_token=a",
                "http://h/#access_token=REDACTED",
            ),
            // Without a scheme.
            ("GET /x?sig=a failed", "GET /x?sig=REDACTED failed"),
            // Values with what ends others.
            ("?sig=a\"b[c]'d, no", "?sig=REDACTED, no"),
            ("?sig=\"a b\" no", "?sig=REDACTED no"),
            // Passwords with what should be encoded.
            ("x://me:12/3@h", "x://REDACTED:REDACTED@h"),
            ("x://me:12#3@h", "x://REDACTED:REDACTED@h"),
            ("x://me:a/1@2?3#4\"5@h/", "x://REDACTED:REDACTED@h/"),
            ("x://me:a'b,c@h/", "x://REDACTED:REDACTED@h/"),
        ] {
            assert_eq!(in_text(text), shown);
            assert_eq!(in_text(shown), shown);
        }
    }

    #[test]
    fn texts_without_secrets_stay() {
        for text in [
            "no address",
            "http://a b",
            "http://127.0.0.1:80/a@b, http://[::1]:80/a@b, http://shop.example:1/a@b",
            "http://shop:80/@scope/name",
            "http://h/?to=me@h#part",
            "http://@h ://",
            "sig=a & sig=b; key=c",
            "ssh://h is a=b?c=d",
            "Zürich?ß=ü&é=://ä",
        ] {
            assert_eq!(in_text(text), text);
        }
    }
}
