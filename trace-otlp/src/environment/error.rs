//! Why a tracer cannot be set up from the environment.

use std::error::Error;
use std::fmt;
use std::path::Path;

/// A tracer cannot be set up from the environment: a file cannot be read, or an endpoint
/// cannot be used.
///
/// All other mistakes in variables only cause a line of
/// [`diagnostics`](trace_core::diagnostics).
///
/// ```
/// use trace_otlp::environment::Settings;
///
/// let settings = Settings::from_variables("orders", |name| {
///     (name == "OTEL_EXPORTER_OTLP_ENDPOINT").then(|| "collector:4318".into())
/// });
/// assert_eq!(
///     settings.into_builder().unwrap_err().to_string(),
///     "`OTEL_EXPORTER_OTLP_ENDPOINT` is `collector:4318`; \
///      expected a URL such as `http://localhost:4318`"
/// );
/// ```
#[derive(Clone)]
pub struct EnvironmentError {
    message: String,
    source: Option<std::sync::Arc<dyn Error + Send + Sync>>,
}

impl EnvironmentError {
    /// A text that is not a URL.
    pub(super) fn no_url(variable: &str, shown: &str, expected: &str) -> Self {
        let message = format!("`{variable}` is `{shown}`; expected {expected}");
        Self {
            message,
            source: None,
        }
    }

    /// A file that cannot be read.
    pub(super) fn no_file(variable: &str, path: &Path, source: std::io::Error) -> Self {
        Self {
            source: Some(std::sync::Arc::new(source)),
            ..Self::bad_file(variable, path, "cannot be read")
        }
    }

    /// A file that cannot be used: `problem` completes "which ..".
    pub(super) fn bad_file(variable: &str, path: &Path, problem: &str) -> Self {
        let path = path.display().to_string();
        let path = trace_core::visible(&path, 1_000);
        Self {
            message: format!("`{variable}` is `{path}`, which {problem}"),
            source: None,
        }
    }

    /// An exporter that cannot be built.
    pub(super) fn no_exporter(source: impl Error + Send + Sync + 'static) -> Self {
        Self {
            message: "the exporter of the variables `OTEL_EXPORTER_OTLP_..` cannot be built"
                .to_owned(),
            source: Some(std::sync::Arc::new(source)),
        }
    }
}

impl fmt::Display for EnvironmentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for EnvironmentError {
    /// Writes the message and its cause, because a `main` that returns the error prints this
    /// form.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EnvironmentError({self}")?;
        if let Some(source) = &self.source {
            write!(f, ": {source}")?;
        }
        f.write_str(")")
    }
}

impl Error for EnvironmentError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
