//! Plain values: the parts of a span, the context that travels between services, and the text
//! forms of both.
//!
//! Nothing here depends on tracers, threads or clocks. The only access to the process is
//! [`environment`], which reads a variable.

pub(crate) mod environment;
pub(crate) mod hex;
#[cfg(feature = "serde")]
pub(crate) mod serialized;
pub(crate) mod visible;

pub(crate) mod baggage;
mod context;
pub mod conventions;
mod id;
pub(crate) mod limits;
pub mod redaction;
mod resource;
mod span_kind;
mod span_record;
mod status_ref;
mod tag;
mod tag_source;
mod timestamp;
pub(crate) mod tracestate;

pub use baggage::{Baggage, InvalidBaggage};
pub use context::{TraceContext, TraceFlags};
pub use id::{ParseIdError, SpanId, TraceId};
pub use limits::Limits;
pub use resource::Resource;
pub use span_kind::SpanKind;
pub use span_record::{DroppedItems, Link, Log, Outcome, Source, SpanRecord, Status};
pub use status_ref::StatusRef;
pub use tag::{Tag, TagArray, TagRef, TagValue};
pub use tag_source::{DebugTag, DisplayTag, TagInput, TagSource, debug, display};
pub use timestamp::Timestamp;
pub use tracestate::{InvalidTraceStateEntry, ParseTraceStateError, TraceState};
pub use visible::visible;
