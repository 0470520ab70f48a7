//! Reads the files of a crate, and the uses between them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemMod, ItemUse, Macro, UseTree, Visibility};

use super::tokens::paths_in_tokens;

/// The path of a module from the root of the crate. The path of the root is empty.
pub(super) type Module = Vec<String>;

/// The modules of a crate that have their own file, and the modules that each of them uses.
#[derive(Debug, Default)]
pub(super) struct Source {
    /// The modules that the root lists, in order.
    pub(super) order: Vec<String>,
    files: BTreeMap<Module, File>,
}

#[derive(Debug, Default)]
struct File {
    name: String,
    /// The paths in this module, as written.
    paths: BTreeSet<Vec<String>>,
    /// The names that this module imports, with their paths.
    exports: BTreeMap<String, Vec<String>>,
}

impl Source {
    /// Reads a crate from its root, without its tests.
    pub(super) fn read(root: &Path) -> Self {
        let folder = root.parent().unwrap();
        let mut source = Self::default();
        source.add(&Module::new(), root, folder, &|path| {
            std::fs::read_to_string(path).ok()
        });
        source
    }

    /// Makes a crate from texts with file names.
    pub(super) fn of_texts(texts: &[(&str, &str)]) -> Self {
        let mut source = Self::default();
        let read = |path: &Path| {
            let text = texts.iter().find(|(name, _)| Path::new(name) == path);
            text.map(|(_, text)| (*text).to_owned())
        };
        source.add(&Module::new(), Path::new("lib.rs"), Path::new(""), &read);
        source
    }

    fn add(
        &mut self,
        module: &Module,
        path: &Path,
        folder: &Path,
        read: &dyn Fn(&Path) -> Option<String>,
    ) {
        let text = read(path).unwrap_or_else(|| panic!("{} is not there", path.display()));
        let items = syn::parse_file(&text).unwrap().items;
        let mut visitor = Visitor::default();
        items.iter().for_each(|item| visitor.visit_item(item));
        let name = path.display().to_string();
        let name = name.rsplit("/src/").next().unwrap_or(&name).to_owned();
        let file = File {
            name,
            paths: visitor.paths,
            exports: visitor.exports,
        };
        self.files.insert(module.clone(), file);
        for (name, written) in visitor.children {
            if module.is_empty() {
                self.order.push(name.clone());
            }
            let below = folder.join(&name);
            let written = written.map(|path| folder.join(path));
            let places = [
                written,
                Some(below.with_extension("rs")),
                Some(below.join("mod.rs")),
            ];
            let file = places
                .into_iter()
                .flatten()
                .find(|file| read(file).is_some());
            let file: PathBuf = file.unwrap_or_else(|| panic!("no file of `{name}`"));
            let child = [&module[..], &[name]].concat();
            self.add(&child, &file, &below, read);
        }
    }

    /// Returns the name of a module's file.
    pub(super) fn file(&self, module: &Module) -> &str {
        &self.files[module].name
    }

    /// Returns the modules that each module uses. Follows re-exports.
    pub(super) fn uses(&self) -> BTreeMap<Module, BTreeSet<Module>> {
        let uses = self.files.iter().map(|(module, file)| {
            let used = file.paths.iter().map(|path| self.home_of(module, path, 0));
            (module.clone(), used.filter(|used| used != module).collect())
        });
        uses.collect()
    }

    /// Returns the module that defines the item of a path.
    fn home_of(&self, from: &Module, path: &[String], depth: u32) -> Module {
        let mut module = from.clone();
        let mut names = path.iter().peekable();
        while let Some(name) = names.peek() {
            match name.as_str() {
                "crate" => module.clear(),
                "self" => {}
                "super" => drop(module.pop()),
                _ => break,
            }
            names.next();
        }
        while let Some(name) = names.peek() {
            let below = [&module[..], &[(*name).clone()]].concat();
            if !self.files.contains_key(&below) {
                break;
            }
            module = below;
            names.next();
        }
        let Some(name) = names.next() else {
            return module;
        };
        let exports = self.files.get(&module).map(|file| &file.exports);
        match exports.and_then(|exports| exports.get(name)) {
            // Names may be re-exported in a circle by mistake.
            Some(path) if depth < 8 => self.home_of(&module, path, depth + 1),
            _ => module,
        }
    }
}

/// Collects the paths in a file.
#[derive(Debug, Default)]
struct Visitor {
    /// Modules with their own file, and its path if it is written.
    children: Vec<(String, Option<String>)>,
    paths: BTreeSet<Vec<String>>,
    exports: BTreeMap<String, Vec<String>>,
}

impl Visitor {
    fn add(&mut self, path: Vec<String>) {
        let first = path.first().map(String::as_str);
        if matches!(first, Some("crate" | "super" | "self")) && path.len() > 1 {
            self.paths.insert(path);
        }
    }
}

impl<'a> Visit<'a> for Visitor {
    fn visit_item(&mut self, item: &'a Item) {
        if !is_test(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, module: &'a ItemMod) {
        if module.content.is_none() {
            let name = module.ident.to_string();
            self.children.push((name, written_path(&module.attrs)));
        } else {
            // The `super` of the inner module is this file.
            let mut inner = Self::default();
            visit::visit_item_mod(&mut inner, module);
            let paths = inner.paths.into_iter().filter_map(|mut path| {
                if path[0] == "super" {
                    path.remove(0);
                }
                matches!(path[0].as_str(), "crate" | "super").then_some(path)
            });
            self.paths.extend(paths);
        }
    }

    fn visit_item_use(&mut self, item: &'a ItemUse) {
        let is_private = matches!(item.vis, Visibility::Inherited);
        for (name, mut path) in leaves(&item.tree, Vec::new()) {
            if !matches!(path[0].as_str(), "crate" | "super" | "self") {
                // The path begins in a child module or in another crate.
                path.insert(0, "self".to_owned());
            }
            if is_private {
                self.add(path);
            } else {
                self.exports.insert(name, path);
            }
        }
    }

    fn visit_path(&mut self, path: &'a syn::Path) {
        let names = path.segments.iter();
        self.add(names.map(|segment| segment.ident.to_string()).collect());
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'a Macro) {
        for path in paths_in_tokens(call.tokens.clone()) {
            self.add(path);
        }
        visit::visit_macro(self, call);
    }
}

/// Returns the names that a `use` imports, each with its path.
fn leaves(tree: &UseTree, before: Vec<String>) -> Vec<(String, Vec<String>)> {
    let with = |name: &syn::Ident| [&before[..], &[name.to_string()]].concat();
    match tree {
        UseTree::Path(path) => leaves(&path.tree, with(&path.ident)),
        UseTree::Name(name) if name.ident == "self" => {
            vec![(before.last().cloned().unwrap_or_default(), before)]
        }
        UseTree::Name(name) => vec![(name.ident.to_string(), with(&name.ident))],
        UseTree::Rename(name) => vec![(name.rename.to_string(), with(&name.ident))],
        UseTree::Glob(_) => vec![("*".to_owned(), before)],
        UseTree::Group(group) => {
            let items = group.items.iter();
            items
                .flat_map(|item| leaves(item, before.clone()))
                .collect()
        }
    }
}

/// Returns the path in `#[path = ".."]`.
fn written_path(attributes: &[Attribute]) -> Option<String> {
    let path = attributes.iter().find(|one| one.path().is_ident("path"))?;
    let value = &path.meta.require_name_value().ok()?.value;
    match value {
        syn::Expr::Lit(literal) => match &literal.lit {
            syn::Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

/// Returns whether an item exists only in tests, which may use any module.
fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|one| {
        let tokens = one.meta.require_list().map(|list| list.tokens.to_string());
        one.path().is_ident("cfg")
            && tokens.is_ok_and(|tokens| {
                tokens == "test"
                    || tokens.starts_with("all (test")
                    || tokens.starts_with("all(test")
            })
    })
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Mod(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Const(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        _ => &[],
    }
}
