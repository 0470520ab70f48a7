//! The measured operations.

/// The number of spans in [`Workload::Tree`]: one, nine below it, and ten below each of these.
pub const TREE_SPANS: u64 = 100;
/// The number of polls of one span in [`Workload::Poll`].
pub const POLLS: u64 = 200;
/// The number of roots that are timed after each flush.
pub const AFTER_FLUSH: u64 = 20;
/// The number of spans in [`Library::nested`](crate::library::Library::nested).
pub const LEVELS: u64 = 3;

/// An operation that is repeated and timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workload {
    AsyncLeaf,
    SyncLeaf,
    /// [`TREE_SPANS`] async spans with two tags each.
    Tree,
    TreeUnsampled,
    Unsampled,
    NoContext,
    /// One more poll of a span that waits.
    Poll,
    /// One more poll of a task that is a root, on the thread that waits for it.
    TaskPoll,
    /// As `TaskPoll`, with a span in each poll.
    TaskPollLeaf,
    /// As `TaskPoll`, with [`LEVELS`] open spans below the root.
    TaskPollLevels,
    /// The previous three workloads on another thread.
    PoolPoll,
    PoolPollLeaf,
    PoolPollLevels,
    /// A function that returns an error, with the error's message.
    Fails,
    /// Eight tags and two logs.
    Rich,
    /// A task that is spawned and waited for.
    Spawned,
    /// A trace of one span that begins in the usual way: by an attribute, if there is one.
    Root,
    /// As `Root`, with [`AFTER_FLUSH`] roots after each flush.
    RootAfterFlush,
    /// A root that is described at run time.
    RootBuilder,
    RootUnsampled,
    /// A root with [`LEVELS`] async spans below it, which have two tags each and are polled
    /// twice. Every second root is not sampled.
    Request,
}

/// A second result of a workload: its difference from another workload, divided by a number of
/// parts.
#[derive(Clone, Copy, Debug)]
pub struct Share {
    pub name: &'static str,
    pub above: Workload,
    pub parts: u64,
}

/// The maximum value of a result.
#[derive(Clone, Copy, Debug)]
pub enum Goal {
    TimesFloor(f64),
    TimesFastrace(f64),
    /// A multiple of our own result for another workload.
    Times(f64, Workload),
    Nanos(f64),
}

impl Workload {
    /// All workloads, in the order of declaration.
    pub const ALL: [Self; 21] = [
        Self::AsyncLeaf,
        Self::SyncLeaf,
        Self::Tree,
        Self::TreeUnsampled,
        Self::Unsampled,
        Self::NoContext,
        Self::Poll,
        Self::TaskPoll,
        Self::TaskPollLeaf,
        Self::TaskPollLevels,
        Self::PoolPoll,
        Self::PoolPollLeaf,
        Self::PoolPollLevels,
        Self::Fails,
        Self::Rich,
        Self::Spawned,
        Self::Root,
        Self::RootAfterFlush,
        Self::RootBuilder,
        Self::RootUnsampled,
        Self::Request,
    ];

    /// The index in [`ALL`](Self::ALL).
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AsyncLeaf => "async fn",
            Self::SyncLeaf => "sync fn",
            Self::Tree => "tree of 100, 2 tags each",
            Self::TreeUnsampled => "the same tree, unsampled",
            Self::Unsampled => "async fn, unsampled",
            Self::NoContext => "async fn, no context",
            Self::Poll => "one more poll",
            Self::TaskPoll => "one more poll of a root's task",
            Self::TaskPollLeaf => "the same, with a leaf",
            Self::TaskPollLevels => "the same, through 3 spans",
            Self::PoolPoll => "one more poll of a root's task, another thread",
            Self::PoolPollLeaf => "the same, with a leaf, another thread",
            Self::PoolPollLevels => "the same, through 3 spans, another thread",
            Self::Fails => "async fn that fails",
            Self::Rich => "8 tags and 2 logs",
            Self::Spawned => "spawned task",
            Self::Root => "root",
            Self::RootAfterFlush => "root, 20 after each flush",
            Self::RootBuilder => "root by the builder",
            Self::RootUnsampled => "root, unsampled",
            Self::Request => "request, every second one unsampled",
        }
    }

    /// A name without spaces, for data files.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::AsyncLeaf => "async",
            Self::SyncLeaf => "sync",
            Self::Tree => "tree",
            Self::TreeUnsampled => "tree-unsampled",
            Self::Unsampled => "unsampled",
            Self::NoContext => "no-context",
            Self::Poll => "poll",
            Self::TaskPoll => "task-poll",
            Self::TaskPollLeaf => "task-poll-leaf",
            Self::TaskPollLevels => "task-poll-levels",
            Self::PoolPoll => "pool-poll",
            Self::PoolPollLeaf => "pool-poll-leaf",
            Self::PoolPollLevels => "pool-poll-levels",
            Self::Fails => "fails",
            Self::Rich => "rich",
            Self::Spawned => "spawned",
            Self::Root => "root",
            Self::RootAfterFlush => "root-after-flush",
            Self::RootBuilder => "root-builder",
            Self::RootUnsampled => "root-unsampled",
            Self::Request => "request",
        }
    }

    /// The number of spans or polls in a call, by which its cost is divided.
    #[must_use]
    pub const fn units(self) -> u64 {
        match self {
            Self::Tree | Self::TreeUnsampled => TREE_SPANS,
            Self::Poll => POLLS,
            _ => 1,
        }
    }

    /// The number of calls that have about this many spans or polls in total. More than the
    /// queues hold would be lost.
    #[must_use]
    pub const fn calls(self, spans: u64) -> u64 {
        match self {
            Self::Request => spans / (LEVELS + 1),
            _ => spans / self.units(),
        }
    }

    /// The expected number of delivered spans for a number of calls, with a library that
    /// records nothing outside of traces.
    #[must_use]
    pub const fn spans(self, calls: u64) -> u64 {
        match self {
            Self::TreeUnsampled | Self::Unsampled | Self::NoContext | Self::RootUnsampled => 0,
            Self::Tree => calls * TREE_SPANS + 1,
            Self::TaskPoll | Self::PoolPoll => 1,
            Self::TaskPollLevels | Self::PoolPollLevels => LEVELS + 1,
            Self::Root | Self::RootAfterFlush | Self::RootBuilder => calls,
            Self::Request => calls.div_ceil(2) * (LEVELS + 1),
            _ => calls + 1,
        }
    }

    /// Whether all its work is done on the caller's thread and without a flush, so that its
    /// instructions can be counted.
    #[must_use]
    pub const fn is_counted(self) -> bool {
        !matches!(
            self,
            Self::PoolPoll | Self::PoolPollLeaf | Self::PoolPollLevels | Self::RootAfterFlush
        )
    }

    #[must_use]
    pub const fn share(self) -> Option<Share> {
        let (name, above, parts) = match self {
            Self::TaskPollLeaf => ("— less the leaf", Self::AsyncLeaf, 1),
            Self::PoolPollLeaf => ("— less the leaf, another thread", Self::AsyncLeaf, 1),
            Self::TaskPollLevels => ("— a level", Self::TaskPoll, LEVELS),
            Self::PoolPollLevels => ("— a level, another thread", Self::PoolPoll, LEVELS),
            _ => return None,
        };
        Some(Share { name, above, parts })
    }

    /// The goals for the result, or for the [`share`](Self::share) if there is one.
    #[must_use]
    pub const fn goals(self) -> &'static [Goal] {
        use Goal::{Nanos, Times, TimesFastrace, TimesFloor};
        match self {
            Self::AsyncLeaf | Self::SyncLeaf => &[TimesFloor(1.4)],
            Self::Tree => &[TimesFloor(1.55), TimesFastrace(0.11)],
            Self::TreeUnsampled | Self::Unsampled | Self::NoContext => &[Nanos(1.5)],
            Self::Poll => &[Nanos(7.0)],
            Self::TaskPoll | Self::PoolPoll => &[Nanos(13.0)],
            Self::TaskPollLeaf | Self::PoolPollLeaf => &[Nanos(15.0)],
            Self::TaskPollLevels | Self::PoolPollLevels => &[Nanos(4.0)],
            Self::Fails => &[TimesFastrace(0.2)],
            Self::Root | Self::RootAfterFlush => &[TimesFastrace(0.4)],
            Self::RootBuilder => &[Times(1.2, Self::Root)],
            Self::RootUnsampled => &[TimesFastrace(0.35)],
            Self::Request => &[TimesFastrace(0.12)],
            Self::Rich | Self::Spawned => &[],
        }
    }

    /// The maximum number of instructions of the workload.
    #[must_use]
    pub const fn instructions_goal(self) -> Option<f64> {
        match self {
            Self::AsyncLeaf => Some(121.0),
            Self::SyncLeaf => Some(105.0),
            Self::Tree => Some(258.0),
            Self::Unsampled | Self::NoContext => Some(21.0),
            Self::TaskPoll => Some(238.0),
            Self::Fails => Some(514.0),
            Self::Root => Some(944.0),
            Self::RootBuilder => Some(1133.0),
            Self::RootUnsampled => Some(376.0),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Workload;

    #[test]
    fn workloads_are_in_the_order_of_their_declaration() {
        for (place, workload) in Workload::ALL.into_iter().enumerate() {
            assert_eq!(workload.index(), place);
        }
    }
}
