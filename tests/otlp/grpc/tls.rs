//! gRPC over TLS.

use tokio_rustls::TlsAcceptor;
use trace_core::Collector;
use trace_otlp::{OtlpCollectorBuilder, Protocol};

use super::super::spans::{LONG, check, collect, settle, to_url};
use super::super::tls::{Folder, authority, identity, server_config, url};
use super::last_error;
use super::server::Server;

fn to(server: &Server) -> OtlpCollectorBuilder {
    to_url(&url(server.address)).protocol(Protocol::Grpc)
}

#[test]
fn a_server_is_believed_by_a_file() {
    let (folder, root) = (Folder::new(), authority());
    let config = server_config(&identity(&root, "localhost"), None, &[b"h2"]);
    let server = Server::secure(TlsAcceptor::from(config));
    let file = folder.file("roots.pem", &root.pem());
    let collector = to(&server).certificate(file).build().unwrap();
    collect(&collector, 3);
    collect(&collector, 2);
    assert_eq!(settle(&collector).spans_exported, 5);
    assert_eq!((server.connections(), server.spans_seen()), (1, 5));
    collector.shutdown(LONG).unwrap();
}

#[test]
fn a_server_that_is_not_believed_gets_nothing() {
    let (folder, root) = (Folder::new(), authority());
    let file = folder.file("roots.pem", &authority().pem());
    let own = folder.file("own.pem", &root.pem());
    let secure = |name, protocols: &[&[u8]]| {
        let config = server_config(&identity(&root, name), None, protocols);
        Server::secure(TlsAcceptor::from(config))
    };
    let server = secure("localhost", &[b"h2"]);
    let elsewhere = secure("elsewhere", &[b"h2"]);
    let old = secure("localhost", &[]);
    let plain = Server::new([]);
    for (builder, expected) in [
        (to(&server).certificate(file), "certificate"),
        // With the platform's roots.
        (to(&server), "certificate"),
        // With the right root, but for another name.
        (to(&elsewhere).certificate(&own), "certificate"),
        (to(&old).certificate(&own), "does not offer HTTP/2"),
        (to(&plain).certificate(&own), ""),
    ] {
        let hour = std::time::Duration::from_secs(3600);
        let builder = builder.retry_delays(hour, hour);
        let collector = builder.timeout(LONG / 4).build().unwrap();
        collect(&collector, 3);
        let stats = check(&collector);
        assert_eq!((stats.spans_waiting, stats.failed_requests), (3, 1));
        let error = last_error(&collector);
        assert!(error.contains("no connection: "), "{error}");
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn a_client_says_who_it_is() {
    let (folder, root) = (Folder::new(), authority());
    let roots = folder.file("roots.pem", &root.pem());
    let own = identity(&root, "client");
    let chain = folder.file("client.pem", &own.pem);
    let key = folder.file("client.key", &own.key_pem);
    let config = server_config(&identity(&root, "localhost"), Some(&root), &[b"h2"]);
    let server = Server::secure(TlsAcceptor::from(config));
    let collector = to(&server).certificate(&roots).client_identity(chain, key);
    let collector = collector.build().unwrap();
    collect(&collector, 3);
    assert_eq!(check(&collector).spans_exported, 3);

    // Without a client certificate, nothing is sent.
    let collector = to(&server).certificate(roots).build().unwrap();
    collect(&collector, 3);
    assert_eq!(check(&collector).spans_waiting, 3);
}
