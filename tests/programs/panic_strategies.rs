//! Programs that unwind and programs that abort record the same.

use std::path::Path;
use std::process::Command;

use trace_programs::{Package, run};

#[test]
fn both_strategies_record() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let files = [
        ("Cargo.toml", include_str!("sources/panic_strategies.toml")),
        ("src/main.rs", include_str!("sources/panic_strategies.rs")),
    ];
    let (package, target) = (folder.join("panic-strategies"), folder.join("strategies"));
    let package = Package::write(&package, &target, &files);
    let [unwinds, aborts] =
        ["dev", "abort"].map(|profile| package.build("panic-strategies", profile, ""));
    let printed = run(&unwinds);
    let recorded = printed.strip_prefix("unwind\n");
    assert!(
        recorded.is_some_and(|text| text.contains("error: order 7")),
        "{printed}"
    );
    assert!(printed.ends_with("7 started, 7 delivered\n"), "{printed}");
    assert_eq!(run(&aborts).strip_prefix("abort\n"), recorded);

    // A panic in a span does what it does elsewhere.
    let code = |program| {
        Command::new(program)
            .arg("panic")
            .output()
            .unwrap()
            .status
            .code()
    };
    assert_eq!(code(&unwinds), Some(101));
    assert_ne!(code(&aborts), Some(101));
}
