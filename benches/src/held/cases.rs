//! Operations on held spans: with trace-core, with fastrace, and without a library.

use std::hint::black_box;
use std::task::Poll;
use std::time::Duration;

use fastrace::Span;
use fastrace::collector::SpanContext;
use fastrace::future::FutureExt as _;
use trace_core::{OpenSpan, span, traced};

use super::Goal;
use crate::driver::{now, timed};
use crate::libraries::fastrace::Fastrace;
use crate::libraries::ours::{TraceCore, tracer};
use crate::libraries::plain;
use crate::library::Library;

/// An operation that is repeated and timed.
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) goal: Option<Goal>,
    pub(super) spans: Spans,
    pub(super) ours: fn(u64) -> Duration,
    pub(super) fastrace: fn(u64) -> Duration,
    pub(super) plain: fn(u64) -> Duration,
}

/// The expected number of delivered spans.
#[derive(Clone, Copy)]
pub(super) enum Spans {
    /// This many, for any number of calls.
    Fixed(u64),
    /// One per call, and a root.
    OneEach,
}

impl Spans {
    pub(super) const fn of(self, calls: u64) -> u64 {
        match self {
            Self::Fixed(spans) => spans,
            Self::OneEach => calls + 1,
        }
    }
}

pub(super) const CASES: [Case; 11] = [
    Case {
        name: "async fn, not held",
        goal: None,
        spans: Spans::OneEach,
        ours: |calls| below_root(|| now(async { timed!(calls, i => leaf(black_box(i)).await) })),
        fastrace: |calls| {
            Fastrace::below_root(true, || {
                now(async { timed!(calls, i => fastrace_leaf(black_box(i)).await) })
            })
        },
        plain: plain_leaf,
    },
    Case {
        name: "future that a fn returns",
        goal: Some(Goal::MoreThanAsync(15.0)),
        spans: Spans::OneEach,
        ours: |calls| below_root(|| now(async { timed!(calls, i => called(black_box(i)).await) })),
        fastrace: |calls| {
            Fastrace::below_root(true, || {
                now(async { timed!(calls, i => fastrace_called(black_box(i)).await) })
            })
        },
        plain: plain_leaf,
    },
    Case {
        name: "held span, 2 tags",
        goal: Some(Goal::TimesFastrace(0.3)),
        spans: Spans::OneEach,
        ours: |calls| {
            let text = black_box("visa");
            below_root(|| {
                timed!(calls, i => {
                    let span = span::start("held");
                    span.add_tag("i", i);
                    span.add_tag("text", text);
                    span.end();
                })
            })
        },
        fastrace: |calls| {
            let text = black_box("visa");
            Fastrace::below_root(true, || {
                timed!(calls, i => drop(fastrace_held().with_properties(|| {
                    [("i", i.to_string()), ("text", text.to_owned())]
                })))
            })
        },
        plain: |calls| timed!(calls, i => i),
    },
    Case {
        name: "held span",
        goal: None,
        spans: Spans::OneEach,
        ours: |calls| below_root(|| timed!(calls, _i => span::start("held").end())),
        fastrace: |calls| Fastrace::below_root(true, || timed!(calls, _i => drop(fastrace_held()))),
        plain: |calls| timed!(calls, i => i),
    },
    Case {
        name: "held span, no context",
        goal: None,
        spans: Spans::Fixed(0),
        ours: |calls| timed!(calls, _i => span::start("held").end()),
        fastrace: |calls| timed!(calls, _i => drop(fastrace_held())),
        plain: |calls| timed!(calls, i => i),
    },
    Case {
        name: "poll at home",
        goal: None,
        spans: Spans::Fixed(2),
        ours: |calls| {
            below_root(|| {
                let mut span = span::start("held");
                timed!(calls, i => poll(&mut span, i))
            })
        },
        fastrace: |calls| {
            Fastrace::below_root(true, || {
                let span = fastrace_held();
                timed!(calls, i => fastrace_poll(&span, i))
            })
        },
        plain: |calls| timed!(calls, i => plain_poll(i)),
    },
    Case {
        name: "poll where no trace is",
        goal: Some(Goal::Nanos(40.0)),
        spans: Spans::Fixed(2),
        ours: |calls| {
            let mut span = below_root(|| span::start("held"));
            timed!(calls, i => poll(&mut span, i))
        },
        fastrace: |calls| {
            let (span, _root) = fastrace_apart();
            timed!(calls, i => fastrace_poll(&span, i))
        },
        plain: |calls| timed!(calls, i => plain_poll(i)),
    },
    Case {
        name: "poll below another root",
        goal: Some(Goal::Nanos(40.0)),
        spans: Spans::Fixed(3),
        ours: |calls| {
            let mut span = below_root(|| span::start("held"));
            below_root(|| timed!(calls, i => poll(&mut span, i)))
        },
        fastrace: |calls| {
            let (span, _root) = fastrace_apart();
            Fastrace::below_root(true, || timed!(calls, i => fastrace_poll(&span, i)))
        },
        plain: |calls| timed!(calls, i => plain_poll(i)),
    },
    Case {
        name: "poll of a held root",
        goal: None,
        spans: Spans::Fixed(1),
        ours: |calls| {
            let mut span = tracer().root("root").start();
            timed!(calls, i => poll(&mut span, i))
        },
        fastrace: |calls| {
            let root = Span::root("root", SpanContext::random());
            timed!(calls, i => fastrace_poll(&root, i))
        },
        plain: |calls| timed!(calls, i => plain_poll(i)),
    },
    Case {
        name: "enter and leave where no trace is",
        goal: None,
        spans: Spans::Fixed(2),
        ours: |calls| {
            let span = below_root(|| span::start("held"));
            timed!(calls, i => span.in_scope(|| black_box(i)))
        },
        fastrace: |calls| {
            let (span, _root) = fastrace_apart();
            timed!(calls, i => {
                let _in = span.set_local_parent();
                black_box(i)
            })
        },
        plain: |calls| timed!(calls, i => black_box(i)),
    },
    Case {
        name: "tag where no trace is",
        goal: None,
        spans: Spans::Fixed(2),
        ours: |calls| {
            let span = below_root(|| span::start("held"));
            timed!(calls, i => span.add_tag("i", i))
        },
        fastrace: |calls| {
            let (span, _root) = fastrace_apart();
            timed!(calls, i => span.add_property(|| ("i", i.to_string())))
        },
        plain: |calls| timed!(calls, i => i),
    },
];

fn below_root<R>(body: impl FnOnce() -> R) -> R {
    TraceCore::below_root(true, body)
}

#[traced]
async fn leaf(i: u64) -> u64 {
    black_box(i)
}

#[expect(
    clippy::manual_async_fn,
    reason = "a function that returns a future is another case"
)]
#[traced]
fn called(i: u64) -> impl Future<Output = u64> {
    async move { black_box(i) }
}

/// Not inlined, because the poll of a body is not inlined in real programs.
#[inline(never)]
fn poll(span: &mut OpenSpan, i: u64) -> Poll<u64> {
    span.poll(|| plain_poll(i), |_| None)
}

#[fastrace::trace]
async fn fastrace_leaf(i: u64) -> u64 {
    black_box(i)
}

fn fastrace_called(i: u64) -> impl Future<Output = u64> {
    async move { black_box(i) }.in_span(fastrace_held())
}

fn fastrace_held() -> Span {
    Span::enter_with_local_parent("held")
}

/// Makes a span and its root, which is not a local parent. The root must end after the span.
fn fastrace_apart() -> (Span, Span) {
    let root = Span::root("root", SpanContext::random());
    (Span::enter_with_parent("held", &root), root)
}

#[inline(never)]
fn fastrace_poll(span: &Span, i: u64) -> Poll<u64> {
    let _in = span.set_local_parent();
    plain_poll(i)
}

#[inline(never)]
fn plain_poll(i: u64) -> Poll<u64> {
    black_box(i);
    Poll::Pending
}

fn plain_leaf(calls: u64) -> Duration {
    now(async { timed!(calls, i => plain::leaf(black_box(i)).await) })
}
