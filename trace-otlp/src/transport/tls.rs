//! TLS settings: which servers are trusted, and how this client identifies itself.
//!
//! Reads files when a collector is built. Does not connect. `http.rs` and `grpc/tls.rs` use
//! the settings.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// The content of the files.
pub(crate) struct TlsSettings {
    /// The trusted roots; `None` for the platform's roots.
    pub(super) roots: Option<Vec<CertificateDer<'static>>>,
    pub(super) identity: Option<TlsIdentity>,
}

/// The certificates of this client, and the key that belongs to them.
pub(super) struct TlsIdentity {
    pub(super) chain: Vec<CertificateDer<'static>>,
    #[cfg(feature = "grpc")]
    pub(super) key: PrivateKeyDer<'static>,
    /// In PEM, because ureq accepts a key of any kind only in this form.
    #[cfg(feature = "http")]
    pub(super) key_pem: Vec<u8>,
}

/// A file that cannot be used.
#[derive(Debug)]
pub(crate) struct TlsFileError {
    pub(crate) path: PathBuf,
    pub(crate) problem: TlsFileProblem,
}

#[derive(Debug)]
pub(crate) enum TlsFileProblem {
    Unreadable(io::Error),
    /// No such item in PEM form.
    Without(&'static str),
    /// The key does not belong to the certificate, or is of an unknown kind.
    Mismatch(String),
}

/// Reads the files. Without `certificate`, the platform's roots are trusted.
pub(crate) fn read(
    certificate: Option<&Path>,
    identity: Option<(&Path, &Path)>,
) -> Result<TlsSettings, TlsFileError> {
    let roots = certificate.map(certificates).transpose()?;
    let identity = match identity {
        None => None,
        Some((chain_path, key_path)) => {
            let chain = certificates(chain_path)?;
            let without = |_| TlsFileError::new(key_path, TlsFileProblem::Without(PRIVATE_KEY));
            let pem = read_file(key_path)?;
            let key = PrivateKeyDer::from_pem_slice(&pem).map_err(without)?;
            check_identity(chain_path, chain.clone(), key.clone_key())?;
            Some(TlsIdentity {
                chain,
                #[cfg(feature = "grpc")]
                key,
                #[cfg(feature = "http")]
                key_pem: pem,
            })
        }
    };
    Ok(TlsSettings { roots, identity })
}

/// What a file may be without.
const PRIVATE_KEY: &str = "private key";

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsFileError> {
    let pem = read_file(path)?;
    // Damaged certificates are skipped. A file without any valid one is an error.
    let certificates = CertificateDer::pem_slice_iter(&pem).filter_map(Result::ok);
    let certificates: Vec<_> = certificates.collect();
    if certificates.is_empty() {
        let problem = TlsFileProblem::Without("certificate");
        return Err(TlsFileError::new(path, problem));
    }
    Ok(certificates)
}

fn read_file(path: &Path) -> Result<Vec<u8>, TlsFileError> {
    let unreadable = |error| TlsFileError::new(path, TlsFileProblem::Unreadable(error));
    std::fs::read(path).map_err(unreadable)
}

/// Checks that the key belongs to the certificate. ureq panics if it does not.
fn check_identity(
    path: &Path,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<(), TlsFileError> {
    let mismatch =
        |error: rustls::Error| TlsFileError::new(path, TlsFileProblem::Mismatch(error.to_string()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(mismatch)?
        .with_root_certificates(rustls::RootCertStore::empty());
    builder
        .with_client_auth_cert(chain, key)
        .map(drop)
        .map_err(mismatch)
}

impl TlsFileError {
    /// Returns whether the file of the key is at fault, and not the certificate, which may be
    /// in the same file.
    pub(crate) fn is_of_key(&self, key: &Path) -> bool {
        match self.problem {
            TlsFileProblem::Without(what) => what == PRIVATE_KEY,
            TlsFileProblem::Unreadable(_) => self.path == key,
            TlsFileProblem::Mismatch(_) => false,
        }
    }

    fn new(path: &Path, problem: TlsFileProblem) -> Self {
        Self {
            path: path.to_owned(),
            problem,
        }
    }
}

impl fmt::Debug for TlsSettings {
    /// Leaves out the secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsSettings")
            .field("has_own_roots", &self.roots.is_some())
            .field("has_identity", &self.identity.is_some())
            .finish()
    }
}
