//! What is said by programs that are built in another way than the workspace.

use std::path::Path;
use std::process::Command;

use trace_programs::Package;

/// Runs a program; returns what it says on the standard error.
fn said(program: &Path, level: Option<&str>) -> String {
    let mut program = Command::new(program);
    program.env_remove("OTEL_LOG_LEVEL").env_remove("NEXTEST");
    if let Some(level) = level {
        program.env("OTEL_LOG_LEVEL", level);
    }
    let output = program.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

fn package() -> Package {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let files = [
        ("Cargo.toml", include_str!("sources/off.toml")),
        ("src/bin/said.rs", include_str!("sources/said.rs")),
    ];
    Package::write(&folder.join("said"), &folder.join("off"), &files)
}

#[test]
fn a_program_without_recording_says_so() {
    let line = "trace-core: the tracer at src/bin/said.rs:8 records nothing, as `trace-core` is built without its feature `record`: write `features = [\"record\"]` in the application's `Cargo.toml`\n";
    assert_eq!(said(&package().build("said", "dev", ""), None), line);
    let release = package().build("said", "release", "");
    assert_eq!(said(&release, None), "");
    assert_eq!(said(&release, Some("warn")), line);
}

/// What was lost at the end is said, the rest if it is asked for; the doctor knows both, by
/// flags, and by counts while it is armed.
#[test]
fn a_release_build_says_what_was_lost() {
    let release = package().build("said", "release", "record");
    let doctor = "outside: called at least once outside of any trace\n\
                  unsampled: not sampled at least once by the sampler\n\
                  outside: called 3 times outside of any trace\n\
                  unsampled: not sampled 3 times by the sampler\n";
    let doctor = doctor.repeat(2);
    let lost = "trace-core: 1 span lost: 1 still open\n";
    assert_eq!(said(&release, None), format!("{doctor}{lost}"));
    assert_eq!(said(&release, Some("none")), doctor);
    let asked = said(&release, Some("info"));
    assert!(
        asked.contains("trace-core: `outside` (src/bin/said.rs:"),
        "{asked}"
    );
    assert!(asked.ends_with(lost), "{asked}");
}
