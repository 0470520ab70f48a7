//! Tests of samplers: rates, and who decides. Ids are seeded, and the clock is stopped.

use std::sync::Arc;
use std::time::Duration;

use trace_core::{
    AlwaysOff, AlwaysOn, Clock, HeadSampler, ManualClock, ParentBased, Probabilistic, RateLimited,
    Sampler, SamplingInput, SamplingStrategy, SpanId, SpanKind, Timestamp, TraceContext,
    TraceFlags, TraceId, sampler_fn,
};

use crate::random::Random;

fn manual() -> (ManualClock, Clock) {
    let manual_clock =
        ManualClock::starting_at(Timestamp::from_unix_nanos(1_700_000_000_000_000_000));
    let clock = Clock::from(&manual_clock);
    (manual_clock, clock)
}

fn trace_id(random: &mut Random) -> TraceId {
    TraceId::new(random.id128()).unwrap()
}

fn sampled(sampler: &dyn Sampler, id: TraceId, clock: &Clock) -> bool {
    sampler
        .sample(&SamplingInput::new(id, "checkout", clock))
        .is_sampled()
}

/// Calls the sampler for a trace of a caller that has already decided.
fn sampled_below(sampler: &dyn Sampler, parent: &TraceContext, clock: &Clock) -> bool {
    let mut input = SamplingInput::new(parent.trace_id, "checkout", clock);
    input.parent = Some(parent);
    input.kind = SpanKind::Server;
    sampler.sample(&input).is_sampled()
}

fn caller(sampled: bool) -> TraceContext {
    let mut parent = TraceContext::new(TraceId::new(1).unwrap(), SpanId::new(2).unwrap());
    parent.flags = TraceFlags::NONE.with_sampled(sampled);
    parent.is_remote = true;
    parent
}

#[test]
fn the_share_is_the_rate() {
    let (_, clock) = manual();
    for rate in [0.001, 0.1, 0.25, 0.5, 0.9, 0.999] {
        let sampler = Probabilistic::new(rate).unwrap();
        let mut random = Random::new(3);
        let traces = 100_000;
        let recorded = (0..traces)
            .filter(|_| sampled(&sampler, trace_id(&mut random), &clock))
            .count();
        // The limit is four standard deviations of the binomial distribution. The ids are the
        // same in every run, so this always gives the same result.
        let mean = f64::from(traces) * rate;
        let allowed = 4.0 * (mean * (1.0 - rate)).sqrt();
        let found = recorded as f64;
        assert!((found - mean).abs() < allowed, "{rate}: {found}");
    }
}

#[test]
fn the_ends_are_exact() {
    let (_, clock) = manual();
    let least = TraceId::new(1 << 64).unwrap();
    let most = TraceId::new(u128::MAX).unwrap();
    let decisions = |rate| {
        let sampler = Probabilistic::new(rate).unwrap();
        [least, most].map(|id| sampled(&sampler, id, &clock))
    };
    assert_eq!(decisions(0.0), [false, false]);
    assert_eq!(decisions(1.0), [true, true]);
    assert_eq!(decisions(2.0_f64.powi(-56)), [false, true]);
    assert_eq!(decisions(f64::MIN_POSITIVE), [false, false]);
    assert_eq!(decisions(-0.0), [false, false]);
}

#[test]
fn a_lower_rate_records_part_of_what_a_higher_one_does() {
    let (_, clock) = manual();
    let mut random = Random::new(4);
    let rates = [0.01, 0.1, 0.5, 0.9].map(|rate| Probabilistic::new(rate).unwrap());
    for _ in 0..10_000 {
        let id = trace_id(&mut random);
        let decisions = rates.map(|sampler| sampled(&sampler, id, &clock));
        assert!(decisions.is_sorted(), "{id}: {decisions:?}");
    }
}

/// The thresholds of the table in OpenTelemetry's *TraceState: Probability
/// Sampling*, "Converting floating-point probability to threshold value".
#[test]
fn thresholds_are_those_of_open_telemetry() {
    let (_, clock) = manual();
    let exact = [
        (1.0, 0x0),
        (0.5, 0x80_0000_0000_0000),
        (0.25, 0xc0_0000_0000_0000),
        (0.125, 0xe0_0000_0000_0000),
        (0.0625, 0xf0_0000_0000_0000),
    ];
    for (rate, threshold) in exact {
        let sampler = Probabilistic::new(rate).unwrap();
        let id = |low: u128| TraceId::new(1 << 100 | low).unwrap();
        assert!(sampled(&sampler, id(threshold), &clock), "{rate}");
        if let Some(below) = threshold.checked_sub(1) {
            assert!(!sampled(&sampler, id(below), &clock), "{rate}");
        }
    }
}

#[test]
fn explicit_randomness_is_taken_in_place_of_the_id() {
    let (_, clock) = manual();
    let half = Probabilistic::new(0.5).unwrap();
    let decide = |state: &str| {
        let mut parent = caller(true);
        parent.tracestate = state.parse().unwrap();
        sampled_below(&half, &parent, &clock)
    };
    assert!(!decide(""));
    assert!(decide("ot=rv:80000000000000"));
    assert!(decide("rojo=1,ot=th:8;rv:ffffffffffffff"));
    assert!(!decide("ot=rv:7fffffffffffff"));
    for bad in [
        "ot=rv:8000000000000",
        "ot=rv:8000000000000G",
        "ot=rv:+ffffffffffffe",
    ] {
        assert!(!decide(bad), "{bad}");
    }
}

#[test]
fn rates_out_of_range_are_refused() {
    let share = |rate| HeadSampler::new(rate).unwrap_err().to_string();
    assert_eq!(
        share(1.5),
        "sample rate is `1.5`; expected a number from 0.0 to 1.0"
    );
    assert_eq!(
        share(-0.1),
        "sample rate is `-0.1`; expected a number from 0.0 to 1.0"
    );
    assert_eq!(
        share(f64::NAN),
        "sample rate is `NaN`; expected a number from 0.0 to 1.0"
    );
    let per_second = |rate| RateLimited::per_second(rate).unwrap_err().to_string();
    assert_eq!(
        per_second(-1.0),
        "sample rate is `-1` traces a second; expected a finite number from 0.0"
    );
    assert_eq!(
        per_second(f64::INFINITY),
        "sample rate is `inf` traces a second; expected a finite number from 0.0"
    );
    assert!(per_second(f64::NAN).contains("`NaN`"));
}

#[test]
fn the_head_sampler_counts_only_what_starts_here() {
    let (_, clock) = manual();
    let sampler = HeadSampler::new(0.5).unwrap();
    assert_eq!(sampler.sample_rate_actual(), 0.0);
    let at_work = sampler.clone();

    assert!(sampled_below(&at_work, &caller(true), &clock));
    assert!(!sampled_below(&at_work, &caller(false), &clock));
    assert_eq!(sampler.total_traces(), 0);

    let mut random = Random::new(5);
    let recorded = (0..1_000)
        .filter(|_| sampled(&at_work, trace_id(&mut random), &clock))
        .count();
    assert_eq!(sampler.total_traces(), 1_000);
    assert_eq!(sampler.sampled_traces(), recorded as u64);
    assert_eq!(sampler.sample_rate_actual(), recorded as f64 / 1_000.0);
    assert_eq!(sampler.rate(), 0.5);
}

#[test]
fn the_caller_decides_unless_told_otherwise() {
    let (_, clock) = manual();
    let below = |sampler: &dyn Sampler| {
        [true, false].map(|sampled| sampled_below(sampler, &caller(sampled), &clock))
    };
    assert_eq!(below(&AlwaysOn), [true, true]);
    assert_eq!(below(&AlwaysOff), [false, false]);
    assert_eq!(below(&ParentBased::new(AlwaysOff)), [true, false]);
    assert_eq!(below(&ParentBased::<AlwaysOn>::default()), [true, false]);
    assert_eq!(below(&None::<AlwaysOff>), [true, false]);
    assert_eq!(below(&HeadSampler::new(0.0).unwrap()), [true, false]);
    let strategies = [
        SamplingStrategy::Always,
        SamplingStrategy::Never,
        SamplingStrategy::Probabilistic(0.5),
        SamplingStrategy::RateLimited { per_second: 0.0 },
    ];
    for strategy in strategies {
        assert_eq!(
            below(&strategy.sampler().unwrap()),
            [true, false],
            "{strategy:?}"
        );
    }
}

#[test]
fn strategies_decide_about_what_starts_here() {
    let (_, clock) = manual();
    let id = TraceId::new(u128::MAX).unwrap();
    let decide = |strategy: SamplingStrategy| {
        let sampler = strategy.sampler().unwrap();
        [(); 3].map(|()| sampled(&sampler, id, &clock))
    };
    assert_eq!(decide(SamplingStrategy::default()), [true; 3]);
    assert_eq!(decide(SamplingStrategy::Never), [false; 3]);
    assert_eq!(decide(SamplingStrategy::Probabilistic(0.5)), [true; 3]);
    let limited = SamplingStrategy::RateLimited { per_second: 2.0 };
    assert_eq!(decide(limited), [true, true, false]);
    assert!(SamplingStrategy::Probabilistic(f64::NAN).sampler().is_err());
}

#[test]
fn strategies_have_names_in_json() {
    let strategies = [
        (SamplingStrategy::Always, r#""always""#),
        (SamplingStrategy::Never, r#""never""#),
        (
            SamplingStrategy::Probabilistic(0.1),
            r#"{"probabilistic":0.1}"#,
        ),
        (
            SamplingStrategy::RateLimited { per_second: 5.0 },
            r#"{"rate_limited":{"per_second":5.0}}"#,
        ),
    ];
    for (strategy, json) in strategies {
        assert_eq!(serde_json::to_string(&strategy).unwrap(), json);
        assert_eq!(
            serde_json::from_str::<SamplingStrategy>(json).unwrap(),
            strategy
        );
    }
}

#[test]
fn samplers_work_through_pointers() {
    let (_, clock) = manual();
    let id = TraceId::new(1).unwrap();
    let by_name = sampler_fn(|input| (input.operation_name == "checkout").into());
    assert!(sampled(&by_name, id, &clock));
    assert!(sampled(&&by_name, id, &clock));
    assert!(!sampled(&Some(Box::new(AlwaysOff)), id, &clock));
    let shared: Arc<dyn Sampler> = Arc::new(AlwaysOn);
    assert!(sampled(&shared, id, &clock));
}

#[test]
fn the_rate_holds_over_time() {
    let (manual_clock, clock) = manual();
    let sampler = RateLimited::per_second(5.0).unwrap();
    let mut random = Random::new(6);
    // A thousand traces per second for ten seconds. Five are recorded at once at the start.
    let mut recorded = 0;
    for _ in 0..10_000 {
        recorded += u32::from(sampled(&sampler, trace_id(&mut random), &clock));
        manual_clock.advance(Duration::from_millis(1));
    }
    assert!((54..=55).contains(&recorded), "{recorded}");
}

#[test]
fn an_idle_bucket_holds_no_more_than_its_burst() {
    let (manual_clock, clock) = manual();
    let id = TraceId::new(1).unwrap();
    let burst = |sampler: &RateLimited| (0..1_000).filter(|_| sampled(sampler, id, &clock)).count();

    let sampler = RateLimited::per_second(5.0).unwrap();
    assert_eq!(burst(&sampler), 5);
    manual_clock.advance(Duration::from_secs(3_600));
    assert_eq!(burst(&sampler), 5);
    manual_clock.advance(Duration::from_millis(399));
    assert_eq!(burst(&sampler), 1);
    manual_clock.advance(Duration::from_millis(1));
    assert_eq!(burst(&sampler), 1);

    let sampler = RateLimited::per_second(5.0).unwrap().with_burst(1);
    assert_eq!(burst(&sampler), 1);
    manual_clock.advance(Duration::from_secs(3_600));
    assert_eq!(burst(&sampler), 1);

    let none = RateLimited::per_second(0.0).unwrap().with_burst(3);
    manual_clock.advance(Duration::from_secs(3_600));
    assert_eq!(burst(&none), 0);

    let rare = RateLimited::per_second(0.1).unwrap();
    assert_eq!(burst(&rare), 1);
    manual_clock.advance(Duration::from_secs(9));
    assert_eq!(burst(&rare), 0);
    manual_clock.advance(Duration::from_secs(2));
    assert_eq!(burst(&rare), 1);
}

#[test]
fn no_token_is_spent_twice() {
    let (_, clock) = manual();
    let sampler = RateLimited::per_second(100.0).unwrap();
    let recorded: usize = std::thread::scope(|scope| {
        let threads = [(); 4].map(|()| {
            scope.spawn(|| {
                let id = TraceId::new(1).unwrap();
                (0..1_000).filter(|_| sampled(&sampler, id, &clock)).count()
            })
        });
        threads.map(|thread| thread.join().unwrap()).iter().sum()
    });
    assert_eq!(recorded, 100);
}

#[test]
fn the_system_clock_limits_too() {
    let clock = Clock::system();
    let id = TraceId::new(1).unwrap();
    // One trace in eleven days.
    let sampler = RateLimited::per_second(1e-6).unwrap();
    assert!(sampled(&sampler, id, &clock));
    assert!(!sampled(&sampler, id, &clock));
}
