use trace_core::{Trust, trace_root, traced};

#[traced(parent = None::<trace_core::TraceContext>, root)]
fn parent_of_a_root() {}

#[traced(remote = None::<trace_core::TraceContext>)]
fn remote_without_root() {}

#[trace_root(trust = Trust::Restart)]
fn trust_without_remote() {}

#[traced(skip, kind = client)]
fn skip_and_more() {}

#[trace_root(root)]
fn root_of_a_root() {}

#[trace_root(parent = None::<trace_core::TraceContext>)]
fn parent_in_trace_root() {}

#[trace_root(skip)]
fn skip_in_trace_root() {}

fn main() {
    parent_of_a_root();
    remote_without_root();
    trust_without_remote();
    skip_and_more();
    root_of_a_root();
    parent_in_trace_root();
    skip_in_trace_root();
}
