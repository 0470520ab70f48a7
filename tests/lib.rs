//! Integration tests of the workspace; see `it/`.
//!
//! The code in the project's README is tested from here.

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
