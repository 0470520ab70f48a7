//! Calls of gRPC, over tonic.

mod server;
mod shop;
mod web;
