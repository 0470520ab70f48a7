//! Contexts in the headers of the `http` crate.
//!
//! It owns the two adapters that propagators need. Which headers there are, and what is
//! in them, is up to the propagators.

use http::{HeaderMap, HeaderName, HeaderValue};
use trace_core::propagation::{Extractor, Injector};

/// Headers of a request that came in.
pub struct HeaderExtractor<'a>(pub &'a HeaderMap);

/// Headers of a request that goes out.
pub struct HeaderInjector<'a>(pub &'a mut HeaderMap);

impl Extractor for HeaderExtractor<'_> {
    fn for_each<'a>(&'a self, name: &str, each: &mut dyn FnMut(&'a [u8])) {
        let values = self.0.get_all(name).iter();
        values.map(HeaderValue::as_bytes).for_each(each);
    }
}

impl Injector for HeaderInjector<'_> {
    fn set(&mut self, key: &str, value: &str) {
        // Propagators write lower-case names and printable ASCII, which never fail.
        if let (Ok(name), Ok(value)) = (key.parse::<HeaderName>(), HeaderValue::from_str(value)) {
            self.0.insert(name, value);
        }
    }

    fn remove(&mut self, key: &str) {
        self.0.remove(key);
    }
}
