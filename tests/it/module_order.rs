//! Inside each library crate the modules form a line: each uses only those that
//! `lib.rs` lists before it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The modules of a crate in the order of `lib.rs`, and which others each uses.
struct Modules {
    order: Vec<String>,
    uses: BTreeMap<String, BTreeSet<String>>,
}

impl Modules {
    fn of(package: &str) -> Self {
        let source = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("..")
            .join(package);
        let source = source.join("src");
        let root = code(&source.join("lib.rs"));
        let order = listed(&root);
        let names = reexports(&root);
        let mut uses = BTreeMap::new();
        for (module, files) in &order {
            let mut used = BTreeSet::new();
            for (depth, file) in files_of(&source.join(files)) {
                let text = code(&file);
                let paths = paths_after(&text, "crate::")
                    .into_iter()
                    .chain(paths_after(&text, &"super::".repeat(depth)));
                used.extend(paths.map(|name| names.get(&name).cloned().unwrap_or(name)));
            }
            used.remove(module);
            uses.insert(module.clone(), used);
        }
        let order: Vec<String> = order.into_iter().map(|(module, _)| module).collect();
        for used in uses.values_mut() {
            used.retain(|name| order.contains(name));
        }
        Self { order, uses }
    }

    /// Returns which module uses a later one.
    fn against_the_order(&self) -> Vec<String> {
        let mut found = Vec::new();
        for (position, module) in self.order.iter().enumerate() {
            for used in &self.uses[module] {
                if !self.order[..position].contains(used) {
                    found.push(format!("`{module}` uses `{used}`, which is listed later"));
                }
            }
        }
        found
    }

    /// Returns an order in which each uses only earlier ones, as near to the listed
    /// one as can be, and then what is left: modules on circles, or above them.
    fn sorted(&self) -> (Vec<&str>, Vec<&str>) {
        let mut left: Vec<&str> = self.order.iter().map(String::as_str).collect();
        let mut sorted: Vec<&str> = Vec::new();
        let is_next = |sorted: &[&str], module: &str| {
            self.uses[module]
                .iter()
                .all(|used| sorted.contains(&&**used))
        };
        while let Some(position) = left.iter().position(|module| is_next(&sorted, module)) {
            sorted.push(left.remove(position));
        }
        (sorted, left)
    }
}

/// Returns the modules that `lib.rs` lists and where their files are.
fn listed(root: &str) -> Vec<(String, String)> {
    let mut path = None;
    let mut modules = Vec::new();
    for line in root.lines() {
        let line = line.trim();
        if let Some(attribute) = line.strip_prefix("#[path = \"") {
            path = attribute.split(['/', '"']).next();
        }
        let line = line
            .trim_start_matches("pub(crate) ")
            .trim_start_matches("pub ");
        if let Some(name) = line
            .strip_prefix("mod ")
            .and_then(|name| name.strip_suffix(';'))
        {
            let files = path.take().unwrap_or(name);
            modules.push((name.to_owned(), files.to_owned()));
        }
    }
    modules
}

/// Returns the module of each name that `lib.rs` exports.
fn reexports(root: &str) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for statement in root.split(';') {
        let Some((_, path)) = statement.split_once("pub use ") else {
            continue;
        };
        let Some((module, exported)) = path.split_once("::") else {
            continue;
        };
        let exported = exported.split(|c: char| !(c.is_alphanumeric() || c == '_'));
        for name in exported.filter(|name| !name.is_empty()) {
            names.insert(name.to_owned(), module.to_owned());
        }
    }
    names
}

/// Returns the files of a module, each with the number of `super`s to the root.
fn files_of(module: &Path) -> Vec<(usize, PathBuf)> {
    let file = module.with_extension("rs");
    if file.exists() {
        return vec![(1, file)];
    }
    let mut files = Vec::new();
    let mut folders = vec![(2, module.to_owned())];
    while let Some((depth, folder)) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let is_test = ["tests", "tests.rs", "loom_models.rs"]
                .iter()
                .any(|test| path.ends_with(test));
            if is_test {
                continue;
            } else if path.is_dir() {
                folders.push((depth + 1, path));
            } else if path.ends_with("mod.rs") {
                files.push((depth - 1, path));
            } else {
                files.push((depth, path));
            }
        }
    }
    files
}

/// Reads a file without comments and without its unit tests, which may use what
/// they like.
fn code(file: &Path) -> String {
    let text = std::fs::read_to_string(file).unwrap();
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap();
    let lines = text.lines().map(|line| line.split("//").next().unwrap());
    lines.map(|line| format!("{line}\n")).collect()
}

/// Returns the first name of each path that begins with `start`, or, where braces
/// follow, of each path in them.
fn paths_after(text: &str, start: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (position, _) in text.match_indices(start) {
        let before = text[..position].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || "_:$".contains(c)) {
            continue;
        }
        let rest = &text[position + start.len()..];
        match rest.strip_prefix('{') {
            Some(group) => names.extend(first_names(group)),
            None => names.extend(first_name(rest)),
        }
    }
    names
}

fn first_names(group: &str) -> Vec<String> {
    let mut names = Vec::from_iter(first_name(group));
    let mut depth = 1;
    for (position, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => names.extend(first_name(&group[position + 1..])),
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    names
}

fn first_name(path: &str) -> Option<String> {
    let path = path.trim_start();
    let name = path
        .split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .next()?;
    (!name.is_empty()).then(|| name.to_owned())
}

fn check(package: &str) {
    let modules = Modules::of(package);
    let found = modules.against_the_order();
    let (sorted, left) = modules.sorted();
    assert!(
        found.is_empty(),
        "in `{package}`:\n  {}\na line: {}\non circles or above: {}",
        found.join("\n  "),
        sorted.join(" "),
        left.join(" "),
    );
}

#[test]
fn the_modules_of_trace_core_form_a_line() {
    check("trace-core");
}

#[test]
fn the_modules_of_trace_otlp_form_a_line() {
    check("trace-otlp");
}

#[test]
fn the_modules_of_trace_macros_form_a_line() {
    check("trace-macros");
}

#[test]
fn paths_are_found() {
    let text = "use crate::{a::{b, c}, d, e::*};\nfn f(g: crate::h::I) -> $crate::j { super::k() }";
    assert_eq!(paths_after(text, "crate::"), ["a", "d", "e", "h"]);
    assert_eq!(paths_after(text, "super::"), ["k"]);
    assert_eq!(paths_after("use super::super::l;", "super::"), ["super"]);
    assert_eq!(paths_after("use super::super::l;", "super::super::"), ["l"]);
    let names = reexports("mod a;\npub use a::{B,\nC as D};\npub use e::f;");
    assert_eq!(names["C"], "a");
    assert_eq!(names["f"], "e");
}
