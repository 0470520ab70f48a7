//! The layer of servers.

mod attributes;
mod bodies;
mod panics;
mod routes;
mod upgrades;
