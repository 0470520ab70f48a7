//! A visit of a span outside its scope, before it has recorded anything.
//!
//! Most visits record nothing. So entering a visit only writes these few fields to the stack.
//! A recording is made when the first entry has to be moved.

use std::sync::Arc;

use crate::record::trace::LocalTrace;
use crate::value::Baggage;

/// What a visit needs to make a recording. Most visits never do.
///
/// It does not keep the trace open. The visited span does, because it cannot end before the
/// visit.
#[derive(Debug)]
pub(in crate::record) struct Visiting {
    /// `None` if this is not a visit, or if the visit has a recording.
    pub(in crate::record) trace: Option<Arc<LocalTrace>>,
    pub(in crate::record) baggage: Baggage,
    /// See [`LocalTrace::order_of_visit`].
    pub(in crate::record) order: u32,
}

impl Visiting {
    /// The state of a scope that is not a visit.
    pub(in crate::record) const NONE: Self = Self {
        trace: None,
        baggage: Baggage::new(),
        order: 0,
    };
}
