//! What the plain spans of one place in the source share, encoded once.

use trace_core::__private::Site;

use super::field::length;
use super::room::Block;
use super::value::pair;
use crate::facts;

/// What the plain spans of a site share.
pub(super) struct PlainSite {
    pub(super) name_and_kind: Block,
    /// For each key of the site, the beginning of a `KeyValue`: up to the length of the value.
    pub(super) keys: Box<[Block]>,
}

impl PlainSite {
    /// Makes the fields; `None` if the site's spans need a closer look, or have long names.
    pub(super) fn new(site: &'static Site, name_and_kind: &[u8]) -> Option<Self> {
        let keys = site.tag_keys().iter().map(|name| {
            // The facts depend on such tags.
            if facts::is_noted(name) || name.is_empty() {
                return None;
            }
            let mut begin = Vec::new();
            length(&mut begin, pair::KEY, name.len());
            begin.extend_from_slice(name.as_bytes());
            begin.push(pair::VALUE);
            Block::new(&begin)
        });
        Some(Self {
            name_and_kind: Block::new(name_and_kind)?,
            keys: keys.collect::<Option<_>>()?,
        })
    }
}
