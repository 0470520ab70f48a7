//! TLS for gRPC, with tokio-rustls.
//!
//! Source: gRPC, *gRPC over HTTP2*, *Security*: both sides must agree on the protocol `h2`.

use std::io;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::super::exchange::{SendError, SendFailure, io_text};
use super::super::tls::TlsSettings;

/// Makes a connection secure. The first call also creates the connector, which reads the
/// platform's roots.
pub(super) async fn secure(
    stream: TcpStream,
    host: &str,
    settings: &TlsSettings,
    connector: &mut Option<TlsConnector>,
) -> Result<TlsStream<TcpStream>, SendError> {
    let connector = match connector {
        Some(connector) => connector,
        None => {
            let config = config(settings).map_err(|error| failure(error.to_string()))?;
            connector.insert(TlsConnector::from(Arc::new(config)))
        }
    };
    let name = ServerName::try_from(host.to_owned());
    let name = name.map_err(|_| failure("the host is no name that a certificate can have"))?;
    let stream = connector.connect(name, stream).await;
    let stream = stream.map_err(|error| failure(text(&error)))?;
    match stream.get_ref().1.alpn_protocol() {
        Some(b"h2") => Ok(stream),
        _ => Err(failure("the server does not offer HTTP/2")),
    }
}

fn config(settings: &TlsSettings) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider);
    let builder = builder.with_safe_default_protocol_versions()?;
    let builder = match &settings.roots {
        None => builder.with_platform_verifier()?,
        Some(certificates) => {
            let mut roots = RootCertStore::empty();
            // Damaged certificates are skipped.
            let _counts = roots.add_parsable_certificates(certificates.iter().cloned());
            builder.with_root_certificates(roots)
        }
    };
    let mut config = match &settings.identity {
        None => builder.with_no_client_auth(),
        Some(identity) => {
            builder.with_client_auth_cert(identity.chain.clone(), identity.key.clone_key())?
        }
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(config)
}

fn text(error: &io::Error) -> String {
    let inner = error.get_ref();
    match inner.and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(error) => error.to_string(),
        None => io_text(error),
    }
}

fn failure(detail: impl Into<String>) -> SendError {
    SendError::with_detail(SendFailure::NotConnected, detail)
}
