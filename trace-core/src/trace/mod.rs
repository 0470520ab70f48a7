//! Assembles traces from spans of any number of processes, and shows them as text.

pub(crate) mod assemble;
pub(crate) mod view;
