//! Records errors: their kind, and their text with the texts of their sources.
//!
//! `Display` and `source` of an error are code of the application. They may panic, fail, or
//! lead in a circle, and must not fail the request.

use std::any::{Any, type_name};
use std::error::Error;
use std::fmt::{self, Write as _};
use std::io;

use trace_core::__private::{catch, record_error_as};

use crate::conventions::OTHER;
use crate::redact;

/// An error whose sources can be read.
type Known<'a> = &'a (dyn Error + 'static);

/// The largest number of errors that are read: an error and its sources. The sources may
/// form a circle. `trace-core` has the same limit for errors of
/// collectors.
const MAX_SOURCES: usize = 16;

/// Records an error in the current span.
pub(crate) fn record<E: fmt::Display + 'static>(error: &E) {
    let Some((known, type_name)) = known(error) else {
        return record_error_as(type_name::<E>(), &without_secrets(error));
    };
    record_error_as(kind(known).unwrap_or(type_name), &with_sources(known));
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

/// Returns an error and its sources. A `source` that panics counts as having none.
fn sources(error: Known<'_>) -> impl Iterator<Item = Known<'_>> {
    let errors = std::iter::successors(Some(error), |&error| {
        // `io::Error::source` skips the inner error, and returns the source of the inner
        // error.
        match error.downcast_ref().and_then(io::Error::get_ref) {
            Some(within) => Some(within),
            None => catch(|| error.source()).flatten(),
        }
    });
    errors.take(MAX_SOURCES)
}

/// Returns the kind of an error or of its sources in one word, if it is known.
fn kind(error: Known<'_>) -> Option<&'static str> {
    // Errors of libraries ask those of the application, too.
    catch(|| sources(error).find_map(own_kind)).flatten()
}

/// Returns the kind of an error in one word, if it is known.
///
/// Source: OpenTelemetry semantic conventions 1.44, *Error*, `error.type`, which must have few
/// different values.
fn own_kind(error: Known<'_>) -> Option<&'static str> {
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
        return TIMEOUTS.contains(&&*displayed(error)).then_some(TIMEOUT);
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

/// Returns the text of an error, without its secrets.
fn without_secrets(error: &dyn fmt::Display) -> String {
    redact::in_text(&displayed(error))
}

/// Returns the texts of an error and its sources, without secrets: `client error (Connect):
/// connection refused`.
fn with_sources(error: Known<'_>) -> String {
    let (mut shown, mut above) = (String::new(), String::new());
    for error in sources(error) {
        let text = without_secrets(error);
        // Some errors already include the text of their source.
        if above.ends_with(&text) {
            continue;
        }
        if !shown.is_empty() {
            shown += ": ";
        }
        shown += &text;
        above = text;
    }
    shown
}

/// Returns the text of an error, up to the place where its `Display` fails or panics.
/// `to_string` would panic for both.
fn displayed(error: &dyn fmt::Display) -> String {
    let mut text = String::new();
    let written = catch(|| write!(text, "{error}"));
    if !matches!(written, Some(Ok(()))) {
        text += UNDISPLAYED;
    }
    text
}

/// Ends the text of an error that could not be displayed.
const UNDISPLAYED: &str = "(displaying this error failed)";

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
        assert_eq!(with_sources(error), "no connection: refused");
        assert_eq!(kind(error), Some("connection_refused"));
    }

    #[test]
    fn what_is_repeated_is_said_once() {
        let inner = io::Error::other(Outer(io::Error::other("x")));
        assert_eq!(with_sources(&inner), "no connection: x");
        assert_eq!(kind(&inner), None);
    }

    /// Fails, panics, or leads in a circle.
    #[derive(Debug)]
    enum Broken {
        Fails,
        Panics,
        Circle,
        HasNoSource,
    }

    impl fmt::Display for Broken {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("broken")?;
            match self {
                Self::Fails => Err(fmt::Error),
                Self::Panics => panic!("display"),
                Self::Circle | Self::HasNoSource => Ok(()),
            }
        }
    }

    impl Error for Broken {
        fn source(&self) -> Option<Known<'_>> {
            match self {
                Self::Circle => Some(self),
                Self::HasNoSource => panic!("source"),
                _ => None,
            }
        }
    }

    #[test]
    fn an_error_may_be_broken() {
        let failed = "broken(displaying this error failed)";
        for broken in [Broken::Fails, Broken::Panics] {
            assert_eq!(without_secrets(&broken), failed);
            let broken = io::Error::other(broken);
            let shown = with_sources(&broken);
            assert!(shown.ends_with(failed), "{shown}");
            assert_eq!(kind(&broken), None);
        }
        for broken in [Broken::Circle, Broken::HasNoSource] {
            assert_eq!(with_sources(&broken), "broken");
            assert_eq!(kind(&broken), None);
        }
    }
}
