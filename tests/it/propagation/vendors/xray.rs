//! The header of AWS X-Ray.

use super::*;

#[test]
fn xray() {
    let check = |value: &str, expect: Expect| {
        check_found(&XrayPropagator, &[("X-Amzn-Trace-Id", value)], &expect);
    };
    let root = "Root=1-5759e988-bd862e3fe1be46a994272793";
    check(
        &format!("{root};Parent=53995c3f42cd8ad8;Sampled=1;Lineage=25:3d2f"),
        expect![[r#"
            5759e988bd862e3fe1be46a994272793 53995c3f42cd8ad8, sampled
        "#]],
    );
    check(
        &format!(
            "Sampled=0 ; Self=1-67891234-12456789abcdef012345678a;parent=53995C3F42CD8AD8; {root}"
        ),
        expect![[r#"
            5759e988bd862e3fe1be46a994272793 53995c3f42cd8ad8, not sampled
        "#]],
    );
    for undecided in ["", ";Sampled=?", ";Sampled="] {
        check(
            &format!("{root};Parent=53995c3f42cd8ad8{undecided}"),
            expect![[r#"
                5759e988bd862e3fe1be46a994272793 53995c3f42cd8ad8, not decided
            "#]],
        );
    }
    check(
        root,
        expect![[r#"
        start: 5759e988bd862e3fe1be46a994272793
    "#]],
    );
    check(
        &format!("{root};Parent=;Sampled=1"),
        expect![[r#"
        start: 5759e988bd862e3fe1be46a994272793
        start: sampled
    "#]],
    );
    check(
        &format!("{root};Parent=53995c3f42cd8ad8;Sampled=2"),
        expect![[r#"
            5759e988bd862e3fe1be46a994272793 53995c3f42cd8ad8, not decided
            x-amzn-trace-id: `Sampled` in `x-amzn-trace-id` is `2`; expected `0`, `1` or `?`
        "#]],
    );
    check(
        "Self=1-67891234-12456789abcdef012345678a",
        expect![[r#"
        x-amzn-trace-id: `Root` in `x-amzn-trace-id` is missing; expected `1-{8 hex digits}-{24 hex digits}`, not all 0
    "#]],
    );
    check(
        "Root=2-5759e988-bd862e3fe1be46a994272793",
        expect![[r#"
        x-amzn-trace-id: `Root` in `x-amzn-trace-id` is `2-5759e988-bd862e3fe1be46a994272793`; expected `1-{8 hex digits}-{24 hex digits}`, not all 0
    "#]],
    );
    check(
        &format!("{root};Parent=1"),
        expect![[r#"
        x-amzn-trace-id: `Parent` in `x-amzn-trace-id` has 1 characters; expected 16 hex digits, not all 0
    "#]],
    );
    check_written(
        &XrayPropagator,
        &expect![[r#"
            x-amzn-trace-id: Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Parent=00f067aa0ba902b7;Sampled=1

            x-amzn-trace-id: Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Parent=00f067aa0ba902b7;Sampled=0

            x-amzn-trace-id: Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Parent=00f067aa0ba902b7;Sampled=1

            x-amzn-trace-id: Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Parent=00f067aa0ba902b7
        "#]],
    );
}
