//! Lists of propagators, and what they make of headers of any name.

#![no_main]

use libfuzzer_sys::fuzz_target;
use trace_core::propagation::{CompositePropagator, Propagator};

fuzz_target!(|input: &[u8]| {
    let end = input.iter().position(|byte| *byte == 0).unwrap_or(0);
    let (names, headers) = input.split_at(end);
    let (propagator, unknown) = CompositePropagator::from_names(&String::from_utf8_lossy(names));
    assert!(unknown.iter().all(|name| !name.trim().is_empty()));
    let headers: Vec<(String, &[u8])> = headers
        .split(|byte| *byte == 0)
        .filter_map(|pair| {
            let end = pair.iter().position(|byte| *byte == b'=')?;
            let name = String::from_utf8_lossy(&pair[..end]).into_owned();
            Some((name, &pair[end + 1..]))
        })
        .collect();
    let found = propagator.extract(&headers);
    if let Some(context) = &found.context {
        assert_eq!(found.start, <_>::default());
        let mut sent = Vec::<(String, String)>::new();
        propagator.inject(context, &mut sent);
        assert!(
            sent.iter()
                .all(|(_, value)| value.bytes().all(|byte| matches!(byte, b' '..=b'~')))
        );
    }
});
