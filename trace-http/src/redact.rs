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
    let is_secret = if key.contains('%') {
        // Servers decode keys, so the decoded key decides.
        let decoded = percent::decode(key.as_bytes());
        is_secret_parameter(&String::from_utf8_lossy(&decoded))
    } else {
        is_secret_parameter(key)
    };
    is_secret.then_some(key)
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

/// Replaces the secrets in the addresses of a text. Texts of errors often contain addresses.
pub(crate) fn in_text(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        let is_of_scheme = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
        let begin = before.trim_end_matches(is_of_scheme);
        let scheme = before.strip_prefix(begin).unwrap_or_default();
        // All other characters may be part of an address.
        let is_after = |c: char| c.is_whitespace() || matches!(c, '"' | '<' | '>');
        let address = after.split(is_after).next().unwrap_or_default();
        // Punctuation that ends a sentence or surrounds an address is not part of it.
        let address = address.trim_end_matches([')', ',', '.', ':', ';', '`', '\'']);
        shown += begin;
        shown += &address_of_text(&format!("{scheme}://{address}"));
        rest = after.strip_prefix(address).unwrap_or_default();
    }
    shown + rest
}

fn address_of_text(address: &str) -> String {
    let (address, _fragment) = address.split_once('#').unwrap_or((address, ""));
    match address.parse() {
        Ok(uri) => Url(&uri).to_string(),
        Err(_) => REDACTED.to_owned(),
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
            ("no address", "no address"),
            (
                "error (http://h/?sig=(a)&q='b'): see https://me:pw@h/, or `ftp://h`.",
                "error (http://h/?sig=REDACTED&q='b'): see https://REDACTED:REDACTED@h/, or `ftp://h/`.",
            ),
            ("http://h/?to=http://me@h#part", "http://h/?to=http://me@h"),
            ("at http://\\?sig=a and ://", "at REDACTED and REDACTED"),
        ] {
            assert_eq!(in_text(text), shown);
        }
    }
}
