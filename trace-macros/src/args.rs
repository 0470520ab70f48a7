//! The arguments of the attributes, as they are written.
//!
//! Each argument is one row of a table. The reader takes them in any order, reports
//! each mistake at its token, and continues after the next comma.

mod arguments;
mod commas;
mod errors;
mod known_arguments;
mod reader;
mod tags;
mod values;

pub(crate) use arguments::Args;
pub(crate) use errors::Errors;
pub(crate) use tags::{TagArg, TagForm};
pub(crate) use values::ErrArg;
