//! The minimum work of any recorder of spans.
//!
//! For a span it exchanges the current span, reads the clock twice, draws an id, and writes
//! eight words to memory that stays in the cache. Two tags, or an error's message, are eight
//! more words. If nothing is recorded, it does a load and a branch. A poll exchanges the
//! current span twice. Nothing is delivered.

use std::cell::Cell;
use std::future::poll_fn;
use std::hint::black_box;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use tokio::task::JoinHandle;

use super::plain;
use crate::library::{Counter, Declined, Library, Yield};

#[derive(Debug)]
pub struct Floor;

const RECORD_COUNT: usize = 64;

thread_local! {
    static IS_ON: Cell<bool> = const { Cell::new(false) };
    static SPAN: Cell<u64> = const { Cell::new(0) };
    static ID: Cell<u64> = const { Cell::new(1) };
    static USED: Cell<usize> = const { Cell::new(0) };
    static SPANS: Cell<usize> = const { Cell::new(0) };
    static RECORDS: [Cell<[u64; 8]>; RECORD_COUNT] =
        const { [const { Cell::new([0; 8]) }; RECORD_COUNT] };
}

static DELIVERED: Counter = Counter::new();

#[inline(always)]
fn id() -> u64 {
    let mut id = ID.get();
    id ^= id << 13;
    id ^= id >> 7;
    id ^= id << 17;
    ID.set(id);
    id
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn ticks() -> u64 {
    #[expect(unsafe_code, reason = "the floor is the instruction itself")]
    // SAFETY: each processor with this instruction set has the instruction.
    unsafe {
        core::arch::x86_64::_rdtsc()
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn ticks() -> u64 {
    crate::stopwatch::now().elapsed().as_nanos() as u64
}

#[inline(always)]
fn record(words: [u64; 8]) {
    let used = USED.get();
    RECORDS.with(|records| records[used % RECORD_COUNT].set(words));
    USED.set(used + 1);
}

/// A span that has begun.
#[derive(Clone, Copy)]
struct Open {
    id: u64,
    parent: u64,
    begin: u64,
}

#[inline(always)]
fn open(tags: Option<(u64, &str)>) -> Option<Open> {
    if !IS_ON.get() {
        return None;
    }
    let (id, begin) = (id(), ticks());
    let parent = SPAN.replace(id);
    if let Some((number, text)) = tags {
        let mut bytes = [0; 16];
        if let Some(start) = bytes.get_mut(..text.len()) {
            start.copy_from_slice(text.as_bytes());
        }
        let (low, high) = bytes.split_at(8);
        let word = |half: &[u8]| half.try_into().map_or(0, u64::from_le_bytes);
        record([number, text.len() as u64, word(low), word(high), 0, 0, 0, 0]);
    }
    Some(Open { id, parent, begin })
}

#[inline(always)]
fn close(open: Option<Open>) {
    let Some(Open { id, parent, begin }) = open else {
        return;
    };
    SPAN.set(parent);
    record([0, id, parent, begin, ticks(), 0, 0, 0]);
    SPANS.set(SPANS.get() + 1);
}

#[inline(always)]
fn span<R>(tags: Option<(u64, &str)>, body: impl FnOnce() -> R) -> R {
    let open = open(tags);
    let result = body();
    close(open);
    result
}

/// Exchanges the current span around each poll.
struct Entered<F>(F);

impl<F: Future + Unpin> Future for Entered<F> {
    type Output = F::Output;

    #[inline(always)]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let parent = SPAN.replace(7);
        let polled = Pin::new(&mut self.0).poll(cx);
        SPAN.set(parent);
        polled
    }
}

async fn tree(i: u64, text: &str) -> u64 {
    let open = open(Some((i, text)));
    let mut sum = 0;
    for k in 0..9 {
        sum += branch(black_box(i + k), text).await;
    }
    close(open);
    sum
}

async fn branch(i: u64, text: &str) -> u64 {
    let open = open(Some((i, text)));
    let mut sum = 0;
    for k in 0..10 {
        sum += tagged(black_box(i + k), text).await;
    }
    close(open);
    sum
}

async fn tagged(i: u64, text: &str) -> u64 {
    span(Some((i, text)), || black_box(i + text.len() as u64))
}

async fn step(i: u64) -> u64 {
    span(None, || black_box(i))
}

async fn outer(i: u64, text: &'static str, polls: u64) -> u64 {
    let open = open(Some((i, text)));
    let sum = middle(i + 1, text, polls).await;
    close(open);
    sum
}

async fn middle(i: u64, text: &'static str, polls: u64) -> u64 {
    let open = open(Some((i, text)));
    let sum = inner(i + 1, text, polls).await;
    close(open);
    sum
}

async fn inner(i: u64, text: &'static str, polls: u64) -> u64 {
    let open = open(Some((i, text)));
    Yield(polls).await;
    close(open);
    black_box(i + text.len() as u64)
}

/// Exchanges the current span around each poll. The root may end on another thread, so it
/// hands over its records.
async fn rooted<F: Future<Output = u64>>(body: F) -> u64 {
    let mut body = pin!(body);
    let around = SPAN.get();
    IS_ON.set(true);
    let root = open(None);
    IS_ON.set(false);
    let mut current = SPAN.replace(around);
    let output = poll_fn(|cx| {
        IS_ON.set(true);
        let around = SPAN.replace(current);
        let polled = body.as_mut().poll(cx);
        current = SPAN.replace(around);
        IS_ON.set(false);
        polled
    })
    .await;
    close(root);
    DELIVERED.add(SPANS.take());
    output
}

async fn task(i: u64) -> u64 {
    span(None, || black_box(i))
}

impl Library for Floor {
    const NAME: &'static str = "floor";
    const PACKAGE: Option<&'static str> = None;

    fn set_up() {}

    fn below_root<R>(is_sampled: bool, body: impl FnOnce() -> R) -> R {
        IS_ON.set(is_sampled);
        let result = if is_sampled { span(None, body) } else { body() };
        IS_ON.set(false);
        result
    }

    async fn leaf(i: u64) -> u64 {
        span(None, || black_box(i))
    }

    fn sync_leaf(i: u64) -> u64 {
        span(None, || black_box(i))
    }

    fn tree(i: u64, text: &'static str) -> impl Future<Output = u64> + Send {
        tree(i, text)
    }

    async fn waits(i: u64, polls: u64) -> u64 {
        Entered(Yield(polls)).await;
        span(None, || black_box(i))
    }

    async fn fails(i: u64) -> Result<u64, Declined> {
        span(Some((i, "card declined")), || {
            if black_box(i) == u64::MAX {
                return Ok(i);
            }
            Err(Declined(i))
        })
    }

    async fn rich(i: u64, text: &'static str) -> u64 {
        span(Some((i, text)), || {
            for _tags in 0..3 {
                record([i, text.len() as u64, i, i, 0, 0, 0, 0]);
            }
            for _log in 0..2 {
                record([ticks(), i, i, 0, 0, 0, 0, 0]);
            }
            black_box(i + text.len() as u64)
        })
    }

    fn spawned(i: u64) -> JoinHandle<u64> {
        tokio::spawn(task(i))
    }

    async fn root(i: u64) -> u64 {
        Self::below_root(true, || black_box(i))
    }

    async fn in_root<F>(is_sampled: bool, body: F) -> u64
    where
        F: Future<Output = u64> + Send + 'static,
    {
        if is_sampled {
            rooted(body).await
        } else {
            body.await
        }
    }

    fn step(i: u64) -> impl Future<Output = u64> + Send + 'static {
        step(i)
    }

    fn nested(
        i: u64,
        text: &'static str,
        polls: u64,
    ) -> impl Future<Output = u64> + Send + 'static {
        outer(i, text, polls)
    }

    fn nested_sizes() -> [usize; 4] {
        [size_of_val(&plain::task(1)); 4]
    }

    fn flush() {
        // Reading the records prevents the compiler from removing them.
        RECORDS.with(|records| {
            let words = records.iter().flat_map(Cell::get);
            black_box(words.fold(0, u64::wrapping_add))
        });
        DELIVERED.add(SPANS.take());
    }

    fn delivered() -> u64 {
        DELIVERED.get()
    }
}
