//! HTTP and gRPC for `trace-core`, for servers and clients. Spans end with the body, and headers
//! carry contexts.
//!
//! - [`server()`] is a layer for axum, tonic and hyper, with one span for each request.
//!   [`route()`] is a helper for the inside of a router.
//! - [`client()`] is a layer for hyper-util's client and tonic's channel, with one span for
//!   each attempt. It sends the context to the hosts that you allow; by default, to all.
//!   [`ResendCount`] counts attempts, and [`capture()`] passes the context through a buffer.
//! - `SendTraced` sends requests of reqwest, and `ConnectionExecutor` runs connections of hyper.
//! - [`extract`] and [`inject`] read and write the headers of a request.
//! - [`TracedBody`] is a body that ends a span when it ends. Both layers return it. Errors of
//!   services and bodies must implement [`RecordedError`].
//!
//! This crate works with version 1 of `http` and `http-body`, and not with older versions.
//!
//! The variable `OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS` lists the methods that are recorded by
//! their names; see [`HTTP_REQUEST_METHOD`](conventions::HTTP_REQUEST_METHOD).
//!
//! # When the span of an exchange ends
//!
//! | what happens | outcome |
//! |---|---|
//! | the body ends: with its last frame, its trailers or its last announced byte, or at the head if it is empty | ok, or error, depending on the status |
//! | there is no body: `HEAD`, 204, 304, an upgrade (101, `CONNECT`) | the same, at the head |
//! | the body returns an error, or a server's body is shorter or longer than announced | error |
//! | the body, or the future of the response, is dropped before the end | cancelled; for a body, with the number of bytes so far |
//! | a client drops a body that it never polled | ok, or error, depending on the status |
//! | the handler or the body panics | panicked |
//! | other code panics and drops the future or the body, such as the code that reads the body | cancelled |
//!
//! # Features
//!
//! `axum`, `tonic`, `reqwest` and `hyper-util` add support for types of these crates. With
//! `tonic-server`, the address of the other end is known from tonic's server. No feature is on
//! by default, and the layers need none.

#![forbid(unsafe_code)]

pub mod conventions;

mod carrier;
mod heads;
mod host;
mod mark;
mod method;
mod names;
mod panics;
mod peer;
mod percent;
mod recorded_error;
mod redact;
mod route;
mod secret_names;

mod captured;
mod failure;
mod hooks;

mod around;
mod capture;
#[cfg(feature = "hyper-util")]
mod executor;
mod route_layer;

pub mod grpc;

mod expected;
mod side;
mod undecided;

mod exchange;

mod body;

mod client;
#[cfg(feature = "reqwest")]
mod reqwest;
mod server;

#[cfg(feature = "reqwest")]
pub use self::reqwest::{SendTraced, TracedSend};
pub use body::TracedBody;
pub use capture::{CaptureLayer, CaptureService, capture};
pub use carrier::{HeaderExtractor, HeaderInjector, extract, inject};
#[cfg(feature = "tonic")]
pub use carrier::{MetadataExtractor, MetadataInjector};
pub use client::{ClientFuture, ClientLayer, ClientService, ResendCount, client};
#[cfg(feature = "hyper-util")]
pub use executor::ConnectionExecutor;
pub use heads::{RequestHead, ResponseHead};
pub use recorded_error::RecordedError;
pub use route::Route;
pub use route_layer::{RouteLayer, RouteService, route};
pub use server::{PeerAddress, ServerFuture, ServerLayer, ServerService, server};
