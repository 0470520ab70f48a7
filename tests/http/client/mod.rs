//! Clients: what is recorded of their calls, and what is sent.

mod attributes;
mod bodies;
mod connections;
mod failures;
mod reqwest;
mod sent;
pub mod wire;
