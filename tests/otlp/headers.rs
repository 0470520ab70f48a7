//! Headers, tokens that expire, proxies, and secrets.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use trace_core::Collector;
use trace_otlp::{OtlpCollector, Protocol};

use super::server::{Server, Step, header, status, with_headers};
use super::spans::{LONG, check, collect, settle, spans_seen, to, to_url};

#[test]
fn each_request_has_its_headers() {
    let server = Server::new([]);
    let collector = to(&server).header("X-Team", "shop").build().unwrap();
    collect(&collector, 1);
    let head = &server.seen()[0].head;
    assert_eq!(header(head, "content-type"), Some("application/x-protobuf"));
    assert_eq!(header(head, "x-team"), Some("shop"));
    let agent = header(head, "user-agent").unwrap();
    assert!(agent.starts_with("trace-otlp-rust/"), "{agent}");
    assert_eq!(head.matches("content-type").count(), 1);

    let collector = to(&server).header("user-agent", "mine/1").build().unwrap();
    collect(&collector, 1);
    assert_eq!(header(&server.seen()[1].head, "user-agent"), Some("mine/1"));
}

#[test]
fn a_callback_is_asked_again_after_it_was_not_authorized() {
    let server = Server::new([
        Step::Answer(status(200)),
        Step::Answer(status(401)),
        Step::Answer(status(200)),
        Step::Answer(status(401)),
        Step::Answer(status(401)),
    ]);
    let calls = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&calls);
    let token = move || {
        let call = counter.fetch_add(1, Ordering::Relaxed);
        [("authorization", format!("Bearer {call}"))]
    };
    let collector = to(&server).headers_from(token).build().unwrap();
    collect(&collector, 1);
    collect(&collector, 2);
    assert_eq!(check(&collector).spans_exported, 3);
    let tokens = |server: &Server| -> Vec<String> {
        let seen = server.seen();
        let tokens = seen
            .iter()
            .map(|seen| header(&seen.head, "authorization").unwrap());
        tokens.map(str::to_owned).collect()
    };
    assert_eq!(tokens(&server), ["Bearer 0", "Bearer 0", "Bearer 1"]);
    // A second refusal is final.
    collect(&collector, 4);
    let stats = settle(&collector);
    assert_eq!((stats.spans_exported, stats.spans_lost.refused), (3, 4));
    assert_eq!(tokens(&server)[3..], ["Bearer 1", "Bearer 2"]);
}

#[test]
fn an_old_answer_of_a_callback_is_not_used() {
    let server = Server::new([]);
    let calls = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&calls);
    let token = move || {
        vec![(
            "x-call",
            counter.fetch_add(1, Ordering::Relaxed).to_string(),
        )]
    };
    let collector = to(&server)
        .headers_from(token)
        .max_header_age(Duration::ZERO);
    let collector = collector.build().unwrap();
    for _ in 0..3 {
        collect(&collector, 1);
    }
    let seen = server.seen();
    let values: Vec<_> = seen
        .iter()
        .map(|seen| header(&seen.head, "x-call"))
        .collect();
    assert_eq!(values, [Some("0"), Some("1"), Some("2")]);
}

#[test]
fn spans_wait_while_a_callback_panics_or_gives_nonsense() {
    let server = Server::new([]);
    let calls = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&calls);
    let token = move || match counter.fetch_add(1, Ordering::Relaxed) {
        0 => panic!("no token"),
        1 => vec![("authorization", "line\nbreak")],
        2 => vec![("not a name", "x")],
        3 => vec![("content-length", "7")],
        _ => vec![("authorization", "Bearer x")],
    };
    let collector = to(&server).headers_from(token).build().unwrap();
    collect(&collector, 3);
    assert_eq!(check(&collector).spans_waiting, 3);
    let stats = settle(&collector);
    assert_eq!((stats.spans_exported, stats.requests), (3, 1));
    assert_eq!(calls.load(Ordering::Relaxed), 5);
}

#[test]
fn secrets_are_in_no_error_and_no_report() {
    const SECRET: &str = "s3cret";
    // `rejected_spans` 1, and a message that repeats the header.
    let partial = format!("\x0a\x14\x08\x01\x12\x10a bad {SECRET} key");
    assert_eq!(partial.len(), 2 + 0x14);
    let server = Server::new([
        Step::Answer(with_headers(200, "", partial.as_bytes())),
        Step::Answer(with_headers(
            400,
            &format!("x: {SECRET}\r\n"),
            SECRET.as_bytes(),
        )),
        Step::Answer(with_headers(503, "", SECRET.as_bytes())),
        Step::AnswerAndClose(format!("{SECRET} {SECRET}\r\n\r\n").into_bytes()),
        Step::Close(super::server::Stage::All),
    ]);
    let url = format!("http://me:{SECRET}@{}/base?key={SECRET}", server.address);
    let builder = to_url(&url).header("x-key", SECRET);
    let builder = builder.headers_from(|| [("authorization", format!("Bearer {SECRET}"))]);
    assert!(!format!("{builder:?}").contains(SECRET));
    let collector = builder.build().unwrap();
    for _ in 0..3 {
        collect(&collector, 2);
        let shown = format!("{collector:?} {:?}", collector.health());
        assert!(!shown.contains(SECRET), "{shown}");
        if let Err(error) = collector.flush(Duration::ZERO) {
            assert!(!format!("{error:?} {error}").contains(SECRET), "{error:?}");
        }
    }
    while collector.on_idle().is_some() {
        assert!(!format!("{collector:?}").contains(SECRET), "{collector:?}");
    }
    settle(&collector);
    let seen = &server.seen()[0].head;
    assert!(
        seen.starts_with("POST /base/v1/traces?key=s3cret "),
        "{seen}"
    );
}

#[test]
fn user_info_is_a_header() {
    let server = Server::new([]);
    let url = format!("http://me:pass@{}", server.address);
    let collector = to_url(&url).build().unwrap();
    collect(&collector, 1);
    let head = &server.seen()[0].head;
    assert_eq!(header(head, "authorization"), Some("Basic bWU6cGFzcw=="));
    // A header that the application sets wins.
    let collector = to_url(&url)
        .header("authorization", "Bearer x")
        .build()
        .unwrap();
    collect(&collector, 1);
    let head = &server.seen()[1].head;
    assert_eq!(header(head, "authorization"), Some("Bearer x"));
}

#[test]
fn a_whole_url_stays_as_it_is() {
    let server = Server::new([]);
    let collector = to_url("http://nowhere.invalid")
        .traces_endpoint(format!("{}/api/spans?x=1", server.url()))
        .build()
        .unwrap();
    collect(&collector, 1);
    let head = &server.seen()[0].head;
    assert!(
        head.starts_with("POST /api/spans?x=1 HTTP/1.1\r\n"),
        "{head}"
    );
}

#[test]
fn a_proxy_is_used() {
    // This HTTP server accepts `CONNECT`, and the request in the tunnel.
    let proxy = Server::new([]);
    let collector = to_url("http://backend.invalid:4318")
        .proxy(proxy.url())
        .build()
        .unwrap();
    collect(&collector, 3);
    assert_eq!(check(&collector).spans_exported, 3);
    assert_eq!(spans_seen(&proxy), 3);
    let head = &proxy.seen()[0].head;
    assert!(head.contains("backend.invalid:4318"), "{head}");

    let proxy = Server::new([]).forever(Step::AnswerAndClose(status(407)));
    let url = format!("http://me:s3cret@{}", proxy.address);
    let collector = to_url("http://backend.invalid:4318")
        .proxy(url)
        .build()
        .unwrap();
    collect(&collector, 3);
    assert_eq!(check(&collector).spans_exported, 0);
    let shown = format!("{collector:?}");
    assert!(!shown.contains("s3cret"), "{shown}");
    let _left = collector.shutdown(LONG / 100);
    check(&collector);
}

#[test]
fn what_cannot_be_built_is_named() {
    let error =
        |builder: trace_otlp::OtlpCollectorBuilder| builder.build().unwrap_err().to_string();
    let local = || OtlpCollector::builder("http://localhost:4318");
    assert_eq!(
        error(OtlpCollector::builder("localhost:4318")),
        "the endpoint `localhost:4318` is no URL of a server; expected one such as `http://localhost:4318`"
    );
    assert!(error(local().fallback("??")).contains("the endpoint"));
    assert!(error(local().traces_endpoint("/v1/traces")).contains("the endpoint"));
    assert_eq!(
        error(local().header("x y", "s3cret")),
        "`x y` is not the name of a header"
    );
    assert!(!error(local().header("x", "s3\ncret")).contains("cret\n"));
    assert_eq!(
        error(local().proxy("::")),
        "the proxy is no URL; expected one such as `http://proxy.example:3128`"
    );
    for scheme in ["socks4", "socks4a", "socks5", "socks5h"] {
        assert_eq!(
            error(local().proxy(format!("{scheme}://me:s3cret@localhost:1080"))),
            "the proxy is one of SOCKS, which is not supported; expected one such as `http://proxy.example:3128`"
        );
    }
    if let Err(error) = local().protocol(Protocol::Grpc).build() {
        assert_eq!(
            error.to_string(),
            "the protocol `grpc` needs the feature `grpc` of `trace-otlp`, which is not compiled in"
        );
    }
}
