//! Reads the header `Retry-After`.

use std::time::{Duration, SystemTime};

/// Reads a number of seconds, or a date, as the time from `now`; `None` if it is neither. A
/// date in the past is zero.
///
/// Source: RFC 9110, *Retry-After*.
pub(crate) fn parse_retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // A number that is too large means the longest wait.
        return Some(value.parse().map_or(Duration::MAX, Duration::from_secs));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates_are_read_and_nothing_else() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777 - 30);
        let parse = |value| parse_retry_after(value, now);
        assert_eq!(parse("120"), Some(Duration::from_secs(120)));
        assert_eq!(parse(" 0 "), Some(Duration::ZERO));
        let thirty = Some(Duration::from_secs(30));
        assert_eq!(parse("Sun, 06 Nov 1994 08:49:37 GMT"), thirty);
        assert_eq!(parse("Sunday, 06-Nov-94 08:49:37 GMT"), thirty);
        assert_eq!(parse("Sun Nov  6 08:49:37 1994"), thirty);
        assert_eq!(
            parse("Sun, 06 Nov 1994 08:00:00 GMT"),
            Some(Duration::ZERO),
            "the past"
        );
        assert_eq!(parse("99999999999999999999999"), Some(Duration::MAX));
        for garbage in ["", "-1", "1.5", "soon", "1 s", "\u{661}"] {
            assert_eq!(parse(garbage), None, "{garbage:?}");
        }
    }
}
