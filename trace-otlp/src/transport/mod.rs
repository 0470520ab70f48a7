//! Sends one request over one connection, and says what came back.
//!
//! Knows protocols, TLS, proxies and compression. Does not decide what an answer means, or when
//! to try again: `export` does.

mod compression;
mod exchange;
#[cfg(feature = "grpc")]
pub(crate) mod grpc;
#[cfg(feature = "http")]
pub(crate) mod http;
mod message_fields;
#[cfg(feature = "http")]
mod proxy;
#[cfg(feature = "http")]
mod reason;
mod retry_after;
#[cfg(feature = "tls")]
pub(crate) mod tls;

pub use compression::Compression;
pub(crate) use compression::{Compressor, MissingCompression};
pub(crate) use exchange::{
    AnswerForm, BodyProblem, ConnectOptions, Request, Response, SendError, SendFailure, Status,
    Transport,
};
pub(crate) use message_fields::{Fields, Value};
