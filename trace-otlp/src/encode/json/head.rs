//! Writes the resource and the scope, which come before the spans.

use serde::ser::{Serialize, SerializeMap, Serializer};
use trace_core::TagRef;

use super::forms::{List, Text, object};
use super::value::{Attribute, Texts};
use crate::conventions::key;
use crate::encode::group::{ResourceOf, ScopeOf};

/// Writes the value of `resource`.
pub(in crate::encode) fn resource(out: &mut Vec<u8>, resource: ResourceOf<'_>) {
    // Writing to memory does not fail.
    drop(serde_json::to_writer(out, &resource));
}

/// Writes the value of `scope`.
pub(in crate::encode) fn scope(out: &mut Vec<u8>, scope: ScopeOf<'_>) {
    drop(serde_json::to_writer(out, &scope));
}

impl Serialize for ResourceOf<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let attributes = List(|| {
            let name = Attribute(key::SERVICE_NAME, TagRef::Str(self.service));
            std::iter::once(name).chain(self.tags().map(Attribute::from_tag))
        });
        object(serializer, |map| {
            map.serialize_entry("attributes", &attributes)
        })
    }
}

impl Serialize for ScopeOf<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object(serializer, |map| {
            map.serialize_entry("name", self.id.name)?;
            if !self.id.version.is_empty() {
                map.serialize_entry("version", self.id.version)?;
            }
            if self.reports_ends || self.reports.is_some() {
                map.serialize_entry("attributes", &Reports(self))?;
            }
            Ok(())
        })
    }
}

/// The attributes of a scope.
struct Reports<'a>(&'a ScopeOf<'a>);

impl Serialize for Reports<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeSeq;

        let Self(scope) = self;
        let mut list = serializer.serialize_seq(None)?;
        if scope.reports_ends {
            list.serialize_element(&Attribute(key::REPORTS_ENDS, TagRef::Bool(true)))?;
        }
        if let Some(reports) = scope.reports {
            if !reports.ended.is_empty() {
                let traces = || reports.ended.iter().map(Text);
                list.serialize_element(&Texts(key::ENDED_TRACES, List(traces)))?;
            }
            if !reports.losses.is_empty() {
                let losses = || reports.losses.iter();
                list.serialize_element(&Texts(key::LOST_SPANS, List(losses)))?;
            }
        }
        list.end()
    }
}
