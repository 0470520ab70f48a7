//! The functions without any instrumentation, for comparison.

use std::hint::black_box;

use tokio::task::JoinHandle;

use crate::library::{Declined, Library, Yield};

#[derive(Debug)]
pub struct Plain;

pub async fn leaf(i: u64) -> u64 {
    black_box(i)
}

pub fn sync_leaf(i: u64) -> u64 {
    black_box(i)
}

async fn tree(i: u64, text: &str) -> u64 {
    let mut sum = 0;
    for k in 0..9 {
        sum += branch(black_box(i + k), text).await;
    }
    sum
}

async fn branch(i: u64, text: &str) -> u64 {
    let mut sum = 0;
    for k in 0..10 {
        sum += tagged(black_box(i + k), text).await;
    }
    sum
}

async fn tagged(i: u64, text: &str) -> u64 {
    black_box(i + text.len() as u64)
}

pub async fn waits(i: u64, polls: u64) -> u64 {
    Yield(polls).await;
    black_box(i)
}

pub async fn fails(i: u64) -> Result<u64, Declined> {
    if black_box(i) == u64::MAX {
        return Ok(i);
    }
    Err(Declined(i))
}

pub async fn rich(i: u64, text: &str) -> u64 {
    black_box(i + text.len() as u64)
}

pub async fn task(i: u64) -> u64 {
    black_box(i)
}

pub async fn root(i: u64) -> u64 {
    black_box(i)
}

pub async fn rooted<F: Future<Output = u64>>(body: F) -> u64 {
    body.await
}

pub async fn step(i: u64) -> u64 {
    black_box(i)
}

async fn outer(i: u64, text: &'static str, polls: u64) -> u64 {
    middle(i + 1, text, polls).await
}

async fn middle(i: u64, text: &'static str, polls: u64) -> u64 {
    inner(i + 1, text, polls).await
}

async fn inner(i: u64, text: &'static str, polls: u64) -> u64 {
    Yield(polls).await;
    black_box(i + text.len() as u64)
}

async fn level0(i: u64) -> u64 {
    black_box(i)
}

async fn level1(i: u64) -> u64 {
    level0(i).await + 1
}

async fn level2(i: u64) -> u64 {
    level1(i).await + 1
}

async fn level3(i: u64) -> u64 {
    level2(i).await + 1
}

impl Library for Plain {
    const NAME: &'static str = "plain";
    const PACKAGE: Option<&'static str> = None;

    fn set_up() {}

    fn below_root<R>(_is_sampled: bool, body: impl FnOnce() -> R) -> R {
        body()
    }

    fn leaf(i: u64) -> impl Future<Output = u64> + Send + 'static {
        leaf(i)
    }

    fn sync_leaf(i: u64) -> u64 {
        sync_leaf(i)
    }

    fn tree(i: u64, text: &'static str) -> impl Future<Output = u64> + Send {
        tree(i, text)
    }

    fn waits(i: u64, polls: u64) -> impl Future<Output = u64> + Send {
        waits(i, polls)
    }

    fn fails(i: u64) -> impl Future<Output = Result<u64, Declined>> + Send {
        fails(i)
    }

    fn rich(i: u64, text: &'static str) -> impl Future<Output = u64> + Send {
        rich(i, text)
    }

    fn spawned(i: u64) -> JoinHandle<u64> {
        tokio::spawn(task(i))
    }

    fn root(i: u64) -> impl Future<Output = u64> + Send {
        root(i)
    }

    fn in_root<F>(_is_sampled: bool, body: F) -> impl Future<Output = u64> + Send + 'static
    where
        F: Future<Output = u64> + Send + 'static,
    {
        rooted(body)
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
        [
            size_of_val(&level0(1)),
            size_of_val(&level1(1)),
            size_of_val(&level2(1)),
            size_of_val(&level3(1)),
        ]
    }

    fn flush() {}

    fn delivered() -> u64 {
        0
    }

    fn spans(_workload: crate::workload::Workload, _calls: u64) -> u64 {
        0
    }
}
