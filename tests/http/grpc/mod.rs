//! Calls of gRPC, over tonic.

mod client;
mod server;
mod shop;
mod web;
