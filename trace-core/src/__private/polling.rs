//! The call of a function whose return type is an alias or an associated type for a future or
//! a stream.
//!
//! The span begins at the first poll of the returned future or stream. Until then this keeps
//! copies of the attribute's arguments. `boxes.rs` lists the boxes that can be wrapped.

use std::cell::RefCell;
use std::fmt::{Debug, Display};
use std::marker::PhantomData;

use futures_core::Stream;

use super::boxes::{Boxed, FutureCall, StreamCall};
use super::{
    Calling, First, Paused, Prologue, ServiceName, Site, SpanOrigin, Traced, calling, captured,
    captured_links, first,
};
use crate::propagation::link_source::LinkSource;
use crate::record::{self, IfRecording, PANICKED, RECORDING_BUILT};
use crate::root::{RootRun, SiteAtOrigin, SiteRoot};
use crate::value::{Link, TagSource, TagValue, debug, display};

macro_rules! enters {
    ($($kind:ident)*) => {$(
        impl $kind {
            /// Begins a call whose span is below the current one.
            pub fn enter(self, site: &'static Site) -> Polling<Self, BelowCurrent> {
                Polling::new(BelowCurrent, record::is_recording(), site)
            }

            /// Begins a call whose span is a root. The arguments are always copied, because
            /// only the first poll decides whether the root is recorded.
            pub fn enter_root(self, site: &'static Site) -> Polling<Self, AtRoot> {
                Polling::new(AtRoot, RECORDING_BUILT, site)
            }

            /// Begins a call whose span has an explicit origin.
            pub fn enter_from(self, origin: SpanOrigin, site: &'static Site) -> Polling<Self, AtOrigin> {
                Polling::new(AtOrigin(origin), RECORDING_BUILT, site)
            }
        }
    )*};
}

enters!(FutureCall StreamCall);

/// The span is below the span that is current at the call.
#[derive(Debug)]
pub struct BelowCurrent;

/// The span begins a trace.
#[derive(Debug)]
pub struct AtRoot;

/// The span has this origin.
#[derive(Debug)]
pub struct AtOrigin(SpanOrigin);

/// A call of such a function. `K` tells whether it returns a future or a stream, and `B` where
/// the span begins.
#[derive(Debug)]
pub struct Polling<K, B> {
    begin: B,
    is_recording: bool,
    captured: RefCell<Captured>,
    /// Marks the running body; see `calling.rs`.
    calling: Calling,
    kind: PhantomData<K>,
}

/// Copies of the attribute's arguments, which are recorded when the span is open.
#[derive(Debug)]
pub struct Captured {
    site: &'static Site,
    entries: Vec<Entry>,
}

#[derive(Debug)]
enum Entry {
    Tag(usize, Option<TagValue>),
    Service(String),
    Links(Vec<Link>),
}

impl Prologue for Captured {
    fn run(self) {
        for entry in &self.entries {
            match entry {
                Entry::Tag(key, value) => super::tag(self.site, *key, value),
                Entry::Service(name) => super::service(name),
                Entry::Links(links) => super::link(links),
            }
        }
    }
}

/// Copies the attribute's arguments. The methods have the same names as the functions in
/// [`recording`](super::recording), so that the generated code is the same for both.
impl<K, B> Polling<K, B> {
    fn new(begin: B, is_recording: bool, site: &'static Site) -> Self {
        Self {
            begin,
            is_recording,
            captured: RefCell::new(Captured {
                site,
                entries: Vec::new(),
            }),
            calling: calling(),
            kind: PhantomData,
        }
    }

    /// Ends the call. Returns where the span begins, and the future or stream to wrap.
    fn end_call<T>(self, output: T) -> (B, First<Captured, T>) {
        drop(self.calling);
        (self.begin, first(self.captured.into_inner(), output))
    }

    fn capture(&self, entry: Entry) {
        self.captured.borrow_mut().entries.push(entry);
    }

    /// Returns whether the span may be recorded.
    pub fn recording(&self) -> bool {
        self.is_recording
    }

    /// Copies a tag.
    pub fn tag<T: TagSource + ?Sized>(&self, _site: &'static Site, key: usize, value: &T) {
        self.capture(Entry::Tag(key, captured(value)));
    }

    /// Copies the `Display` text of a value.
    pub fn tag_display<T: Display + ?Sized>(&self, site: &'static Site, key: usize, value: &T) {
        self.tag(site, key, &display(value));
    }

    /// Copies the `Debug` text of a value.
    pub fn tag_debug<T: Debug + ?Sized>(&self, site: &'static Site, key: usize, value: &T) {
        self.tag(site, key, &debug(value));
    }

    /// Calls `evaluate`, which evaluates an expression and copies it for a tag.
    pub fn evaluate_tag(&self, _site: &'static Site, key: usize, evaluate: impl FnOnce(&Paused)) {
        if record::quietly(evaluate).is_none() {
            self.capture(Entry::Tag(key, Some(PANICKED.into())));
        }
    }

    /// Copies the name of the service.
    pub fn service<T: ServiceName + ?Sized>(&self, name: &T) {
        if let Some(name) = record::quietly(|_| name.text().to_owned()) {
            self.capture(Entry::Service(name));
        }
    }

    /// Copies links.
    pub fn link<T: LinkSource + ?Sized>(&self, links: &T) {
        self.capture(Entry::Links(captured_links(links)));
    }
}

/// Implements the functions that end a call. They wrap the returned future or stream, as the
/// functions in [`recording`](super::recording) do for types that the attribute recognizes.
macro_rules! ends {
    ($($kind:ident: $polled:ident $gives:ident $called:ident;)*) => {$(
        impl Polling<$kind, BelowCurrent> {
            /// Wraps what the body returned.
            pub fn end<T, S, O>(self, site: S, observe: O, output: T) -> T
            where
                T: $polled + Boxed<Traced<First<Captured, T>, S, O>>,
                S: Fn() -> &'static Site,
                O: Fn(&T::$gives) -> bool,
            {
                let (BelowCurrent, inner) = self.end_call(output);
                T::boxed(super::$called(site, observe, inner))
            }
        }

        impl Polling<$kind, AtRoot> {
            /// Wraps what the body returned.
            pub fn end<T, S, O>(self, site: S, observe: O, output: T) -> T
            where
                T: $polled + Boxed<RootRun<SiteRoot<S>, First<Captured, T>, O>>,
                S: Fn() -> &'static Site,
                O: Fn(&T::$gives) -> bool,
            {
                let (AtRoot, inner) = self.end_call(output);
                T::boxed(RootRun::new(IfRecording::from_fn(|| SiteRoot(site)), observe, inner))
            }
        }

        impl Polling<$kind, AtOrigin> {
            /// Wraps what the body returned.
            pub fn end<T, S, O>(self, site: S, observe: O, output: T) -> T
            where
                T: $polled + Boxed<RootRun<SiteAtOrigin<S>, First<Captured, T>, O>>,
                S: Fn() -> &'static Site,
                O: Fn(&T::$gives) -> bool,
            {
                let (AtOrigin(origin), inner) = self.end_call(output);
                T::boxed(RootRun::new(origin.begin(site), observe, inner))
            }
        }
    )*};
}

ends! {
    FutureCall: Future Output called;
    StreamCall: Stream Item called_stream;
}
