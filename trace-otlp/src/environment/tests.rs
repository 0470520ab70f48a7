//! Tests each variable against the rules of the specification, without the environment of the
//! process.

use std::ffi::OsString;

use expect_test::{Expect, expect};

use super::Settings;
use super::features::Features;

const ALL: Features = Features {
    http: true,
    grpc: true,
    tls: true,
    gzip: true,
    zstd: true,
    json: true,
};

const NONE: Features = Features {
    http: false,
    grpc: false,
    tls: false,
    gzip: false,
    zstd: false,
    json: false,
};

fn read_with(features: Features, variables: &[(&str, &str)]) -> Settings {
    let lookup = |name: &str| {
        let found = variables.iter().find(|(own, _)| *own == name);
        found.map(|(_, value)| OsString::from(value))
    };
    Settings::read("orders", &lookup, features)
}

fn read(variables: &[(&str, &str)]) -> Settings {
    read_with(ALL, variables)
}

/// Compares the settings and the warnings.
#[track_caller]
fn check_with(features: Features, variables: &[(&str, &str)], expected: &Expect) {
    let settings = read_with(features, variables);
    let mut text = settings.to_string();
    for warning in settings.warnings() {
        text.push_str(&format!("\n{warning}"));
    }
    expected.assert_eq(&text);
}

#[track_caller]
fn check(variables: &[(&str, &str)], expected: &Expect) {
    check_with(ALL, variables, expected);
}

#[test]
fn nothing_set_is_the_default_of_everything() {
    check(
        &[],
        &expect![
            "spans of `orders` go to http://localhost:4318/v1/traces by http/protobuf; sampler parentbased_always_on"
        ],
    );
}

#[test]
fn an_empty_value_is_an_unset_one() {
    let names = [
        "OTEL_SDK_DISABLED",
        "OTEL_SERVICE_NAME",
        "OTEL_RESOURCE_ATTRIBUTES",
        "OTEL_TRACES_EXPORTER",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        "OTEL_EXPORTER_OTLP_PROTOCOL",
        "OTEL_EXPORTER_OTLP_HEADERS",
        "OTEL_EXPORTER_OTLP_COMPRESSION",
        "OTEL_EXPORTER_OTLP_TIMEOUT",
        "OTEL_EXPORTER_OTLP_CERTIFICATE",
        "OTEL_EXPORTER_OTLP_CLIENT_KEY",
        "OTEL_EXPORTER_OTLP_INSECURE",
        "OTEL_BSP_SCHEDULE_DELAY",
        "OTEL_SPAN_EVENT_COUNT_LIMIT",
        "OTEL_TRACES_SAMPLER",
        "OTEL_TRACES_SAMPLER_ARG",
        "OTEL_PROPAGATORS",
        "OTEL_LOG_LEVEL",
        "OTEL_CONFIG_FILE",
    ];
    let empty: Vec<_> = names.iter().map(|name| (*name, "")).collect();
    let settings = read(&empty);
    assert_eq!(settings.to_string(), read(&[]).to_string());
    assert_eq!(settings.warnings(), []);
}

#[test]
fn the_service_is_named_by_the_first_of_three() {
    let attributes = ("OTEL_RESOURCE_ATTRIBUTES", "service.name=shop,team=a%2Cb");
    assert_eq!(read(&[]).service_name(), "orders");
    assert_eq!(read(&[attributes]).service_name(), "shop");
    let own = ("OTEL_SERVICE_NAME", "carts");
    assert_eq!(read(&[own, attributes]).service_name(), "carts");
    assert_eq!(read(&[own]).service_name(), "carts");
}

#[test]
fn attributes_become_tags_or_count_as_unset_as_a_whole() {
    let tags = |list| {
        let settings = read(&[("OTEL_RESOURCE_ATTRIBUTES", list)]);
        let tags = settings.tags.iter();
        let tags: Vec<_> = tags
            .map(|tag| format!("{}={}", tag.key, tag.value))
            .collect();
        (tags.join(" "), settings.warnings().len())
    };
    let good = "service.version=1.2, a%3Db = x%20y ,e=, service.version=1.3,";
    assert_eq!(tags(good), ("a=b=x y e= service.version=1.3".to_owned(), 0));
    for bad in ["a=1,b", "a=1,=2", "a=1,b=%zz", "a=%ff", "service.name"] {
        assert_eq!(tags(bad), (String::new(), 1), "{bad}");
    }
    check(
        &[("OTEL_RESOURCE_ATTRIBUTES", "a=1,password")],
        &expect![[r#"
            spans of `orders` go to http://localhost:4318/v1/traces by http/protobuf; sampler parentbased_always_on
            `OTEL_RESOURCE_ATTRIBUTES` has an entry 2 that is no `key=value` in percent-encoding; the whole list counts as not set"#]],
    );
}

#[test]
fn code_and_variables_win_over_what_is_detected() {
    let settings = read(&[
        ("OTEL_TRACES_EXPORTER", "none"),
        (
            "OTEL_RESOURCE_ATTRIBUTES",
            "service.instance.id=7,service.version=1,host.name=h",
        ),
    ]);
    let builder = settings.into_builder().unwrap().tag("service.version", "2");
    let shown = format!("{builder:?}");
    for tag in [
        r#"Tag { key: "service.instance.id", value: String("7") }"#,
        r#"Tag { key: "service.version", value: String("2") }"#,
        r#"Tag { key: "host.name", value: String("h") }"#,
        r#"Tag { key: "telemetry.sdk.language", value: String("rust") }"#,
    ] {
        assert!(shown.contains(tag), "{tag}: {shown}");
    }
    for key in ["service.instance.id", "service.version", "host.name"] {
        assert_eq!(
            shown.matches(&format!("\"{key}\"")).count(),
            1,
            "{key}: {shown}"
        );
    }
}

#[test]
fn a_service_without_a_name_has_that_of_its_program() {
    let settings = Settings::read(" ", &|_| None, ALL);
    assert_eq!(settings.service_name(), "");
    let builder = settings.into_builder().unwrap();
    let shown = format!("{builder:?}");
    assert!(
        shown.contains("service_name: \"unknown_service:trace_otlp-"),
        "{shown}"
    );
}

#[test]
fn exporters_are_a_list() {
    let exporter = |list| check_list(list);
    assert_eq!(exporter("otlp"), ["Otlp"]);
    assert_eq!(exporter("CONSOLE, otlp,console"), ["Console", "Otlp"]);
    assert_eq!(exporter("otlp/stdout"), ["JsonLines"]);
    assert_eq!(exporter("None"), [""; 0]);
    assert_eq!(exporter(","), ["Otlp"]);
    check(
        &[("OTEL_TRACES_EXPORTER", "none")],
        &expect!["spans of `orders` go nowhere; sampler parentbased_always_on"],
    );
    check(
        &[("OTEL_TRACES_EXPORTER", "console,none")],
        &expect![[r#"
        spans of `orders` go to the console; sampler parentbased_always_on
        `OTEL_TRACES_EXPORTER` lists `none` beside others; the others count"#]],
    );
    check(
        &[("OTEL_TRACES_EXPORTER", "zipkin")],
        &expect![[r#"
            spans of `orders` go to http://localhost:4318/v1/traces by http/protobuf; sampler parentbased_always_on
            `OTEL_TRACES_EXPORTER` lists `zipkin`, which is left out; expected some of otlp, console, otlp/stdout, none"#]],
    );
    check(
        &[("OTEL_TRACES_EXPORTER", "logging,console")],
        &expect![[r#"
            spans of `orders` go to the console; sampler parentbased_always_on
            `OTEL_TRACES_EXPORTER` lists `logging`, which is left out; expected some of otlp, console, otlp/stdout, none"#]],
    );
}

fn check_list(list: &str) -> Vec<String> {
    let settings = read(&[("OTEL_TRACES_EXPORTER", list)]);
    let exporters = settings.exporters.iter();
    exporters.map(|exporter| format!("{exporter:?}")).collect()
}

/// Returns where spans go, for an endpoint of all signals and one of traces.
fn endpoint(base: &str, traces: &str, protocol: &str) -> String {
    let settings = read(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", base),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", traces),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
    ]);
    assert_eq!(settings.warnings(), []);
    match settings.otlp.unwrap() {
        Ok(otlp) => otlp.to_string(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_base_url_gets_the_path_of_traces() {
    let to = |base| endpoint(base, "", "");
    assert_eq!(to(""), "http://localhost:4318/v1/traces by http/protobuf");
    assert_eq!(
        to("http://collector:4318"),
        "http://collector:4318/v1/traces by http/protobuf"
    );
    assert_eq!(
        to("http://collector:4318/"),
        "http://collector:4318/v1/traces by http/protobuf"
    );
    assert_eq!(
        to("https://collector/mycollector/"),
        "https://collector/mycollector/v1/traces by http/protobuf"
    );
}

#[test]
fn a_url_of_traces_is_used_as_it_is() {
    let to = |traces| endpoint("http://other:1", traces, "http/json");
    assert_eq!(
        to("http://collector:4318"),
        "http://collector:4318/ by http/json"
    );
    assert_eq!(
        to("https://collector/v1/traces/"),
        "https://collector/v1/traces/ by http/json"
    );
}

#[test]
fn grpc_has_no_path_and_may_have_no_scheme() {
    let to = |base| endpoint(base, "", "grpc");
    assert_eq!(to(""), "http://localhost:4317 by grpc");
    assert_eq!(
        to("http://collector:4317/v1/traces"),
        "http://collector:4317 by grpc"
    );
    assert_eq!(to("collector:4317"), "https://collector:4317 by grpc");
    let insecure = |name: &str, value: &str, endpoint: &str| {
        let settings = read(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
            (name, value),
        ]);
        settings.otlp.unwrap().unwrap().to_string()
    };
    let both = "OTEL_EXPORTER_OTLP_INSECURE";
    assert_eq!(insecure(both, "True", "c:1"), "http://c:1 by grpc");
    assert_eq!(insecure(both, "yes", "c:1"), "https://c:1 by grpc");
    assert_eq!(insecure(both, "true", "https://c:1"), "https://c:1 by grpc");
    assert_eq!(
        insecure("OTEL_EXPORTER_OTLP_TRACES_INSECURE", "true", "c:1"),
        "http://c:1 by grpc"
    );
}

#[test]
fn what_is_no_url_is_an_error() {
    for (base, traces, protocol, expected) in [
        (
            "collector:4318",
            "",
            "",
            "`OTEL_EXPORTER_OTLP_ENDPOINT` is `collector:4318`; expected a URL such as `http://localhost:4318`",
        ),
        (
            "",
            "ftp://collector",
            "",
            "`OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` is `ftp://collector`; expected a URL such as `http://localhost:4318`",
        ),
        (
            "http://",
            "",
            "grpc",
            "`OTEL_EXPORTER_OTLP_ENDPOINT` is `http://`; expected a URL such as `http://localhost:4317`",
        ),
        (
            "http//ann:secret@host?key=secret",
            "",
            "",
            "`OTEL_EXPORTER_OTLP_ENDPOINT` is `..@host`; expected a URL such as `http://localhost:4318`",
        ),
    ] {
        assert_eq!(endpoint(base, traces, protocol), expected);
    }
    let settings = read(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "nowhere")]);
    assert!(settings.into_builder().is_err());
    // A bad endpoint is not an error if nothing is sent.
    for name in ["OTEL_SDK_DISABLED", "OTEL_TRACES_EXPORTER"] {
        let value = if name == "OTEL_SDK_DISABLED" {
            "true"
        } else {
            "none"
        };
        let settings = read(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "nowhere"), (name, value)]);
        assert!(settings.into_builder().is_ok(), "{name}");
    }
}

#[test]
fn a_url_that_the_exporter_refuses_names_its_variable() {
    for url in [
        "http://h:",
        "http://h/%zz",
        "http://h%zz",
        "http://h%41",
        "http://h/{a}",
        "http://h/a\"b",
        "http://h/<a>",
        "http://h/a|b^`\\",
        "http://h?a=%zz",
        "http://a..b",
        "http://-",
        "http://~_",
        "http://u:p@h",
        "http://@h",
        "http://[::1]:",
        "http://[::ffff:1.2.3.4]/",
    ] {
        for name in [
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
            "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
            "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
        ] {
            let settings = read(&[
                (name, url),
                ("OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN", "logs"),
                ("OTEL_METRICS_EXPORTER", "otlp"),
            ]);
            if let Err(error) = settings.into_builder() {
                let error = error.to_string();
                assert!(error.starts_with(&format!("`{name}` is `")), "{error}");
            }
        }
    }
}

#[test]
fn variables_of_traces_come_first() {
    check(
        &[
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
            ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "HTTP/JSON"),
            ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
            ("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "none"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "5000"),
            ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "2500"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "all=1"),
            ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "own=2"),
        ],
        &expect![
            "spans of `orders` go to http://localhost:4318/v1/traces by http/json, timeout 2.5s, headers own; sampler parentbased_always_on"
        ],
    );
    // An invalid value counts as not set.
    check(
        &[
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
            ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "thrift"),
            ("OTEL_EXPORTER_OTLP_COMPRESSION", "GZIP"),
            ("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "snappy"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "5000"),
            ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "-1"),
        ],
        &expect![[r#"
            spans of `orders` go to http://localhost:4317 by grpc, gzip, timeout 5s; sampler parentbased_always_on
            `OTEL_EXPORTER_OTLP_TRACES_PROTOCOL` is `thrift`; expected one of http/protobuf, http/json, grpc; it counts as not set
            `OTEL_EXPORTER_OTLP_TRACES_COMPRESSION` is `snappy`; expected one of none, gzip, zstd; it counts as not set
            `OTEL_EXPORTER_OTLP_TRACES_TIMEOUT` is `-1`; expected a whole number of milliseconds up to 2147483647; it counts as not set"#]],
    );
}

#[test]
fn what_was_not_built_in_names_its_feature() {
    let http = Features { http: true, ..NONE };
    check_with(
        http,
        &[
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
            ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/json"),
            ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
        ],
        &expect![[r#"
            spans of `orders` go to http://localhost:4318/v1/traces by http/protobuf; sampler parentbased_always_on
            `OTEL_EXPORTER_OTLP_TRACES_PROTOCOL` is `http/json`, which needs the feature `json` of `trace-otlp`; it counts as not set
            `OTEL_EXPORTER_OTLP_PROTOCOL` is `grpc`, which needs the feature `grpc` of `trace-otlp`; it counts as not set
            `OTEL_EXPORTER_OTLP_COMPRESSION` is `gzip`, which needs the feature `gzip` of `trace-otlp`; it counts as not set"#]],
    );
    check_with(
        http,
        &[(
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "https://ann:secret@collector",
        )],
        &expect![
            "spans of `orders` go to no endpoint (`OTEL_EXPORTER_OTLP_ENDPOINT` is `https://collector/`; expected a URL that begins with `http://`, or the feature `tls` of `trace-otlp`); sampler parentbased_always_on"
        ],
    );
    check_with(
        Features { grpc: true, ..NONE },
        &[],
        &expect![
            "spans of `orders` go to http://localhost:4317 by grpc; sampler parentbased_always_on"
        ],
    );
    check_with(
        NONE,
        &[],
        &expect![[r#"
            spans of `orders` go nowhere; sampler parentbased_always_on
            `OTEL_TRACES_EXPORTER` means `otlp`, which needs the feature `http` or `grpc` of `trace-otlp`; it is left out"#]],
    );
    check_with(
        NONE,
        &[("OTEL_TRACES_EXPORTER", "otlp/stdout")],
        &expect![[r#"
            spans of `orders` go nowhere; sampler parentbased_always_on
            `OTEL_TRACES_EXPORTER` means `otlp/stdout`, which needs the feature `json` of `trace-otlp`; it is left out"#]],
    );
}

#[test]
fn headers_are_decoded_and_bad_ones_left_out_alone() {
    let settings = read(&[(
        "OTEL_EXPORTER_OTLP_HEADERS",
        "Authorization=Basic%20c2VjcmV0, x-team = a=b ,bad,in valid=secret,x-inject=a%0d%0asecret,x-percent=100%,X-Team=c;d",
    )]);
    let otlp = settings.otlp.as_ref().unwrap().as_ref().unwrap();
    assert_eq!(
        otlp.headers(),
        [
            ("authorization".to_owned(), "Basic c2VjcmV0".to_owned()),
            ("x-percent".to_owned(), "100%".to_owned()),
            ("x-team".to_owned(), "c;d".to_owned()),
        ]
    );
    let shown = format!("{settings} {settings:?} {:?}", settings.warnings());
    assert!(
        !shown.contains("secret") && !shown.contains("c2VjcmV0"),
        "{shown}"
    );
    let warnings: Vec<_> = settings
        .warnings()
        .iter()
        .map(ToString::to_string)
        .collect();
    expect![[r#"
        `OTEL_EXPORTER_OTLP_HEADERS` has an entry 3 that is left out; expected `name=value`, without commas in it
        `OTEL_EXPORTER_OTLP_HEADERS` has an entry 4 that is left out; expected a name of letters, digits and `-`
        `OTEL_EXPORTER_OTLP_HEADERS` has an entry 5 that is left out; expected a value of ASCII characters without controls"#]].assert_eq(&warnings.join("\n"));
}

#[test]
fn headers_of_the_request_itself_are_left_out() {
    let variables = |name: &'static str| {
        let value = "Content-Type=secret,x-team=shop,connection=close,transfer-encoding=chunked";
        [
            (name, value),
            ("OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN", "logs"),
            ("OTEL_METRICS_EXPORTER", "otlp"),
        ]
    };
    for name in [
        "OTEL_EXPORTER_OTLP_HEADERS",
        "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
        "OTEL_EXPORTER_OTLP_LOGS_HEADERS",
        "OTEL_EXPORTER_OTLP_METRICS_HEADERS",
    ] {
        let settings = read(&variables(name));
        let warnings = settings.warnings().iter().map(ToString::to_string);
        let warnings: Vec<_> = warnings.collect();
        assert_eq!(warnings.len(), 3, "{warnings:?}");
        assert_eq!(
            warnings[0],
            format!(
                "`{name}` has an entry 1 that is left out; expected another name than `content-type`, which belongs to the request"
            )
        );
        assert!(settings.into_builder().is_ok(), "{name}");
    }
    // What no header may be is no error either.
    let long = format!("{}=1", "x".repeat(70_000));
    let settings = read(&[("OTEL_EXPORTER_OTLP_HEADERS", &long)]);
    assert_eq!(settings.warnings().len(), 1);
    assert!(settings.into_builder().is_ok());
}

#[test]
fn a_timeout_of_zero_is_no_limit() {
    check(
        &[("OTEL_EXPORTER_OTLP_TIMEOUT", "0")],
        &expect![
            "spans of `orders` go to http://localhost:4318/v1/traces by http/protobuf, timeout 2147483.647s; sampler parentbased_always_on"
        ],
    );
    check(
        &[("OTEL_EXPORTER_OTLP_TIMEOUT", "10s")],
        &expect![[r#"
            spans of `orders` go to http://localhost:4318/v1/traces by http/protobuf; sampler parentbased_always_on
            `OTEL_EXPORTER_OTLP_TIMEOUT` is `10s`; expected a whole number of milliseconds up to 2147483647; it counts as not set"#]],
    );
    check(
        &[("OTEL_EXPORTER_OTLP_TIMEOUT", "99999999999")],
        &expect![[r#"
            spans of `orders` go to http://localhost:4318/v1/traces by http/protobuf; sampler parentbased_always_on
            `OTEL_EXPORTER_OTLP_TIMEOUT` is `99999999999`; expected a whole number of milliseconds up to 2147483647; it counts as not set"#]],
    );
}

#[test]
fn files_of_tls_are_for_https() {
    let missing = "/nowhere/ca.pem";
    let https = ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector");
    let settings = read(&[https, ("OTEL_EXPORTER_OTLP_CERTIFICATE", missing)]);
    let error = settings.into_builder().unwrap_err();
    assert_eq!(
        error.to_string(),
        "`OTEL_EXPORTER_OTLP_CERTIFICATE` is `/nowhere/ca.pem`, which cannot be read"
    );
    assert!(std::error::Error::source(&error).is_some());
    let settings = read(&[
        https,
        ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", file!()),
        ("OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY", missing),
    ]);
    assert!(settings.into_builder().is_err());
    check(
        &[https, ("OTEL_EXPORTER_OTLP_CLIENT_KEY", missing)],
        &expect![[r#"
            spans of `orders` go to https://collector/v1/traces by http/protobuf; sampler parentbased_always_on
            `OTEL_EXPORTER_OTLP_CLIENT_KEY` is not used, as `OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE` is not set"#]],
    );
    check(
        &[("OTEL_EXPORTER_OTLP_CERTIFICATE", missing)],
        &expect![[r#"
            spans of `orders` go to http://localhost:4318/v1/traces by http/protobuf; sampler parentbased_always_on
            `OTEL_EXPORTER_OTLP_CERTIFICATE` is not used, as the endpoint is not `https`: http://localhost:4318/v1/traces"#]],
    );
}

#[cfg(feature = "tls")]
#[test]
fn a_file_that_cannot_be_used_names_its_variable() {
    let https = ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector");
    let error = |variables: &[(&str, &str)]| {
        let settings = read(&[&[https], variables].concat());
        settings.into_builder().unwrap_err().to_string()
    };
    // A file without anything in PEM form.
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let certificate = "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE";
    assert_eq!(
        error(&[(certificate, manifest)]),
        format!("`{certificate}` is `{manifest}`, which has no certificate in PEM form")
    );
    let client = [
        ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", manifest),
        ("OTEL_EXPORTER_OTLP_CLIENT_KEY", "/nowhere/key.pem"),
    ];
    assert_eq!(
        error(&client),
        format!(
            "`{}` is `{manifest}`, which has no certificate in PEM form",
            client[0].0
        )
    );
}

#[test]
fn samplers_are_those_of_the_specification() {
    let sampler = |name, argument| {
        let settings = read(&[
            ("OTEL_TRACES_SAMPLER", name),
            ("OTEL_TRACES_SAMPLER_ARG", argument),
        ]);
        (settings.sampler.to_string(), settings.warnings().len())
    };
    for (name, argument, shown, warnings) in [
        ("always_on", "", "always_on", 0),
        ("Always_Off", "", "always_off", 0),
        ("traceidratio", "0.25", "traceidratio 0.25", 0),
        ("traceidratio", "", "traceidratio 1", 0),
        ("parentbased_always_on", "", "parentbased_always_on", 0),
        ("parentbased_always_off", "", "parentbased_always_off", 0),
        (
            "parentbased_traceidratio",
            "1",
            "parentbased_traceidratio 1",
            0,
        ),
        (
            "parentbased_traceidratio",
            "0",
            "parentbased_traceidratio 0",
            0,
        ),
        (
            "parentbased_traceidratio",
            "1.5",
            "parentbased_traceidratio 1",
            1,
        ),
        (
            "parentbased_traceidratio",
            "NaN",
            "parentbased_traceidratio 1",
            1,
        ),
        (
            "parentbased_traceidratio",
            "-0.1",
            "parentbased_traceidratio 1",
            1,
        ),
        ("always_on", "0.5", "always_on", 1),
        ("", "0.5", "parentbased_always_on", 1),
        (
            "parentbased_jaeger_remote",
            "endpoint=http://localhost:14250",
            "parentbased_always_on",
            1,
        ),
        ("rate", "", "parentbased_always_on", 1),
    ] {
        assert_eq!(
            sampler(name, argument),
            (shown.to_owned(), warnings),
            "{name} {argument}"
        );
    }
    check(
        &[("OTEL_TRACES_SAMPLER", "xray")],
        &expect![[r#"
        spans of `orders` go to http://localhost:4318/v1/traces by http/protobuf; sampler parentbased_always_on
        `OTEL_TRACES_SAMPLER` is `xray`; expected one of always_on, always_off, traceidratio, parentbased_always_on, parentbased_always_off, parentbased_traceidratio, as this one does not exist here; it counts as not set"#]],
    );
    check(
        &[("OTEL_TRACES_SAMPLER_ARG", "0.5")],
        &expect![[r#"
        spans of `orders` go to http://localhost:4318/v1/traces by http/protobuf; sampler parentbased_always_on
        `OTEL_TRACES_SAMPLER_ARG` is not used, as `OTEL_TRACES_SAMPLER` is not set"#]],
    );
}

#[test]
fn batching_and_limits_are_set_or_ours() {
    check(
        &[
            ("OTEL_BSP_SCHEDULE_DELAY", "5000"),
            ("OTEL_BSP_MAX_QUEUE_SIZE", "2048"),
            ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "512"),
            ("OTEL_BSP_EXPORT_TIMEOUT", "30000"),
            ("OTEL_ATTRIBUTE_COUNT_LIMIT", "64"),
            ("OTEL_SPAN_EVENT_COUNT_LIMIT", "0"),
            ("OTEL_SPAN_LINK_COUNT_LIMIT", "5"),
            ("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", "9"),
            ("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", "7"),
            ("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "100"),
        ],
        &expect![
            "spans of `orders` go to http://localhost:4318/v1/traces by http/protobuf; sampler parentbased_always_on; Limits { max_tags: 64, max_logs: 0, max_links: 5, max_fields: 9, max_value_bytes: 100 }; delay 5s; queue of 2048 spans; requests of 512 spans; export within 30s"
        ],
    );
    check(
        &[
            ("OTEL_BSP_SCHEDULE_DELAY", "-1"),
            ("OTEL_BSP_MAX_QUEUE_SIZE", "0"),
            ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "many"),
            ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "1.5"),
        ],
        &expect![[r#"
            spans of `orders` go to http://localhost:4318/v1/traces by http/protobuf; sampler parentbased_always_on
            `OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT` is `1.5`; expected a whole number from 0; it counts as not set
            `OTEL_BSP_SCHEDULE_DELAY` is `-1`; expected a whole number of milliseconds up to 2147483647; it counts as not set
            `OTEL_BSP_MAX_QUEUE_SIZE` is `0`; expected a whole number from 1; it counts as not set
            `OTEL_BSP_MAX_EXPORT_BATCH_SIZE` is `many`; expected a whole number from 1; it counts as not set"#]],
    );
    check(
        &[
            ("OTEL_BSP_MAX_QUEUE_SIZE", "100"),
            ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "101"),
        ],
        &expect![[r#"
            spans of `orders` go to http://localhost:4318/v1/traces by http/protobuf; sampler parentbased_always_on; queue of 100 spans
            `OTEL_BSP_MAX_EXPORT_BATCH_SIZE` is `101`; expected at most `OTEL_BSP_MAX_QUEUE_SIZE`, which is 100; it counts as not set"#]],
    );
}

#[test]
fn only_true_disables() {
    check(
        &[("OTEL_SDK_DISABLED", "TRUE")],
        &expect!["nothing is recorded of `orders`, as `OTEL_SDK_DISABLED` is `true`"],
    );
    assert!(!read(&[("OTEL_SDK_DISABLED", "False")]).is_disabled());
    check(
        &[("OTEL_SDK_DISABLED", "1")],
        &expect![[r#"
        spans of `orders` go to http://localhost:4318/v1/traces by http/protobuf; sampler parentbased_always_on
        `OTEL_SDK_DISABLED` is `1`; expected `true` or `false`; it counts as not set"#]],
    );
}

#[test]
fn what_others_read_and_what_nobody_reads_is_checked() {
    check(
        &[
            ("OTEL_PROPAGATORS", "b3, ottrace,baggage"),
            ("OTEL_LOG_LEVEL", "loud"),
            ("OTEL_CONFIG_FILE", "/etc/otel.yaml"),
            ("OTEL_ENTITIES", "service{service.name=a}"),
        ],
        &expect![[r#"
            spans of `orders` go to http://localhost:4318/v1/traces by http/protobuf; sampler parentbased_always_on; propagators b3, ottrace,baggage
            `OTEL_CONFIG_FILE` is not read; the other variables count
            `OTEL_ENTITIES` is not read; the other variables count
            `OTEL_LOG_LEVEL` is `loud`; expected one of none, error, warn, info, debug; it counts as not set
            `OTEL_PROPAGATORS` lists `ottrace`, which is left out; expected some of tracecontext, baggage, b3, b3multi, jaeger, xray, datadog, xtrace, none"#]],
    );
}

#[test]
fn hostile_values_are_shown_in_one_line() {
    let long = format!("{}\n\u{202e}", "x".repeat(10_000));
    let settings = read(&[("OTEL_TRACES_SAMPLER", &long), ("OTEL_PROPAGATORS", "a\nb")]);
    for warning in settings.warnings() {
        let shown = warning.to_string();
        assert!(shown.len() < 1_000 && !shown.contains('\n'), "{shown}");
    }
    assert_eq!(settings.warnings().len(), 2);
}

#[cfg(unix)]
#[test]
fn a_value_that_is_not_unicode_counts_as_unset() {
    use std::os::unix::ffi::OsStringExt;

    let lookup = |name: &str| {
        let bad = OsString::from_vec(b"orders\xff".to_vec());
        (name == "OTEL_SERVICE_NAME").then_some(bad)
    };
    let settings = Settings::read("orders", &lookup, ALL);
    assert_eq!(settings.service_name(), "orders");
    assert_eq!(
        settings.warnings()[0].to_string(),
        "`OTEL_SERVICE_NAME` is not Unicode; it counts as not set"
    );
}

#[test]
fn exceptions_leave_as_log_records_where_asked() {
    let opt_in = |value| ("OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN", value);
    check(
        &[opt_in("logs")],
        &expect![
            "spans of `orders` go to http://localhost:4318/v1/traces by http/protobuf, exceptions as log records; sampler parentbased_always_on"
        ],
    );
    let own = [
        opt_in("Logs/Dup"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:1"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://b:2/spans"),
        ("OTEL_EXPORTER_OTLP_LOGS_TIMEOUT", "5"),
    ];
    check(
        &own,
        &expect![[r#"
            spans of `orders` go to http://b:2/spans by http/protobuf, exceptions also as log records to http://a:1/v1/logs; sampler parentbased_always_on
            `OTEL_EXPORTER_OTLP_LOGS_TIMEOUT` is not read: it is as for spans"#]],
    );
    check(
        &[opt_in("events"), ("OTEL_LOGS_EXPORTER", "none")],
        &expect![[r#"
            spans of `orders` go to http://localhost:4318/v1/traces by http/protobuf; sampler parentbased_always_on
            `OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN` is `events`; expected `logs` or `logs/dup`; it counts as not set"#]],
    );
    check(
        &[opt_in("logs"), ("OTEL_LOGS_EXPORTER", "none")],
        &expect![[r#"
            spans of `orders` go to http://localhost:4318/v1/traces by http/protobuf; sampler parentbased_always_on
            `OTEL_LOGS_EXPORTER` is `none`, not `otlp`: exceptions stay span events"#]],
    );
    check(
        &[
            opt_in("logs"),
            ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "a:b@c"),
        ],
        &expect![[r#"
            spans of `orders` go to no endpoint (`OTEL_EXPORTER_OTLP_LOGS_ENDPOINT` is `..@c`; expected a URL such as `http://localhost:4318`); sampler parentbased_always_on"#]],
    );
}

#[test]
fn exporters_of_logs_and_metrics_are_lists() {
    let otlp = ["OTEL_LOGS_EXPORTER", "OTEL_METRICS_EXPORTER"].map(|name| (name, "console, OTLP"));
    let opt_in = ("OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN", "logs");
    check(
        &[otlp[0], otlp[1], opt_in],
        &expect![
            "spans of `orders` go to http://localhost:4318/v1/traces by http/protobuf, exceptions as log records, metrics each 60s; sampler parentbased_always_on"
        ],
    );
}

#[test]
fn one_mistake_is_one_warning() {
    let wrong = [
        ("OTEL_EXPORTER_OTLP_INSECURE", "yes"),
        ("OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN", "logs"),
        ("OTEL_METRICS_EXPORTER", "otlp"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "0"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://a/spans"),
    ];
    check(
        &wrong,
        &expect![[r#"
            spans of `orders` go to http://a/spans by http/protobuf, exceptions as log records to http://localhost:4318/v1/logs, metrics each 60s to http://localhost:4318/v1/metrics; sampler parentbased_always_on
            `OTEL_EXPORTER_OTLP_INSECURE` is `yes`; expected `true` or `false`; it counts as not set
            `OTEL_METRIC_EXPORT_INTERVAL` is `0`; expected a whole number of milliseconds from 1 to 2147483647; it counts as not set"#]],
    );
}

#[test]
fn headers_of_spans_alone_are_not_those_of_log_records() {
    let headers = |variables: &[(&str, &str)]| {
        let opt_in = ("OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN", "logs");
        let settings = read(&[&[opt_in], variables].concat());
        let otlp = settings.otlp.unwrap().unwrap();
        let headers = otlp.log_headers().map(|headers| format!("{headers:?}"));
        headers.unwrap_or_else(|| "those of spans".to_owned())
    };
    let all = ("OTEL_EXPORTER_OTLP_HEADERS", "x=all");
    let traces = ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "x=traces");
    let logs = ("OTEL_EXPORTER_OTLP_LOGS_HEADERS", "x=logs");
    assert_eq!(headers(&[all]), "those of spans");
    assert_eq!(headers(&[traces]), "[]");
    assert_eq!(headers(&[traces, all]), r#"[("x", "all")]"#);
    assert_eq!(headers(&[traces, all, logs]), r#"[("x", "logs")]"#);
}

#[test]
fn metrics_leave_only_where_asked() {
    let interval = ("OTEL_METRIC_EXPORT_INTERVAL", "5000");
    let text = |variables: &[(&str, &str)]| read(variables).to_string();
    let nothing = text(&[]);
    for other in ["none", "prometheus", ""] {
        assert_eq!(text(&[("OTEL_METRICS_EXPORTER", other), interval]), nothing);
    }
    let asked = ("OTEL_METRICS_EXPORTER", "otlp");
    assert!(text(&[asked]).contains("by http/protobuf, metrics each 60s;"));
    check(
        &[
            asked,
            interval,
            ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://m:1/in?key=1"),
            ("OTEL_EXPORTER_OTLP_METRICS_COMPRESSION", "gzip"),
        ],
        &expect![[r#"
            spans of `orders` go to http://localhost:4318/v1/traces by http/protobuf, metrics each 5s to http://m:1/in; sampler parentbased_always_on
            `OTEL_EXPORTER_OTLP_METRICS_COMPRESSION` is not read: it is as for spans"#]],
    );
}
