//! OTLP/JSON for `trace-core`.
