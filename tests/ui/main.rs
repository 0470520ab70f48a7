//! What the attributes accept, and what they say about what they do not.
//!
//! `TRYBUILD=overwrite cargo test -p trace-ui-tests` writes the expected
//! messages; read the diff.

#[test]
fn ui() {
    let cases = trybuild::TestCases::new();
    cases.pass("pass/*.rs");
    cases.compile_fail("fail/*.rs");
}
