//! What a process has once: its clocks, its random bits, its end, its forks and its locks.
//!
//! Nothing here knows about spans.

pub(crate) mod caught;
pub(crate) mod clock;
pub(crate) mod exit;
pub(crate) mod fork;
pub(crate) mod id_generator;
pub(crate) mod maps;
pub(crate) mod sync;
