//! The one list of names whose values are secrets.
//!
//! Names are compared by whole segments, so `author` is not `auth`, and `output_tokens` is not
//! `token`. A key that only describes a secret, such as `token_type` or `cookie.policy`, does
//! not match. This file decides only about strings: numbers are never secrets.

/// Returns whether a lower-case segment is a name of the list.
fn is_name(segment: &[u8]) -> bool {
    matches!(
        segment,
        b"accesskey"
            | b"accesstoken"
            | b"apikey"
            | b"authorization"
            | b"authtoken"
            | b"bearer"
            | b"clientsecret"
            | b"cookie"
            | b"cookies"
            | b"credential"
            | b"credentials"
            | b"cvc"
            | b"cvv"
            | b"idtoken"
            | b"jsessionid"
            | b"jwt"
            | b"passcode"
            | b"passphrase"
            | b"passwd"
            | b"password"
            | b"passwords"
            | b"pgpassword"
            | b"phpsessid"
            | b"privatekey"
            | b"pwd"
            | b"refreshtoken"
            | b"secret"
            | b"secretkey"
            | b"secrets"
            | b"sessid"
            | b"sessionid"
            | b"setcookie"
            | b"token"
    )
}

/// Returns whether two lower-case segments are a name of the list.
fn is_pair(first: &[u8], second: &[u8]) -> bool {
    matches!(
        (first, second),
        (
            b"access" | b"account" | b"api" | b"encryption" | b"private" | b"signing",
            b"key"
        ) | (b"connect", b"sid")
            | (b"session", b"id")
    )
}

/// Returns whether a lower-case segment after a name means that the value only describes the
/// secret.
fn is_description(segment: &[u8]) -> bool {
    matches!(
        segment,
        b"age"
            | b"alg"
            | b"algorithm"
            | b"arn"
            | b"budget"
            | b"bytes"
            | b"count"
            | b"counts"
            | b"domain"
            | b"enabled"
            | b"encoding"
            | b"endpoint"
            | b"error"
            | b"expiration"
            | b"expired"
            | b"expires"
            | b"expiry"
            | b"format"
            | b"issuer"
            | b"kind"
            | b"length"
            | b"limit"
            | b"manager"
            | b"max"
            | b"min"
            | b"missing"
            | b"mode"
            | b"name"
            | b"path"
            | b"policy"
            | b"present"
            | b"provider"
            | b"required"
            | b"scheme"
            | b"scope"
            | b"size"
            | b"source"
            | b"state"
            | b"status"
            | b"ttl"
            | b"type"
            | b"uri"
            | b"url"
            | b"usage"
            | b"valid"
            | b"version"
    )
}

/// Returns whether a lower-case segment names a secret only if it is a parameter of a query.
///
/// Source: OpenTelemetry semantic conventions 1.44, *URL*, `url.query`.
fn is_signature(segment: &[u8]) -> bool {
    matches!(segment, b"sig" | b"signature")
}

/// Most bytes of a segment that is compared with names.
const MAX_SEGMENT: usize = 16;

/// A segment in lower case, so that names can be compared byte by byte. Empty if it is longer
/// than any name.
#[derive(Clone, Copy, Default)]
struct Small {
    bytes: [u8; MAX_SEGMENT],
    length: usize,
}

impl Small {
    fn new(segment: &[u8]) -> Self {
        let mut small = Self::default();
        if segment.len() <= MAX_SEGMENT {
            small.length = segment.len();
            for (to, byte) in small.bytes.iter_mut().zip(segment) {
                *to = byte.to_ascii_lowercase();
            }
        }
        small
    }

    fn get(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

/// Returns whether a string under this key is a secret: `password`, `authorization`, `cookie`,
/// `token`, `api_key`, `private_key`, `session.id`, and a few more.
///
/// A key is split at every character that is neither a letter nor a digit, and before the
/// capitals of `camelCase`. Digits at the end of a segment are ignored, and so is case. A name
/// must be a whole segment. It does not count if a later segment shows that the value only
/// describes the secret.
///
/// ```
/// use trace_core::redaction::is_secret_key;
///
/// assert!(is_secret_key("db.password"));
/// assert!(is_secret_key("http.request.header.set-cookie"));
/// assert!(is_secret_key("githubAccessToken"));
/// assert!(is_secret_key("X-API-Key"));
///
/// assert!(!is_secret_key("gen_ai.usage.output_tokens"));
/// assert!(!is_secret_key("token_type")); // `count`, `policy`, `name`, `status` ..
/// assert!(!is_secret_key("author"));
/// ```
#[must_use]
pub fn is_secret_key(key: &str) -> bool {
    let (mut is_secret, mut before) = (false, Small::default());
    for segment in Segments(key.as_bytes()) {
        let small = Small::new(segment);
        let is_secret_here = is_name(small.get()) || is_pair(before.get(), small.get());
        is_secret = is_secret_here || is_secret && !is_description(small.get());
        before = small;
    }
    is_secret
}

/// Returns whether the value of a query parameter with this name is a secret: the names of
/// [`is_secret_key`], and signatures such as `X-Amz-Signature` and `sig`. The name must not be
/// percent-encoded.
///
/// ```
/// use trace_core::redaction::is_secret_parameter;
///
/// assert!(is_secret_parameter("X-Goog-Signature"));
/// assert!(is_secret_parameter("access_token"));
/// assert!(!is_secret_parameter("page"));
/// ```
#[must_use]
pub fn is_secret_parameter(name: &str) -> bool {
    let mut segments = Segments(name.as_bytes());
    is_secret_key(name) || segments.any(|segment| is_signature(Small::new(segment).get()))
}

/// Returns whether a key contains the segments of a name, one after the other. For example,
/// `bankAccount` and `customer.bank_account.owner` contain `bank account`. No key contains an
/// empty name.
///
/// ```
/// use trace_core::redaction::has_name;
///
/// assert!(has_name("customer.iban", "iban"));
/// assert!(!has_name("urbane", "urban"));
/// ```
#[must_use]
pub fn has_name(key: &str, name: &str) -> bool {
    let mut rest = Segments(key.as_bytes());
    loop {
        let (mut segments, mut wanted) = (Segments(rest.0), Segments(name.as_bytes()));
        let first = wanted.next();
        let is_here = first.is_some_and(|first| {
            let mut all = std::iter::once(first).chain(wanted);
            all.all(|wanted| {
                segments
                    .next()
                    .is_some_and(|own| own.eq_ignore_ascii_case(wanted))
            })
        });
        if is_here {
            return true;
        }
        if rest.next().is_none() {
            return false;
        }
    }
}

/// The segments of a key, without digits at their ends. Some may be empty.
struct Segments<'a>(&'a [u8]);

impl<'a> Iterator for Segments<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        // Bytes of characters that are not ASCII belong to a segment.
        let is_separator = |byte: &u8| byte.is_ascii() && !byte.is_ascii_alphanumeric();
        let start = self.0.iter().position(|byte| !is_separator(byte))?;
        let (_, rest) = self.0.split_at(start);
        let ends = |index: usize| match (&rest[index - 1], &rest[index], rest.get(index + 1)) {
            (_, byte, _) if is_separator(byte) => true,
            // `accessToken`, and `api2Key`.
            (before, byte, _) if byte.is_ascii_uppercase() && !before.is_ascii_uppercase() => true,
            // `APIKey`: the capital before a lower-case letter begins the next segment.
            (_, byte, Some(next)) => byte.is_ascii_uppercase() && next.is_ascii_lowercase(),
            _ => false,
        };
        let end = (1..rest.len()).find(|index| ends(*index));
        let (segment, rest) = rest.split_at(end.unwrap_or(rest.len()));
        self.0 = rest;
        let letters = segment.iter().rposition(|byte| !byte.is_ascii_digit());
        Some(&segment[..letters.map_or(0, |last| last + 1)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_whole_segments_in_any_case() {
        for key in [
            "password",
            "PASSWORD",
            "db.password",
            "dbPassword",
            "password1",
            "user-passwd",
            "PWD",
            "client_secret",
            "aws.secret",
            "http.request.header.authorization",
            "proxy-authorization",
            "Set-Cookie",
            "http.response.header.set-cookie",
            "token",
            "accessToken",
            "access_token_value",
            "token.id",
            "XSRF-TOKEN",
            "api_key",
            "apiKey",
            "APIKey",
            "x-api-key",
            "APIKEY",
            "credentials",
            "privateKey",
            "private_key",
            "session.id",
            "JSESSIONID",
            "connect.sid",
            "aws_access_key_id",
            "AccountKey",
            "AWSAccessKeyId",
            "passwordHash",
            "token_count.token",
        ] {
            assert!(is_secret_key(key), "{key}");
        }
    }

    #[test]
    fn names_that_only_look_alike_are_no_secrets() {
        for key in [
            "",
            ".",
            "author",
            "authority",
            "auth.user",
            "compass",
            "bypass",
            "secretary",
            "tokenizer",
            "gen_ai.usage.output_tokens",
            "gen_ai.token.type",
            "token_count",
            "tokenType",
            "cookie_policy",
            "cookie.domain",
            "password_policy",
            "secret.name",
            "aws.secretsmanager.secret.arn",
            "authorization_endpoint",
            "session.previous_id",
            "key",
            "monkey",
            "primary.key",
            "order.id",
            "db.query.text",
            "passwörd",
            "http.request.method",
        ] {
            assert!(!is_secret_key(key), "{key}");
        }
    }

    #[test]
    fn names_are_found_by_their_segments() {
        assert!(has_name("customer.bankAccount.owner", "bank account"));
        assert!(has_name("bank-account", "bank_account"));
        assert!(has_name("a.bank.bank.account", "bank account"));
        assert!(!has_name("bank.of.account", "bank account"));
        assert!(!has_name("bank", "bank account"));
        assert!(!has_name("bank", "") && !has_name("", "bank") && !has_name("", ""));
    }

    #[test]
    fn signatures_are_secret_parameters_only() {
        for name in [
            "sig",
            "SIG",
            "Signature",
            "X-Amz-Signature",
            "X-Amz-Credential",
        ] {
            assert!(is_secret_parameter(name), "{name}");
        }
        assert!(is_secret_parameter("X-Amz-Security-Token"));
        assert!(!is_secret_key("method.signature"));
        assert!(!is_secret_parameter("signal"));
    }
}
