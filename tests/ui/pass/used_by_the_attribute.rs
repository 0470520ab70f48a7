//! Arguments that only the attribute names are used.

#![deny(warnings)]

use trace_core::{TraceContext, Trust, trace_root, traced};

#[trace_root(remote = caller, trust = trust)]
async fn serve(caller: Option<TraceContext>, trust: Trust) {}

#[traced(parent = parent, links(links), service = service, tags(id, name = %name))]
async fn run(
    parent: Option<TraceContext>,
    links: Vec<TraceContext>,
    service: String,
    id: u32,
    name: &str,
) {
}

#[traced(parent = parent)]
fn run_here(parent: Option<TraceContext>) -> Result<u32, std::num::ParseIntError> {
    Ok("1".parse::<u32>()? + 1)
}

fn main() {
    drop(serve(None, Trust::Continue));
    drop(run(None, Vec::new(), String::new(), 1, ""));
    assert_eq!(run_here(None), Ok(2));
}
