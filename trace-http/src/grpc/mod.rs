//! How gRPC calls appear in HTTP requests and responses.
//!
//! A request is a gRPC call if it is a `POST`, its content type is `application/grpc` or one
//! of gRPC-Web, and its path names a method. Callers can send any content type, so a server
//! also checks the content type of the response. If the response is not gRPC, the server
//! treats the request as a plain HTTP request.
//!
//! If a server does not know the method yet (see below), the gRPC tags are written when the
//! response arrives. The sampler of such a call sees both the tags of an HTTP request and
//! those of a gRPC call.
//!
//! The span of a call is named after the method. It has these tags instead of the HTTP tags:
//!
//! | tag | value |
//! |---|---|
//! | `rpc.system.name` | `grpc` |
//! | `rpc.method` | `pkg.Service/Method`, which is also the name of the span |
//! | `rpc.status_code` | `OK`, `NOT_FOUND`, ..; `UNKNOWN` if the response has no status |
//! | `error.type` | the status code, if it is an error |
//! | `server.address`, `server.port` | the host and the port of the server |
//! | `grpc.timeout` | the timeout that the caller has set, in seconds, by the option `record_grpc_timeout` of both layers |
//!
//! The span ends with the response stream. The status is in the trailers, in the head if there
//! are no messages, or in the last frame of gRPC-Web. The text form of gRPC-Web is only read
//! with the feature `tonic`. The message of an error, `grpc-message`, becomes the description
//! of the span's status.
//!
//! Servers and clients treat different codes as errors. For a server, the errors are
//! `UNKNOWN`, `DEADLINE_EXCEEDED`, `UNIMPLEMENTED`, `INTERNAL`, `UNAVAILABLE` and `DATA_LOSS`.
//! Other codes are mistakes of the caller. For a client, all codes except `OK` are errors. If
//! the client closes the stream early, the server span has the code `CANCELLED`. It ends as
//! cancelled, which is not an error.
//!
//! Callers can send any method name. So a method is known only after a server of this process
//! has answered a call to it with messages. Until then, a call that fails without messages,
//! such as with `UNAUTHENTICATED` or `UNIMPLEMENTED`, has a span named `grpc`. Its
//! `rpc.method` is `_OTHER`, and `rpc.method_original` is the name that the caller sent. A
//! call without a response, also because the handler panics, or with a response that is not
//! gRPC, is recorded as a plain HTTP request. The process keeps at most 2,048 names of up to 256
//! bytes, for routes and methods together.
//!
//! Owns the status codes, their place in a response, and the method of a call. It does not
//! decode messages, and bodies pass unchanged.
//!
//! Source: OpenTelemetry semantic conventions 1.44, *gRPC*.

mod call;
mod code;
mod status;
mod timeout;
mod web;

pub(crate) use call::{Format, method};
pub use code::Code;
pub(crate) use status::CallStatus;
pub(crate) use timeout::timeout;
