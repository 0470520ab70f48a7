//! The known methods of HTTP.
//!
//! Source: OpenTelemetry semantic conventions 1.44, *HTTP spans*, `http.request.method`.

use std::sync::OnceLock;

use http::Method;
use trace_core::span;

use crate::conventions::{HTTP_REQUEST_METHOD, HTTP_REQUEST_METHOD_ORIGINAL, OTHER};

/// The variable that lists all known methods, separated by commas. Case matters.
const VARIABLE: &str = "OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS";

/// Returns the text of a method of RFC 9110 or RFC 5789, or of `QUERY`.
fn known_by_default(method: &Method) -> Option<&'static str> {
    Some(match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::PATCH => "PATCH",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        Method::CONNECT => "CONNECT",
        Method::TRACE => "TRACE",
        _ if method.as_str() == "QUERY" => "QUERY",
        _ => return None,
    })
}

/// The methods in the environment variable, if it lists any. The variable is read once, so
/// that all layers of a process know the same methods.
static LISTED: OnceLock<Option<Vec<Box<str>>>> = OnceLock::new();

/// Returns the method as a static text; `None` if it is not known.
pub(crate) fn known(method: &Method) -> Option<&'static str> {
    match LISTED.get_or_init(listed) {
        None => known_by_default(method),
        Some(listed) => {
            let mut listed = listed.iter().map(|known| &**known);
            listed.find(|known| *known == method.as_str())
        }
    }
}

/// Returns the text for the method in the name of a span.
pub(crate) fn in_name(method: &Method) -> &'static str {
    known(method).unwrap_or("HTTP")
}

/// Writes the method as tags of the current span.
pub(crate) fn write(method: &Method) {
    match known(method) {
        Some(known) => span::add_tag(HTTP_REQUEST_METHOD, known),
        None => {
            span::add_tag(HTTP_REQUEST_METHOD, OTHER);
            span::add_tag(HTTP_REQUEST_METHOD_ORIGINAL, method.as_str());
        }
    }
}

fn listed() -> Option<Vec<Box<str>>> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place of this crate that reads the environment"
    )]
    let text = std::env::var(VARIABLE).ok()?;
    list_from(&text)
}

/// Reads a list. Returns `None` if it is empty, because an empty variable counts as unset.
fn list_from(text: &str) -> Option<Vec<Box<str>>> {
    let methods = text.split(',').map(str::trim);
    let methods = methods.filter(|method| !method.is_empty());
    let methods: Vec<Box<str>> = methods.map(Into::into).collect();
    (!methods.is_empty()).then_some(methods)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_have_a_case() {
        assert_eq!(known(&Method::PATCH), Some("PATCH"));
        let method = |text: &str| Method::from_bytes(text.as_bytes()).unwrap();
        assert_eq!(known(&method("QUERY")), Some("QUERY"));
        assert_eq!(known(&method("get")), None);
        assert_eq!(in_name(&method("PROPFIND")), "HTTP");
    }

    #[test]
    fn the_environment_lists_all_of_them() {
        let listed = list_from(" GET,PROPFIND ,, lock").unwrap();
        let listed: Vec<&str> = listed.iter().map(|method| &**method).collect();
        assert_eq!(listed, ["GET", "PROPFIND", "lock"]);
        assert_eq!(list_from(" , "), None);
    }
}
