//! The text of `tracestate`: what is read is written as the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use trace_core::TraceState;

fuzz_target!(|input: &[u8]| {
    let text = String::from_utf8_lossy(input);
    let Ok(state) = text.parse::<TraceState>() else {
        return;
    };
    assert!(state.len() <= 32 && state.as_str().len() <= 16_447);
    assert!(
        state
            .as_str()
            .bytes()
            .all(|byte| matches!(byte, b' '..=b'~'))
    );
    assert_eq!(state.as_str().parse::<TraceState>(), Ok(state));
});
