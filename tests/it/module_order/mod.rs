//! Tests that dependencies within each library crate have one direction. Each module in
//! `lib.rs` uses only the modules listed before it, and files do not use each other in a
//! circle.

mod circles;
mod source;
mod tokens;

use std::path::Path;

use circles::circles;
use source::{Module, Source};

/// Returns the uses of a later module, each with its file.
fn against_the_order(source: &Source) -> Vec<String> {
    let place = |module: &Module| {
        let top = module.first()?;
        source.order.iter().position(|listed| listed == top)
    };
    let mut found = Vec::new();
    for (module, used) in source.uses() {
        let Some(own) = place(&module) else { continue };
        for used in used
            .iter()
            .filter(|used| place(used).is_some_and(|place| place > own))
        {
            let (file, used) = (source.file(&module), source.file(used));
            found.push(format!(
                "{file} uses {used}, of a module that is listed later"
            ));
        }
    }
    found
}

/// Returns each circle of files, with the uses between them.
fn circles_of_files(source: &Source) -> Vec<String> {
    let uses = source.uses();
    let circles = circles(&uses);
    let circles = circles.iter().map(|circle| {
        let lines = circle.iter().map(|module| {
            let used = uses[module].intersection(circle);
            let used: Vec<&str> = used.map(|used| source.file(used)).collect();
            format!("    {} uses {}\n", source.file(module), used.join(", "))
        });
        format!("a circle:\n{}", lines.collect::<String>())
    });
    circles.collect()
}

#[track_caller]
fn check(package: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .join(package);
    let source = Source::read(&root.join("src/lib.rs"));
    assert!(source.order.len() > 3, "{package} has no modules");
    let found = [against_the_order(&source), circles_of_files(&source)].concat();
    assert!(found.is_empty(), "in `{package}`:\n{}", found.join("\n"));
}

#[test]
fn trace_core_flows_one_way() {
    check("trace-core");
}

#[test]
fn trace_otlp_flows_one_way() {
    check("trace-otlp");
}

#[test]
fn trace_http_flows_one_way() {
    check("trace-http");
}

#[test]
fn trace_bridge_flows_one_way() {
    check("trace-bridge");
}

#[test]
fn trace_macros_flows_one_way() {
    check("trace-macros");
}

#[test]
fn at_the_root_are_folders() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../trace-core/src");
    let entries = std::fs::read_dir(root).unwrap();
    let entries: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    let (folders, files): (Vec<_>, Vec<_>) = entries.iter().partition(|path| path.is_dir());
    assert!(folders.len() <= 16, "{} folders", folders.len());
    assert_eq!(files.len(), 1, "only `lib.rs`: {files:?}");
}

#[test]
fn a_circle_made_on_purpose_is_found() {
    let texts = |leaf: &'static str| {
        [
            ("lib.rs", "mod low; mod high; pub use high::High;"),
            (
                "low/mod.rs",
                "mod leaf; mod other; pub(crate) use leaf::Leaf;",
            ),
            ("low/leaf.rs", leaf),
            ("low/other.rs", "use super::Leaf; pub struct Other(Leaf);"),
            ("high.rs", "use crate::low::Leaf; pub struct High(Leaf);"),
        ]
    };
    let found = |leaf| {
        let source = Source::of_texts(&texts(leaf));
        [against_the_order(&source), circles_of_files(&source)].concat()
    };
    assert_eq!(
        found("pub struct Leaf; #[cfg(test)] mod tests { use super::super::other::Other; }"),
        [""; 0]
    );
    let circle =
        "a circle:\n    low/leaf.rs uses low/other.rs\n    low/other.rs uses low/leaf.rs\n";
    for leaf in [
        "use super::other::Other; pub struct Leaf;",
        "pub struct Leaf(Box<super::other::Other>);",
        "pub struct Leaf; mod inner { use super::super::other::Other; }",
        "pub struct Leaf; macro_rules! make { () => { $crate::low::other::Other } }",
        "pub struct Leaf; fn f() { assert!(super::other::IS); }",
    ] {
        assert_eq!(found(leaf), [circle], "{leaf}");
    }
    let upwards = found("use crate::{High as Up}; pub struct Leaf;");
    assert_eq!(
        upwards[0],
        "low/leaf.rs uses high.rs, of a module that is listed later"
    );
    assert!(upwards[1].starts_with("a circle:\n    high.rs uses low/leaf.rs\n"));
}
