//! What a process reads or says once: each test runs another one in a process of its own.

use std::process::Command;

use trace_core::testing::TestTracer;
use trace_core::{diagnostics, traced_test};
use trace_http::{client, server};

use crate::client::wire::{call, get_of, with};
use crate::wire::{BOTH, LONG, serve, tag};

/// Marks the process of a test that only another one runs.
const MARK: &str = "TRACE_HTTP_TEST_CHILD";

fn is_child() -> bool {
    std::env::vars_os().any(|(name, _)| name == MARK)
}

/// Runs a test in a process of its own; returns what it said.
fn run(test: &str, variable: (&str, &str)) -> Vec<String> {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", &format!("process::{test}"), "--nocapture"]);
    let output = command.env(MARK, "").env(variable.0, variable.1).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    // Behind the name of the test, where the harness writes it first.
    let said = text.lines().filter_map(|line| line.split_once("said: "));
    said.map(|(_, said)| said.to_owned()).collect()
}

#[test]
fn a_list_of_hosts_may_be_mistaken() {
    if is_child() {
        diagnostics::listen(|line| println!("said: {line}"));
        let good = client().context_to(["shop", "*.b.c:80"]);
        let _bad = good.baggage_to(["https://shop.example/", "*.internal", ""]);
        let _told_already = client().context_to(["*"]);
        return;
    }
    let said = run(
        "a_list_of_hosts_may_be_mistaken",
        ("OTEL_LOG_LEVEL", "warn"),
    );
    let [line] = &said[..] else {
        panic!("{said:?}")
    };
    let (begin, rest) = line.split_once("process.rs:").unwrap();
    assert!(begin.starts_with("`baggage_to` of the layer at "), "{line}");
    assert!(
        rest.ends_with(
            "lists hosts that match nothing: `https://shop.example/` (write `shop.example`), \
             ``; expected `shop.example`, `shop.example:8080`, `*.example` for all below a \
             domain, or an IP address"
        ),
        "{line}"
    );
}

/// Already the first request of the process has one span.
#[traced_test]
async fn one_layer_may_be_around_two_services() {
    use axum::body::Body;
    use tower::ServiceExt;

    const NAME: &str = "one_layer_may_be_around_two_services";
    if !is_child() {
        assert_eq!(run(NAME, ("OTEL_LOG_LEVEL", "warn")), ["1 span"]);
        return;
    }
    let layer = server();
    let answer = tower::service_fn(async |_: http::Request<Body>| {
        Ok::<_, std::convert::Infallible>(http::Response::new(Body::empty()))
    });
    let service = layer.layer(tower::buffer::Buffer::new(layer.layer(answer), 1));
    let request = http::Request::get("/").body(Body::empty()).unwrap();
    drop(service.oneshot(request).await.unwrap());
    let test = TestTracer::current();
    test.settled(LONG).await;
    println!("said: {} span", test.spans().len());
}

#[traced_test]
async fn the_environment_says_which_methods_are_known() {
    if !is_child() {
        let methods = ("OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS", "PROPFIND,POST");
        let said = run("the_environment_says_which_methods_are_known", methods);
        let of_both = [
            "PROPFIND Client: PROPFIND, PROPFIND, ",
            "PROPFIND Server: PROPFIND /, PROPFIND, ",
            "GET Client: HTTP, _OTHER, GET",
            "GET Server: HTTP /, _OTHER, GET",
        ];
        assert_eq!(said, [of_both, of_both].concat());
        return;
    }
    let app = axum::Router::new().route("/", axum::routing::any(async || ()));
    let address = serve(app.layer(server())).await;
    let test = TestTracer::current();
    for http in BOTH {
        for method in ["PROPFIND", "GET"] {
            let before = test.spans().len();
            let mut request = get_of(address, "/");
            *request.method_mut() = method.parse().unwrap();
            drop(call(&with(http, &client()), request).await.unwrap());
            test.settled(LONG).await;
            for span in &test.spans()[before..] {
                let key = "http.request.method";
                println!(
                    "said: {method} {:?}: {}, {}, {}",
                    span.kind,
                    span.operation_name,
                    tag(span, key),
                    tag(span, "http.request.method_original")
                );
            }
        }
    }
}
