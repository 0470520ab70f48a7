//! Tokens that have a known prefix.

use super::base64::is_of_credentials;
use super::text::run_end;

/// Prefixes of tokens, and the least number of letters and digits that follow.
///
/// Source: the documentation of the services, and GitHub's *Supported secret scanning patterns*.
const PREFIXES: [(&[u8], usize); 33] = [
    (b"AGE-SECRET-KEY-1", 20),
    (b"AIza", 30),
    (b"AKIA", 16),
    (b"ASIA", 16),
    (b"GOCSPX-", 16),
    (b"SG.", 20),
    (b"dckr_pat_", 16),
    (b"dop_v1_", 16),
    (b"ghp_", 16),
    (b"gho_", 16),
    (b"ghu_", 16),
    (b"ghs_", 16),
    (b"ghr_", 16),
    (b"github_pat_", 16),
    (b"glpat-", 16),
    (b"glsa_", 16),
    (b"hf_", 20),
    (b"hvs.", 16),
    (b"lin_api_", 16),
    (b"npm_", 20),
    (b"pypi-", 30),
    (b"rk_live_", 8),
    (b"rk_test_", 8),
    (b"shpat_", 16),
    (b"sk-ant-", 16),
    (b"sk-proj-", 16),
    (b"sk-", 32),
    (b"sk_live_", 8),
    (b"sk_test_", 8),
    (b"whsec_", 16),
    (b"xapp-", 16),
    (b"xox", 12),
    (b"ya29.", 16),
];

/// Fewest bytes after `eyJ` in the first part of a JSON Web Token.
const JWT_BYTES: usize = 9;

/// Returns the end of the token that begins at `start`, if there is one. The word around it
/// ends at `end`, and the token includes the rest of this word. `added` are additional
/// prefixes.
pub(super) fn token_end(
    text: &[u8],
    start: usize,
    end: usize,
    added: &[Box<str>],
) -> Option<usize> {
    let word = text.get(start..end)?;
    // Nearly every word is ruled out here.
    let is_first = |byte: &u8| b"AGSdghlnprswxye".contains(byte);
    if !word.first().is_some_and(is_first) && added.is_empty() {
        return None;
    }
    let begins = |prefix: &[u8], least: usize| {
        let rest = word.strip_prefix(prefix);
        rest.is_some_and(|rest| {
            let mut counted = rest.iter().filter(|byte| byte.is_ascii_alphanumeric());
            counted.nth(least - 1).is_some()
        })
    };
    // A JSON Web Token is not looked for after `_`: a word may have many `_`, and a search at
    // each of them could take long.
    let before = start.checked_sub(1).and_then(|before| text.get(before));
    let may_be_jwt = before != Some(&b'_');
    let is_token = PREFIXES
        .iter()
        .any(|(prefix, least)| begins(prefix, *least))
        || added.iter().any(|prefix| begins(prefix.as_bytes(), 1))
        || may_be_jwt && is_jwt(word, end == text.len());
    is_token.then(|| trimmed(text, start, end))
}

/// Returns whether a word is a JSON Web Token: two or more parts, or one part if the text may
/// be cut off after it.
///
/// Source: RFC 7519; `eyJ` is the base64 of `{"`.
fn is_jwt(word: &[u8], is_at_end: bool) -> bool {
    let mut parts = word.split(|byte| *byte == b'.');
    let first = parts.next().and_then(|first| first.strip_prefix(b"eyJ"));
    let is_long = first.is_some_and(|first| first.len() >= JWT_BYTES);
    is_long && (is_at_end || parts.next().is_some_and(|second| !second.is_empty()))
}

/// Returns the end of the credentials after an HTTP authentication scheme, which is the word
/// `start..end`.
///
/// Source: RFC 6750, *Authorization Request Header Field*; RFC 7617, *The 'Basic' HTTP
/// Authentication Scheme*.
pub(super) fn credentials(text: &[u8], start: usize, end: usize) -> Option<(usize, usize)> {
    let scheme = text.get(start..end)?;
    let (is_bearer, is_basic) = (
        scheme.eq_ignore_ascii_case(b"bearer"),
        scheme.eq_ignore_ascii_case(b"basic"),
    );
    if !is_bearer && !is_basic {
        return None;
    }
    let value = run_end(text, end, |byte| byte == b' ' || byte == b'\t');
    let is_of_token = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    let value_end = trimmed(text, value, run_end(text, value, is_of_token));
    let found = text.get(value..value_end).filter(|_| value > end)?;
    let is_secret = if is_basic {
        is_of_credentials(found)
    } else {
        // `bearer authentication` has no credentials.
        let is_letter = |byte: &u8| byte.is_ascii_alphabetic();
        found.len() >= 4 && (found.len() >= 16 || !found.iter().all(is_letter))
    };
    is_secret.then_some((value, value_end))
}

/// Returns the end without trailing dots and dashes, which belong to a sentence.
fn trimmed(text: &[u8], start: usize, end: usize) -> usize {
    let part = text.get(start..end).unwrap_or_default();
    let last = part.iter().rposition(|byte| !matches!(byte, b'.' | b'-'));
    start + last.map_or(0, |last| last + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_prefix_passes_the_first_look() {
        for (prefix, least) in PREFIXES {
            let token = [prefix, &b"a".repeat(least)].concat();
            let end = token.len();
            assert_eq!(token_end(&token, 0, end, &[]), Some(end));
            let filter = super::super::filter::Filter::new();
            assert!(filter.lets_through(&token), "{prefix:?}");
        }
    }

    #[test]
    fn words_are_no_credentials() {
        for text in [
            "bearer tokens",
            "Bearer authentication",
            "basic auth",
            "Basic realm=x",
        ] {
            assert_eq!(
                credentials(text.as_bytes(), 0, text.find(' ').unwrap()),
                None
            );
        }
        assert_eq!(credentials(b"Bearer abc.d1, x", 0, 6), Some((7, 13)));
        assert_eq!(credentials(b"BASIC YTpi", 0, 5), Some((6, 10)));
    }
}
