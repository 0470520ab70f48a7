//! The layer of servers.

mod attributes;
mod bodies;
mod hyper;
mod panics;
mod routes;
mod upgrades;
