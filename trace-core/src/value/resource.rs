//! The service that recorded the spans.

use std::sync::Arc;

#[cfg(feature = "serde")]
use super::serialized::fields;
use super::tag::Tag;

/// Describes the service that recorded the spans. OpenTelemetry has the same name for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    /// The service, `service.name` on the wire.
    pub service_name: Arc<str>,
    /// Everything else, for example `service.version`, but not `service.name`.
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
