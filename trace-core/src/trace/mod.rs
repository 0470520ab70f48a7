//! Whole traces: assembled from spans of any number of processes, and shown as text.

pub(crate) mod assemble;
pub(crate) mod view;
