//! The service that recorded the spans.

use std::sync::Arc;

#[cfg(feature = "serde")]
use super::serialized::fields;
use super::tag::Tag;

/// Describes the service that recorded the spans. OpenTelemetry uses the same name.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    /// The service, `service.name` on the wire.
    pub service_name: Arc<str>,
    /// All other tags, for example `service.version`. Does not contain `service.name`.
    pub tags: Vec<Tag>,
}

#[cfg(feature = "serde")]
fields!(Resource {
    service_name,
    tags = default,
});

impl Resource {
    /// Makes a resource without tags.
    pub fn new(service_name: impl Into<Arc<str>>) -> Self {
        Self {
            service_name: service_name.into(),
            tags: Vec::new(),
        }
    }
}
