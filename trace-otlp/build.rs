//! Passes the compiler's version to the crate, for `process.runtime.version`.

use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    #[expect(clippy::disallowed_methods, reason = "cargo tells it in no other way")]
    let compiler = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(compiler).arg("--version").output();
    let text = output.map_or_else(
        |_| String::new(),
        |output| String::from_utf8_lossy(&output.stdout).into_owned(),
    );
    // `rustc 1.88.0 (6b00bc388 2025-06-23)`
    let version = text.split_whitespace().nth(1).unwrap_or_default();
    println!("cargo::rustc-env=TRACE_OTLP_RUSTC={version}");
}
