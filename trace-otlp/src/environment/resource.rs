//! `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES`: what the environment says about the
//! service.

use trace_core::Tag;
use trace_core::conventions::SERVICE_NAME;

use super::list;
use super::variables::Variables;

const ATTRIBUTES: &str = "OTEL_RESOURCE_ATTRIBUTES";

/// Returns the name of the service, if the environment has one, and the other attributes.
pub(super) fn read(variables: &mut Variables<'_>) -> (Option<String>, Vec<Tag>) {
    let mut name = None;
    let mut tags: Vec<Tag> = Vec::new();
    for (key, value) in attributes(variables) {
        if key == SERVICE_NAME {
            name = Some(value).filter(|name| !name.is_empty());
            continue;
        }
        // The last one counts, as in a map.
        tags.retain(|tag| tag.key != key);
        tags.push(Tag::new(key, value));
    }
    (variables.text("OTEL_SERVICE_NAME").or(name), tags)
}

/// Reads the list. A list with a mistake is ignored as a whole, as the specification requires.
fn attributes(variables: &mut Variables<'_>) -> Vec<(String, String)> {
    let Some(list) = variables.text(ATTRIBUTES) else {
        return Vec::new();
    };
    let attributes = list::entries(&list).map(|entry| {
        let (key, value) = list::pair(entry)?;
        let key = list::percent_decoded(key).filter(|key| !key.is_empty());
        Some((key?, list::percent_decoded(value)?))
    });
    // A value may be secret, so the warning says where the mistake is, and does not show it.
    let mut read = Vec::new();
    for (attribute, number) in attributes.zip(1..) {
        match attribute {
            Some(attribute) => read.push(attribute),
            None => {
                let problem = format!(
                    "has an entry {number} that is no `key=value` in percent-encoding; the whole list counts as not set"
                );
                variables.warn(ATTRIBUTES, problem);
                return Vec::new();
            }
        }
    }
    read
}
