//! `#[traced_test]` finds its test attribute, or brings one.

use trace_core::traced_test;

#[traced_test]
fn plain() {}

#[traced_test]
async fn asynchronous() -> Result<(), String> {
    Ok(())
}

#[tokio::test]
#[traced_test]
async fn below() {}

#[traced_test]
#[tokio::test]
async fn above() -> Result<(), std::fmt::Error> {
    Ok(())
}

#[test]
#[traced_test]
fn with_result() -> Result<(), String> {
    Ok(())
}

fn main() {}
