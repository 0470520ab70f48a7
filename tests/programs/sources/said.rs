//! Mistakes, and what the doctor says of them.

use trace_core::{Tracer, sampler_fn, trace_root, traced};

fn main() {
    // Those without a parent that are not asked for are not sampled.
    let only_open = sampler_fn(|input| (input.operation_name == "open").into());
    let tracing = Tracer::builder("shop").sampler(only_open).collector(()).install().unwrap();
    for is_armed in [false, true, false, true] {
        match is_armed {
            true => tracing.arm_doctor(),
            false => tracing.disarm_doctor(),
        }
        for _ in 0..3 {
            outside();
            unsampled();
        }
        for name in ["outside", "unsampled"] {
            let why = tracing.doctor().why(name);
            // Without recording nothing is known.
            if let Some((_, answer)) = why.split_once("): ") {
                eprintln!("{name}: {answer}");
            }
        }
    }
    let open = trace_core::root("open").start();
    drop(tracing);
    drop(open);
}

#[traced]
fn outside() {}

#[trace_root]
fn unsampled() {}
