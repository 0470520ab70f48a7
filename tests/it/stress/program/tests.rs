//! Tests with programs that are the same in every run.

use std::sync::Arc;

use super::{Choices, Hazards, Threads, execute, execute_twice};
use crate::random::Random;

#[test]
fn random_programs_record_what_the_model_says() {
    let threads = Arc::new(Threads::new());
    let execute = |seed| {
        let choices = Choices::Random(Random::new(seed));
        execute(&format!("seed {seed}"), choices, Hazards::NONE, &threads)
    };
    let spans: usize = (1_000..3_400).map(execute).sum();
    assert!(spans > 15_000, "{spans}");
}

#[test]
fn random_programs_record_the_same_whatever_is_cut() {
    let threads = Arc::new(Threads::new());
    let execute = |seed| {
        let hazards = Hazards {
            cuts: true,
            ..Hazards::NONE
        };
        let choices = Choices::Random(Random::new(seed));
        execute(&format!("seed {seed}"), choices, hazards, &threads)
    };
    let spans: usize = (0..2_000).map(execute).sum();
    assert!(spans > 10_000, "{spans}");
}

#[test]
fn random_programs_are_the_same_with_and_without_hand_overs() {
    let threads = Arc::new(Threads::new());
    let execute = |seed| {
        let choices = Choices::Random(Random::new(seed));
        execute_twice(&format!("seed {seed}"), &choices, !seed, &threads)
    };
    let spans: usize = (10_000..11_200).map(execute).sum();
    assert!(spans > 5_000, "{spans}");
}

#[test]
fn random_programs_lose_what_the_counter_says() {
    let threads = Arc::new(Threads::new());
    let execute = |seed| {
        let hazards = Hazards {
            max_queue_spans: Some(Random::new(seed).below(30)),
            cuts: true,
            ..Hazards::NONE
        };
        let choices = Choices::Random(Random::new(seed));
        execute(&format!("seed {seed}"), choices, hazards, &threads)
    };
    let spans: usize = (0..2_000).map(execute).sum();
    assert!(spans > 1_000, "{spans}");
}

/// Runs a program from bytes, as the fuzz target does.
#[test]
fn programs_of_random_bytes_meet_every_hazard() {
    let threads = Arc::new(Threads::new());
    let execute = |seed| {
        let mut random = Random::new(seed);
        let bytes = (0..400).map(|_| random.next().to_le_bytes()[0]).collect();
        let mut choices = Choices::of_bytes(bytes);
        let hazards = Hazards::choose(&mut choices);
        execute(&format!("seed {seed}"), choices, hazards, &threads)
    };
    let spans: usize = (0..2_000).map(execute).sum();
    assert!(spans > 1_000, "{spans}");
}
