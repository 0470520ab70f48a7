//! A visit of a span away from its scope, before it has recorded anything.
//!
//! Most visits record nothing. So to enter one writes these few fields to the stack, and a
//! recording is made only when the first entry has to be moved.

use std::sync::Arc;

use crate::record::trace::LocalTrace;
use crate::value::Baggage;

/// What a visit will record with, if it records; most do not.
///
/// It does not hold the trace open: the visited span does, as it cannot end before the visit
/// does.
#[derive(Debug)]
pub(in crate::record) struct Visiting {
    /// `None` if this is no visit, or one that has a recording.
    pub(in crate::record) trace: Option<Arc<LocalTrace>>,
    pub(in crate::record) baggage: Baggage,
    /// See [`LocalTrace::order_of_visit`].
    pub(in crate::record) order: u32,
}

impl Visiting {
    /// No visit.
    pub(in crate::record) const NONE: Self = Self {
        trace: None,
        baggage: Baggage::new(),
        order: 0,
    };
}
