//! The workspace's integration tests: one binary, one module for each area.

mod ids;
mod recorder;
