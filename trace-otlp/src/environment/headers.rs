//! `OTEL_EXPORTER_OTLP_HEADERS` and its variants for signals. The values are secret.

use http::HeaderName;

use super::list;
use super::signal::Signal;
use super::variables::Variables;
use crate::export::is_reserved;

/// Reads the headers. Skips a header that cannot be sent, and keeps the others. No value is
/// ever shown.
pub(super) fn headers(variables: &mut Variables<'_>, signal: Signal) -> Vec<(String, String)> {
    let found = signal.first(variables, "HEADERS", |variables, name| {
        Some((name.to_owned(), variables.text(name)?))
    });
    let Some((variable, text)) = found else {
        return Vec::new();
    };
    let mut headers: Vec<(String, String)> = Vec::new();
    for (entry, number) in list::entries(&text).zip(1..) {
        match header(entry) {
            Ok(header) => {
                // The last one counts, as in a map.
                headers.retain(|(name, _)| *name != header.0);
                headers.push(header);
            }
            Err(expected) => {
                let problem =
                    format!("has an entry {number} that is left out; expected {expected}");
                variables.warn(&variable, problem);
            }
        }
    }
    headers
}

fn header(entry: &str) -> Result<(String, String), String> {
    let (name, value) = list::pair(entry).ok_or("`name=value`, without commas in it")?;
    let name = list::percent_decoded(name).unwrap_or_else(|| name.to_owned());
    // Many people write `100%` where `100%25` would be right.
    let value = list::percent_decoded(value).unwrap_or_else(|| value.to_owned());
    let name: HeaderName = name
        .parse()
        .map_err(|_| "a name of letters, digits and `-`")?;
    if is_reserved(&name) {
        return Err(format!(
            "another name than `{name}`, which belongs to the request"
        ));
    }
    if !value
        .bytes()
        .all(|byte| byte == b'\t' || (b' '..=b'~').contains(&byte))
    {
        return Err("a value of ASCII characters without controls".to_owned());
    }
    Ok((name.to_string(), value.trim().to_owned()))
}
