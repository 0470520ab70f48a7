//! Basics for the whole process: clocks, random bits, exit, forks and locks.
//!
//! Nothing here knows about spans.

pub(crate) mod caught;
pub(crate) mod clock;
pub(crate) mod exit;
pub(crate) mod fork;
pub(crate) mod id_generator;
pub(crate) mod maps;
pub(crate) mod sync;
