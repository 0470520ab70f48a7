//! Starts held spans: `span::start`, and `span::build` with its builder.
//!
//! The type of the started span is in `open_span.rs`.

use std::borrow::Cow;
use std::fmt;
use std::panic::Location;

use super::open_span::{Held, OpenSpan};
use crate::diagnostics::{is_counting, is_curious};
use crate::record::{self, HeldSpan, IfRecording, RECORDING_BUILT, Scope, kept_tag, write};
use crate::stream::Site;
use crate::value::{Link, SpanKind, TagInput, TagSource, TagValue, Timestamp};

/// Starts a span below the current span and returns it. The current span does not change; see
/// [`OpenSpan`].
///
/// Without a trace the span does nothing. In a trace that is not sampled it only carries the
/// context.
///
/// The call is cheapest if a place in the source always passes the same name, because the
/// first name of each place is stored. Other names at the same place are copied into each
/// span.
///
/// ```
/// use trace_core::span;
///
/// let span = span::start("consume");
/// span.in_scope(|| { /* work */ });
/// span.end();
/// ```
#[track_caller]
#[inline]
pub fn start(operation_name: impl AsRef<str>) -> OpenSpan {
    let source = Location::caller();
    let name = operation_name.as_ref();
    OpenSpan(IfRecording::from_fn(|| {
        if !HeldSpan::can_start() {
            return note_missed(name, source);
        }
        match write::site_at(name, source) {
            Some(site) => begin_held(site, |_| {}),
            None => begin_described(name, source),
        }
    }))
}

// Not inlined, so that in the usual case the compiler builds the span in its final place and
// does not move it.
#[inline(never)]
fn begin_described(name: &str, source: &'static Location<'static>) -> Held {
    begin_held(Site::unnamed_at(source), |span| {
        write::description(span, name, SpanKind::Internal, source);
    })
}

#[cfg_attr(not(debug_assertions), inline(always))]
fn begin_held(site: &'static Site, describe: impl FnOnce(u64)) -> Held {
    match HeldSpan::begin(site, describe) {
        Some(begun) => Held::Recorded(HeldSpan::from_begun(begun)),
        None => unrecorded(),
    }
}

/// Notes that the span was started without a recorded trace.
#[cold]
fn note_missed(name: &str, source: &'static Location<'static>) -> Held {
    // Finding the site costs more than the rest of the call, so do it only if calls are
    // counted.
    if is_counting()
        && let Some(site) = Site::find_by_call(name, source)
    {
        record::miss(site);
    }
    unrecorded()
}

#[cold]
fn unrecorded() -> Held {
    OpenSpan::unrecorded(Scope::capture_unsampled())
}

/// Starts a span as [`start`] does, but at the given place in the source. Returns `None` where
/// nothing is recorded. Then it calls `name` only if that is counted or reported.
pub(crate) fn start_at<'a>(
    name: impl FnOnce() -> &'a str,
    kind: SpanKind,
    source: &'static Location<'static>,
) -> Option<OpenSpan> {
    if !RECORDING_BUILT {
        return None;
    }
    if !HeldSpan::can_start() {
        // Layers are used where nobody sees whether there is a trace, as behind a queue.
        if is_curious()
            && let Some(site) = Site::find_by_call(name(), source)
        {
            record::miss(site);
        }
        return None;
    }
    let name = name();
    Some(OpenSpan(IfRecording::from_fn(|| {
        let site = write::site_at(name, source);
        let or_unnamed = site.unwrap_or_else(|| Site::unnamed_at(source));
        begin_held(or_unnamed, |span| match site {
            None => write::description(span, name, kind, source),
            Some(_) => write::kind(span, kind),
        })
    })))
}

/// Starts a span of a site; see [`bridge`](crate::__private::bridge).
#[inline]
pub(crate) fn start_site(site: &'static Site) -> OpenSpan {
    OpenSpan(IfRecording::from_fn(|| match HeldSpan::can_start() {
        true => begin_held(site, |_| {}),
        false => unrecorded(),
    }))
}

/// The same, at a time in the past.
pub(crate) fn start_site_at(site: &'static Site, started_at: Timestamp) -> OpenSpan {
    OpenSpan(IfRecording::from_fn(|| match HeldSpan::can_start() {
        true => begin_held(site, |span| write::started_at(span, started_at)),
        false => unrecorded(),
    }))
}

/// Returns a builder for a held span with a kind, tags, links, or a start in the past.
///
/// ```
/// use trace_core::{SpanKind, span};
///
/// let span = span::build("publish")
///     .kind(SpanKind::Producer)
///     .tag("messaging.system", "kafka")
///     .start();
/// span.end();
/// ```
#[track_caller]
pub fn build(operation_name: impl Into<Cow<'static, str>>) -> SpanBuilder {
    let source = Location::caller();
    SpanBuilder(IfRecording::from_fn(|| Description {
        name: operation_name.into(),
        kind: SpanKind::Internal,
        service: None,
        tags: Vec::new(),
        links: Vec::new(),
        started_at: None,
        source,
    }))
}

/// The builder of a held span; made by [`span::build`](crate::span::build).
#[must_use = "a span begins with `start`"]
pub struct SpanBuilder(IfRecording<Description>);

/// See [`SpanBuilder`].
struct Description {
    name: Cow<'static, str>,
    kind: SpanKind,
    service: Option<Cow<'static, str>>,
    tags: Vec<(Cow<'static, str>, TagValue)>,
    links: Vec<Link>,
    started_at: Option<Timestamp>,
    source: &'static Location<'static>,
}

impl SpanBuilder {
    /// Sets the span's role in a call. Default: [`SpanKind::Internal`].
    pub fn kind(self, kind: SpanKind) -> Self {
        self.set(|span| span.kind = kind)
    }

    /// Adds a tag; `None` adds nothing. [`TagSource`] lists the types of values.
    ///
    /// The builder stores the value until the span begins, so it copies texts. To avoid the
    /// copy, call [`OpenSpan::add_tag`] after the start, or pass a literal as
    /// `TagValue::from("GET")`.
    pub fn tag(self, key: impl Into<Cow<'static, str>>, value: impl TagSource) -> Self {
        self.set(|span| span.tags.extend(kept_tag(key.into(), &value)))
    }

    /// Adds a link to a span of another trace: a [`Link`], or the context of that span.
    pub fn link(self, link: impl Into<Link>) -> Self {
        self.set(|span| span.links.push(link.into()))
    }

    /// Sets a service name that replaces the service name of the tracer.
    pub fn service(self, name: impl Into<Cow<'static, str>>) -> Self {
        self.set(|span| span.service = Some(name.into()))
    }

    /// Sets the time at which the span began. Default: the time of [`start`](Self::start).
    pub fn started_at(self, time: Timestamp) -> Self {
        self.set(|span| span.started_at = Some(time))
    }

    /// Starts the span below the current span and returns it. The current span does not
    /// change; see [`span::start`](crate::span::start).
    pub fn start(self) -> OpenSpan {
        OpenSpan(IfRecording::from_fn(|| {
            let Some(description) = self.0.get() else {
                return Held::Nothing;
            };
            if !HeldSpan::can_start() {
                return note_missed(&description.name, description.source);
            }
            let site = write::site_at(&description.name, description.source);
            let or_unnamed = site.unwrap_or_else(|| Site::unnamed_at(description.source));
            begin_held(or_unnamed, |span| {
                description.write(span, site.is_some());
            })
        }))
    }

    fn set(mut self, change: impl FnOnce(&mut Description)) -> Self {
        if let Some(description) = self.0.get_mut() {
            change(description);
        }
        self
    }
}

impl Description {
    /// Writes the data that the span's site does not contain. With `is_placed`, the site
    /// already has the name and the place.
    fn write(&self, span: u64, is_placed: bool) {
        if !is_placed {
            write::description(span, &self.name, self.kind, self.source);
        } else if self.kind != SpanKind::Internal {
            write::kind(span, self.kind);
        }
        if let Some(time) = self.started_at {
            write::started_at(span, time);
        }
        if let Some(service) = &self.service {
            write::service_name(span, service);
        }
        for (key, value) in &self.tags {
            write::named_tag(span, key, TagInput::Value(value));
        }
        for link in &self.links {
            write::link(span, link);
        }
    }
}

impl fmt::Debug for SpanBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("SpanBuilder");
        if let Some(span) = self.0.get() {
            shown.field("name", &span.name).field("kind", &span.kind);
        }
        shown.finish_non_exhaustive()
    }
}
