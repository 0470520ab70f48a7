//! Finds modules that use each other, directly or indirectly.

use std::collections::{BTreeMap, BTreeSet};

use super::source::Module;

/// Returns each group of modules that all depend on each other.
pub(super) fn circles(uses: &BTreeMap<Module, BTreeSet<Module>>) -> Vec<BTreeSet<Module>> {
    let reached: BTreeMap<&Module, BTreeSet<&Module>> = uses
        .keys()
        .map(|module| (module, reach(uses, module)))
        .collect();
    let mut circles: Vec<BTreeSet<Module>> = Vec::new();
    for module in uses.keys() {
        let others = reached[module].iter();
        let circle: BTreeSet<Module> = others
            .filter(|other| reached[*other].contains(module))
            .map(|other| (*other).clone())
            .collect();
        if !circle.is_empty() && !circles.contains(&circle) {
            circles.push(circle);
        }
    }
    circles
}

/// Returns all modules that a module uses, directly or indirectly. Includes the module itself
/// if it is on a circle.
fn reach<'a>(
    uses: &'a BTreeMap<Module, BTreeSet<Module>>,
    from: &'a Module,
) -> BTreeSet<&'a Module> {
    let mut reached = BTreeSet::new();
    let mut next: Vec<&Module> = uses[from].iter().collect();
    while let Some(module) = next.pop() {
        if reached.insert(module) {
            next.extend(uses.get(module).into_iter().flatten());
        }
    }
    reached
}
