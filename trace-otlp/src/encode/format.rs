//! The forms in which OTLP is written.

/// A form of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// `application/x-protobuf`.
    Protobuf,
    /// `application/json`.
    #[cfg(feature = "json")]
    #[cfg_attr(
        not(any(feature = "grpc", feature = "http", test)),
        expect(dead_code, reason = "the exporter sends it")
    )]
    Json,
}
