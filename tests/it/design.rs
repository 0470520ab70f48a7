//! Tests the code of the first screen.

use std::fmt;
use std::time::Duration;

use trace_core::{
    Collector, HeadSampler, SpanBatch, TraceCollector, Tracer, assert_trace, span, trace,
    trace_root, traced, traced_test,
};

struct Order {
    id: u64,
    card: &'static str,
}

#[derive(Debug)]
struct Receipt;

#[derive(Debug)]
struct CardError;

impl fmt::Display for CardError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("card declined")
    }
}

impl std::error::Error for CardError {}

impl Order {
    fn sample() -> Self {
        Self::with_card("visa")
    }

    fn with_card(card: &'static str) -> Self {
        Self { id: 7, card }
    }
}

mod bank {
    use super::{CardError, Order, Receipt};

    pub(super) async fn debit(order: &Order) -> Result<Receipt, CardError> {
        match order.card {
            "declined" => Err(CardError),
            _ => Ok(Receipt),
        }
    }
}

#[traced("charge", tags(order.id = order.id, card = secret(order.card)))]
async fn charge(order: &Order) -> Result<Receipt, CardError> {
    span::add_log("asking the bank");
    bank::debit(order).await // an `Err` marks the span, its message and its type
}

#[trace_root("checkout")]
async fn checkout(order: Order) -> Result<Receipt, CardError> {
    charge(&order).await
}

struct Slow;

impl Collector for Slow {
    fn collect(&self, batch: &SpanBatch<'_>) {
        for span in batch
            .spans()
            .filter(|span| span.duration() > Duration::from_millis(100))
        {
            println!("{} took {:?}", span.operation_name(), span.duration());
        }
    }
}

/// `main` of the first screen, with a local tracer instead of a global one.
#[tokio::test]
async fn the_first_screen_traces_an_order() -> Result<(), Box<dyn std::error::Error>> {
    let traces = TraceCollector::new();
    let tracer = Tracer::builder("shop")
        .sampler(HeadSampler::new(1.0)?)
        .collector(traces.clone())
        .collector(Slow)
        .build()?;
    tracer.attach(checkout(Order::sample())).await?;
    assert!(tracer.flush(Duration::from_secs(10)).is_complete);
    let [done] = &traces.completed_traces()[..] else {
        panic!("{traces:?}")
    };
    let charge = done.trace.spans().nth(1).unwrap();
    assert_eq!(charge.tag("order.id").unwrap().as_i64(), Some(7));
    assert_eq!(charge.tag("card").unwrap().as_str(), Some("[redacted]"));
    assert_eq!(charge.logs[0].message, "asking the bank");
    Ok(())
}

#[traced_test]
async fn a_declined_card_is_an_error() {
    let _ = checkout(Order::with_card("declined")).await;
    assert_trace!(
        trace!(),
        r#"
        checkout    error: card declined
        └─ charge   error: card declined
    "#
    );
}
