//! Continues a trace when a request leaves its task.
//!
//! With `tokio::spawn`, a task does not inherit the current span. The functions used here pass
//! it on. A spawned task, a blocking closure, the tasks of a `JoinSet` and the receiver of a
//! message become its children. A task that is cancelled, times out or panics ends its span
//! with that outcome.
//!
//! Look at the tag `shows` under each span of the first tree. The bar shows when the span ran.
//! The second tree is a separate trace that is linked to the first. The example uses tokio's
//! paused time.
//!
//! ```sh
//! cargo run -p trace-examples --example spawned_tasks
//! ```

use std::error::Error;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use trace_core::{
    Carried, Clock, IdGenerator, Outcome, Timestamp, Trace, TraceCollector, TraceFuture,
    TraceJoinSet, Tracer, TreeOptions, span, trace_root, traced,
};
use trace_examples::check;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> Result<()> {
    let collector = TraceCollector::new();
    let tracing = Tracer::builder("shop")
        .collector(collector.clone())
        .clock(Clock::tokio(Timestamp::default()))
        .ids(IdGenerator::counting())
        .install()?;
    std::panic::set_hook(Box::new(|panic| eprintln!("{panic}\n")));

    let (mails, outbox) = mpsc::channel(16);
    let mailer = tokio::spawn(send_mails(outbox));
    order(mails).await;
    mailer.await?;
    sleep(Duration::from_secs(1)).await; // for tasks that still run

    let _report = tracing.flush(Duration::from_secs(5));
    report(&collector)
}

#[trace_root("order")]
async fn order(mails: mpsc::Sender<Carried<&'static str>>) {
    // A task that may outlive the request. The request does not wait for it.
    trace_core::spawn(update_statistics());

    // A closure on a thread that may block.
    let _hash = trace_core::spawn_blocking(hash).await;

    // Tasks that run at the same time.
    let mut prices = JoinSet::new();
    for shop in 1..=3 {
        prices.spawn_in_current_trace(ask_price(shop));
    }
    prices.join_all().await;

    // The first answer counts. The other branch is dropped.
    tokio::select! {
        biased;
        () = ask_replica("near", 20) => {}
        () = ask_replica("far", 80) => {}
    }

    let _too_late = timeout(Duration::from_millis(30), recommend()).await;

    // A panic ends the task, but not the request.
    let _panic = trace_core::spawn(redeem_voucher()).await;

    // A message. The receiver's task continues this trace.
    let _sent = mails.send(Carried::new("thank you")).await;

    // Work that the request causes but that is not part of it.
    trace_core::spawn_linked("warm_cache", async {
        span::add_tag(
            "shows",
            "a trace of its own, linked to the order that caused it",
        );
        sleep(Duration::from_millis(40)).await;
    });
}

#[traced(
    "update_statistics",
    tags(shows = "spawn: it outlives the order, which is over before")
)]
async fn update_statistics() {
    sleep(Duration::from_millis(300)).await;
}

#[traced(
    "hash",
    tags(
        shows = "spawn_blocking: a closure on another thread (tokio's time stands still meanwhile)"
    )
)]
fn hash() -> u64 {
    (0..1_000_000).fold(0, |hash: u64, byte| hash.wrapping_mul(31) ^ byte)
}

#[traced("ask_price", tags(shop, shows = "JoinSet: three at a time"))]
async fn ask_price(shop: u64) {
    sleep(Duration::from_millis(30 * shop)).await;
}

#[traced(
    "ask_replica",
    tags(replica, shows = "select!: the slower one is cancelled")
)]
async fn ask_replica(replica: &str, millis: u64) {
    sleep(Duration::from_millis(millis)).await;
}

#[traced("recommend", tags(shows = "timeout: cancelled after 30 ms"))]
async fn recommend() {
    load_history().in_span("load_history").await;
}

async fn load_history() {
    span::add_tag("shows", "what is inside is cancelled with it");
    sleep(Duration::from_secs(60)).await;
}

#[traced(
    "redeem_voucher",
    tags(shows = "a panic ends the span; the caller sees a JoinError, and goes on")
)]
async fn redeem_voucher() {
    sleep(Duration::from_millis(5)).await;
    panic!("no voucher has a negative value");
}

/// Ends when the last order has ended and dropped its sender.
async fn send_mails(mut outbox: mpsc::Receiver<Carried<&'static str>>) {
    while let Some(mail) = outbox.recv().await {
        mail.run(send_mail).await;
    }
}

#[traced(
    "send_mail",
    tags(
        text,
        shows = "Carried: the receiver's work is part of the sender's trace"
    )
)]
async fn send_mail(text: &str) {
    sleep(Duration::from_millis(50)).await;
}

fn report(collector: &TraceCollector) -> Result<()> {
    let completed = collector.completed_traces();
    let named = |name: &str| {
        let mut traces = completed.iter().map(|completed| &*completed.trace);
        traces.find(|trace| trace.root().is_some_and(|root| root.operation_name == name))
    };
    let order = named("order").ok_or("no trace of the order is complete")?;
    let cache = named("warm_cache").ok_or("no trace of the cache is complete")?;
    for trace in [order, cache] {
        let options = TreeOptions {
            tags: true,
            links: true,
            bar_width: 30,
            services: false,
            ..TreeOptions::default()
        };
        println!("{}", trace.tree_with(options));
    }

    let outcomes = outcomes(order);
    let times = |name: &str, outcome| {
        let wanted = (name.to_owned(), outcome);
        outcomes.iter().filter(|found| **found == wanted).count()
    };
    check(order.len() == 12, "the order has all its tasks' spans")?;
    check(order.orphans().count() == 0, "every span has its parent")?;
    check(
        times("ask_price", Outcome::Ok) == 3,
        "three shops are asked",
    )?;
    check(
        times("ask_replica", Outcome::Ok) == 1 && times("ask_replica", Outcome::Cancelled) == 1,
        "one replica answers, the other is cancelled",
    )?;
    check(
        times("recommend", Outcome::Cancelled) == 1
            && times("load_history", Outcome::Cancelled) == 1,
        "the timeout cancels all that is inside",
    )?;
    check(
        times("redeem_voucher", Outcome::Panicked) == 1,
        "the voucher panics",
    )?;
    let links = cache.root().map_or(&[][..], |root| &root.links);
    check(
        links.iter().any(|link| link.trace_id == order.trace_id),
        "the cache's trace is linked to the order",
    )?;
    Ok(())
}

fn outcomes(trace: &Trace) -> Vec<(String, Outcome)> {
    let spans = trace.spans();
    spans
        .map(|span| (span.operation_name.to_string(), span.outcome))
        .collect()
}
