//! Records errors: their kind, and their text with the texts of their sources.

use std::any::{Any, type_name};
use std::error::Error;
use std::fmt;
use std::io;

use trace_core::__private::record_error_as;

use crate::conventions::OTHER;
use crate::redact;

/// An error whose sources can be read.
type Known<'a> = &'a (dyn Error + 'static);

/// Records an error in the current span.
pub(crate) fn record<E: fmt::Display + 'static>(error: &E) {
    let Some((known, type_name)) = known(error) else {
        return record_error_as(type_name::<E>(), &WithoutSecrets(error));
    };
    let kind = sources(known).find_map(kind);
    record_error_as(kind.unwrap_or(type_name), &WithSources(known));
}

/// Returns the error in a form whose sources can be read, and the name of its type. The type
/// of a boxed error is not known, so its name is [`OTHER`].
fn known<E: 'static>(error: &E) -> Option<(Known<'_>, &'static str)> {
    let error: &dyn Any = error;
    if let Some(error) = error.downcast_ref::<Box<dyn Error + Send + Sync>>() {
        return Some((&**error, OTHER));
    }
    if let Some(error) = error.downcast_ref::<Box<dyn Error>>() {
        return Some((&**error, OTHER));
    }
    known_type::<io::Error>(error).or_else(|| known_by_feature(error))
}

fn known_type<E: Error + 'static>(error: &dyn Any) -> Option<(Known<'_>, &'static str)> {
    let error = error.downcast_ref::<E>()?;
    Some((error, type_name::<E>()))
}

fn known_by_feature(error: &dyn Any) -> Option<(Known<'_>, &'static str)> {
    #[cfg(feature = "hyper-util")]
    {
        let found = known_type::<hyper_util::client::legacy::Error>(error);
        if let Some(found) = found.or_else(|| known_type::<hyper::Error>(error)) {
            return Some(found);
        }
    }
    #[cfg(feature = "reqwest")]
    if let Some(found) = known_type::<::reqwest::Error>(error) {
        return Some(found);
    }
    #[cfg(feature = "axum")]
    if let Some(found) = known_type::<axum::Error>(error) {
        return Some(found);
    }
    #[cfg(feature = "tonic")]
    if let Some(found) = known_of_tonic(error) {
        return Some(found);
    }
    let _none = error;
    None
}

#[cfg(feature = "tonic")]
fn known_of_tonic(error: &dyn Any) -> Option<(Known<'_>, &'static str)> {
    // tonic has a module `transport` only if its features for channels or servers are on. This
    // crate does not turn them on, because they bring dozens of crates. A glob import takes
    // precedence over names outside of the function. So `transport` is tonic's module if it
    // exists, and otherwise the module below.
    #[allow(unused_imports, reason = "there may be no such module")]
    use ::tonic::*;

    known_type::<transport::Error>(error).or_else(|| known_type::<::tonic::Status>(error))
}

#[cfg(feature = "tonic")]
#[allow(unused_imports, reason = "see `known_of_tonic`")]
mod transport {
    /// A type without values, in place of tonic's error.
    pub(super) use std::convert::Infallible as Error;
}

fn sources(error: Known<'_>) -> impl Iterator<Item = Known<'_>> {
    std::iter::successors(Some(error), |error| {
        // `io::Error::source` skips the inner error, and returns the source of the inner
        // error.
        let within = error.downcast_ref().and_then(io::Error::get_ref);
        within.map_or_else(|| (*error).source(), |within| Some(within))
    })
}

/// Returns the kind of an error in one word, if it is known.
///
/// Source: OpenTelemetry semantic conventions 1.44, *Error*, `error.type`, which must have few
/// different values.
fn kind(error: Known<'_>) -> Option<&'static str> {
    #[cfg(feature = "reqwest")]
    if let Some(error) = error.downcast_ref::<::reqwest::Error>()
        && error.is_timeout()
    {
        return Some(TIMEOUT);
    }
    #[cfg(feature = "hyper-util")]
    if let Some(error) = error.downcast_ref::<hyper::Error>()
        && error.is_timeout()
    {
        return Some(TIMEOUT);
    }
    let Some(error) = error.downcast_ref::<io::Error>() else {
        return TIMEOUTS.contains(&&*error.to_string()).then_some(TIMEOUT);
    };
    Some(match error.kind() {
        io::ErrorKind::AddrNotAvailable => "address_not_available",
        io::ErrorKind::BrokenPipe => "broken_pipe",
        io::ErrorKind::ConnectionAborted => "connection_aborted",
        io::ErrorKind::ConnectionRefused => "connection_refused",
        io::ErrorKind::ConnectionReset => "connection_reset",
        io::ErrorKind::HostUnreachable => "host_unreachable",
        io::ErrorKind::NetworkUnreachable => "network_unreachable",
        io::ErrorKind::TimedOut => TIMEOUT,
        io::ErrorKind::UnexpectedEof => "unexpected_eof",
        _ => return None,
    })
}

const TIMEOUT: &str = "timeout";

/// The texts of the timeout errors of tower, tonic and tokio. Comparing texts avoids a
/// dependency on these crates.
const TIMEOUTS: [&str; 3] = [
    "request timed out",
    "Timeout expired",
    "deadline has elapsed",
];

/// Shows an error whose sources cannot be read, without the secrets in its text.
struct WithoutSecrets<'a, E>(&'a E);

impl<E: fmt::Display> fmt::Display for WithoutSecrets<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&redact::in_text(&self.0.to_string()))
    }
}

/// Shows an error and its sources, without secrets: `client error (Connect): connection
/// refused`.
struct WithSources<'a>(Known<'a>);

impl fmt::Display for WithSources<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut above = String::new();
        for error in sources(self.0) {
            let text = redact::in_text(&error.to_string());
            // Some errors already include the text of their source.
            if above.ends_with(&text) {
                continue;
            }
            if !above.is_empty() {
                f.write_str(": ")?;
            }
            f.write_str(&text)?;
            above = text;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Outer(io::Error);

    impl fmt::Display for Outer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("no connection")
        }
    }

    impl Error for Outer {
        fn source(&self) -> Option<Known<'_>> {
            Some(&self.0)
        }
    }

    #[test]
    fn boxed_errors_have_their_sources_and_a_kind() {
        let refused = io::Error::new(io::ErrorKind::ConnectionRefused, "refused");
        let boxed: Box<dyn Error + Send + Sync> = Box::new(Outer(refused));
        let (error, type_name) = known(&boxed).unwrap();
        assert_eq!(type_name, OTHER);
        assert_eq!(WithSources(error).to_string(), "no connection: refused");
        assert_eq!(sources(error).find_map(kind), Some("connection_refused"));
    }

    #[test]
    fn what_is_repeated_is_said_once() {
        let inner = io::Error::other(Outer(io::Error::other("x")));
        assert_eq!(WithSources(&inner).to_string(), "no connection: x");
        assert_eq!(sources(&inner).find_map(kind), None);
    }
}
