//! What the attributes recorded, as text.

use std::fmt::Write as _;

use expect_test::Expect;
use trace_core::__private as private;

/// Runs a future below a root and compares what it recorded.
pub(crate) fn check<F: Future>(future: F, expected: Expect) -> F::Output {
    let (output, text) = spans(future);
    expected.assert_eq(&text);
    output
}

/// Runs a future and returns its output and the spans as text.
pub(crate) fn spans<F: Future>(future: F) -> (F::Output, String) {
    private::start();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let output = runtime.block_on(future);
    let spans = private::finish();
    let mut text = String::new();
    for span in &spans {
        let mut depth = 0;
        let mut at = span.parent;
        while let Some(parent) = at {
            depth += 1;
            at = spans[parent].parent;
        }
        write!(text, "{:1$}{2}", "", depth * 2, span.name).unwrap();
        if span.kind != trace_core::SpanKind::Internal {
            write!(text, " {:?}", span.kind).unwrap();
        }
        if let Some(service) = &span.service {
            write!(text, " ({service})").unwrap();
        }
        for (key, value) in &span.tags {
            write!(text, " {key}={value:?}").unwrap();
        }
        if span.outcome != "ok" {
            write!(text, " {}", span.outcome).unwrap();
        }
        if let Some((name, message, _)) = &span.error {
            write!(text, " {name}: {message}").unwrap();
        }
        text.push('\n');
    }
    (output, text)
}
