//! Who recorded the spans.

use std::sync::Arc;

use crate::tag::Tag;

/// Describes the service whose spans these are; in OpenTelemetry, too, a
/// *resource*.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Resource {
    /// The service, `service.name` on the wire.
    pub service_name: Arc<str>,
    /// Everything else, for example `service.version`; never `service.name`.
    #[cfg_attr(feature = "serde", serde(default))]
    pub tags: Vec<Tag>,
}

impl Resource {
    /// Makes a resource without further tags.
    pub fn new(service_name: impl Into<Arc<str>>) -> Self {
        Self {
            service_name: service_name.into(),
            tags: Vec::new(),
        }
    }
}
