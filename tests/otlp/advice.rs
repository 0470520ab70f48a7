//! What a message says to whoever has the wrong port, certificate, path or credentials.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use trace_otlp::{OtlpCollectorBuilder, Protocol};

use super::grpc::server::Server as GrpcServer;
use super::server::{Server, Step, status};
use super::spans::{check, collect, to, to_url};
use super::tls::{self, Folder};

/// Returns the error of one request, for which the spans wait.
#[track_caller]
fn error_of(builder: OtlpCollectorBuilder) -> String {
    let hour = Duration::from_secs(3600);
    let collector = builder.retry_delays(hour, hour).build().unwrap();
    collect(&collector, 1);
    assert_eq!(check(&collector).spans_waiting, 1);
    collector.health().last_error.unwrap()
}

#[track_caller]
fn assert_ends(text: &str, end: &str) {
    assert!(text.ends_with(end), "{text}");
}

/// A server that answers the first bytes of a connection as no HTTP/1.1.
fn only_http() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _read = stream.read(&mut [0; 4_096]).unwrap();
        stream.write_all(&status(400)).unwrap();
        // A server that closed now might reset the connection before the answer is read.
        let _rest = stream.read_to_end(&mut Vec::new());
    });
    address
}

#[test]
fn a_port_for_grpc_is_named() {
    // The SETTINGS of an HTTP/2 server.
    let frame = b"\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x80".to_vec();
    let server = Server::new([Step::AnswerAndClose(frame)]);
    assert_ends(
        &error_of(to(&server)),
        "the answer is not HTTP/1.1: is this a port for gRPC? \
         (`OTEL_EXPORTER_OTLP_PROTOCOL=grpc`, `Protocol::Grpc`)",
    );
}

#[test]
fn a_port_for_http_is_named() {
    let builder = to_url(&format!("http://{}", only_http()));
    assert_ends(
        &error_of(builder.protocol(Protocol::Grpc)),
        "is this a port for HTTP? \
         (`OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf`, `Protocol::HttpProtobuf`)",
    );
}

#[test]
fn a_port_without_tls_is_named() {
    for protocol in [Protocol::HttpProtobuf, Protocol::Grpc] {
        let address = only_http();
        let builder = to_url(&tls::url(address)).protocol(protocol);
        assert_ends(
            &error_of(builder),
            "the server does not speak TLS on this port: is the endpoint `http://`?",
        );
    }
}

#[test]
fn the_file_for_an_unknown_authority_is_named() {
    let folder = Folder::new();
    let own = tls::identity(&tls::authority(), "localhost");
    // Another name, and the same name with another key.
    let other = folder.file("other.pem", &tls::authority_for("other").pem);
    let renewed = folder.file("renewed.pem", &tls::authority().pem());
    for (protocol, file) in [
        (Protocol::HttpProtobuf, &other),
        (Protocol::HttpProtobuf, &renewed),
        (Protocol::Grpc, &other),
        (Protocol::Grpc, &renewed),
    ] {
        let config = tls::server_config(&own, None, &[b"h2"]);
        let server = GrpcServer::secure(tokio_rustls::TlsAcceptor::from(config));
        let builder = to_url(&tls::url(server.address)).protocol(protocol);
        assert_ends(
            &error_of(builder.certificate(file)),
            "`OTEL_EXPORTER_OTLP_CERTIFICATE` or `certificate(..)` names a file with it",
        );
    }
}

#[test]
fn an_authority_that_is_used_as_the_servers_certificate_is_named() {
    let folder = Folder::new();
    let both = tls::authority_for("localhost");
    let file = folder.file("both.pem", &both.pem);
    for protocol in [Protocol::HttpProtobuf, Protocol::Grpc] {
        let config = tls::server_config(&both, None, &[b"h2"]);
        let server = GrpcServer::secure(tokio_rustls::TlsAcceptor::from(config));
        let builder = to_url(&tls::url(server.address)).protocol(protocol);
        let error = error_of(builder.certificate(&file));
        assert!(
            error.contains("the server uses the certificate of an authority (CA)"),
            "{error}"
        );
    }
}
