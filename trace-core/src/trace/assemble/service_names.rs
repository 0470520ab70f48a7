//! Names of services, each once in memory.

use std::sync::Arc;

use super::allocation::{shared_bytes, table_bytes};
use crate::process::maps::HashSet;

/// Names that all traces share, however often they come. Bounded; none is ever forgotten,
/// so that a trace may ask later whether it shared one.
#[derive(Debug, Default)]
pub(super) struct ServiceNames {
    names: HashSet<Arc<str>>,
    bytes: usize,
    /// The one that came last, as it mostly comes again.
    last: Option<Arc<str>>,
}

impl ServiceNames {
    /// Most bytes of all names: a thousand that are not short. Where each span has its own,
    /// as one that is made of a request, it makes no difference which are here.
    const MAX_BYTES: usize = 64 * 1024;

    /// Makes a name the one that all traces share, if there is room for it within this part
    /// of what is given.
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

    /// Whether it is one that all traces share.
    pub(super) fn has(&self, name: &Arc<str>) -> bool {
        let is_it = |known: &Arc<str>| Arc::ptr_eq(known, name);
        self.last.as_ref().is_some_and(is_it) || self.names.get(name).is_some_and(is_it)
    }

    /// What all of them take.
    pub(super) fn bytes(&self) -> usize {
        self.bytes + table_bytes(self.names.capacity(), size_of::<Arc<str>>())
    }
}
