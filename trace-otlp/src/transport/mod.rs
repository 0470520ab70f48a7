//! Sends one request over one connection, and returns the answer.
//!
//! Knows protocols, TLS, proxies and compression. `export` decides what an answer means, and
//! when to try again.

mod compression;
mod exchange;
#[cfg(feature = "grpc")]
pub(crate) mod grpc;
#[cfg(feature = "http")]
pub(crate) mod http;
mod message_fields;
mod pieces;
#[cfg(feature = "http")]
mod proxy;
#[cfg(feature = "http")]
mod reason;
#[cfg(feature = "http")]
mod resolver;
mod retry_after;
#[cfg(feature = "tls")]
pub(crate) mod tls;
#[cfg(feature = "tls")]
mod tls_error;

pub use compression::Compression;
pub(crate) use compression::{Compressor, MissingCompression};
pub(crate) use exchange::{
    AnswerForm, BodyProblem, ConnectOptions, Request, Response, SendError, SendFailure, Status,
    Transport,
};
pub(crate) use message_fields::{Fields, Value};
