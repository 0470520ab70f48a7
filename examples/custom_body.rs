//! Adds spans to your own streams, futures and readers.
//!
//! A function gets a span from an attribute. An operation that begins in one place and ends in
//! another holds an `OpenSpan`. `Rows` is the body of a response, which is sent after its
//! handler has returned. `Call` is a future that is written by hand, and `Upload` is a reader.
//! Each has one more field, and wraps its work in `OpenSpan::poll`.
//!
//! Look at `GET /rows`: its rows are below it, although it has ended before the first row is
//! requested. In the second such request the client disconnects half way, so the span is
//! cancelled. The example uses tokio's paused time.
//!
//! ```sh
//! cargo run -p trace-examples --example custom_body
//! ```

use std::error::Error;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Barrier};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_core::Stream;
use tokio::io::{AsyncRead, AsyncReadExt, ReadBuf};
use tokio::time::{Interval, interval, sleep};
use trace_core::{
    Clock, IdGenerator, OpenSpan, Outcome, SpanRecord, TagValue, Timestamp, Trace, TraceCollector,
    Tracer, TreeOptions, span, trace_root, traced,
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

    send(get_rows(3).await, 3).await;
    send(get_rows(3).await, 2).await;
    post_order().await;
    put_picture(b"not really a picture").await?;
    get_thumbnails().await;

    let _report = tracing.flush(Duration::from_secs(5));
    let stats = tracing.stats();
    check(stats.open == 0, "every span has ended")?;
    check(stats.unattached == 0, "nothing is said too late")?;
    report(&collector)
}

/// A handler whose response is sent after it has returned.
#[trace_root("GET /rows")]
async fn get_rows(count: u32) -> Rows {
    Rows {
        span: span::start("rows"),
        ticks: interval(Duration::from_millis(10)),
        left: count,
        sent: 0,
    }
}

/// Sends a response, as a server does. The client disconnects after `wanted` rows.
async fn send(mut rows: Rows, wanted: u32) {
    let mut received = 0;
    while let Some(_row) = poll_fn(|cx| Pin::new(&mut rows).poll_next(cx)).await {
        received += 1;
        if received == wanted && rows.left > 0 {
            return;
        }
    }
}

/// The body of a response: a stream.
struct Rows {
    ticks: Interval,
    left: u32,
    sent: u32,
    /// The last field, because the fields above are dropped first, within the span.
    span: OpenSpan,
}

impl Stream for Rows {
    type Item = String;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<String>> {
        let Self {
            span,
            ticks,
            left,
            sent,
        } = self.get_mut();
        span.poll(
            || {
                if *left == 0 {
                    return Poll::Ready(None);
                }
                ready!(ticks.poll_tick(cx));
                *left -= 1;
                Poll::Ready(Some(render(*left)))
            },
            |row| match row {
                Some(_) => {
                    *sent += 1;
                    None
                }
                None => {
                    span::add_tag("rows.sent", *sent);
                    Some(Outcome::Ok)
                }
            },
        )
    }
}

impl Drop for Rows {
    /// Records how many rows were sent. The span is dropped after this, so it is cancelled.
    fn drop(&mut self) {
        if self.span.is_recording() {
            self.span.add_tag("rows.sent", self.sent);
        }
    }
}

#[traced("render", tags(row))]
fn render(row: u32) -> String {
    format!("row {row}")
}

#[trace_root("POST /orders")]
async fn post_order() {
    for card in ["good", "bad"] {
        let call = Call {
            span: span::build("ask the bank").tag("card", card).start(),
            inner: Box::pin(charge(card)),
        };
        let _is_charged = call.await;
    }
}

async fn charge(card: &str) -> io::Result<u32> {
    sleep(Duration::from_millis(20)).await;
    match card {
        "good" => Ok(42),
        _ => Err(io::Error::other("card declined")),
    }
}

/// A future that is written by hand.
struct Call<F> {
    inner: F,
    span: OpenSpan,
}

impl<F: Future<Output = io::Result<u32>> + Unpin> Future for Call<F> {
    type Output = io::Result<u32>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { span, inner } = self.get_mut();
        span.poll_result(|| Pin::new(inner).poll(cx))
    }
}

#[trace_root("PUT /picture")]
async fn put_picture(body: &[u8]) -> io::Result<usize> {
    let mut upload = Upload {
        span: span::start("receive"),
        inner: body,
        bytes: 0,
    };
    let mut picture = Vec::new();
    upload.read_to_end(&mut picture).await
}

/// A reader.
struct Upload<R> {
    inner: R,
    bytes: usize,
    span: OpenSpan,
}

impl<R: AsyncRead + Unpin> AsyncRead for Upload<R> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Self { span, inner, bytes } = self.get_mut();
        let before = buf.filled().len();
        let polled = span.poll(|| Pin::new(inner).poll_read(cx, buf), |_| None);
        match &polled {
            Poll::Ready(Ok(())) if buf.filled().len() > before => {
                *bytes += buf.filled().len() - before;
            }
            Poll::Ready(Ok(())) => {
                span.add_tag("bytes", *bytes);
                span.end();
            }
            Poll::Ready(Err(error)) => {
                span.record_error(error);
                span.end_with(Outcome::Error);
            }
            Poll::Pending => {}
        }
        polled
    }
}

/// A span that two threads enter at the same time. The last one ends it.
#[trace_root("GET /thumbnails")]
async fn get_thumbnails() {
    let resize = Arc::new(span::start("resize"));
    let both = Arc::new(Barrier::new(2));
    let threads = ["small", "large"].map(|size| {
        let (resize, both) = (Arc::clone(&resize), Arc::clone(&both));
        tokio::task::spawn_blocking(move || {
            resize.in_scope(|| {
                both.wait();
                resize_to(size);
            });
            resize.add_tag(size, true);
            if let Some(resize) = Arc::into_inner(resize) {
                resize.end();
            }
        })
    });
    drop(resize);
    for thread in threads {
        let _panic = thread.await;
    }
}

#[traced("resize_to", tags(size))]
fn resize_to(size: &str) {}

fn report(collector: &TraceCollector) -> Result<()> {
    let completed = collector.completed_traces();
    for completed in &completed {
        let options = TreeOptions {
            tags: true,
            bar_width: 30,
            services: false,
            ..TreeOptions::default()
        };
        println!("{}", completed.trace.tree_with(options));
    }
    let named = |name: &str| {
        let traces = completed.iter().map(|completed| &*completed.trace);
        let mut traces: Vec<_> = traces
            .filter(|trace| trace.root().is_some_and(|root| root.operation_name == name))
            .collect();
        traces.sort_by_key(|trace| trace.start());
        traces
    };
    check(completed.len() == 5, "every trace is complete")?;

    let [sent, dropped] = named("GET /rows")[..] else {
        return Err("two clients ask for rows".into());
    };
    for (trace, rows_sent, outcome) in [(sent, 3, Outcome::Ok), (dropped, 2, Outcome::Cancelled)] {
        let rows = one_below_root(trace, "rows")?;
        check(
            rows.outcome == outcome,
            "a body that is dropped has been cancelled",
        )?;
        check(
            tag(rows, "rows.sent") == Some(&TagValue::I64(rows_sent)),
            "the body says how many rows were sent",
        )?;
        check(
            below(trace, rows, "render").count() as i64 == rows_sent,
            "what the body does is below its span",
        )?;
        let root = trace.root().ok_or("no root")?;
        check(root.outcome == Outcome::Ok, "the handler is well")?;
        check(
            rows.end > root.end,
            "the body goes on when its handler has returned",
        )?;
    }

    let [order] = named("POST /orders")[..] else {
        return Err("one order is posted".into());
    };
    let root = order.root().ok_or("no root")?;
    let calls: Vec<_> = below(order, root, "ask the bank").collect();
    check(
        calls
            .iter()
            .map(|call| call.outcome)
            .eq([Outcome::Ok, Outcome::Error]),
        "one card is declined",
    )?;
    check(
        calls
            .iter()
            .all(|call| call.duration() == Duration::from_millis(20)),
        "a call takes as long as the bank",
    )?;

    let [picture] = named("PUT /picture")[..] else {
        return Err("one picture is put".into());
    };
    let receive = one_below_root(picture, "receive")?;
    check(
        receive.outcome == Outcome::Ok && tag(receive, "bytes") == Some(&TagValue::I64(20)),
        "the upload ends with its last byte",
    )?;

    let [thumbnails] = named("GET /thumbnails")[..] else {
        return Err("the thumbnails are asked for once".into());
    };
    let resize = one_below_root(thumbnails, "resize")?;
    check(
        below(thumbnails, resize, "resize_to").count() == 2,
        "both threads are in the span",
    )?;
    check(
        ["small", "large"]
            .iter()
            .all(|size| tag(resize, size).is_some()),
        "both threads say something of the span",
    )?;
    check(resize.outcome == Outcome::Ok, "the last thread ends it")?;
    Ok(())
}

fn one_below_root<'a>(trace: &'a Trace, name: &str) -> Result<&'a SpanRecord> {
    let root = trace.root().ok_or("no root")?;
    let mut found = below(trace, root, name);
    match (found.next(), found.next()) {
        (Some(span), None) => Ok(span),
        _ => Err(format!("expected one `{name}` below the root").into()),
    }
}

fn below<'a>(
    trace: &'a Trace,
    parent: &SpanRecord,
    name: &str,
) -> impl Iterator<Item = &'a SpanRecord> {
    let children = trace.children(parent.span_id);
    children.filter(move |child| child.operation_name == name)
}

fn tag<'a>(span: &'a SpanRecord, key: &str) -> Option<&'a TagValue> {
    let mut tags = span.tags.iter();
    tags.find(|tag| tag.key == key).map(|tag| &tag.value)
}
