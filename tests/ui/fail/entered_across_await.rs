//! A held span that is entered across an `.await` would be current in other code too.

use trace_core::span;

fn is_sent(_future: impl Future<Output = ()> + Send) {}

async fn entered_across_await() {
    let span = span::start("op");
    let _entered = span.enter();
    std::future::ready(()).await;
}

async fn entered_span_across_await() {
    let _entered = span::start("op").entered();
    std::future::ready(()).await;
}

fn main() {
    is_sent(entered_across_await());
    is_sent(entered_span_across_await());
}
