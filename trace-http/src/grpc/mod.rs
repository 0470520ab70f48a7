//! What of gRPC is seen in requests and responses of HTTP.
//!
//! A request is a call if its content type says so, `application/grpc` or that of gRPC-Web, and
//! its path has a method. To a server, the response has to say so, too: callers may write what
//! they like, and without that it is a request of HTTP as any other. The first call of each
//! method has its tags of gRPC once the response is there; its sampler sees those of a request
//! and of a call.
//! The span of a call has the name of the method and these tags, and none of HTTP:
//!
//! | tag | value |
//! |---|---|
//! | `rpc.system.name` | `grpc` |
//! | `rpc.method` | `pkg.Service/Method`, which is also the name |
//! | `rpc.status_code` | `OK`, `NOT_FOUND`, ..: a call that does not say it is `UNKNOWN` |
//! | `error.type` | the code, where it is an error |
//! | `server.address`, `server.port` | of the server |
//!
//! The span ends with the stream. The status is in the trailers, in the head if there are no
//! messages, or in the last frame of gRPC-Web (its text form with the feature `tonic` alone).
//! What the error says is the description of the span's status.
//!
//! Which codes are errors differs by side. To a server these are: `UNKNOWN`,
//! `DEADLINE_EXCEEDED`, `UNIMPLEMENTED`, `INTERNAL`, `UNAVAILABLE` and `DATA_LOSS`; the others
//! are mistakes of its callers. To a client all but `OK` are. A server whose client leaves has
//! the code `CANCELLED`, and a span that is cancelled and no error.
//!
//! What callers ask a server for may be anything. So a method is known only after a server of
//! this process has answered a call of it in messages. Until then, a call that is answered by an
//! error without messages (`UNAUTHENTICATED`, `UNIMPLEMENTED`) has a span named `grpc`. Its
//! `rpc.method` is `_OTHER`, and `rpc.method_original` is the name that the caller sent. A call
//! without an answer, or with an answer that is not gRPC, is a request like any other. If the
//! handler panics, the span keeps the name. At most 2,048 names of up to 256 bytes are known,
//! routes and methods together.
//!
//! Owns the status codes, where they are found, and which method is called. Knows no
//! messages: bodies pass as they are.
//!
//! Source: OpenTelemetry semantic conventions 1.44, *gRPC*.

mod call;
mod code;
mod status;
mod web;

pub(crate) use call::{Format, method};
pub use code::Code;
pub(crate) use status::CallStatus;
