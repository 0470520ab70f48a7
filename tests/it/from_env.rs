//! Tests of `trace_otlp::from_env`, in processes that have the variables.
//!
//! The rules of each variable are tested beside their code.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output};
use std::time::Duration;

use trace_otlp::decode;

fn run(todo: &str, variables: &[(&str, &str)]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_from_env"));
    program.arg(todo).env_remove("NEXTEST");
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("OTEL_") {
            program.env_remove(name);
        }
    }
    program.envs(variables.iter().copied());
    program.output().unwrap()
}

/// Returns standard output and standard error of a process that succeeds.
fn said(todo: &str, variables: &[(&str, &str)]) -> (String, String) {
    let output = run(todo, variables);
    assert!(output.status.success(), "{output:?}");
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr))
}

const CONSOLE: (&str, &str) = ("OTEL_TRACES_EXPORTER", "console");
const LINES: (&str, &str) = ("OTEL_TRACES_EXPORTER", "otlp/stdout");
const NONE: (&str, &str) = ("OTEL_TRACES_EXPORTER", "none");

#[test]
fn the_console_prints_traces() {
    let (out, error) = said("", &[CONSOLE]);
    assert!(out.contains("order") && out.contains("└─ charge"), "{out}");
    assert_eq!(error, "");
}

#[test]
fn lines_have_the_resource_of_variables_code_and_machine() {
    let attributes = "deployment.environment.name=test,service.version=0,service.name=none";
    let (out, error) = said(
        "",
        &[
            LINES,
            ("OTEL_SERVICE_NAME", "shop"),
            ("OTEL_RESOURCE_ATTRIBUTES", attributes),
        ],
    );
    assert_eq!(error, "");
    let request = decode::requests(out.as_bytes()).next().unwrap().unwrap();
    let resource = &request.groups[0].resource;
    assert_eq!(&*resource.service_name, "shop");
    let value = |key: &str| {
        let mut found = resource.tags.iter().filter(|tag| tag.key == key);
        let value = found.next().map(|tag| tag.value.to_string());
        assert!(found.next().is_none(), "{key} is there twice");
        value.unwrap_or_default()
    };
    assert_eq!(value("service.version"), "1.2");
    assert_eq!(value("deployment.environment.name"), "test");
    assert_eq!(value("telemetry.sdk.name"), "trace-core");
    assert_eq!(value("telemetry.sdk.language"), "rust");
    assert_eq!(value("process.executable.name"), "from_env");
    assert_eq!(value("process.command_args"), "");
    assert_eq!(value("service.instance.id").len(), 36);
}

/// Answers one request with 200; returns its head and its body.
fn serve_one(listener: &TcpListener) -> (String, Vec<u8>) {
    let (mut client, _) = listener.accept().unwrap();
    client
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    let mut read = Vec::new();
    let mut buffer = [0; 4_096];
    loop {
        let bytes = client.read(&mut buffer).unwrap();
        read.extend_from_slice(&buffer[..bytes]);
        let text = String::from_utf8_lossy(&read).to_ascii_lowercase();
        let head = text.find("\r\n\r\n").map(|end| end + 4);
        let length = text.split_once("content-length: ").and_then(|(_, rest)| {
            let digits = rest.split('\r').next()?;
            digits.parse::<usize>().ok()
        });
        if let (Some(head), Some(length)) = (head, length)
            && read.len() >= head + length
        {
            // An empty message of the kind that was sent.
            let (kind, answer) = match text.contains("application/json") {
                true => ("json", "{}"),
                false => ("x-protobuf", ""),
            };
            let length = answer.len();
            write!(
                client,
                "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\ncontent-type: application/{kind}\r\n\r\n{answer}"
            )
            .unwrap();
            let body = read.split_off(head);
            return (String::from_utf8(read).unwrap(), body);
        }
        // The connection that ends the wait if no request came, or a cut one.
        if bytes == 0 {
            return (String::new(), Vec::new());
        }
    }
}

/// Returns what a process sends to an endpoint, whose address replaces `ADDRESS`.
fn sent(variables: &[(&str, &str)]) -> (String, Vec<u8>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = std::thread::Builder::new();
    let server = server.spawn(move || serve_one(&listener)).unwrap();
    let own: Vec<_> = variables
        .iter()
        .map(|(name, value)| (*name, value.replace("ADDRESS", &address.to_string())))
        .collect();
    let own: Vec<_> = own
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let (out, error) = said("", &own);
    assert_eq!((out.as_str(), error.as_str()), ("", ""));
    drop(TcpStream::connect(address));
    server.join().unwrap()
}

#[test]
fn spans_go_to_the_endpoint_with_headers() {
    let (head, body) = sent(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://ADDRESS/base"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "X-Team=a%20b"),
        ("OTEL_SERVICE_NAME", "shop"),
    ]);
    assert!(
        head.starts_with("POST /base/v1/traces HTTP/1.1\r\n"),
        "{head}"
    );
    assert!(head.contains("\r\nx-team: a b\r\n"), "{head}");
    let request = decode::requests(&body[..]).next().unwrap().unwrap();
    assert_eq!(&*request.groups[0].resource.service_name, "shop");
    assert_eq!(request.groups[0].spans.len(), 2);
}

#[test]
fn an_endpoint_of_traces_is_used_as_it_is() {
    let (head, body) = sent(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://ADDRESS"),
    ]);
    assert!(head.starts_with("POST / HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("application/x-protobuf"), "{head}");
    let order = body.windows(5).any(|bytes| bytes == b"order");
    assert!(order, "{body:?}");
}

#[test]
fn secrets_are_hidden() {
    let (out, _) = said("secret", &[LINES]);
    assert!(out.contains("db.password"), "{out}");
    assert!(!out.contains("hunter2"), "{out}");
}

#[test]
fn a_limit_and_a_sampler_hold() {
    let (out, _) = said("", &[LINES, ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "0")]);
    assert!(out.contains("\"droppedAttributesCount\":1"), "{out}");
    let (out, _) = said("", &[CONSOLE, ("OTEL_TRACES_SAMPLER", "always_off")]);
    assert_eq!(out, "");
}

#[test]
fn disabled_tracing_passes_contexts_and_says_nothing() {
    let caller = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let disabled = ("OTEL_SDK_DISABLED", "true");
    let variables = [disabled, ("TRACEPARENT", caller), ("BAGGAGE", "a=1")];
    let (out, error) = said("passes", &variables);
    let expected = format!("{{\"baggage\": \"a=1\", \"traceparent\": \"{caller}\"}} 0\n");
    assert_eq!((out.as_str(), error.as_str()), (expected.as_str(), ""));
    // No context is invented.
    assert_eq!(
        said("passes", &[disabled]),
        ("{} 0\n".to_owned(), String::new())
    );
}

#[test]
fn contexts_pass_in_the_headers_that_are_listed() {
    let caller = "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1";
    let other = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let listed = ("OTEL_PROPAGATORS", "b3");
    let callers = [listed, ("B3", caller), ("TRACEPARENT", other)];
    let disabled = ("OTEL_SDK_DISABLED", "true");
    let (out, error) = said("passes", &[&callers[..], &[disabled]].concat());
    assert_eq!(
        (out, error),
        (format!("{{\"b3\": \"{caller}\"}} 0\n"), String::new())
    );
    // `own` comes last, in a trace of its own.
    let (out, _) = said("passes", &[&callers[..], &[NONE]].concat());
    assert!(
        out.contains("\"b3\"") && !out.contains("traceparent"),
        "{out}"
    );
    let (out, _) = said("passes", &[NONE, ("OTEL_PROPAGATORS", "none")]);
    assert_eq!(out, "{} 3\n");
}

#[test]
fn what_is_not_followed_is_said_once_and_where_it_is_wanted() {
    let wrong = ("OTEL_BSP_MAX_QUEUE_SIZE", "many");
    let line = "`OTEL_BSP_MAX_QUEUE_SIZE` is `many`; expected a whole number from 1; it counts as not set\n";
    let (_, error) = said("twice", &[NONE, wrong]);
    assert_eq!(error, format!("trace-core: {line}"));
    // The level of release builds.
    let (_, error) = said("", &[NONE, wrong, ("OTEL_LOG_LEVEL", "error")]);
    assert_eq!(error, format!("trace-core: {line}"));
    let (_, error) = said("", &[NONE, wrong, ("OTEL_LOG_LEVEL", "none")]);
    assert_eq!(error, "");
    let (out, error) = said("listens", &[NONE, wrong]);
    assert_eq!((out, error), (format!("Setting: {line}"), String::new()));
}

#[test]
fn details_say_what_was_decided_without_secrets() {
    let (_, error) = said(
        "",
        &[
            ("OTEL_LOG_LEVEL", "debug"),
            (
                "OTEL_EXPORTER_OTLP_ENDPOINT",
                "http://ann:secret@127.0.0.1:9",
            ),
            ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=secret"),
        ],
    );
    let line = "trace-core: spans of `orders` go to http://127.0.0.1:9/v1/traces by http/protobuf, headers authorization; sampler parentbased_always_on\n";
    assert!(error.starts_with(line), "{error}");
    assert!(!error.contains("secret"), "{error}");
}

#[test]
fn an_endpoint_that_is_no_url_is_an_error_of_main() {
    let output = run("", &[("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318")]);
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8(output.stderr).unwrap();
    let line = "Error: EnvironmentError(`OTEL_EXPORTER_OTLP_ENDPOINT` is `collector:4318`; expected a URL such as `http://localhost:4318`)\n";
    assert_eq!(error, line);
}
