//! What must hold of every format of headers, whatever comes in.

use trace_core::TraceContext;
use trace_core::propagation::{Extracted, Propagator};

type Headers = Vec<(String, String)>;

/// Reads an input as headers, of these names in turn, and writes what it is again. A value ends
/// with a zero byte, so that it may have any other.
pub fn check(propagator: &dyn Propagator, names: &[&str], input: &[u8]) {
    let values = input.split(|byte| *byte == 0);
    let headers: Vec<(&str, &[u8])> = names.iter().copied().cycle().zip(values).collect();
    check_headers(propagator, &headers);
}

/// The same of headers whose names are of the input, too: `name=value`.
pub fn check_named(propagator: &dyn Propagator, input: &[u8]) {
    let pairs: Vec<(String, &[u8])> = input
        .split(|byte| *byte == 0)
        .filter_map(|pair| {
            let end = pair.iter().position(|byte| *byte == b'=')?;
            let (name, value) = (&pair[..end], &pair[end + 1..]);
            Some((String::from_utf8_lossy(name).into_owned(), value))
        })
        .collect();
    check_headers(propagator, &pairs);
}

fn check_headers<K: AsRef<str>>(propagator: &dyn Propagator, headers: &[(K, &[u8])]) {
    let found = propagator.extract(&headers);
    assert!(found.problems.len() < 200, "{}", found.problems.len());
    for problem in &found.problems {
        let said = problem.to_string();
        assert!(said.chars().count() < 600, "{said}");
        assert!(!said.contains(['\r', '\n', '\0']), "{said:?}");
    }
    let Some(context) = found.context else {
        return;
    };
    assert_eq!(context.baggage, found.baggage);
    assert!(context.is_remote);
    let (sent, again) = pass_on(propagator, &context);
    assert_eq!(again.problems, [], "{sent:?}");
    // A format may have no word for an id, and then sends nothing.
    let Some(again) = again.context else {
        assert!(sent.is_empty(), "{sent:?}");
        return;
    };
    assert_eq!(again.trace_id, context.trace_id);
    assert_eq!(again.flags, context.flags);
    let (once_more, _) = pass_on(propagator, &again);
    assert_eq!(once_more, sent);
}

/// Writes a context, and reads it again.
fn pass_on(propagator: &dyn Propagator, context: &TraceContext) -> (Headers, Extracted) {
    let mut sent = Headers::new();
    propagator.inject(context, &mut sent);
    for (name, value) in &sent {
        assert!(
            name.bytes().all(|byte| matches!(byte, b'!'..=b'~')),
            "{name:?}"
        );
        assert!(
            value.bytes().all(|byte| matches!(byte, b' '..=b'~')),
            "{value:?}"
        );
    }
    let again = propagator.extract(&sent);
    (sent, again)
}
