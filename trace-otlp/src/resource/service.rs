//! Identifies the instance of a service, and the library that records it.

use trace_core::Tag;

use super::machine::Machine;
use crate::conventions::{SCOPE_NAME, SCOPE_VERSION, resource_key as key};

/// Detects `telemetry.sdk.*` and `service.instance.id`.
pub(super) fn detect(_machine: &Machine<'_>) -> Vec<Tag> {
    let instance = uuid(trace_core::__private::instance_bits());
    vec![
        Tag::new(key::TELEMETRY_SDK_NAME, SCOPE_NAME),
        Tag::new(key::TELEMETRY_SDK_LANGUAGE, "rust"),
        Tag::new(key::TELEMETRY_SDK_VERSION, SCOPE_VERSION),
        Tag::new(key::SERVICE_INSTANCE_ID, instance),
    ]
}

/// Makes a UUID of version 4 from random bits.
///
/// Source: RFC 9562, *UUID Version 4*.
fn uuid(bits: u128) -> String {
    const VERSION: u128 = 0xf << 76;
    const VARIANT: u128 = 0b11 << 62;
    let bits = bits & !VERSION & !VARIANT | 0x4 << 76 | 0b10 << 62;
    let mut text = format!("{bits:032x}");
    for place in [20, 16, 12, 8] {
        text.insert(place, '-');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_has_a_uuid_of_version_4() {
        assert_eq!(uuid(0), "00000000-0000-4000-8000-000000000000");
        assert_eq!(uuid(u128::MAX), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    }

    #[test]
    fn a_process_is_one_instance() {
        let instance = || detect(&Machine::nowhere()).pop();
        assert_eq!(instance(), instance());
        assert_ne!(trace_core::__private::instance_bits(), 0);
    }
}
