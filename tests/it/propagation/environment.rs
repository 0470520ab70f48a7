//! The environment as a carrier, and as what chooses propagators.

use std::process::{Command, Output};

use trace_core::propagation::{
    B3MultiPropagator, CompositePropagator, EnvironmentVariables, JaegerPropagator, Propagator,
    W3cPropagator, extract, inject,
};
use trace_core::{SpanId, TraceContext, TraceId, diagnostics};

fn context() -> TraceContext {
    let mut context = TraceContext::new(TraceId::new(0xa).unwrap(), SpanId::new(0xb).unwrap());
    context.tracestate.insert("rojo", "1").unwrap();
    context.baggage.insert("tenant", "Amélie\r\n & co").unwrap();
    context
}

/// This program, to run one of its tests in a process of its own.
fn this(test: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", &format!("propagation::environment::{test}")]);
    command.args(["--nocapture", "--test-threads=1"]);
    command
}

fn lines(output: &Output) -> Vec<String> {
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    // Behind the name of the test, where the harness writes it first.
    let marked = text.lines().filter_map(|line| line.split_once("said: "));
    marked.map(|(_, said)| said.to_owned()).collect()
}

/// Is run by the next one, too: as the child.
#[test]
fn a_child_reads_its_environment() {
    let found = extract(&EnvironmentVariables::from_process());
    if let Some(context) = found.context {
        println!("said: {} {}", context.to_traceparent(), context.tracestate);
    }
    println!("said: {:?} {:?}", found.baggage, found.problems);
}

#[test]
fn a_context_reaches_a_child() {
    let mut child = this("a_child_reads_its_environment");
    inject(&context(), &mut child);
    assert_eq!(
        lines(&child.output().unwrap()),
        [
            "00-0000000000000000000000000000000a-000000000000000b-01 rojo=1",
            r#"{"tenant": "Amélie\r\n & co"} []"#
        ]
    );
    // What it would inherit of another context is taken away.
    let mut child = this("a_child_reads_its_environment");
    child.env("TRACESTATE", "other=1").env("BAGGAGE", "other=1");
    let bare = TraceContext::new(TraceId::new(0xa).unwrap(), SpanId::new(0xb).unwrap());
    inject(&bare, &mut child);
    assert_eq!(
        lines(&child.output().unwrap()),
        [
            "00-0000000000000000000000000000000a-000000000000000b-01 ",
            "{} []"
        ]
    );
}

/// Is run by the next one, too: as the child.
#[test]
fn a_child_reads_its_jaeger_baggage() {
    let found = JaegerPropagator.extract(&EnvironmentVariables::from_process());
    println!("said: {:?} {:?}", found.baggage, found.problems);
    // And as a parent of its own.
    let mut grandchild = Command::new("make");
    JaegerPropagator.inject(&context(), &mut grandchild);
    for (name, value) in grandchild.get_envs() {
        println!("said: {name:?} {}", value.is_some());
    }
}

#[test]
fn jaeger_baggage_of_another_context_is_not_inherited() {
    let mut child = this("a_child_reads_its_jaeger_baggage");
    child.env("UBERCTX_OLD", "from the command");
    JaegerPropagator.inject(&context(), &mut child);
    child.env("UBERCTX_STALE_KEY", "1").env("UBERCTX", "other");
    assert_eq!(
        lines(&child.output().unwrap()),
        [
            r#"{"stale_key": "1", "tenant": "Amélie\r\n & co"} []"#,
            r#""UBERCTX_STALE_KEY" false"#,
            r#""UBERCTX_TENANT" true"#,
            r#""UBER_TRACE_ID" true"#,
        ]
    );
}

#[test]
fn names_are_variables() {
    let mut command = Command::new("make");
    let both = CompositePropagator::new()
        .with(W3cPropagator)
        .with(B3MultiPropagator);
    both.inject(&context(), &mut command);
    let set = command.get_envs().filter(|(_, value)| value.is_some());
    let names: Vec<_> = set.map(|(name, _)| name.to_str().unwrap()).collect();
    assert_eq!(
        names,
        [
            "BAGGAGE",
            "TRACEPARENT",
            "TRACESTATE",
            "X_B3_SAMPLED",
            "X_B3_SPANID",
            "X_B3_TRACEID"
        ]
    );
    let variables = command
        .get_envs()
        .filter_map(|(name, value)| Some((name.to_str()?, value?.to_str()?)));
    let variables: EnvironmentVariables = variables.collect();
    let found = B3MultiPropagator.extract(&variables).context.unwrap();
    assert_eq!(found.trace_id, context().trace_id);
    let found = W3cPropagator.extract(&variables).context.unwrap();
    assert_eq!(found.baggage, context().baggage);
}

#[test]
fn foreign_variables_are_harmless() {
    let good = context().to_traceparent();
    let variables: EnvironmentVariables = [
        ("traceparent", b"not of this name" as &[u8]),
        ("TRACEPARENT", good.as_bytes()),
        ("TRACESTATE", b""),
        ("BAGGAGE", b"a=\xff,b=2"),
        ("SECRET", b"hidden"),
    ]
    .into_iter()
    .collect();
    let found = extract(&variables);
    if cfg!(not(windows)) {
        assert!(found.context.is_some());
    }
    assert_eq!(found.baggage.get("b"), Some("2"));
    assert_eq!(found.problems.len(), 1);
    assert_eq!(
        format!("{variables:?}"),
        "EnvironmentVariables(5 variables)"
    );
    let empty: EnvironmentVariables = [("TRACEPARENT", "")].into_iter().collect();
    assert_eq!(extract(&empty).problems, []);
}

/// Is run by the next one, too: as the child.
#[test]
fn a_process_takes_the_propagators_it_is_told() {
    let variables: Vec<_> = std::env::vars_os().collect();
    if variables.iter().any(|(name, _)| name == "OTEL_PROPAGATORS") {
        diagnostics::listen(|line| println!("said: {line}"));
    }
    let propagators = [
        CompositePropagator::from_env(),
        CompositePropagator::from_env(),
    ];
    for propagator in &propagators {
        let mut headers = Vec::<(String, String)>::new();
        propagator.inject(&context(), &mut headers);
        let names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
        println!("said: {}", names.join(" "));
    }
}

#[test]
fn the_environment_chooses_propagators_and_unknown_names_are_said_once() {
    let run = |names: Option<&str>| {
        let mut child = this("a_process_takes_the_propagators_it_is_told");
        child.env("OTEL_LOG_LEVEL", "warn");
        match names {
            Some(names) => child.env("OTEL_PROPAGATORS", names),
            None => child.env_remove("OTEL_PROPAGATORS"),
        };
        lines(&child.output().unwrap())
    };
    let default = "traceparent tracestate baggage";
    assert_eq!(run(None), [default, default]);
    assert_eq!(run(Some("")), [default, default]);
    assert_eq!(run(Some("b3,baggage")), ["b3 baggage", "b3 baggage"]);
    assert_eq!(run(Some("none")), ["", ""]);
    assert_eq!(
        run(Some("b3,zipkin,ot\ntrace")),
        [
            "`OTEL_PROPAGATORS` lists unknown propagators, which are left out: `zipkin`, \
             `ot\\ntrace`; expected some of tracecontext, baggage, b3, b3multi, jaeger, xray, \
             datadog, xtrace, none",
            "b3",
            "b3"
        ]
    );
}
