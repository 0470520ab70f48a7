//! The attributes of `trace-core`.
