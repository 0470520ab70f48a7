//! Tests of traced code, as in your own project.
//!
//! The first half of this file is a shop. The second half has its tests, which you would write
//! in the same file or in `tests/`.
//!
//! ```sh
//! cargo test -p trace-examples --example testing    # runs the tests
//! cargo run  -p trace-examples --example testing    # shows a test that fails
//! ```

use std::panic::AssertUnwindSafe;

use trace_core::testing::TestTracer;
use trace_core::{assert_trace, span, trace_root, traced};

struct Order {
    id: u64,
    card: &'static str,
}

#[trace_root("checkout", tags(order.id = order.id))]
async fn checkout(order: Order) -> Result<(), &'static str> {
    reserve(&order).await;
    charge(&order).await?;
    trace_core::spawn(send_mail());
    Ok(())
}

#[traced]
async fn reserve(order: &Order) {
    span::add_tag("order.id", order.id);
}

#[traced]
async fn charge(order: &Order) -> Result<(), &'static str> {
    match order.card {
        "declined" => Err("card declined"),
        _ => Ok(()),
    }
}

#[traced]
async fn send_mail() {}

/// Shows the message of a test with a wrong expectation.
#[tokio::main(flavor = "current_thread")]
async fn main() {
    let order = Order {
        id: 42,
        card: "declined",
    };
    let tracer = TestTracer::new();
    let paid = tracer.attach(checkout(order)).await;
    assert_eq!(paid, Err("card declined"));

    // The message is printed below. The default hook would print it a second time.
    std::panic::set_hook(Box::new(|_| {}));
    let failure = std::panic::catch_unwind(AssertUnwindSafe(|| {
        assert_trace!(
            tracer.trace(),
            "
            checkout       order.id=42  error: card declined
            ├─ reserve     order.id=42
            ├─ charge
            └─ send_mail
            "
        );
    }));
    match failure.map_err(|panic| panic.downcast::<String>()) {
        Err(Ok(message)) => println!("{message}"),
        _ => unreachable!("the card was declined, so no mail was sent"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use trace_core::testing::TestTracer;
    use trace_core::{
        HeadSampler, ManualClock, Timestamp, assert_no_orphans, assert_trace, span, trace,
        traced_test,
    };

    use super::{Order, charge, checkout, reserve};

    impl Order {
        fn with_card(card: &'static str) -> Self {
            Self { id: 42, card }
        }
    }

    #[traced_test]
    async fn a_declined_card_is_an_error() {
        let _ = checkout(Order::with_card("declined")).await;
        assert_trace!(
            trace!(),
            "
            checkout      error: card declined
            ├─ reserve
            └─ charge     error: card declined
            "
        );
    }

    /// A tag is compared if the expected text contains its key.
    #[traced_test]
    async fn the_order_is_on_the_span() {
        let _ = checkout(Order::with_card("declined")).await;
        assert_trace!(
            trace!(),
            "
            checkout      order.id=42  error: card declined
            ├─ reserve    order.id=42
            └─ charge     error: card declined
            "
        );
    }

    /// A task that continues the trace. The test waits for it, and may return an error.
    #[traced_test]
    #[tokio::test(flavor = "multi_thread")]
    async fn the_mail_belongs_to_the_checkout() -> Result<(), &'static str> {
        checkout(Order::with_card("gold")).await?;
        TestTracer::current().settled(Duration::from_secs(5)).await;
        assert_eq!(trace!().len(), 4);
        assert_no_orphans!(trace!());
        Ok(())
    }

    /// Tests one traced function alone, without its root in production.
    #[traced_test]
    async fn a_good_card_is_charged() {
        charge(&Order::with_card("gold")).await.unwrap();
        assert_trace!(trace!(), "charge");
    }

    #[traced_test]
    #[tokio::test(start_paused = true)]
    async fn time_is_exact_when_it_is_paused() {
        trace_core::root("nap")
            .run(tokio::time::sleep(Duration::from_secs(3)))
            .await;
        assert_eq!(trace!().duration(), Some(Duration::from_secs(3)));
    }

    /// Uses a custom tracer, with a clock, a sampler or limits.
    #[tokio::test]
    async fn time_is_exact_with_a_manual_clock() {
        let clock = ManualClock::starting_at(Timestamp::default());
        let tracer = TestTracer::with("shop", |builder| builder.clock(&clock));
        let order = Order::with_card("gold");
        let work = async {
            clock.advance(Duration::from_millis(30));
            reserve(&order).await;
        };
        tracer.root("work").run(work).await;
        let trace = trace!(tracer);
        assert_eq!(trace.root().unwrap().duration(), Duration::from_millis(30));
    }

    #[tokio::test]
    async fn nothing_is_recorded_at_rate_zero() {
        let sampler = HeadSampler::new(0.0).unwrap();
        let tracer = TestTracer::with("shop", |builder| builder.sampler(sampler));
        tracer
            .attach(async {
                checkout(Order::with_card("gold")).await.unwrap();
                assert!(!span::is_recording());
            })
            .await;
        assert_eq!(tracer.spans(), []);
        assert_eq!(tracer.stats().sampled_out, 1);
    }
}
