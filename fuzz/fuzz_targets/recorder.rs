//! The recorder against the model of `tests/it/stress/program`, and, with an odd first
//! byte, against itself handing over at random: the input is what the program chooses.

#![no_main]

#[path = "../../tests/it/stress/conserved.rs"]
mod conserved;
#[path = "../../tests/it/stress/program/mod.rs"]
#[expect(dead_code, reason = "some of it is for tests only")]
mod program;
#[path = "../../tests/it/random.rs"]
#[expect(dead_code, reason = "only tests choose at random")]
mod random;

use std::sync::{Arc, LazyLock};

use conserved::{assert_conserved, settled};
use libfuzzer_sys::fuzz_target;
use program::{Choices, Hazards, Threads, execute, execute_twice};

/// Where programs run, as the fuzzer's own thread has a small stack; and the thread
/// to which they move.
static THREADS: LazyLock<(Threads, Arc<Threads>)> =
    LazyLock::new(|| (Threads::new(), Arc::new(Threads::new())));

fuzz_target!(|input: &[u8]| {
    let mut choices = Choices::of_bytes(input.to_vec());
    let is_cut = choices.below(2) == 1;
    let seed = choices.below(1 << 16) as u64;
    let hazards = Hazards::choose(&mut choices);
    let (here, there) = &*THREADS;
    here.run(Box::new(move || {
        if is_cut {
            execute_twice("input", &choices, seed, there);
        } else {
            execute("input", choices, hazards, there);
        }
    }));
});
