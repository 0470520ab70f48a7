//! Keys and values with a fixed meaning, which this crate writes or reads.
//!
//! Unless another source is named, they come from OpenTelemetry's semantic conventions 1.44,
//! *Attributes registry*. Use these constants, not your own strings: other programs look for
//! exactly these keys.
//!
//! ```
//! use trace_core::conventions::{ERROR_TYPE, SERVICE_VERSION};
//! use trace_core::{Tracer, span};
//!
//! let tracer = Tracer::builder("shop").tag(SERVICE_VERSION, "1.2").on_demand().build()?;
//! tracer.root("charge").run_sync(|| span::add_tag(ERROR_TYPE, "timeout"));
//! # Ok::<(), trace_core::BuildError>(())
//! ```

/// The name of the service. In this crate it is a field, not a tag.
pub const SERVICE_NAME: &str = "service.name";

/// The version of the service, a tag of the resource.
pub const SERVICE_VERSION: &str = "service.version";

/// The service name that is used if none is given.
pub const UNKNOWN_SERVICE: &str = "unknown_service";

/// Why a span failed: the type of the error, or [`PANIC`].
pub const ERROR_TYPE: &str = "error.type";

/// The value of [`ERROR_TYPE`] if the body panicked. OpenTelemetry does not define this value.
pub const PANIC: &str = "panic";

/// A tag with the value `true`, added if the body was dropped before it finished.
/// OpenTelemetry does not define this key.
pub const CANCELLED: &str = "cancelled";

/// The message of a log that records an error.
///
/// Source: OpenTelemetry semantic conventions, *Exceptions on spans*.
pub const EXCEPTION: &str = "exception";

/// The type of the error, a field of an [`EXCEPTION`] log.
pub const EXCEPTION_TYPE: &str = "exception.type";

/// The text of the error, a field of an [`EXCEPTION`] log.
pub const EXCEPTION_MESSAGE: &str = "exception.message";

/// The file in which a span was opened. In this crate it is a field, not a tag.
pub const CODE_FILE_PATH: &str = "code.file.path";

/// The line in which a span was opened, counted from 1.
pub const CODE_LINE_NUMBER: &str = "code.line.number";

/// The library that wrote a span, if it was not this crate.
///
/// Source: OpenTelemetry specification, *Mapping to non-OTLP formats*.
pub const OTEL_SCOPE_NAME: &str = "otel.scope.name";

/// The version of the library that wrote a span.
pub const OTEL_SCOPE_VERSION: &str = "otel.scope.version";
