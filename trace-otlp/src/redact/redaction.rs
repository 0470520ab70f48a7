//! The options, and the redactor that follows them.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

use trace_core::redaction::{KeyVerdict, REDACTED, Redactor};

use super::filter::Filter;
use super::options::Options;
use super::scanner::Scanner;

/// Replaces secrets in spans: a [`Redactor`] for
/// [`TracerBuilder::redact`](trace_core::TracerBuilder::redact).
///
/// ```
/// use std::time::Duration;
/// use trace_core::{MemoryCollector, Tracer, span};
/// use trace_otlp::Redaction;
///
/// let spans = MemoryCollector::new();
/// let redaction = Redaction::standard()
///     .key("iban") // a further name
///     .keep("csrf.token") // not this one
///     .hash_keys(["customer.id"])
///     .prefix("acme_live_")?; // begins our own tokens
/// let tracer = Tracer::builder("shop").collector(spans.clone()).redact(redaction).build()?;
///
/// tracer.root("charge").run_sync(|| {
///     span::add_tag("user.password", "hunter2");
///     span::add_tag("csrf.token", "b7ad6b71");
///     span::add_tag("customer.id", 4711);
///     span::add_log("GET https://ann:pw@bank/pay?token=abc failed, key acme_live_7f3a");
/// });
/// tracer.flush(Duration::from_secs(1));
///
/// let span = &spans.spans()[0];
/// assert_eq!(span.tag("user.password").unwrap().to_string(), "REDACTED");
/// assert_eq!(span.tag("csrf.token").unwrap().to_string(), "b7ad6b71");
/// assert!(span.tag("customer.id").unwrap().to_string().starts_with("hash:"));
/// assert_eq!(
///     span.logs[0].message,
///     "GET https://REDACTED:REDACTED@bank/pay?token=REDACTED failed, key REDACTED"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # What is replaced
///
/// | where | what |
/// |---|---|
/// | strings and arrays of strings under a key | values whose key has a name of [`is_secret_key`](trace_core::redaction::is_secret_key) or of [`key`](Self::key); numbers stay |
/// | values after names in texts | `password=..`, `"token": ".."`, also with JSON escapes, `Cookie: ..`, `--password ..`, and percent-encoded names |
/// | addresses in texts | user information; parameters with such names, and signatures |
/// | tokens in texts | `Bearer ..`, `Basic ..`, JSON Web Tokens, access keys of AWS, tokens of GitHub, GitLab, Slack, Stripe, Google and others that have a known prefix |
/// | other secrets in texts | private keys in PEM; card numbers with a valid last digit |
/// | numbers and booleans | those under the names of [`key`](Self::key) and [`hash_keys`](Self::hash_keys), as texts: 4711 has the hash of `"4711"` |
///
/// [`emails`](Self::emails) and [`addresses`](Self::addresses) also replace e-mail and IP
/// addresses.
///
/// A scan takes linear time. A text without secrets costs a few instructions per byte.
/// Redacting twice gives the same result as redacting once.
///
/// # What is not found
///
/// - Secrets without a name or a known form, such as in `add_tag("note", "hunter2")`.
/// - The part of a password without quotes after a space, a comma, `&` or `;`.
/// - In an array of arguments, a secret that is a separate argument after `--password`.
/// - User information in a URL without `://`.
/// - Names in text with an encoding other than JSON or percent-encoding.
/// - Names with letters that JSON escapes, such as `"pass\u0077ord"`.
/// - Values of the name `pass`, which also counts tests.
/// - Without quotes, a value of `token:` that consists of fewer than 16 letters, because it may
///   be part of a sentence, as in `unexpected token: comma`.
/// - The credentials in `curl -u ann:hunter2`.
#[derive(Clone)]
#[must_use = "it does nothing before it is given to `TracerBuilder::redact`"]
pub struct Redaction {
    options: Options,
    filter: Filter,
    own: Vec<Arc<RedactText>>,
}

type RedactText = dyn Fn(&str) -> Option<String> + Send + Sync;

/// The error for a prefix that would match too many words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidPrefix(Box<str>);

/// Fewest bytes of a prefix.
const LEAST_PREFIX: usize = 4;

impl Redaction {
    /// Replaces everything that is listed [above](Self#what-is-replaced).
    pub fn standard() -> Self {
        Self {
            options: Options::default(),
            filter: Filter::new(),
            own: Vec::new(),
        }
    }

    /// Adds a name of secrets. Keys are compared with it as in
    /// [`is_secret_key`](trace_core::redaction::is_secret_key): `iban` matches `customer.iban`
    /// and `ibanOfCustomer`, and `bank account` matches `bank_account`.
    pub fn key(mut self, name: &str) -> Self {
        self.filter.add_text(first_segment(name));
        self.options.names.push(name.into());
        self
    }

    /// Keeps the values of a key, even if its name is that of a secret. They are not scanned
    /// either. The whole key is compared, without regard to case.
    pub fn keep(mut self, key: &str) -> Self {
        self.options.kept.push(key.into());
        self
    }

    /// Replaces the values of keys with these names by hashes. Keys are compared as in
    /// [`key`](Self::key).
    ///
    /// A hash is `hash:` and 16 hex digits, made by SipHash with a random key. A [`Redaction`]
    /// shares this key only with its clones. Equal values have equal hashes, so spans can be
    /// grouped by hash. A reader of the spans can neither invert a hash nor test a guess
    /// without access to the memory of the process. Hashes from different processes, or from
    /// before and after a restart, cannot be compared.
    pub fn hash_keys<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Self {
        for name in names {
            self.filter.add_text(first_segment(name));
            self.options.hashed.push(name.into());
        }
        self
    }

    /// Replaces each word of a text that begins with a prefix, such as `acme_live_`. A word
    /// consists of letters, digits, `_`, `-` and `.`. Case matters.
    ///
    /// # Errors
    ///
    /// If the prefix has fewer than four bytes, or contains any other character.
    pub fn prefix(mut self, prefix: &str) -> Result<Self, InvalidPrefix> {
        let is_of_word = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
        if prefix.len() < LEAST_PREFIX || !prefix.bytes().all(is_of_word) {
            return Err(InvalidPrefix(prefix.into()));
        }
        self.filter.add_text(prefix);
        self.options.prefixes.push(prefix.into());
        Ok(self)
    }

    /// Adds a function, such as a regular expression, that is called with each text after the
    /// built-in patterns. It returns the text without its secrets, or `None` if the text has
    /// none.
    ///
    /// ```
    /// use trace_core::redaction::Redactor;
    /// use trace_otlp::Redaction;
    ///
    /// let redaction = Redaction::standard()
    ///     .texts(|text| text.contains("ann").then(|| text.replace("ann", "somebody")));
    /// assert_eq!(redaction.redact_text("hello ann").as_deref(), Some("hello somebody"));
    /// ```
    pub fn texts(
        mut self,
        redact_text: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.own.push(Arc::new(redact_text));
        self
    }

    /// Also replaces e-mail addresses.
    pub fn emails(mut self) -> Self {
        self.options.emails = true;
        self
    }

    /// Also replaces IP addresses of version 4 and 6, including those in tags such as
    /// `client.address`.
    pub fn addresses(mut self) -> Self {
        self.options.addresses = true;
        self.filter.open();
        self
    }
}

/// How often a redacted text is scanned again.
const MAX_SCANS: usize = 4;

impl Redaction {
    /// Replaces what the built-in patterns find, until they find nothing. A replacement may,
    /// together with the text around it, look like another secret.
    fn redact_known(&self, text: &str) -> Option<String> {
        let mut redacted = self.filtered_scan(text)?;
        for _ in 0..MAX_SCANS {
            match self.filtered_scan(&redacted) {
                Some(again) => redacted = again,
                None => return Some(redacted),
            }
        }
        Some(REDACTED.to_owned())
    }

    fn filtered_scan(&self, text: &str) -> Option<String> {
        let may_have = self.filter.lets_through(text.as_bytes());
        may_have.then(|| self.scan(text))?
    }

    /// Scans a text even if the filter finds nothing.
    pub(super) fn scan(&self, text: &str) -> Option<String> {
        Scanner::new(&self.options, text).run()
    }
}

/// Returns the part of a name that the filter looks for.
fn first_segment(name: &str) -> &str {
    let mut segments = name.split(|char: char| !char.is_alphanumeric());
    segments.find(|segment| !segment.is_empty()).unwrap_or(name)
}

impl Default for Redaction {
    fn default() -> Self {
        Self::standard()
    }
}

impl Redactor for Redaction {
    fn redact_key(&self, key: &str) -> KeyVerdict {
        self.options.verdict(key)
    }

    fn sees_numbers(&self) -> bool {
        self.options.has_names()
    }

    fn redact_text(&self, text: &str) -> Option<String> {
        let mut redacted = self.redact_known(text);
        for redact_text in &self.own {
            let next = redact_text(redacted.as_deref().unwrap_or(text));
            redacted = next.or(redacted);
        }
        redacted
    }

    fn replace_value(&self, key: &str, value: &str) -> Cow<'static, str> {
        self.options.replace(key, value)
    }
}

impl fmt::Debug for Redaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redaction")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for InvalidPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = &self.0;
        write!(
            f,
            "`{prefix}` is no prefix of secrets; expected at least {LEAST_PREFIX} letters, digits, `_`, `-` or `.`"
        )
    }
}

impl Error for InvalidPrefix {}
