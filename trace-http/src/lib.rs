//! HTTP and gRPC for `trace-core`, on both ends: layers whose spans end with the body, and
//! contexts in headers.
//!
//! - [`server()`] is a layer for axum, tonic and hyper: one span a request. [`route()`] is a
//!   helper for the inside of a router.
//! - [`client()`] is a layer for hyper-util's client and tonic's channel: one span an attempt,
//!   and the context to the hosts that may have it. [`ResendCount`] counts attempts,
//!   [`capture()`] is for what is behind a buffer.
//! - `SendTraced` sends requests of reqwest, and `ConnectionExecutor` runs connections of hyper.
//! - [`extract`] and [`inject`] read and write the headers of a request.
//! - [`TracedBody`] is a body whose end is the end of a span: both layers make it.
//!
//! Of the crates for HTTP it knows version 1 of `http` and `http-body`, and none of older
//! ones.
//!
//! # When the span of an exchange ends
//!
//! | what happens | outcome |
//! |---|---|
//! | the body is at its end: a last frame, trailers, all announced bytes, or empty at the head | ok, or error by the status |
//! | there is no body: `HEAD`, 204, 304, an upgrade (101, `CONNECT`) | the same, at the head |
//! | the body has an error | error |
//! | the body, or the future of the response, is dropped before | cancelled, with the bytes that were given so far |
//! | a client drops a body of which it has asked for nothing | ok, or error by the status |
//! | the handler or the body panics | panicked |
//!
//! # Features
//!
//! `axum`, `tonic`, `reqwest` and `hyper-util` add what these crates have of their own. None
//! is on by default, and none is needed for the layers.

#![forbid(unsafe_code)]

pub mod conventions;

mod carrier;
mod heads;
mod host;
mod method;
mod names;
mod panics;
mod peer;
mod percent;
mod redact;
mod route;

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
pub use route::Route;
pub use route_layer::{RouteLayer, RouteService, route};
pub use server::{PeerAddress, ServerFuture, ServerLayer, ServerService, server};
