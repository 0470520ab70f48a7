//! `OTEL_TRACES_EXPORTER`: a list of the places to which spans go.
//!
//! Source: OpenTelemetry specification, *Environment Variable Specification*, "Exporter
//! Selection".

use super::features::Features;
use super::list;
use super::variables::Variables;

const EXPORTER: &str = "OTEL_TRACES_EXPORTER";
const KNOWN: &str = "otlp, console, otlp/stdout, none";

/// Where spans go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exporter {
    Otlp,
    Console,
    /// OTLP/JSON lines on standard output.
    JsonLines,
}

/// Reads the list, each exporter once. By default spans go to `otlp`. An empty list is
/// `none`.
pub(super) fn read_exporters(variables: &mut Variables<'_>, features: Features) -> Vec<Exporter> {
    let text = variables.text(EXPORTER).unwrap_or_default();
    let mut exporters = Vec::new();
    let (mut is_none, mut missing) = (false, Vec::new());
    for name in list::entries(&text) {
        let exporter = match name.to_ascii_lowercase().as_str() {
            "otlp" => Exporter::Otlp,
            "console" => Exporter::Console,
            "otlp/stdout" => Exporter::JsonLines,
            "none" => {
                is_none = true;
                continue;
            }
            _ => {
                missing.push(name);
                continue;
            }
        };
        if !exporters.contains(&exporter) {
            exporters.push(exporter);
        }
    }
    for name in missing {
        let name = trace_core::visible(name, 200);
        let problem = format!("lists `{name}`, which is left out; expected some of {KNOWN}");
        variables.warn(EXPORTER, problem);
    }
    if is_none && !exporters.is_empty() {
        let problem = "lists `none` beside others; the others count";
        variables.warn(EXPORTER, problem);
    }
    if exporters.is_empty() && !is_none {
        exporters.push(Exporter::Otlp);
    }
    without_missing(variables, features, exporters)
}

/// Removes exporters that this build does not have.
fn without_missing(
    variables: &mut Variables<'_>,
    features: Features,
    mut exporters: Vec<Exporter>,
) -> Vec<Exporter> {
    let missing = [
        (
            Exporter::Otlp,
            "otlp",
            "http` or `grpc",
            features.default_protocol().is_none(),
        ),
        (Exporter::JsonLines, "otlp/stdout", "json", !features.json),
    ];
    for (exporter, name, feature, is_missing) in missing {
        if is_missing && exporters.contains(&exporter) {
            exporters.retain(|other| *other != exporter);
            let problem = format!(
                "means `{name}`, which needs the feature `{feature}` of `trace-otlp`; it is left out"
            );
            variables.warn(EXPORTER, problem);
        }
    }
    exporters
}
