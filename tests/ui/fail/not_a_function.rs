use trace_core::{trace_root, traced, traced_test};

#[traced]
struct Struct;

#[trace_root]
pub enum Enum {}

#[traced_test]
impl Struct {}

#[traced]
unsafe trait Trait {}

#[traced]
mod module {}

#[traced]
const CONSTANT: u32 = 1;

#[traced]
static STATIC: u32 = CONSTANT;

#[traced]
type Alias = Struct;

#[traced]
use std::fmt;

fn main() {
    let _: Alias = Struct;
    let _: fmt::Result = Ok(());
    let _ = STATIC;
}
