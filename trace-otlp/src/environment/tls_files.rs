//! `OTEL_EXPORTER_OTLP_CERTIFICATE`, `.._CLIENT_CERTIFICATE` and `.._CLIENT_KEY`: the files of
//! TLS, and whether they can be used.
//!
//! Source: OpenTelemetry specification, *OpenTelemetry Protocol Exporter*.

use std::fmt;
use std::path::PathBuf;

use super::error::EnvironmentError;
use super::signal::Signal;
use super::variables::Variables;
use crate::OtlpCollectorBuilder;

/// The files that the variables name.
#[derive(Clone)]
pub(super) struct TlsFiles {
    certificate: Option<NamedFile>,
    /// The certificate of this client, and its key.
    identity: Option<(NamedFile, NamedFile)>,
}

/// A file, and the variable that names it.
#[derive(Clone)]
struct NamedFile {
    variable: String,
    path: PathBuf,
}

impl TlsFiles {
    pub(super) fn read(variables: &mut Variables<'_>) -> Self {
        Self {
            certificate: file(variables, "CERTIFICATE"),
            identity: identity(variables),
        }
    }

    /// Forgets the files. Returns the variables that name them, of an identity the first.
    pub(super) fn take(&mut self) -> Vec<String> {
        let identity = self.identity.take().map(|(certificate, _)| certificate);
        let files = self.certificate.take().into_iter().chain(identity);
        files.map(|file| file.variable).collect()
    }

    /// Adds the files to the builder of the exporter.
    ///
    /// # Errors
    ///
    /// If a file cannot be used.
    pub(super) fn apply(
        self,
        mut builder: OtlpCollectorBuilder,
    ) -> Result<OtlpCollectorBuilder, EnvironmentError> {
        self.check()?;
        if let Some(file) = self.certificate {
            builder = builder.certificate(file.path);
        }
        if let Some((certificate, key)) = self.identity {
            builder = builder.client_identity(certificate.path, key.path);
        }
        Ok(builder)
    }

    /// Checks the files as the exporter will, which does not know who named them.
    #[cfg(feature = "tls")]
    fn check(&self) -> Result<(), EnvironmentError> {
        use crate::transport::tls;

        if let Some(file) = &self.certificate {
            let read = tls::read(Some(&file.path), None);
            read.map_err(|error| file.unusable(error.problem))?;
        }
        if let Some((certificate, key)) = &self.identity {
            let read = tls::read(None, Some((&certificate.path, &key.path)));
            read.map_err(|error| {
                let is_of_key = error.is_of_key(&key.path);
                let file = if is_of_key { key } else { certificate };
                file.unusable(error.problem)
            })?;
        }
        Ok(())
    }

    /// Without TLS, nobody uses the files.
    #[cfg(not(feature = "tls"))]
    fn check(&self) -> Result<(), EnvironmentError> {
        let identity = self.identity.iter().flat_map(|(one, other)| [one, other]);
        for file in self.certificate.iter().chain(identity) {
            let read = std::fs::read(&file.path);
            read.map_err(|error| EnvironmentError::no_file(&file.variable, &file.path, error))?;
        }
        Ok(())
    }
}

impl NamedFile {
    #[cfg(feature = "tls")]
    fn unusable(&self, problem: crate::transport::tls::TlsFileProblem) -> EnvironmentError {
        use crate::transport::tls::TlsFileProblem;

        let problem = match problem {
            TlsFileProblem::Unreadable(error) => {
                return EnvironmentError::no_file(&self.variable, &self.path, error);
            }
            TlsFileProblem::Without(what) => format!("has no {what} in PEM form"),
            TlsFileProblem::Mismatch(why) => {
                format!("cannot be used with its private key: {why}")
            }
        };
        EnvironmentError::bad_file(&self.variable, &self.path, &problem)
    }
}

fn file(variables: &mut Variables<'_>, name: &str) -> Option<NamedFile> {
    Signal::Traces.first(variables, name, |variables, name| {
        let path = variables.path(name)?;
        let variable = name.to_owned();
        Some(NamedFile { variable, path })
    })
}

fn identity(variables: &mut Variables<'_>) -> Option<(NamedFile, NamedFile)> {
    let certificate = file(variables, "CLIENT_CERTIFICATE");
    let key = file(variables, "CLIENT_KEY");
    match (certificate, key) {
        (Some(certificate), Some(key)) => Some((certificate, key)),
        (None, None) => None,
        (Some(alone), None) => {
            let needs = "is not used, as `OTEL_EXPORTER_OTLP_CLIENT_KEY` is not set";
            variables.warn(&alone.variable, needs);
            None
        }
        (None, Some(alone)) => {
            let needs = "is not used, as `OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE` is not set";
            variables.warn(&alone.variable, needs);
            None
        }
    }
}

impl fmt::Display for TlsFiles {
    /// Writes what there is, each after `, `.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.certificate.is_some() {
            f.write_str(", a certificate of its own")?;
        }
        if self.identity.is_some() {
            f.write_str(", a client certificate")?;
        }
        Ok(())
    }
}
