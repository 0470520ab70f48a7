//! Random functions do the same with the attributes as without.
//!
//! Each is written twice into a program, which runs both in many ways and compares
//! what they touch, drop, return and throw, in which order. `RANDOM_FUNCTIONS` sets how
//! many there are, for each edition, and `RANDOM_SEED` which.

mod function;
mod random;
mod statements;

use std::path::Path;

use trace_programs::{Package, run};

use function::Function;
use random::Random;

const MANIFEST: &str = include_str!("../sources/random.toml");
const HARNESS: &str = include_str!("../sources/random.rs");

#[test]
fn edition_2021() {
    check("2021");
}

#[test]
fn edition_2024() {
    check("2024");
}

fn check(edition: &str) {
    let count = number("RANDOM_FUNCTIONS").unwrap_or(150);
    let seed = number("RANDOM_SEED").unwrap_or(1);
    let source = program(seed.wrapping_add(number_of(edition)), count);
    let manifest = MANIFEST.replace("EDITION", edition);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let files = [
        ("Cargo.toml", &*manifest),
        ("src/main.rs", HARNESS),
        ("src/functions.rs", &*source),
    ];
    let package = folder.join(format!("random-{edition}"));
    let package = Package::write(&package, &folder.join("random"), &files);
    let printed = run(&package.build("random", "dev", ""));
    assert!(
        printed.contains(&format!("{count} functions are the same\n")),
        "{printed}"
    );
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test is given nothing but its environment"
)]
fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

fn number_of(edition: &str) -> u64 {
    edition.parse().unwrap()
}

/// Writes `count` functions twice, and a table of both.
fn program(seed: u64, count: u64) -> String {
    let mut random = Random::new(seed);
    let functions: Vec<Function> = (0..count)
        .map(|index| Function::new(&mut random, index))
        .collect();
    let mut source = "use crate::*;\n\n".to_owned();
    for (module, is_traced) in [("plain", false), ("with_span", true)] {
        source += &format!("pub mod {module} {{\n    use crate::*;\n\n");
        source += "    pub struct S(pub D);\n\n";
        for function in &functions {
            source += &function.write(is_traced);
        }
        source += "}\n\n";
    }
    source += &format!("pub const CASES: [Case; {count}] = [\n");
    for function in &functions {
        let [plain, traced] = ["plain", "with_span"].map(|module| function.call(module));
        source +=
            &format!("    Case {{\n        plain: {plain},\n        traced: {traced},\n    }},\n");
    }
    source + "];\n"
}
