//! Keeps each service name in memory once, for all traces of a collector.

use std::sync::Arc;

use super::allocation::{shared_bytes, table_bytes};
use crate::process::maps::HashSet;

/// The names that all traces share.
///
/// Bounded. A name is never removed, so a trace can check later whether it shares a name.
#[derive(Debug, Default)]
pub(super) struct ServiceNames {
    names: HashSet<Arc<str>>,
    bytes: usize,
    /// The name of the previous span, because the next span usually has the same name.
    last: Option<Arc<str>>,
}

impl ServiceNames {
    /// The maximum number of bytes of all names, enough for a thousand long ones. If every
    /// span has its own name by mistake, it does not matter which names are shared.
    const MAX_BYTES: usize = 64 * 1024;

    /// Replaces a name by the shared copy. Adds a new name if there is room. All names take at
    /// most 1/64 of `max_bytes`.
    pub(super) fn share(&mut self, name: &mut Arc<str>, max_bytes: usize) {
        let last = self.last.as_ref().filter(|last| *last == name);
        if let Some(known) = last.or_else(|| self.names.get(name)) {
            if !Arc::ptr_eq(known, name) {
                *name = Arc::clone(known);
            }
        } else {
            let bytes = self.bytes + shared_bytes(name);
            if bytes > Self::MAX_BYTES.min(max_bytes / 64) {
                return;
            }
            self.bytes = bytes;
            self.names.insert(Arc::clone(name));
        }
        self.last = Some(Arc::clone(name));
    }

    /// Returns whether this is a shared name, by its address.
    pub(super) fn has(&self, name: &Arc<str>) -> bool {
        let is_it = |known: &Arc<str>| Arc::ptr_eq(known, name);
        self.last.as_ref().is_some_and(is_it) || self.names.get(name).is_some_and(is_it)
    }

    /// Returns the memory of all shared names, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes + table_bytes(self.names.capacity(), size_of::<Arc<str>>())
    }
}
