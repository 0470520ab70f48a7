//! The layer of servers.

mod attributes;
mod bodies;
mod hyper;
mod panics;
mod raw;
mod routes;
mod upgrades;
