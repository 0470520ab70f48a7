//! Contexts in the headers of requests.
//!
//! Owns the adapters that propagators need. `trace_core::propagation` owns the names and formats
//! of the headers.

use http::{HeaderMap, HeaderName, HeaderValue};
use trace_core::propagation::{self, Extracted, Extractor, Injector, InstalledPropagator};
use trace_core::{TraceContext, span};

/// Reads the caller's context from the headers of a request.
///
/// Reads `traceparent`, `tracestate` and `baggage`, or the headers of the
/// [installed](trace_core::propagation::InstalledPropagator) propagator. All lines of a header are read, in their order, even if they are not ASCII.
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
    if !InstalledPropagator.is_w3c() {
        return propagation::extract(&HeaderExtractor(headers));
    }
    let found = FoundHeaders::new(headers);
    // Most requests from outside have none of these headers. Most other requests have only
    // `traceparent`.
    match (found.traceparent, found.tracestate, found.baggage) {
        (Lines::None, _, Lines::None) => return Extracted::default(),
        (Lines::One(value), Lines::None, Lines::None) => {
            if let Ok(text) = std::str::from_utf8(value.as_bytes())
                && let Ok(context) = TraceContext::from_traceparent(text)
            {
                let mut extracted = Extracted::default();
                extracted.context = Some(context);
                return extracted;
            }
        }
        _ => {}
    }
    propagation::extract(&found)
}

/// The three headers of W3C, found in one pass over all headers. Three lookups would hash
/// three names.
struct FoundHeaders<'a> {
    headers: &'a HeaderMap,
    traceparent: Lines<'a>,
    tracestate: Lines<'a>,
    baggage: Lines<'a>,
}

#[derive(Clone, Copy)]
enum Lines<'a> {
    None,
    One(&'a HeaderValue),
    Several,
}

impl<'a> FoundHeaders<'a> {
    fn new(headers: &'a HeaderMap) -> Self {
        let mut found = Self {
            headers,
            traceparent: Lines::None,
            tracestate: Lines::None,
            baggage: Lines::None,
        };
        for (name, value) in headers {
            if let Some(lines) = found.lines_mut(name.as_str()) {
                *lines = match lines {
                    Lines::None => Lines::One(value),
                    _ => Lines::Several,
                };
            }
        }
        found
    }

    #[inline]
    fn lines_mut(&mut self, name: &str) -> Option<&mut Lines<'a>> {
        Some(match name {
            "traceparent" => &mut self.traceparent,
            "tracestate" => &mut self.tracestate,
            "baggage" => &mut self.baggage,
            _ => return None,
        })
    }
}

impl Extractor for FoundHeaders<'_> {
    fn for_each<'a>(&'a self, name: &str, each: &mut dyn FnMut(&'a [u8])) {
        let lines = match name {
            "traceparent" => self.traceparent,
            "tracestate" => self.tracestate,
            "baggage" => self.baggage,
            _ => Lines::Several,
        };
        match lines {
            Lines::None => {}
            Lines::One(value) => each(value.as_bytes()),
            Lines::Several => for_each(self.headers, name, each),
        }
    }

    fn for_each_prefixed<'a>(&'a self, prefix: &str, each: &mut dyn FnMut(&'a str, &'a [u8])) {
        for_each_prefixed(self.headers, prefix, each);
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

/// Headers that a propagator reads.
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
    // Static names need no parsing. This matters, because this function runs for each request.
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

/// Headers that a propagator writes.
#[derive(Debug)]
pub struct HeaderInjector<'a>(pub &'a mut HeaderMap);

impl Injector for HeaderInjector<'_> {
    /// An invalid name or value is ignored. Propagators write only lower-case names and
    /// printable ASCII. A map holds at most 24,576 headers, and further headers are ignored,
    /// too.
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

/// Metadata of a gRPC call that a propagator reads.
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

/// Metadata of a gRPC call that a propagator writes.
///
/// ```
/// use tonic::metadata::MetadataMap;
/// use trace_core::{TraceContext, span};
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
