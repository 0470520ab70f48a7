//! Runs the services and checks them from outside.
//!
//! This folder has the load, servers, processes, checks and reports, which differ in a real
//! application. The code for tracing is in the folder above.

pub mod app;
pub mod calls;
pub mod check;
pub mod child;
pub mod failure;
pub mod fate;
pub mod in_process;
pub mod load;
pub mod message;
pub mod options;
pub mod processes;
pub mod report;
pub mod run;
pub mod running;
pub mod screen;
pub mod story;
pub mod table;
#[cfg(test)]
mod tests;
pub mod trees;
