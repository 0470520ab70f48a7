//! TLS, with certificates that are made here.

use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};
use trace_core::Collector;
use trace_otlp::OtlpCollector;

use super::server::{content_length, ok, read_head};
use super::spans::{check, collect, settle, to_url};

pub type Authority = CertifiedIssuer<'static, KeyPair>;

pub fn authority() -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A certificate and its key, in DER and PEM form.
pub struct Identity {
    der: CertificateDer<'static>,
    key_der: Vec<u8>,
    pub pem: String,
    pub key_pem: String,
}

pub fn identity(authority: &Authority, name: &str) -> Identity {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    let certificate = params.signed_by(&key, authority).unwrap();
    Identity {
        der: certificate.der().clone(),
        key_der: key.serialize_der(),
        pem: certificate.pem(),
        key_pem: key.serialize_pem(),
    }
}

/// A temporary folder, which is removed at the end.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("trace-otlp-tests-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _removed = std::fs::remove_dir_all(&self.0);
    }
}

/// The settings of a server that offers these protocols.
pub fn server_config(
    identity: &Identity,
    clients: Option<&Authority>,
    protocols: &[&[u8]],
) -> Arc<ServerConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider));
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(authority) => {
            let mut roots = RootCertStore::empty();
            roots.add(authority.der().clone()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider);
            builder.with_client_cert_verifier(verifier.build().unwrap())
        }
    };
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(identity.key_der.clone()));
    let mut config = builder
        .with_single_cert(vec![identity.der.clone()], key)
        .unwrap();
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    Arc::new(config)
}

/// A TLS server for a number of connections.
pub fn serve(identity: &Identity, clients: Option<&Authority>, connections: usize) -> SocketAddr {
    let config = server_config(identity, clients, &[]);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for _ in 0..connections {
            let (stream, _) = listener.accept().unwrap();
            let config = Arc::clone(&config);
            std::thread::spawn(move || answer(stream, config));
        }
    });
    address
}

fn answer(stream: TcpStream, config: Arc<ServerConfig>) -> Option<()> {
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .ok()?;
    let connection = ServerConnection::new(config).unwrap();
    let mut stream = StreamOwned::new(connection, stream);
    loop {
        let head = read_head(&mut stream)?;
        let mut body = vec![0; content_length(&head)];
        std::io::Read::read_exact(&mut stream, &mut body).ok()?;
        stream.write_all(&ok()).ok()?;
        stream.flush().ok()?;
    }
}

pub fn url(address: SocketAddr) -> String {
    format!("https://localhost:{}", address.port())
}

#[test]
fn a_server_is_believed_by_a_file() {
    let (folder, root) = (Folder::new(), authority());
    let address = serve(&identity(&root, "localhost"), None, 1);
    // Several certificates may be in a file, with text around them.
    let both = format!("# ours\n{}\n{}", authority().pem(), root.pem());
    let file = folder.file("roots.pem", &both);
    let collector = to_url(&url(address)).certificate(file).build().unwrap();
    collect(&collector, 3);
    collect(&collector, 2);
    assert_eq!(settle(&collector).spans_exported, 5);
    // With another timeout on the same connection.
    collect(&collector, 1);
    collector.flush(Duration::from_secs(5)).unwrap();
}

#[test]
fn a_server_that_is_not_believed_gets_nothing() {
    let (folder, root) = (Folder::new(), authority());
    let file = folder.file("roots.pem", &authority().pem());
    let strange = folder.file("own.pem", &root.pem());
    let address = serve(&identity(&root, "localhost"), None, 3);
    let elsewhere = serve(&identity(&root, "elsewhere"), None, 1);
    for builder in [
        to_url(&url(address)).certificate(file),
        // With the platform's roots.
        to_url(&url(address)),
        // With the right root, but for another name.
        to_url(&url(elsewhere)).certificate(strange),
    ] {
        let hour = Duration::from_secs(3600);
        let collector = builder.retry_delays(hour, hour).build().unwrap();
        collect(&collector, 3);
        let stats = check(&collector);
        assert_eq!((stats.spans_waiting, stats.failed_requests), (3, 1));
        let error = collector.health().last_error.unwrap();
        assert!(error.contains("no connection: "), "{error}");
        assert!(error.contains("certificate"), "{error}");
    }
}

#[test]
fn a_client_says_who_it_is() {
    let (folder, root) = (Folder::new(), authority());
    let roots = folder.file("roots.pem", &root.pem());
    let own = identity(&root, "client");
    let chain = folder.file("client.pem", &own.pem);
    let key = folder.file("client.key", &own.key_pem);
    let address = serve(&identity(&root, "localhost"), Some(&root), 2);
    let collector = to_url(&url(address))
        .certificate(&roots)
        .client_identity(chain, key);
    let collector = collector.build().unwrap();
    collect(&collector, 3);
    assert_eq!(check(&collector).spans_exported, 3);

    // Without a client certificate, nothing is sent.
    let hour = Duration::from_secs(3600);
    let collector = to_url(&url(address))
        .certificate(roots)
        .retry_delays(hour, hour);
    let collector = collector.build().unwrap();
    collect(&collector, 3);
    assert_eq!(check(&collector).spans_waiting, 3);
}

#[test]
fn a_server_without_tls_is_a_failure() {
    let server = super::server::Server::new([]);
    let hour = Duration::from_secs(3600);
    let collector = to_url(&url(server.address)).timeout(super::spans::SHORT);
    let collector = collector.retry_delays(hour, hour).build().unwrap();
    collect(&collector, 3);
    let stats = check(&collector);
    assert_eq!((stats.spans_waiting, stats.failed_requests), (3, 1));
}

#[test]
fn files_that_cannot_be_used_are_named() {
    let (folder, root) = (Folder::new(), authority());
    let own = identity(&root, "client");
    let builder = || OtlpCollector::builder("https://localhost:4318");
    let error = |builder: trace_otlp::OtlpCollectorBuilder| {
        let error = builder.build().unwrap_err();
        error
            .to_string()
            .replace(&folder.0.display().to_string(), "FOLDER")
    };
    assert_eq!(
        error(builder().certificate(folder.0.join("missing.pem"))),
        "`FOLDER/missing.pem` cannot be read"
    );
    let empty = folder.file("empty.pem", "nothing\n");
    assert_eq!(
        error(builder().certificate(&empty)),
        "`FOLDER/empty.pem` has no certificate in PEM form"
    );
    let chain = folder.file("client.pem", &own.pem);
    assert_eq!(
        error(builder().client_identity(&chain, &chain)),
        "`FOLDER/client.pem` has no private key in PEM form"
    );
    let other = folder.file("other.key", &identity(&root, "other").key_pem);
    let said = error(builder().client_identity(&chain, other));
    assert!(
        said.starts_with(
            "the certificate `FOLDER/client.pem` cannot be used with its private key: "
        ),
        "{said}"
    );
    // The error does not contain the content of the file.
    assert!(!said.contains("PRIVATE KEY"));
}

/// A server for one connection.
pub fn serve_one(identity: &Identity, clients: Option<&Authority>) -> SocketAddr {
    serve(identity, clients, 1)
}
