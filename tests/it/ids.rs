//! Tests of ids: conversion to text and back, and that they are never zero.

use trace_core::{SpanId, TraceId};

#[test]
fn text_of_an_id_is_read_back() {
    for value in [1, 0xab, u64::MAX] {
        let span = SpanId::new(value).unwrap();
        assert_eq!(span.to_string().parse(), Ok(span));
        let trace = TraceId::new(u128::from(value) << 64).unwrap();
        assert_eq!(trace.to_string().parse(), Ok(trace));
        assert_eq!(TraceId::from_bytes(trace.to_bytes()), Some(trace));
    }
}

#[test]
fn what_is_no_id_is_refused_with_its_place() {
    let error = |text: &str| text.parse::<SpanId>().unwrap_err().to_string();
    assert_eq!(
        error("00f067aa0ba902bG"),
        "span id has `G` at position 15; expected 16 lower-case hex digits"
    );
    assert_eq!(
        error("00F067AA0BA902B7"),
        "span id has `F` at position 2; expected 16 lower-case hex digits"
    );
    assert_eq!(
        error("ééééé"),
        "span id has 5 characters; expected 16 lower-case hex digits"
    );
    assert_eq!(SpanId::new(0), None);
    assert_eq!(TraceId::from_bytes([0; 16]), None);
}
