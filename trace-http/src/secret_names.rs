//! Names of parameters in queries whose values the application keeps secret.
//!
//! Owns these names alone. `redact.rs` hides what is a secret everywhere.

use std::borrow::Cow;

use http::Uri;
use http::uri::PathAndQuery;
use trace_core::redaction::REDACTED;

use crate::percent;

/// Names of parameters. Case does not matter.
#[derive(Clone, Debug, Default)]
pub(crate) struct SecretNames(Vec<Cow<'static, str>>);

impl SecretNames {
    pub(crate) fn add(&mut self, name: Cow<'static, str>) {
        self.0.push(name);
    }

    /// Returns a query in which the values of these parameters are replaced.
    pub(crate) fn hide<'a>(&self, query: &'a str) -> Cow<'a, str> {
        if !query.split('&').any(|pair| self.key(pair).is_some()) {
            return query.into();
        }
        let pairs = query.split('&').map(|pair| match self.key(pair) {
            Some(key) => format!("{key}={REDACTED}").into(),
            None => Cow::Borrowed(pair),
        });
        pairs.collect::<Vec<_>>().join("&").into()
    }

    /// Returns such an address; `None` if nothing is to be hidden in it.
    pub(crate) fn hide_in(&self, uri: &Uri) -> Option<Uri> {
        let Cow::Owned(query) = self.hide(uri.query()?) else {
            return None;
        };
        let path = format!("{}?{query}", uri.path());
        let mut parts = uri.clone().into_parts();
        // Of a valid address, only values were replaced. If it were not valid any more, it would
        // have no query.
        let path = PathAndQuery::try_from(path).or_else(|_| uri.path().try_into());
        parts.path_and_query = path.ok();
        Some(Uri::from_parts(parts).unwrap_or_default())
    }

    /// Returns the key of a pair whose value is to be hidden.
    fn key<'a>(&self, pair: &'a str) -> Option<&'a str> {
        if self.0.is_empty() {
            return None;
        }
        let (key, _) = pair.split_once('=')?;
        // Servers decode keys, so the decoded key decides.
        let decoded = percent::decode(key.as_bytes());
        let is_secret = |name: &Cow<'_, str>| decoded.eq_ignore_ascii_case(name.as_bytes());
        self.0.iter().any(is_secret).then_some(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_these_names_are_not_shown() {
        let mut names = SecretNames::default();
        assert_eq!(names.hide("pin=1&q=2"), "pin=1&q=2");
        names.add("pin".into());
        names.add("e-mail".into());
        let hidden = names.hide("pin=1&q=2&PIN=3=4&%70in=5&e-mail=&pin&pins=6");
        assert_eq!(
            hidden,
            "pin=REDACTED&q=2&PIN=REDACTED&%70in=REDACTED&e-mail=REDACTED&pin&pins=6"
        );
        let uri = Uri::from_static("http://me@shop:1/a%20b?pin=1&q=2");
        let hidden = names.hide_in(&uri).unwrap();
        assert_eq!(hidden, "http://me@shop:1/a%20b?pin=REDACTED&q=2");
        let plain = Uri::from_static("http://shop/?q=2");
        assert_eq!(names.hide_in(&plain), None);
    }
}
