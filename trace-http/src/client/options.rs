//! The options of a client's layer.

use std::fmt;
use std::panic::Location;

use super::outgoing::Outgoing;
use crate::exchange::Reports;
use crate::hooks::Extras;
use crate::secret_names::SecretNames;

/// See [`ClientLayer`](super::ClientLayer), whose methods set these.
#[derive(Clone)]
pub(crate) struct Options {
    pub(crate) source: &'static Location<'static>,
    pub(super) outgoing: Outgoing,
    pub(super) ends_at_head: bool,
    pub(super) records_grpc_timeout: bool,
    pub(super) secrets: SecretNames,
    pub(super) reports: Reports,
    pub(super) extras: Extras,
}

impl Options {
    pub(crate) fn new(source: &'static Location<'static>) -> Self {
        Self {
            source,
            outgoing: Outgoing::default(),
            ends_at_head: false,
            records_grpc_timeout: false,
            secrets: SecretNames::default(),
            reports: Reports::default(),
            extras: Extras::default(),
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("source", &self.source)
            .field("context_to", &self.outgoing.context)
            .field("baggage_to", &self.outgoing.baggage)
            .field("ends_at_head", &self.ends_at_head)
            .finish_non_exhaustive()
    }
}
