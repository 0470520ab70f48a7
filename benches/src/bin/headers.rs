//! What it costs to read headers, as they grow: linear time is a figure that stays.
//!
//! A program of its own, as it needs none of the peers.

use std::hint::black_box;

use trace_benches::report::{self, Table, short};
use trace_benches::stopwatch::{median, nanos, now};
use trace_core::propagation::{
    B3Propagator, BaggagePropagator, DatadogPropagator, JaegerPropagator, Propagator,
    TraceContextPropagator, XTracePropagator, XrayPropagator,
};

/// Sizes in bytes, of which a figure is taken each.
const SIZES: [usize; 3] = [8_000, 80_000, 800_000];

const ROUNDS: usize = 21;

type Headers = Vec<(String, String)>;

fn main() {
    report::print_head("Reading headers");
    println!("Nanoseconds a byte, of headers that are longer than any should be.\n");
    let mut table = Table::new(["", "8 kB", "80 kB", "800 kB"]);
    for (name, propagator, headers) in cases() {
        let mut cells = vec![name.to_owned()];
        cells.extend(SIZES.map(|size| short(time(propagator, &headers(size)) / size as f64)));
        table.row(cells);
    }
    table.print();
    println!("\nMicroseconds of a `baggage` of 8 kB.\n");
    let mut table = Table::new(["members", "", "of one"]);
    let one = time(&BaggagePropagator, &baggage(1));
    for members in [1, 4, 16, 64] {
        let cost = time(&BaggagePropagator, &baggage(members));
        table.row(vec![
            members.to_string(),
            short(cost / 1_000.0),
            format!("{:.2}", cost / one),
        ]);
    }
    table.print();
}

type Case = (&'static str, &'static dyn Propagator, fn(usize) -> Headers);

fn cases() -> Vec<Case> {
    fn one(name: &str, text: impl Into<String>) -> Headers {
        vec![(name.to_owned(), text.into())]
    }
    vec![
        (
            "`traceparent`, of dashes",
            &TraceContextPropagator,
            |size| one("traceparent", "-".repeat(size)),
        ),
        (
            "`traceparent` of a future version",
            &TraceContextPropagator,
            |size| {
                let good = "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-";
                one("traceparent", format!("{good}{}", "x-".repeat(size / 2)))
            },
        ),
        (
            "`traceparent`, lines of it",
            &TraceContextPropagator,
            |size| {
                let line = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
                let lines =
                    std::iter::repeat_n(("traceparent".to_owned(), line.to_owned()), size / 55);
                lines.collect()
            },
        ),
        (
            "`tracestate`, empty members",
            &TraceContextPropagator,
            |size| {
                let mut headers = one(
                    "traceparent",
                    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                );
                headers.extend(one("tracestate", ", ".repeat(size / 2)));
                headers
            },
        ),
        ("`baggage`, bad members", &BaggagePropagator, |size| {
            one("baggage", "bad,".repeat(size / 4))
        }),
        ("`baggage`, good members", &BaggagePropagator, |size| {
            let members = (0..size / 12).map(|number| format!("key{number:06}=1,"));
            one("baggage", members.collect::<String>())
        }),
        ("`baggage`, one key", &BaggagePropagator, |size| {
            one("baggage", "key=value;p=1,".repeat(size / 14))
        }),
        ("`baggage`, one long value", &BaggagePropagator, |size| {
            one("baggage", format!("a={}", "%ff".repeat(size / 3)))
        }),
        ("`b3`", &B3Propagator, |size| one("b3", "0".repeat(size))),
        ("`uber-trace-id`", &JaegerPropagator, |size| {
            one("uber-trace-id", "%3A".repeat(size / 3))
        }),
        ("`uberctx-…`, many", &JaegerPropagator, |size| {
            let entries =
                (0..size / 20).map(|number| (format!("uberctx-{number:08}"), "1234".into()));
            entries.collect()
        }),
        ("`x-datadog-tags`", &DatadogPropagator, |size| {
            let mut headers = one("x-datadog-trace-id", "1");
            headers.extend(one("x-datadog-parent-id", "2"));
            headers.extend(one("x-datadog-tags", "_dd.p.key=value,".repeat(size / 16)));
            headers
        }),
        ("`x-datadog-trace-id`", &DatadogPropagator, |size| {
            one("x-datadog-trace-id", "0".repeat(size))
        }),
        ("`x-amzn-trace-id`", &XrayPropagator, |size| {
            one("x-amzn-trace-id", "Self=1;".repeat(size / 7))
        }),
        ("`x-trace-id`", &XTracePropagator, |size| {
            one("x-trace-id", "00000000-".repeat(size / 9))
        }),
    ]
}

/// A header of so many members, of 8,192 bytes in all.
fn baggage(members: usize) -> Headers {
    let member = 8_193 / members;
    let text: Vec<String> = (0..members)
        .map(|number| {
            let key = format!("key{number:02}=");
            format!("{key}{}", "v".repeat(member - key.len() - 1))
        })
        .collect();
    vec![("baggage".to_owned(), text.join(","))]
}

/// The median time of a reading, in nanoseconds.
fn time(propagator: &dyn Propagator, headers: &Headers) -> f64 {
    let rounds = (0..=ROUNDS).map(|_| {
        let start = now();
        drop(black_box(propagator.extract(black_box(headers))));
        nanos(start.elapsed())
    });
    median(rounds.skip(1).collect())
}
