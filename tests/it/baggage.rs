//! Tests of baggage: entries, limits, copies.

use trace_core::Baggage;

#[test]
fn a_change_does_not_reach_clones() {
    let mut ours = Baggage::from_iter([("a", "1"), ("b", "2")]);
    let theirs = ours.clone();
    ours.insert("a", "changed").unwrap();
    assert_eq!(ours.remove("b"), Some("2".to_owned()));
    assert_eq!(ours.remove("b"), None);
    assert_eq!(ours.iter().collect::<Vec<_>>(), [("a", "changed")]);
    assert_eq!(theirs.iter().collect::<Vec<_>>(), [("a", "1"), ("b", "2")]);
}

#[test]
fn emptied_baggage_equals_empty_baggage() {
    let mut baggage = Baggage::from_iter([("a", "1")]);
    assert_eq!((baggage.len(), baggage.is_empty()), (1, false));
    baggage.remove("a");
    assert_eq!((baggage.len(), baggage.is_empty()), (0, true));
    assert_eq!(baggage, Baggage::new());
    assert_eq!(baggage.to_header(), "");
}

#[test]
fn a_new_value_keeps_the_place_and_loses_the_metadata() {
    let mut baggage = Baggage::new();
    baggage
        .insert_with_metadata("a", "1", "ttl = 5 ; internal")
        .unwrap();
    baggage.insert("b", "2").unwrap();
    assert_eq!(baggage.metadata("a"), Some("ttl=5;internal"));
    assert_eq!(baggage.metadata("b"), None);
    assert_eq!(baggage.insert("a", "3").unwrap(), Some("1".to_owned()));
    assert_eq!(baggage.to_header(), "a=3,b=2");
}

#[test]
fn what_could_not_be_sent_is_refused() {
    let mut baggage = Baggage::new();
    let mut error = |key: &str, value: &str, metadata: &str| {
        let error = baggage.insert_with_metadata(key, value, metadata);
        error.unwrap_err().to_string()
    };
    assert_eq!(
        error("", "1", ""),
        "baggage key is empty; expected letters, digits, and !#$%&'*+-.^_`|~"
    );
    assert_eq!(
        error("a\nb", "1", ""),
        "baggage key `a\\nb` has `\\n` at position 1; \
         expected letters, digits, and !#$%&'*+-.^_`|~"
    );
    assert_eq!(
        error("a", "1", "ttl=5,b=2"),
        "baggage metadata has `ttl=5,b=2`; expected `key` or `key=value`"
    );
    // Each of these characters takes nine bytes.
    assert_eq!(
        error("a", &"€".repeat(911), ""),
        "baggage needs a header of 8201 bytes; expected up to 8192"
    );
    assert!(baggage.is_empty());

    for number in 0..Baggage::MAX_ENTRIES {
        baggage.insert(format!("key{number}"), "").unwrap();
    }
    assert_eq!(
        baggage.insert("one", "more").unwrap_err().to_string(),
        "baggage has 64 entries; expected up to 64"
    );
    assert_eq!(
        baggage.insert("key0", "changed").unwrap(),
        Some(String::new())
    );
}

#[test]
fn the_limit_is_that_of_the_header_as_it_is_sent() {
    let mut baggage = Baggage::new();
    baggage
        .insert_with_metadata("a", "é".repeat(600), "ttl=1")
        .unwrap();
    let rest = Baggage::MAX_HEADER_BYTES - baggage.to_header().len() - ",b=".len();
    assert!(baggage.insert("b", "x".repeat(rest + 1)).is_err());
    baggage.insert("b", "x".repeat(rest)).unwrap();
    assert_eq!(baggage.to_header().len(), Baggage::MAX_HEADER_BYTES);
}

#[test]
fn collecting_leaves_out_what_is_refused() {
    let baggage = Baggage::from_iter([("good", "1"), ("not good", "2")]);
    assert_eq!(baggage.to_header(), "good=1");
}

#[test]
fn json_is_a_list_of_entries() {
    let mut baggage = Baggage::from_iter([("tenant", "Amélie")]);
    baggage
        .insert_with_metadata("plan", "pro", "ttl=1")
        .unwrap();
    let json = serde_json::to_string(&baggage).unwrap();
    assert_eq!(
        json,
        r#"[{"key":"tenant","value":"Amélie"},{"key":"plan","value":"pro","metadata":"ttl=1"}]"#
    );
    assert_eq!(serde_json::from_str::<Baggage>(&json).unwrap(), baggage);
    assert_eq!(
        serde_json::from_str::<Baggage>("[]").unwrap(),
        Baggage::new()
    );
    assert!(serde_json::from_str::<Baggage>(r#"[{"key":"a b","value":""}]"#).is_err());
}
