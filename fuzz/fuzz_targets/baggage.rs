//! The text of `baggage`: what is read has its limits, and is written as the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use trace_core::Baggage;

fuzz_target!(|input: &[u8]| {
    let text = String::from_utf8_lossy(input);
    let (baggage, errors) = Baggage::from_header(&text);
    let members = text
        .split(',')
        .filter(|member| !member.trim_matches([' ', '\t']).is_empty());
    assert!(baggage.len() <= members.count().min(Baggage::MAX_ENTRIES));
    assert!(errors.len() <= 65);
    let written = baggage.to_header();
    assert!(written.len() <= Baggage::MAX_HEADER_BYTES);
    assert!(written.bytes().all(|byte| matches!(byte, b'!'..=b'~')));
    let (again, errors) = Baggage::from_header(&written);
    assert_eq!((again, errors), (baggage, Vec::new()));
});
