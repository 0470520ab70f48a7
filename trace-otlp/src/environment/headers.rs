//! `OTEL_EXPORTER_OTLP_HEADERS` and its variants for signals. The values are secret.

use super::list;
use super::signal::Signal;
use super::variables::Variables;

/// Reads the headers. One that cannot be sent is left out alone. No value is ever shown.
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
            Ok(header) => headers.push(header),
            Err(expected) => {
                let problem =
                    format!("has an entry {number} that is left out; expected {expected}");
                variables.warn(&variable, problem);
            }
        }
    }
    list::last_of_each(headers)
}

fn header(entry: &str) -> Result<(String, String), &'static str> {
    let (name, value) = list::pair(entry).ok_or("`name=value`, without commas in it")?;
    let name = list::percent_decoded(name).unwrap_or_else(|| name.to_owned());
    // Many write `100%` for what should be `100%25`.
    let value = list::percent_decoded(value).unwrap_or_else(|| value.to_owned());
    // Source: RFC 9110, *Tokens*.
    let is_of_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_of_token) {
        return Err("a name of letters, digits and `-`");
    }
    if !value
        .bytes()
        .all(|byte| byte == b'\t' || (b' '..=b'~').contains(&byte))
    {
        return Err("a value of ASCII characters without controls");
    }
    Ok((name.to_ascii_lowercase(), value.trim().to_owned()))
}
