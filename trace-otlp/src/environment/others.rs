//! Checks variables that other code reads, and variables that are not supported, so that no
//! mistake in them is silent.

use trace_core::propagation::CompositePropagator;

use super::variables::Variables;

const PROPAGATORS: &str = "OTEL_PROPAGATORS";

/// Variables of the specification that are not read.
const NOT_READ: [&str; 3] = [
    "OTEL_CONFIG_FILE",
    "OTEL_EXPERIMENTAL_CONFIG_FILE",
    "OTEL_ENTITIES",
];

/// Checks the variables, and returns the list of propagators.
pub(super) fn read(variables: &mut Variables<'_>) -> Option<String> {
    for name in NOT_READ {
        if variables.text(name).is_some() {
            variables.warn(name, "is not read; the other variables count");
        }
    }
    // `trace_core::diagnostics` reads this variable before it writes its first line.
    let expected = "one of none, error, warn, info, debug";
    let levels = [
        "none", "off", "error", "fatal", "warn", "info", "debug", "trace", "verbose", "all",
    ];
    let _level = variables.parsed("OTEL_LOG_LEVEL", expected, |text| {
        let is_known = levels.iter().any(|level| level.eq_ignore_ascii_case(text));
        is_known.then_some(())
    });
    let names = variables.text(PROPAGATORS)?;
    for unknown in CompositePropagator::from_names(&names).1 {
        let unknown = trace_core::visible(&unknown, 200).into_owned();
        let problem = format!(
            "lists `{unknown}`, which is left out; expected some of tracecontext, baggage, b3, b3multi, jaeger, xray, datadog, xtrace, none"
        );
        variables.warn(PROPAGATORS, problem);
    }
    Some(names)
}
