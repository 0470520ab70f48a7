//! Futures and streams, with the names that types have for them.

/// The two things that can be polled.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Polled {
    Future,
    Stream,
}

impl Polled {
    pub(super) const ALL: [Self; 2] = [Self::Future, Self::Stream];

    pub(super) fn trait_name(self) -> &'static str {
        match self {
            Self::Future => "Future",
            Self::Stream => "Stream",
        }
    }

    /// The trait of futures or streams with a `Result` as output.
    pub(super) fn trait_of_results(self) -> &'static str {
        match self {
            Self::Future => "TryFuture",
            Self::Stream => "TryStream",
        }
    }

    /// The aliases of pinned boxes, as `futures` calls them.
    pub(super) fn aliases(self) -> [&'static str; 2] {
        match self {
            Self::Future => ["BoxFuture", "LocalBoxFuture"],
            Self::Stream => ["BoxStream", "LocalBoxStream"],
        }
    }

    /// The associated type of its output or items, and the alias that names that type for
    /// every pinned box.
    pub(super) fn gives(self) -> [&'static str; 2] {
        match self {
            Self::Future => ["Output", "OutputOf"],
            Self::Stream => ["Item", "ItemOf"],
        }
    }
}
