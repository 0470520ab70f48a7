//! Why a collector cannot be built.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// A collector cannot be built: a URL is invalid, a file cannot be used, a header cannot be
/// sent, or a feature is not compiled in.
///
/// The text names the option, the value found and the value expected. It never contains a
/// header's value, or the query or user info of a URL.
///
/// ```
/// use trace_otlp::OtlpCollector;
///
/// let error = OtlpCollector::builder("localhost:4318").build().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "the endpoint `localhost:4318` is no URL of a server; expected one such as `http://localhost:4318`"
/// );
/// ```
#[derive(Clone, Debug)]
pub struct OtlpError {
    message: String,
    source: Option<Arc<dyn Error + Send + Sync>>,
}

impl OtlpError {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            source: None,
        }
    }

    /// `wanted` needs a feature of this crate.
    pub(super) fn missing_feature(wanted: &str, feature: &str) -> Self {
        Self::new(format!(
            "{wanted} needs the feature `{feature}` of `trace-otlp`, which is not compiled in"
        ))
    }

    #[cfg(feature = "tls")]
    pub(super) fn with_source(mut self, source: impl Error + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }
}

impl fmt::Display for OtlpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for OtlpError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
