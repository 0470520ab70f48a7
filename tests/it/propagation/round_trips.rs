//! What was written is read as the same, in every format; whatever comes in, what leaves is
//! good.

use std::collections::HashMap;

use trace_core::propagation::{
    B3MultiPropagator, B3Propagator, CompositePropagator, DatadogPropagator, JaegerPropagator,
    Propagator, W3cPropagator, XTracePropagator, XrayPropagator, extract, inject,
};
use trace_core::{Baggage, SpanId, TraceContext, TraceFlags, TraceId, TraceState};

use super::{Headers, pass_on};
use crate::random::Random;

/// A format, and what of a context it carries.
struct Format {
    propagator: &'static dyn Propagator,
    carried: fn(&TraceContext) -> TraceContext,
}

const FORMATS: [Format; 7] = [
    Format {
        propagator: &W3cPropagator,
        carried: |sent| TraceContext {
            flags: TraceFlags::from_byte(sent.flags.as_byte()),
            parent_span_id: None,
            ..sent.clone()
        },
    },
    Format {
        propagator: &B3Propagator,
        carried: |sent| TraceContext {
            flags: sent.flags.with_random(false),
            ..ids(sent)
        },
    },
    Format {
        propagator: &B3MultiPropagator,
        carried: |sent| TraceContext {
            flags: sent.flags.with_random(false),
            ..ids(sent)
        },
    },
    Format {
        propagator: &JaegerPropagator,
        carried: |sent| TraceContext {
            flags: decided(sent.flags).with_random(false),
            baggage: of_lower_case(&sent.baggage),
            ..ids(sent)
        },
    },
    Format {
        propagator: &DatadogPropagator,
        carried: |sent| TraceContext {
            flags: plain(sent.flags),
            tracestate: only_datadog(sent),
            ..ids(sent)
        },
    },
    Format {
        propagator: &XrayPropagator,
        carried: |sent| TraceContext {
            flags: plain(sent.flags),
            ..ids(sent)
        },
    },
    Format {
        propagator: &XTracePropagator,
        carried: |sent| TraceContext {
            flags: TraceFlags::NONE.with_sampled(sent.is_sampled()),
            parent_span_id: sent.parent_span_id,
            ..ids(sent)
        },
    },
];

fn ids(sent: &TraceContext) -> TraceContext {
    TraceContext::new(sent.trace_id, sent.span_id)
}

fn decided(flags: TraceFlags) -> TraceFlags {
    match flags.is_deferred() {
        true => flags.with_sampled(false),
        false => flags,
    }
}

/// Sampled, not sampled, or not decided.
fn plain(flags: TraceFlags) -> TraceFlags {
    match flags.is_deferred() {
        true => TraceFlags::DEFERRED,
        false => TraceFlags::NONE.with_sampled(flags.is_sampled()),
    }
}

fn of_lower_case(baggage: &Baggage) -> Baggage {
    // As by a header that is set twice: the last counts, in its place.
    let mut lower = Baggage::new();
    for (key, value) in baggage.iter() {
        lower.remove(&key.to_ascii_lowercase());
        lower.insert(key.to_ascii_lowercase(), value).unwrap();
    }
    lower
}

fn only_datadog(sent: &TraceContext) -> TraceState {
    let mut state = TraceState::new();
    if let Some(value) = sent.tracestate.get("dd") {
        state.insert("dd", value).unwrap();
    }
    state
}

#[test]
fn contexts_come_back_from_their_headers() {
    let mut random = Random::new(1);
    for _ in 0..2_000 {
        let sent = random_context(&mut random);
        for format in &FORMATS {
            let mut headers = Headers::new();
            format.propagator.inject(&sent, &mut headers);
            is_clean(&headers);
            let found = format.propagator.extract(&headers);
            assert_eq!(found.problems, [], "{headers:?}");
            let carried = TraceContext {
                is_remote: true,
                ..(format.carried)(&sent)
            };
            assert_eq!(found.context, Some(carried), "{headers:?}");
        }
    }
}

/// All formats in one request do not disturb each other.
#[test]
fn formats_stand_beside_each_other() {
    let mut random = Random::new(4);
    let all = FORMATS
        .iter()
        .fold(CompositePropagator::new(), |all, format| {
            all.with(format.propagator)
        });
    for _ in 0..500 {
        let sent = random_context(&mut random);
        let mut headers = HashMap::new();
        all.inject(&sent, &mut headers);
        for format in &FORMATS {
            let found = format.propagator.extract(&headers).context.unwrap();
            let carried = (format.carried)(&sent);
            assert_eq!(
                (found.trace_id, found.span_id),
                (carried.trace_id, carried.span_id)
            );
            assert_eq!(found.flags, carried.flags);
        }
        let found = all.extract(&headers);
        assert_eq!(found.problems, []);
        assert_eq!(found.context.unwrap().baggage, sent.baggage);
    }
}

/// Whatever comes in: nothing panics, and what goes out is good.
#[test]
fn what_is_passed_on_is_never_bad() {
    let mut random = Random::new(2);
    for _ in 0..10_000 {
        let mut received = Headers::new();
        inject(&random_context(&mut random), &mut received);
        for (_, value) in &mut received {
            mutate(value, &mut random);
        }
        let sent = pass_on(&received);
        let again = extract(&sent);
        assert_eq!(again.problems, [], "{received:?}");
        assert_eq!(pass_on(&sent), sent, "{received:?}");
        is_clean(&sent);
    }
}

/// The same in every format, and from each into each other one.
#[test]
fn what_is_passed_on_in_other_formats_is_never_bad() {
    let mut random = Random::new(5);
    for round in 0..10_000 {
        let format = &FORMATS[round % FORMATS.len()];
        let mut received = Headers::new();
        format
            .propagator
            .inject(&random_context(&mut random), &mut received);
        for (_, value) in &mut received {
            mutate(value, &mut random);
        }
        let found = format.propagator.extract(&received);
        let Some(context) = found.context else {
            assert!(!found.problems.is_empty() || found.start != <_>::default());
            continue;
        };
        for other in &FORMATS {
            let mut sent = Headers::new();
            other.propagator.inject(&context, &mut sent);
            is_clean(&sent);
            let again = other.propagator.extract(&sent);
            assert_eq!(again.problems, [], "{received:?} {sent:?}");
            // The low half of a trace id may be zero, which one of them cannot say.
            let Some(again) = again.context else {
                assert!(sent.is_empty(), "{received:?} {sent:?}");
                continue;
            };
            let mut once_more = Headers::new();
            other.propagator.inject(&again, &mut once_more);
            // All but a parent that is not sent, what is sent is the same again.
            assert_eq!(once_more, sent, "{received:?}");
        }
    }
}

/// Nothing that came in leaves as what ends a header or a text.
#[track_caller]
fn is_clean(headers: &Headers) {
    for (name, value) in headers {
        assert!(name.chars().all(|c| matches!(c, '!'..='~')), "{name:?}");
        assert!(value.chars().all(|c| (' '..='~').contains(&c)), "{value:?}");
    }
}

fn mutate(text: &mut String, random: &mut Random) {
    let mut characters: Vec<char> = text.chars().collect();
    for _ in 0..random.below(4) {
        let strange = [
            '-', '0', 'F', '=', ',', ';', '%', ':', '+', ' ', '\t', '\r', '\n', '\0', 'é', '😀',
        ];
        let character = strange[random.below(strange.len())];
        let position = random.below(characters.len() + 1);
        match random.below(3) {
            0 => characters.insert(position, character),
            1 => characters.truncate(position),
            _ if position < characters.len() => characters[position] = character,
            _ => characters.push(character),
        }
    }
    *text = characters.into_iter().collect();
}

fn random_context(random: &mut Random) -> TraceContext {
    let mut context = TraceContext::new(
        TraceId::new(random.id128() | 1).unwrap(),
        SpanId::new(random.id64()).unwrap(),
    );
    let flags = [
        TraceFlags::NONE,
        TraceFlags::SAMPLED,
        TraceFlags::DEBUG,
        TraceFlags::DEFERRED,
    ];
    context.flags = flags[random.below(4)].with_random(random.chance(50));
    context.parent_span_id = random
        .chance(50)
        .then(|| SpanId::new(random.id64()).unwrap());
    for _ in 0..random.below(5) {
        let key = random.text("abcz019_-*/@", 1, 20);
        let value = random.text("AZaz09!~;:{} ", 1, 20);
        // Some keys and values do not begin or end as they have to.
        let _refused = context.tracestate.insert(&key, &value);
    }
    if random.chance(30) {
        let mut parts = Vec::new();
        match context.flags {
            flags if flags.is_deferred() => {}
            flags if flags.is_sampled() => parts.push("s:2".to_owned()),
            _ => parts.push("s:-1".to_owned()),
        }
        parts.push(format!("o:{}", random.text("rum~_ z", 0, 9).trim()));
        parts.push(format!(
            "t.{}:{}",
            random.text("dm.", 1, 5),
            random.text("a-4~/", 0, 9)
        ));
        context.tracestate.insert("dd", &parts.join(";")).unwrap();
    }
    for _ in 0..random.below(5) {
        let key = random.text("abcAZ09!#$%&'*+-.^_`|~", 1, 10);
        let value = random.text("aZ0 %,;=\"\\\t\r\n\0é€😀", 0, 20);
        let metadata = ["", "internal", "ttl=1;p=%20"][random.below(3)];
        context
            .baggage
            .insert_with_metadata(key, value, metadata)
            .unwrap();
    }
    context
}
