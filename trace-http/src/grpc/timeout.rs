//! The timeout of a gRPC call.

use http::{HeaderMap, HeaderValue};

/// Returns the time that the caller will wait, in seconds.
///
/// Source: gRPC, *gRPC over HTTP2*, `Timeout`.
pub(crate) fn timeout(headers: &HeaderMap) -> Option<f64> {
    let text = headers.get("grpc-timeout").map(HeaderValue::to_str)?.ok()?;
    let unit = text.chars().next_back()?;
    let digits = text.strip_suffix(unit)?;
    let in_range = (1..=8).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    let count: f64 = in_range.then(|| digits.parse().ok())??;
    // Dividing gives the nearest `f64`. Multiplying by `1e-3` may not, because `1e-3` itself is
    // rounded.
    Some(match unit {
        'H' => count * 3_600.0,
        'M' => count * 60.0,
        'S' => count,
        'm' => count / 1e3,
        'u' => count / 1e6,
        'n' => count / 1e9,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_have_a_unit() {
        let read = |text: &'static str| {
            let headers = [("grpc-timeout", text)];
            let headers = headers.map(|(name, value)| {
                let name = http::HeaderName::from_static(name);
                (name, HeaderValue::from_static(value))
            });
            timeout(&headers.into_iter().collect())
        };
        assert_eq!(read("100m"), Some(0.1));
        assert_eq!(read("2H"), Some(7_200.0));
        assert_eq!(read("1S"), Some(1.0));
        for bad in ["", "S", "1", "1x", "-1S", "123456789S", "1.5S"] {
            assert_eq!(read(bad), None, "{bad}");
        }
        assert_eq!(timeout(&HeaderMap::new()), None);
    }
}
