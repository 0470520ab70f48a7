//! Headers of requests: fixed ones, and those that a callback returns.
//!
//! Their values are secret: they never appear in an error, a log or `Debug`.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use http::header::{
    CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue,
    TRANSFER_ENCODING, USER_AGENT,
};

use super::endpoint::Endpoint;
use super::moment::Moment;

/// Returns headers, such as a token that expires.
pub(super) type HeaderSource = Arc<dyn Fn() -> Vec<(String, String)> + Send + Sync>;

/// The user agent, unless the application sets another.
const EXPORTER: &str = concat!("trace-otlp-rust/", env!("CARGO_PKG_VERSION"));

/// Headers that each request sets itself.
const RESERVED: [HeaderName; 5] = [
    CONNECTION,
    CONTENT_ENCODING,
    CONTENT_LENGTH,
    CONTENT_TYPE,
    TRANSFER_ENCODING,
];

/// Shortest value that is hidden in a server's texts. Shorter values occur in any text.
const MIN_SECRET_BYTES: usize = 4;

pub(super) struct Headers {
    fixed: HeaderMap,
    source: Option<HeaderSource>,
    max_age: Duration,
    /// The headers including those of the source, and when the source was called.
    asked: Option<(HeaderMap, Moment)>,
}

/// A header that cannot be sent, or a callback that panicked.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum HeaderProblem {
    Name(String),
    Value(String),
    Reserved(String),
    Panicked,
}

impl Headers {
    /// # Errors
    ///
    /// If a header cannot be sent.
    pub(super) fn new(
        fixed: &[(String, String)],
        source: Option<HeaderSource>,
        max_age: Duration,
    ) -> Result<Self, HeaderProblem> {
        let mut map = HeaderMap::new();
        map.insert(USER_AGENT, HeaderValue::from_static(EXPORTER));
        insert(&mut map, fixed)?;
        Ok(Self {
            fixed: map,
            source,
            max_age,
            asked: None,
        })
    }

    /// Returns the headers. Calls the callback if its last result is too old.
    pub(super) fn current(&mut self, now: Moment) -> Result<&HeaderMap, HeaderProblem> {
        let Some(source) = &self.source else {
            return Ok(&self.fixed);
        };
        let known = self.asked.take();
        let known = known.filter(|(_, asked)| now.since(*asked) < self.max_age);
        let fresh = match known {
            Some(known) => known,
            None => (ask(source, &self.fixed)?, now),
        };
        Ok(&self.asked.insert(fresh).0)
    }

    /// Forgets the callback's last result. Returns whether there is a callback.
    pub(super) fn forget(&mut self) -> bool {
        self.asked = None;
        self.source.is_some()
    }

    /// Hides the values of these headers, and the secrets of the URL, in a server's text, which
    /// may repeat them.
    pub(super) fn hide_in(&self, text: &str, endpoint: &Endpoint) -> String {
        let asked = self.asked.iter().flat_map(|(headers, _)| headers);
        let secrets = self.fixed.iter().chain(asked);
        let secrets = secrets.filter(|(name, _)| **name != USER_AGENT);
        let secrets = secrets
            .map(|(_, value)| value)
            .chain(&endpoint.authorization);
        let secrets = secrets.filter_map(|value| value.to_str().ok());
        let query = endpoint.uri.query().unwrap_or_default().split('&');
        let query = query.filter_map(|parameter| Some(parameter.split_once('=')?.1));
        let mut text = text.to_owned();
        for secret in secrets.chain(query) {
            // Also the token alone, without `Bearer`.
            let last = secret.rsplit(' ').next().unwrap_or_default();
            for secret in [secret, last] {
                if secret.len() >= MIN_SECRET_BYTES {
                    text = text.replace(secret, "[redacted]");
                }
            }
        }
        text
    }
}

fn ask(source: &HeaderSource, fixed: &HeaderMap) -> Result<HeaderMap, HeaderProblem> {
    // The application's callback may panic.
    let given = catch_unwind(AssertUnwindSafe(|| source())).map_err(|payload| {
        // The payload's destructor may panic too.
        std::mem::forget(payload);
        HeaderProblem::Panicked
    })?;
    let mut map = fixed.clone();
    insert(&mut map, &given)?;
    Ok(map)
}

fn insert(map: &mut HeaderMap, headers: &[(String, String)]) -> Result<(), HeaderProblem> {
    for (name, value) in headers {
        let shown = || trace_core::visible(name, 100).into_owned();
        let key: HeaderName = name.parse().map_err(|_| HeaderProblem::Name(shown()))?;
        if is_reserved(&key) {
            return Err(HeaderProblem::Reserved(shown()));
        }
        let value = HeaderValue::try_from(value.trim());
        let mut value = value.map_err(|_| HeaderProblem::Value(shown()))?;
        value.set_sensitive(true);
        map.insert(key, value);
    }
    Ok(())
}

/// Returns whether a header belongs to the request, so that nobody may set it.
pub(crate) fn is_reserved(name: &HeaderName) -> bool {
    RESERVED.contains(name)
}

impl fmt::Display for HeaderProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => write!(f, "`{name}` is not the name of a header"),
            Self::Value(name) => write!(
                f,
                "the value of the header `{name}` cannot be sent; expected visible ASCII"
            ),
            Self::Reserved(name) => write!(f, "the header `{name}` belongs to the request"),
            Self::Panicked => f.write_str("the callback for headers panicked"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        let pairs = pairs.iter();
        pairs
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn a_callback_is_asked_again_when_its_answer_is_old_or_wrong() {
        let calls = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&calls);
        let source: HeaderSource = Arc::new(move || {
            let call = counter.fetch_add(1, Ordering::Relaxed);
            vec![("authorization".to_owned(), format!("Bearer {call}"))]
        });
        let fixed = pairs(&[("x-team", "shop"), ("authorization", "old")]);
        let max_age = Duration::from_secs(60);
        let mut headers = Headers::new(&fixed, Some(source), max_age).unwrap();
        let now = Moment::now();
        let token = |headers: &mut Headers, now| {
            let map = headers.current(now).unwrap();
            assert_eq!(map["x-team"], "shop");
            map["authorization"].to_str().unwrap().to_owned()
        };
        assert_eq!(token(&mut headers, now), "Bearer 0");
        assert_eq!(token(&mut headers, now), "Bearer 0");
        assert_eq!(token(&mut headers, now.after(max_age)), "Bearer 1");
        assert!(headers.forget());
        assert_eq!(token(&mut headers, now.after(max_age)), "Bearer 2");
    }

    #[test]
    fn what_cannot_be_sent_is_named_without_its_value() {
        let problem = |name, value| {
            let headers = Headers::new(&pairs(&[(name, value)]), None, Duration::ZERO);
            headers.err().map(|problem| problem.to_string())
        };
        assert_eq!(problem("x-ok", "v"), None);
        assert_eq!(
            problem("x y", "s3cret").unwrap(),
            "`x y` is not the name of a header"
        );
        assert_eq!(
            problem("x", "s3cret\n").map(|_| ()),
            None,
            "white space around a value is left out"
        );
        assert_eq!(
            problem("x", "s3\ncret").unwrap(),
            "the value of the header `x` cannot be sent; expected visible ASCII"
        );
        assert_eq!(
            problem("Content-Length", "7").unwrap(),
            "the header `Content-Length` belongs to the request"
        );
    }

    #[test]
    fn a_server_that_repeats_a_secret_gives_nothing_away() {
        let fixed = pairs(&[
            ("x-key", "abcdef"),
            ("authorization", "Bearer t0ken"),
            ("x", "a"),
        ]);
        let headers = Headers::new(&fixed, None, Duration::ZERO).unwrap();
        let endpoint = Endpoint::from_whole("http://me:xyz@host/a?b=1&key=plugh").unwrap();
        assert_eq!(
            headers.hide_in(
                "a key abcdef, token t0ken, bWU6eHl6, and no /a?b=1&key=plugh",
                &endpoint
            ),
            "a key [redacted], token [redacted], [redacted], and no /a?b=1&key=[redacted]"
        );
    }
}
