//! Tests of `tracestate`: entries and their order. `propagation` tests the grammar.

use trace_core::TraceState;

#[test]
fn a_changed_entry_moves_to_the_front() {
    let mut state: TraceState = "rojo=1,congo=2,foo=3".parse().unwrap();
    let before = state.clone();
    state.insert("foo", "4").unwrap();
    assert_eq!(state.as_str(), "foo=4,rojo=1,congo=2");
    assert_eq!(state.remove("rojo"), Some("1".to_owned()));
    assert_eq!(state.remove("rojo"), None);
    assert_eq!(
        state.iter().collect::<Vec<_>>(),
        [("foo", "4"), ("congo", "2")]
    );
    assert_eq!(before.as_str(), "rojo=1,congo=2,foo=3");
}

#[test]
fn the_33rd_entry_pushes_out_the_last() {
    let mut state = TraceState::new();
    for number in 0..33 {
        state.insert(&format!("key{number}"), "1").unwrap();
    }
    assert_eq!(state.len(), 32);
    assert_eq!(state.get("key0"), None);
    assert_eq!(state.iter().next(), Some(("key32", "1")));
    state.insert("key1", "2").unwrap();
    assert_eq!(state.len(), 32);
    assert_eq!(state.iter().next(), Some(("key1", "2")));
}

#[test]
fn emptied_state_equals_empty_state() {
    let mut state: TraceState = "rojo=1".parse().unwrap();
    state.remove("rojo");
    assert_eq!(state, TraceState::new());
    assert_eq!(" ,\t,".parse(), Ok(TraceState::new()));
    assert_eq!((state.is_empty(), state.len()), (true, 0));
}

#[test]
fn what_could_not_be_sent_is_refused() {
    let mut state: TraceState = "rojo=1".parse().unwrap();
    let mut error = |key, value| state.insert(key, value).unwrap_err().to_string();
    assert_eq!(
        error("Rojo", "1"),
        "key of a `tracestate` entry has `R` at position 0; \
         expected 1 to 256 of `a-z 0-9 _ - * / @`, the first a letter or a digit"
    );
    assert_eq!(
        error("rojo", "a,b"),
        "value of a `tracestate` entry has `,` at position 1; \
         expected 1 to 256 printable ASCII characters but `,` and `=`, the last no space"
    );
    assert_eq!(
        error("rojo", " "),
        "value of a `tracestate` entry ends with a space; \
         expected 1 to 256 printable ASCII characters but `,` and `=`, the last no space"
    );
    assert!(error("", "1").starts_with("key of a `tracestate` entry has 0 characters;"));
    assert_eq!(state.as_str(), "rojo=1");
}

#[test]
fn json_is_the_header() {
    let state: TraceState = "rojo=1, congo=2".parse().unwrap();
    assert_eq!(
        serde_json::to_string(&state).unwrap(),
        r#""rojo=1,congo=2""#
    );
    assert_eq!(
        serde_json::from_str::<TraceState>(r#""rojo=1,congo=2""#).unwrap(),
        state
    );
    assert_eq!(
        serde_json::from_str::<TraceState>(r#""""#).unwrap(),
        TraceState::new()
    );
    assert!(serde_json::from_str::<TraceState>(r#""rojo""#).is_err());
}
