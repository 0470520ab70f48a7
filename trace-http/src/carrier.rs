//! Contexts in the headers of requests.
//!
//! Owns the adapters that propagators need. `trace_core::propagation` owns the names and formats
//! of the headers.

use http::{HeaderMap, HeaderName, HeaderValue};
use trace_core::propagation::{self, Extracted, Extractor, Injector};
use trace_core::span;

/// Reads the caller's context from the headers of a request.
///
/// All lines of a header are read, in their order, even if they are not ASCII.
///
/// ```
/// use http::HeaderMap;
///
/// let mut headers = HeaderMap::new();
/// let caller = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
/// headers.insert("traceparent", caller.parse()?);
/// headers.append("baggage", "tenant=acme".parse()?);
/// headers.append("baggage", "plan=pro".parse()?);
///
/// let context = trace_http::extract(&headers).context.unwrap();
/// assert!(context.is_remote && context.is_sampled());
/// assert_eq!(context.baggage.get("plan"), Some("pro"));
/// # Ok::<(), http::header::InvalidHeaderValue>(())
/// ```
#[must_use]
pub fn extract(headers: &HeaderMap) -> Extracted {
    // Most requests from outside have none of the three headers. Comparing all names is then
    // faster than three lookups.
    let is_one = |name: &HeaderName| [&TRACEPARENT, &TRACESTATE, &BAGGAGE].contains(&name);
    if headers.keys().any(is_one) {
        propagation::extract(&HeaderExtractor(headers))
    } else {
        Extracted::default()
    }
}

/// Writes the current context into the headers of a request, and replaces any context there.
/// Returns whether a trace runs here. See [`span::inject`].
///
/// ```
/// use trace_core::Tracer;
///
/// let tracer = Tracer::builder("shop").on_demand().build()?;
/// let mut headers = http::HeaderMap::new();
/// assert!(!trace_http::inject(&mut headers));
/// tracer.root("order").run_sync(|| trace_http::inject(&mut headers));
/// assert!(headers.contains_key("traceparent"));
/// # Ok::<(), trace_core::BuildError>(())
/// ```
pub fn inject(headers: &mut HeaderMap) -> bool {
    span::inject(&mut HeaderInjector(headers))
}

/// Headers from which a propagator reads.
///
/// ```
/// use trace_core::propagation::{Propagator, XTracePropagator};
/// use trace_http::HeaderExtractor;
///
/// let headers = http::HeaderMap::new();
/// let found = XTracePropagator.extract(&HeaderExtractor(&headers));
/// assert!(found.context.is_none());
/// ```
#[derive(Clone, Copy, Debug)]
pub struct HeaderExtractor<'a>(pub &'a HeaderMap);

impl Extractor for HeaderExtractor<'_> {
    fn for_each<'a>(&'a self, name: &str, each: &mut dyn FnMut(&'a [u8])) {
        for_each(self.0, name, each);
    }

    fn for_each_prefixed<'a>(&'a self, prefix: &str, each: &mut dyn FnMut(&'a str, &'a [u8])) {
        for_each_prefixed(self.0, prefix, each);
    }
}

fn for_each<'a>(headers: &'a HeaderMap, name: &str, each: &mut dyn FnMut(&'a [u8])) {
    // The static names need no parsing, which matters because each request does this.
    let values = match name {
        "traceparent" => headers.get_all(&TRACEPARENT),
        "tracestate" => headers.get_all(&TRACESTATE),
        "baggage" => headers.get_all(&BAGGAGE),
        _ => headers.get_all(name),
    };
    values.iter().map(HeaderValue::as_bytes).for_each(each);
}

fn for_each_prefixed<'a>(
    headers: &'a HeaderMap,
    prefix: &str,
    each: &mut dyn FnMut(&'a str, &'a [u8]),
) {
    let named = headers.iter().map(|(name, value)| (name.as_str(), value));
    named
        .filter(|(name, _)| name.starts_with(prefix))
        .for_each(|(name, value)| each(name, value.as_bytes()));
}

pub(crate) fn remove_prefixed(headers: &mut HeaderMap, prefix: &str) {
    let found = headers
        .keys()
        .filter(|name| name.as_str().starts_with(prefix));
    let found: Vec<HeaderName> = found.cloned().collect();
    for name in found {
        headers.remove(name);
    }
}

/// A header of W3C Trace Context.
pub(crate) static TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
static TRACESTATE: HeaderName = HeaderName::from_static("tracestate");
static BAGGAGE: HeaderName = HeaderName::from_static("baggage");

/// Headers into which a propagator writes.
#[derive(Debug)]
pub struct HeaderInjector<'a>(pub &'a mut HeaderMap);

impl Injector for HeaderInjector<'_> {
    /// An invalid name or value is ignored. Propagators write only lower-case names and
    /// printable ASCII. A header above the 24,576 that a map can hold is ignored, too.
    fn set(&mut self, key: &str, value: &str) {
        let known = [&TRACEPARENT, &TRACESTATE, &BAGGAGE];
        let known = known.into_iter().find(|known| *known == key);
        let name = known.map_or_else(|| key.parse(), |known| Ok(known.clone()));
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(value)) {
            let _full = self.0.try_insert(name, value);
        }
    }

    fn remove(&mut self, key: &str) {
        self.0.remove(key);
    }

    fn remove_prefixed(&mut self, prefix: &str) {
        remove_prefixed(self.0, prefix);
    }
}

/// Metadata of a gRPC call from which a propagator reads.
///
/// ```
/// use tonic::metadata::MetadataMap;
/// use trace_core::propagation;
/// use trace_http::MetadataExtractor;
///
/// let metadata = MetadataMap::new();
/// assert!(propagation::extract(&MetadataExtractor(&metadata)).context.is_none());
/// ```
#[cfg(feature = "tonic")]
#[derive(Clone, Copy, Debug)]
pub struct MetadataExtractor<'a>(pub &'a tonic::metadata::MetadataMap);

#[cfg(feature = "tonic")]
impl Extractor for MetadataExtractor<'_> {
    fn for_each<'a>(&'a self, name: &str, each: &mut dyn FnMut(&'a [u8])) {
        for_each(self.0.as_ref(), name, each);
    }

    fn for_each_prefixed<'a>(&'a self, prefix: &str, each: &mut dyn FnMut(&'a str, &'a [u8])) {
        for_each_prefixed(self.0.as_ref(), prefix, each);
    }
}

/// Metadata of a gRPC call into which a propagator writes.
///
/// ```
/// use tonic::metadata::MetadataMap;
/// use trace_core::span;
/// use trace_http::MetadataInjector;
///
/// let mut metadata = MetadataMap::new();
/// let is_traced = span::inject(&mut MetadataInjector(&mut metadata));
/// assert_eq!(is_traced, metadata.contains_key("traceparent"));
/// ```
#[cfg(feature = "tonic")]
#[derive(Debug)]
pub struct MetadataInjector<'a>(pub &'a mut tonic::metadata::MetadataMap);

#[cfg(feature = "tonic")]
impl Injector for MetadataInjector<'_> {
    fn set(&mut self, key: &str, value: &str) {
        HeaderInjector(self.0.as_mut()).set(key, value);
    }

    fn remove(&mut self, key: &str) {
        HeaderInjector(self.0.as_mut()).remove(key);
    }

    fn remove_prefixed(&mut self, prefix: &str) {
        HeaderInjector(self.0.as_mut()).remove_prefixed(prefix);
    }
}
