use trace_core::{TraceContext, Trust, trace_root, traced};

#[traced("op", service = "s", kind = client, tags(a), err = off, crate = trace_core)]
fn first(a: u32) {}

#[traced(crate = trace_core, err = off, tags(a), kind = client, service = "s", name = "op",)]
fn last(a: u32) {}

#[trace_root(
    trust = Trust::Continue, remote = context, links(context), err(|error: &u32| *error > 1), kind = server,
    tags(ok = |returned| returned.is_ok(), context = ?context), "op", service = "s", crate = trace_core
)]
async fn origin_first(context: Option<TraceContext>) -> Result<(), u32> {
    Ok(())
}

#[traced(
    crate = trace_core, service = "s", "op", tags(context = ?context), kind = server, err = status,
    links(context, [context.clone()],), remote = context, root, trust = Trust::Capped { per_second: 1 },
)]
fn origin_last(context: &Option<TraceContext>) -> Result<(), u32> {
    Ok(())
}

#[traced(links(context), parent = context)]
async fn parent(context: &TraceContext) {}

#[traced()]
fn none() {}

#[traced(tags(type = a, r#match = a, self.id = a, "a-b" = a, in.fn = a,),)]
fn keywords(a: u32) {}

#[traced(tags(f = identity::<u32>(a), g = if a > 0 { 1 } else { 2 }, h = [a.into(), 2_i64], i = move_it(|b| b + a)))]
fn expressions(a: u32) {}

#[traced(tags(r#type))]
fn raw(r#type: u32) -> u32 {
    r#type
}

#[traced(tags(r#in = secret(1).0))]
fn a_function_called_secret() {}

fn secret(x: u32) -> (u32, u32) {
    (x, x)
}

fn identity<T>(value: T) -> T {
    value
}

fn move_it(call: impl FnOnce(u32) -> u32) -> u32 {
    call(1)
}

fn main() {
    first(1);
    last(1);
    none();
    drop(origin_first(None));
    assert!(origin_last(&None).is_ok());
    let _ = parent;
    keywords(1);
    expressions(1);
    raw(1);
    a_function_called_secret();
}
