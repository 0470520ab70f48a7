//! What is measured.

/// Spans of [`Workload::Tree`]: one, nine below it, ten below each of these.
pub const TREE_SPANS: u64 = 100;
/// Polls of one span of [`Workload::Poll`].
pub const POLLS: u64 = 200;

/// Something that is done again and again and timed.
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
    /// A function that returns an error, with the error's message.
    Fails,
    /// Eight tags and two logs.
    Rich,
    /// A task that is spawned and waited for.
    Spawned,
    Root,
}

/// What a figure is to be at most.
#[derive(Clone, Copy, Debug)]
pub enum Goal {
    TimesFloor(f64),
    TimesFastrace(f64),
    Nanos(f64),
}

impl Workload {
    pub const ALL: [Self; 11] = [
        Self::AsyncLeaf,
        Self::SyncLeaf,
        Self::Tree,
        Self::TreeUnsampled,
        Self::Unsampled,
        Self::NoContext,
        Self::Poll,
        Self::Fails,
        Self::Rich,
        Self::Spawned,
        Self::Root,
    ];

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
            Self::Fails => "async fn that fails",
            Self::Rich => "8 tags and 2 logs",
            Self::Spawned => "spawned task",
            Self::Root => "root",
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
            Self::Fails => "fails",
            Self::Rich => "rich",
            Self::Spawned => "spawned",
            Self::Root => "root",
        }
    }

    /// Spans or polls of a call: a call's cost is divided by it.
    #[must_use]
    pub const fn units(self) -> u64 {
        match self {
            Self::Tree | Self::TreeUnsampled => TREE_SPANS,
            Self::Poll => POLLS,
            _ => 1,
        }
    }

    /// Spans that have to be delivered for a number of calls, of a library that
    /// records nothing where no trace is.
    #[must_use]
    pub const fn spans(self, calls: u64) -> u64 {
        match self {
            Self::TreeUnsampled | Self::Unsampled | Self::NoContext => 0,
            Self::Tree => calls * TREE_SPANS + 1,
            Self::Root => calls,
            _ => calls + 1,
        }
    }

    #[must_use]
    pub const fn goals(self) -> &'static [Goal] {
        use Goal::{Nanos, TimesFastrace, TimesFloor};
        match self {
            Self::AsyncLeaf => &[TimesFloor(1.15), TimesFastrace(0.22)],
            Self::SyncLeaf => &[TimesFloor(1.1), TimesFastrace(0.9)],
            Self::Tree => &[TimesFloor(1.2), TimesFastrace(0.13)],
            Self::TreeUnsampled | Self::Unsampled | Self::NoContext => &[Nanos(1.5)],
            Self::Poll => &[Nanos(7.0)],
            Self::Fails => &[TimesFastrace(0.2)],
            Self::Root => &[TimesFastrace(0.4)],
            Self::Rich | Self::Spawned => &[],
        }
    }

    /// Instructions that it is to need at most.
    #[must_use]
    pub const fn instructions_goal(self) -> Option<f64> {
        match self {
            Self::AsyncLeaf => Some(110.0),
            Self::SyncLeaf => Some(75.0),
            Self::Unsampled | Self::NoContext => Some(40.0),
            _ => None,
        }
    }
}
