//! What the attributes accept, and what they say about what they do not.
//!
//! `TRYBUILD=overwrite cargo test -p trace-tests --test ui` writes the expected
//! messages; read the diff.

#[test]
fn ui() {
    let cases = trybuild::TestCases::new();
    cases.pass("ui/pass/*.rs");
    cases.compile_fail("ui/fail/*.rs");
}
