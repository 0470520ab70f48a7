//! Tests of the attributes: they add spans and change nothing else.

mod arguments;
mod auto_traits;
mod blocks;
mod called;
mod concurrency;
mod documentation;
mod errors;
mod held_arguments;
mod named_futures;
mod not_recorded;
mod origins;
mod panics;
mod recording;
mod returned_values;
mod shapes;
mod sizes;
mod streams;
mod traced_tests;
mod unchanged;

pub(crate) use recording::{check, records};
