//! The headers of Datadog.

use super::*;

#[test]
fn datadog() {
    const IDS: [(&str, &str); 2] = [
        ("X-Datadog-Trace-Id", "11803532876627986230"),
        ("X-Datadog-Parent-Id", "67667974448284343"),
    ];
    let check = |others: &[(&str, &str)], expect: Expect| {
        check_found(&DatadogPropagator, &[&IDS[..], others].concat(), &expect);
    };
    check(
        &[
            ("x-datadog-sampling-priority", "1"),
            ("x-datadog-tags", "_dd.p.tid=4bf92f3577b34da6"),
        ],
        expect![[r#"
            4bf92f3577b34da6a3ce929d0e0e4736 00f067aa0ba902b7, sampled
        "#]],
    );
    check(
        &[
            ("x-datadog-sampling-priority", "-1"),
            ("x-datadog-origin", "a=b;c"),
            ("x-datadog-tags", "_dd.p.dm=-4,other=1, _dd.p.usr=YQ==,"),
        ],
        expect![[r#"
            0000000000000000a3ce929d0e0e4736 00f067aa0ba902b7, not sampled, dd=s:-1;o:a~b_c;t.dm:-4;t.usr:YQ~~
        "#]],
    );
    check(
        &[("x-datadog-sampling-priority", "2")],
        expect![[r#"
            0000000000000000a3ce929d0e0e4736 00f067aa0ba902b7, sampled, dd=s:2
        "#]],
    );
    check(
        &[],
        expect![[r#"
        0000000000000000a3ce929d0e0e4736 00f067aa0ba902b7, not decided
    "#]],
    );
    let long = "x".repeat(300);
    check(
        &[
            ("x-datadog-sampling-priority", "3"),
            (
                "x-datadog-tags",
                &format!("_dd.p.tid=4BF92F3577B34DA6,_dd.p.a={long},_dd.p.b=1"),
            ),
        ],
        expect![[r#"
            0000000000000000a3ce929d0e0e4736 00f067aa0ba902b7, not decided, dd=t.b:1
            x-datadog-tags: `_dd.p.tid` in `x-datadog-tags` has `B` at position 1; expected 16 lower-case hex digits
            x-datadog-sampling-priority: `x-datadog-sampling-priority` is `3`; expected -1, 0, 1 or 2
            x-datadog-tags: `x-datadog-tags` is more than is kept; expected up to 256 characters with the origin
        "#]],
    );
    let check = |headers: &[(&str, &str)], expect: Expect| {
        check_found(&DatadogPropagator, headers, &expect);
    };
    check(
        &[
            IDS[0],
            ("x-datadog-parent-id", "0"),
            ("x-datadog-sampling-priority", "1"),
        ],
        expect![[r#"
            start: 0000000000000000a3ce929d0e0e4736
            start: sampled
        "#]],
    );
    check(&[("x-datadog-sampling-priority", "1")], expect![[""]]);
    check(
        &IDS[1..],
        expect![[r#"
        x-datadog-trace-id: `x-datadog-trace-id` is missing; expected a decimal number of 64 bits, not 0
    "#]],
    );
    for (bad, said) in [
        ("0", "0"),
        ("+5", "+5"),
        ("18446744073709551616", "18446744073709551616"),
        ("a", "a"),
        ("", ""),
    ] {
        let found = DatadogPropagator.extract(&[("x-datadog-trace-id", bad), IDS[1]]);
        assert_eq!(found.context, None);
        assert_eq!(
            found.problems[0].to_string(),
            format!(
                "`x-datadog-trace-id` is `{said}`; expected a decimal number of 64 bits, not 0"
            )
        );
    }
    check_written(
        &DatadogPropagator,
        &expect![[r#"
            x-datadog-trace-id: 11803532876627986230
            x-datadog-parent-id: 67667974448284343
            x-datadog-sampling-priority: 1
            x-datadog-tags: _dd.p.tid=4bf92f3577b34da6

            x-datadog-trace-id: 11803532876627986230
            x-datadog-parent-id: 67667974448284343
            x-datadog-sampling-priority: 0
            x-datadog-tags: _dd.p.tid=4bf92f3577b34da6

            x-datadog-trace-id: 11803532876627986230
            x-datadog-parent-id: 67667974448284343
            x-datadog-sampling-priority: 1
            x-datadog-tags: _dd.p.tid=4bf92f3577b34da6

            x-datadog-trace-id: 11803532876627986230
            x-datadog-parent-id: 67667974448284343
            x-datadog-tags: _dd.p.tid=4bf92f3577b34da6
        "#]],
    );
}

#[test]
fn datadog_leaves_as_it_came_while_the_decision_is_the_same() {
    let mut context = TraceContext::new(TraceId::new(0xa).unwrap(), SpanId::new(0xb).unwrap());
    context
        .tracestate
        .insert(
            "dd",
            "s:2;p:1;o:rum;t.dm:-4;t.usr:YQ~~;t.tid:5759e988bd862e3f",
        )
        .unwrap();
    let headers = written(&DatadogPropagator, &context);
    expect![[r#"
        x-datadog-trace-id: 10
        x-datadog-parent-id: 11
        x-datadog-sampling-priority: 2
        x-datadog-origin: rum
        x-datadog-tags: _dd.p.dm=-4,_dd.p.usr=YQ==
    "#]]
    .assert_eq(&headers);
    context.flags = TraceFlags::NONE;
    let headers = written(&DatadogPropagator, &context);
    assert!(
        headers.contains("x-datadog-sampling-priority: 0\n"),
        "{headers}"
    );
    // There is no trace id whose low half is zero.
    context.trace_id = TraceId::new(1 << 64).unwrap();
    assert_eq!(written(&DatadogPropagator, &context), "");
}
