//! Variables of the environment that an exporter follows without `from_env`: proxies, and the
//! roots of the platform. Each is set in a process of its own.

use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

use trace_core::diagnostics;
use trace_otlp::Protocol;

use super::server::{Server, Stage, Step};
use super::spans::{check, collect, spans_seen, to_url};

const URL: &str = "TRACE_OTLP_TESTS_URL";
const PROTOCOL: &str = "TRACE_OTLP_TESTS_PROTOCOL";

/// Sends three spans, and prints what became of them; does nothing if no parent asks for it.
#[test]
fn child() {
    let Some(url) = std::env::var_os(URL) else {
        return;
    };
    static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());
    diagnostics::listen(|line| {
        if line.kind == diagnostics::Kind::Setting {
            LINES.lock().unwrap().push(line.to_string());
        }
    });
    let protocol = match std::env::var_os(PROTOCOL) {
        Some(_) => Protocol::Grpc,
        None => Protocol::HttpProtobuf,
    };
    let hour = Duration::from_secs(3600);
    let collector = to_url(&url.into_string().unwrap())
        .protocol(protocol)
        .retry_delays(hour, hour)
        .build()
        .unwrap();
    collect(&collector, 3);
    println!("\nexported: {}", check(&collector).spans_exported);
    println!("error: {:?}", collector.health().last_error);
    for line in LINES.lock().unwrap().iter() {
        println!("{line}");
    }
}

/// Runs the child with these variables and no other of the kind; returns what it prints.
pub fn run(url: &str, variables: &[(&str, &str)]) -> String {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "environment::child", "--nocapture"]);
    for name in ["http_proxy", "https_proxy", "all_proxy", "no_proxy"] {
        child.env_remove(name).env_remove(name.to_uppercase());
    }
    for name in ["REQUEST_METHOD", "SSL_CERT_FILE", "SSL_CERT_DIR"] {
        child.env_remove(name);
    }
    child.env(URL, url).envs(variables.iter().copied());
    let output = child.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{text}{error}");
    assert!(!error.contains("panicked"), "{error}");
    text
}

/// Returns the output of a child with spans for a host that has no address.
fn run_behind(variables: &[(&str, &str)]) -> String {
    run("http://backend.invalid:4318", variables)
}

#[test]
fn the_proxy_of_the_environment_is_used() {
    for name in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
        let proxy = Server::new([]);
        let text = run_behind(&[(name, &proxy.url())]);
        assert!(text.contains("exported: 3"), "{name}: {text}");
        assert_eq!(spans_seen(&proxy), 3, "{name}");
        let head = &proxy.seen()[0].head;
        assert!(head.contains("backend.invalid:4318"), "{head}");
    }
    let proxy = Server::new([]);
    let url = proxy.url();
    for (name, value) in [
        // A header of a request sets it in a process of CGI.
        ("REQUEST_METHOD", "POST"),
        ("NO_PROXY", "a.example, .invalid"),
        ("no_proxy", "*"),
    ] {
        let text = run_behind(&[("HTTP_PROXY", &url), (name, value)]);
        assert!(text.contains("the host has no address"), "{name}: {text}");
    }
    let text = run_behind(&[("HTTPS_PROXY", &url)]);
    assert!(text.contains("the host has no address"), "{text}");
    assert_eq!(proxy.connections(), 0);
}

#[test]
fn an_https_proxy_variable_is_for_https() {
    let proxy = Server::new([]).forever(Step::Close(Stage::Head));
    let text = run(
        "https://backend.invalid:4318",
        &[("HTTPS_PROXY", &proxy.url())],
    );
    assert!(text.contains("exported: 0"), "{text}");
    assert_eq!(proxy.connections(), 1, "{text}");
}

#[test]
fn a_proxy_that_cannot_be_used_is_said_once_and_not_followed() {
    for (value, problem) in [
        (
            "socks5://me:s3cret@127.0.0.1:9",
            "is one of SOCKS, which is not supported",
        ),
        ("socks4://127.0.0.1:9", "is one of SOCKS"),
        ("::bad::", "is no URL"),
    ] {
        let text = run_behind(&[("ALL_PROXY", value)]);
        let expected = format!(
            "`ALL_PROXY` is not followed, and requests to `backend.invalid` go without a proxy: it {problem}"
        );
        assert_eq!(text.matches(&expected).count(), 1, "{text}");
        assert!(text.contains("expected one such as `http://proxy.example:3128`"));
        assert!(text.contains("the host has no address"), "{text}");
        assert!(!text.contains("s3cret"), "{text}");
    }
    // Nothing is said where it would not be used anyway.
    let text = run_behind(&[("ALL_PROXY", "socks5://127.0.0.1:9"), ("NO_PROXY", "*")]);
    assert!(!text.contains("ALL_PROXY"), "{text}");
}

#[test]
fn a_proxy_without_an_address_is_named() {
    let text = run_behind(&[("HTTP_PROXY", "http://no-such-proxy.invalid:3128")]);
    assert!(text.contains("the proxy's host has no address"), "{text}");
}

/// Sends over TLS to a server whose root is in a file, as the platform's roots are.
#[cfg(all(unix, not(target_vendor = "apple")))]
#[test]
fn a_server_is_believed_by_the_roots_of_the_platform() {
    use super::tls::{Folder, authority, identity, serve, url};
    use super::{grpc, tls};

    let (folder, root) = (Folder::new(), authority());
    let file = folder.file("roots.pem", &root.pem());
    let file = file.to_str().unwrap();
    let own = identity(&root, "localhost");
    let address = serve(&own, None, 1);
    let text = run(&url(address), &[("SSL_CERT_FILE", file)]);
    assert!(text.contains("exported: 3"), "{text}");

    let config = tls::server_config(&own, None, &[b"h2"]);
    let server = grpc::server::Server::secure(config.into());
    let text = run(
        &url(server.address),
        &[("SSL_CERT_FILE", file), (PROTOCOL, "grpc")],
    );
    assert!(text.contains("exported: 3"), "{text}");
    assert_eq!(server.spans_seen(), 3);
}
