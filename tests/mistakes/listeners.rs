//! Closures that are told what is not recorded or lost, and own something whose drop has
//! consequences.

use std::panic::resume_unwind;

use trace_core::{Tracer, diagnostics};

use crate::Refused;

fn root() {
    trace_core::root("root").run_sync(|| {});
}

/// Records what it is told, by a tracer that ends with it, and has lost what it took.
pub(crate) fn with_a_tracer() {
    let tracer = Tracer::builder("log").collector(Refused).build().unwrap();
    diagnostics::listen(move |said| {
        let root = tracer.root("said").tag("text", said.to_string());
        root.run_sync(|| {});
    });
    root();
    diagnostics::print();
}

struct BeginsRoot;

impl Drop for BeginsRoot {
    fn drop(&mut self) {
        root();
    }
}

/// Begins one when it is replaced.
pub(crate) fn that_begins_a_root() {
    let owned = BeginsRoot;
    diagnostics::listen(move |_| {
        let _ = &owned;
    });
    diagnostics::listen(|said| eprintln!("heard {:?}", said.kind));
}

struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        resume_unwind(Box::new("dropped"));
    }
}

/// Is dropped after its call, which panics: where something is noticed, and at an end.
pub(crate) fn that_replaces_itself() {
    let listen = || {
        let owned = Bomb;
        diagnostics::listen(move |said| {
            let _ = &owned;
            eprintln!("heard {:?}", said.kind);
            diagnostics::silence();
        });
    };
    listen();
    root();
    let tracing = Tracer::builder("shop")
        .collector(Refused)
        .install()
        .unwrap();
    root();
    listen();
    drop(tracing);
}
