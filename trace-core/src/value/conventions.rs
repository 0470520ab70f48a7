//! Keys and values with a fixed meaning, which this crate writes or reads.
//!
//! Those of OpenTelemetry are of its semantic conventions 1.44, *Attributes registry*, unless
//! another source is named. Use them rather than texts of your own: other programs look for
//! them.
//!
//! ```
//! use trace_core::conventions::{ERROR_TYPE, SERVICE_VERSION};
//! use trace_core::{Tracer, span};
//!
//! let tracer = Tracer::builder("shop").tag(SERVICE_VERSION, "1.2").on_demand().build()?;
//! tracer.root("charge").run_sync(|| span::add_tag(ERROR_TYPE, "timeout"));
//! # Ok::<(), trace_core::BuildError>(())
//! ```

/// Name of the service, which is a field of its own here.
pub const SERVICE_NAME: &str = "service.name";

/// Version of the service, a tag of the resource.
pub const SERVICE_VERSION: &str = "service.version";

/// Name of a service that does not say its own.
pub const UNKNOWN_SERVICE: &str = "unknown_service";

/// What kind of error a failed span had: the type of the error, or [`PANIC`].
pub const ERROR_TYPE: &str = "error.type";

/// The value of [`ERROR_TYPE`] where the body panicked. Not of OpenTelemetry.
pub const PANIC: &str = "panic";

/// Whether the body was dropped before its end: a tag that is `true`. Not of OpenTelemetry.
pub const CANCELLED: &str = "cancelled";

/// The message of a log that is an error.
///
/// Source: OpenTelemetry semantic conventions, *Exceptions on spans*.
pub const EXCEPTION: &str = "exception";

/// The type of the error, a field of a log that is one.
pub const EXCEPTION_TYPE: &str = "exception.type";

/// What the error says, a field of a log that is one.
pub const EXCEPTION_MESSAGE: &str = "exception.message";

/// The file in which a span was opened, which is a field of its own here.
pub const CODE_FILE_PATH: &str = "code.file.path";

/// The line in which a span was opened, from 1 on.
pub const CODE_LINE_NUMBER: &str = "code.line.number";

/// The library that wrote a span, where it is another one than this.
///
/// Source: OpenTelemetry specification, *Mapping to non-OTLP formats*.
pub const OTEL_SCOPE_NAME: &str = "otel.scope.name";

/// The version of the library that wrote a span.
pub const OTEL_SCOPE_VERSION: &str = "otel.scope.version";
