//! Settings of TLS: which servers are believed, and how this client says who it is.
//!
//! Reads files when a collector is built. Does not connect.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, parse_pem};

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

/// Reads the files. Without `certificate`, the platform's roots are believed.
pub(crate) fn read(
    certificate: Option<&Path>,
    identity: Option<(&Path, &Path)>,
) -> Result<TlsConfig, TlsFileError> {
    let roots = match certificate {
        None => RootCerts::PlatformVerifier,
        Some(path) => RootCerts::new_with_certs(&certificates(path)?),
    };
    let identity = match identity {
        None => None,
        Some((chain_path, key_path)) => {
            let chain = certificates(chain_path)?;
            let without = || TlsFileError::new(key_path, TlsFileProblem::Without("private key"));
            let pem = read_file(key_path)?;
            let der = PrivateKeyDer::from_pem_slice(&pem).map_err(|_| without())?;
            check_identity(chain_path, &chain, der)?;
            let key = PrivateKey::from_pem(&pem).map_err(|_| without())?;
            Some(ClientCert::new_with_certs(&chain, key))
        }
    };
    Ok(TlsConfig::builder()
        .root_certs(roots)
        .client_cert(identity)
        .build())
}

fn certificates(path: &Path) -> Result<Vec<Certificate<'static>>, TlsFileError> {
    let pem = read_file(path)?;
    // Damaged items are left out. A file with no other is an error.
    let certificates = parse_pem(&pem).filter_map(|item| match item {
        Ok(PemItem::Certificate(certificate)) => Some(certificate),
        _ => None,
    });
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
    chain: &[Certificate<'static>],
    key: PrivateKeyDer<'static>,
) -> Result<(), TlsFileError> {
    let mismatch =
        |error: rustls::Error| TlsFileError::new(path, TlsFileProblem::Mismatch(error.to_string()));
    let chain = chain
        .iter()
        .map(|one| CertificateDer::from(one.der().to_vec()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(mismatch)?
        .with_root_certificates(rustls::RootCertStore::empty());
    builder
        .with_client_auth_cert(chain.collect(), key)
        .map(drop)
        .map_err(mismatch)
}

impl TlsFileError {
    fn new(path: &Path, problem: TlsFileProblem) -> Self {
        Self {
            path: path.to_owned(),
            problem,
        }
    }
}
