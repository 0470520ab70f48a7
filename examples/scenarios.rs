//! Three systems, each with a bottleneck that its trace shows.
//!
//! - A checkout: frontend, gateway, cart, inventory and payment. Which service is slow?
//! - A video: player, edge cache, origin and transcoder. Why does it buffer?
//! - A bank transfer: app, API, fraud detection, accounts and ledger. Does it take at most 500
//!   ms, and if not, which service is too slow?
//!
//! Look at the bars. A span that starts where the previous sibling ends waits for it. Spans
//! that start together do not wait for each other. The last line under each tree is the
//! critical path. These are the spans to optimize, and the longest span is not always one of
//! them. The example uses tokio's paused time.
//!
//! ```sh
//! cargo run -p trace-examples --example scenarios
//! ```

use std::error::Error;
use std::time::Duration;

use tokio::time::{Instant, sleep};
use trace_core::{
    Clock, IdGenerator, Query, Summary, Timestamp, TraceCollector, Tracer, TreeOptions, span,
    trace_root, traced,
};
use trace_examples::check;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> Result<()> {
    let collector = TraceCollector::new();
    let tracing = Tracer::builder("scenarios")
        .collector(collector.clone())
        .clock(Clock::tokio(Timestamp::default()))
        .ids(IdGenerator::counting())
        .install()?;

    shop::checkout(42).await;
    video::play("the-third-man").await;
    bank::transfer(50).await;
    bank::transfer(9_000).await;
    let _report = tracing.flush(Duration::from_secs(5));

    println!("E-commerce checkout: every service is quick but one\n");
    let checkout = Query::default().operation("checkout");
    show(&collector, &checkout, ("charge_card", "payment-gateway"))?;
    println!("Video streaming: not the thumbnails, which are the most work, but an encoder\n");
    let play = Query::default().operation("play");
    show(&collector, &play, ("encode_1080p", "transcoder"))?;
    println!("Bank transfers: one of two broke the promise of 500 ms\n");
    let late = Query::default().operation("transfer").tag("in_time", false);
    show(&collector, &late, ("ask_model", "fraud-detection"))?;
    Ok(())
}

/// Prints a trace and its summary. Fails unless the summary shows the known bottleneck.
fn show(collector: &TraceCollector, query: &Query, bottleneck: (&str, &str)) -> Result<()> {
    let found = collector.search(query);
    let [completed] = &found[..] else {
        return Err(format!("{} traces are found; expected one", found.len()).into());
    };
    let trace = &completed.trace;
    let summary = Summary::from_trace(trace);
    let options = TreeOptions {
        bar_width: 40,
        logs: true,
        check_marks: false,
        ..TreeOptions::default()
    };
    println!("{}\n{summary}", trace.tree_with(options));

    let longest = summary.critical_path.iter().max_by_key(|span| span.time);
    check(
        longest.is_some_and(|span| (&*span.operation_name, &*span.service_name) == bottleneck),
        "the critical path shows the bottleneck",
    )?;
    check(
        trace.problems().is_empty(),
        "nothing is wrong with the trace",
    )?;
    Ok(())
}

/// Stands for some work, or for the network.
async fn work(millis: u64) {
    sleep(Duration::from_millis(millis)).await;
}

mod shop {
    use super::*;

    #[trace_root("checkout", service = "frontend", tags(order.id = order))]
    pub async fn checkout(order: u64) {
        work(5).await;
        place_order().await;
    }

    #[traced("place_order", service = "api-gateway")]
    async fn place_order() {
        let prices = load_cart().await;
        for item in 1..=3 {
            reserve(item).await;
        }
        pay(prices).await;
    }

    #[traced("load_cart", service = "cart-service")]
    async fn load_cart() -> u64 {
        work(25).await;
        4_999
    }

    #[traced("reserve", service = "inventory-service", tags(item))]
    async fn reserve(item: u64) {
        work(15 + item).await;
    }

    #[traced("pay", service = "payment-service", tags(cents))]
    async fn pay(cents: u64) {
        work(10).await;
        charge_card().await;
    }

    #[traced("charge_card", service = "payment-gateway", kind = client)]
    async fn charge_card() {
        work(400).await;
        span::add_log_with("no answer, trying again", &[("attempt", &2)]);
        work(380).await;
    }
}

mod video {
    use super::*;

    #[trace_root("play", service = "player", tags(video))]
    pub async fn play(video: &str) {
        load_manifest().await;
        span::add_log("buffering");
        tokio::join!(load_segment(1), load_thumbnails());
        span::add_log("playing");
    }

    #[traced("load_manifest", service = "cdn")]
    async fn load_manifest() {
        work(15).await;
    }

    #[traced("load_thumbnails", service = "cdn")]
    async fn load_thumbnails() {
        work(1_300).await;
    }

    #[traced("load_segment", service = "cdn", tags(segment))]
    async fn load_segment(segment: u32) {
        span::add_log("cache miss");
        work(20).await;
        fetch_segment().await;
    }

    #[traced("fetch_segment", service = "origin")]
    async fn fetch_segment() {
        work(40).await;
        tokio::join!(encode_480p(), encode_720p(), encode_1080p());
        work(30).await;
    }

    #[traced("encode_480p", service = "transcoder")]
    async fn encode_480p() {
        work(250).await;
    }

    #[traced("encode_720p", service = "transcoder")]
    async fn encode_720p() {
        work(600).await;
    }

    #[traced("encode_1080p", service = "transcoder")]
    async fn encode_1080p() {
        work(1_250).await;
    }
}

mod bank {
    use super::*;

    const PROMISED: Duration = Duration::from_millis(500);

    #[trace_root("transfer", service = "mobile-app", tags(amount))]
    pub async fn transfer(amount: u64) {
        let start = Instant::now();
        work(30).await;
        post_transfer(amount).await;
        span::add_tag("in_time", start.elapsed() <= PROMISED);
    }

    #[traced("post_transfer", service = "api", kind = server)]
    async fn post_transfer(amount: u64) {
        tokio::join!(check_balance(), check_fraud(amount));
        book().await;
    }

    #[traced("check_balance", service = "account-service")]
    async fn check_balance() {
        work(60).await;
    }

    #[traced("check_fraud", service = "fraud-detection")]
    async fn check_fraud(amount: u64) {
        work(20).await;
        if amount > 1_000 {
            ask_model().await;
        }
    }

    #[traced("ask_model", service = "fraud-detection")]
    async fn ask_model() {
        work(380).await;
    }

    #[traced("book", service = "ledger")]
    async fn book() {
        write_entry("debit").await;
        write_entry("credit").await;
    }

    #[traced("write_entry", service = "ledger", tags(side))]
    async fn write_entry(side: &str) {
        work(45).await;
    }
}
