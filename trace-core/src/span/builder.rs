//! How held spans begin.

use std::borrow::Cow;
use std::fmt;
use std::panic::Location;

use super::open_span::{Held, OpenSpan};
use crate::diagnostics::is_counting;
use crate::record::{self, HeldSpan, IfRecording, RECORDING_BUILT, Scope, kept_tag, write};
use crate::stream::Site;
use crate::value::{Link, SpanKind, TagInput, TagSource, TagValue, Timestamp};

/// Starts a span below the current one, which stays the current one; see [`OpenSpan`].
/// Where nothing is recorded the span does nothing; in a trace that is not sampled it carries
/// the context.
///
/// What is always started with the same name, as most places do, costs least: the first
/// name of each place in the source is kept. Others may be made at run time, and are not.
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
            return miss(name, source);
        }
        match write::site_at(name, source) {
            Some(site) => hold(site, |_| {}),
            None => hold_described(name, source),
        }
    }))
}

/// Not inlined, so that what is held in the usual case is made where it is to be.
#[inline(never)]
fn hold_described(name: &str, source: &Location<'_>) -> Held {
    hold(Site::unnamed(), |span| {
        write::description(span, name, SpanKind::Internal, source);
    })
}

#[cfg_attr(not(debug_assertions), inline(always))]
fn hold(site: &'static Site, describe: impl FnOnce(u64)) -> Held {
    match HeldSpan::begin(site, describe) {
        Some(begun) => Held::Recorded(HeldSpan::from_begun(begun)),
        None => unrecorded(),
    }
}

#[cold]
fn miss(name: &str, source: &'static Location<'static>) -> Held {
    note_miss(name, source);
    unrecorded()
}

fn note_miss(name: &str, source: &'static Location<'static>) {
    // To find the site costs more than all else there is to note.
    if is_counting()
        && let Some(site) = Site::at(name, source)
    {
        record::miss(site);
    }
}

#[cold]
fn unrecorded() -> Held {
    OpenSpan::unrecorded(Scope::capture_unsampled())
}

/// Starts a span as [`start`] does, at another place in the source than that of the call; `None`
/// where nothing is recorded, and then the name is only asked for if somebody counts.
pub(crate) fn start_at<'a>(
    name: impl FnOnce() -> &'a str,
    kind: SpanKind,
    source: &'static Location<'static>,
) -> Option<OpenSpan> {
    if !RECORDING_BUILT {
        return None;
    }
    if !HeldSpan::can_start() {
        if is_counting() {
            note_miss(name(), source);
        }
        return None;
    }
    let name = name();
    Some(OpenSpan(IfRecording::from_fn(|| {
        let site = write::site_at(name, source);
        hold(site.unwrap_or(Site::unnamed()), |span| match site {
            None => write::description(span, name, kind, source),
            Some(_) => write::kind(span, kind),
        })
    })))
}

/// Describes a span that is to be held.
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

/// Describes a span that is to be held; made by [`span::build`](crate::span::build).
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
    /// Sets the span's part in a call. Default: internal.
    pub fn kind(self, kind: SpanKind) -> Self {
        self.set(|span| span.kind = kind)
    }

    /// Adds a tag; `None` adds nothing. What else can be a value is said at [`TagSource`].
    ///
    /// The value is kept until the span begins. So a text is copied, which
    /// [`OpenSpan::add_tag`] spares, and so does `TagValue::from("a literal")`.
    pub fn tag(self, key: impl Into<Cow<'static, str>>, value: impl TagSource) -> Self {
        self.set(|span| span.tags.extend(kept_tag(key.into(), &value)))
    }

    /// Adds a link to a span of another trace: a [`Link`], or its context.
    pub fn link(self, link: impl Into<Link>) -> Self {
        self.set(|span| span.links.push(link.into()))
    }

    /// Sets another service name than the tracer's.
    pub fn service(self, name: impl Into<Cow<'static, str>>) -> Self {
        self.set(|span| span.service = Some(name.into()))
    }

    /// Sets another time at which the span began than that of [`start`](Self::start).
    pub fn started_at(self, time: Timestamp) -> Self {
        self.set(|span| span.started_at = Some(time))
    }

    /// Starts the span below the current one, which stays the current one; see
    /// [`span::start`](crate::span::start).
    pub fn start(self) -> OpenSpan {
        OpenSpan(IfRecording::from_fn(|| {
            let Some(description) = self.0.get() else {
                return Held::Nothing;
            };
            if !HeldSpan::can_start() {
                return miss(&description.name, description.source);
            }
            let site = write::site_at(&description.name, description.source);
            hold(site.unwrap_or(Site::unnamed()), |span| {
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
    /// Writes what the site does not say, which may say where the span is from.
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
