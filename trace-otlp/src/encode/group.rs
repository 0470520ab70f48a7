//! Groups the spans of a batch by service and scope, and places the reports about their
//! traces.
//!
//! Borrows from the batch, and writes nothing.

use std::collections::HashMap;

use trace_core::__private::site_of;
use trace_core::{Resource, SpanBatch, SpanView, Tag, TagRef, TraceId};

use crate::conventions::{self, key};
use crate::facts::{Said, losses_text, trace_losses_text};

/// The spans of a batch, grouped by service and scope, in the order of their first spans.
pub(crate) struct Request<'a> {
    pub(super) resource: &'a Resource,
    pub(super) services: Vec<Service<'a>>,
    /// Whether the source of the batch says when parts of traces end.
    pub(super) reports_ends: bool,
    /// Losses of traces, as texts; spans refer to them by index.
    losses: Vec<String>,
    /// Reports about traces that have no span in the batch.
    pub(super) unplaced: Unplaced,
}

pub(super) struct Service<'a> {
    pub(super) name: &'a str,
    pub(super) scopes: Vec<Scope<'a>>,
}

pub(super) struct Scope<'a> {
    pub(super) id: ScopeId<'a>,
    pub(super) spans: Vec<GroupedSpan<'a>>,
}

#[derive(Clone, Copy)]
pub(super) struct ScopeId<'a> {
    pub(super) name: &'a str,
    pub(super) version: &'a str,
}

pub(super) struct GroupedSpan<'a> {
    pub(super) view: SpanView<'a>,
    ended_parts: u32,
    /// The index of the losses of its trace.
    lost: Option<u32>,
}

/// Reports of traces without spans in the batch, sorted by trace.
#[derive(Default)]
pub(super) struct Unplaced {
    /// Once for each part that has ended.
    pub(super) ended: Vec<TraceId>,
    /// The losses of traces, each with its trace.
    pub(super) losses: Vec<String>,
}

impl Unplaced {
    pub(super) const fn is_empty(&self) -> bool {
        self.ended.is_empty() && self.losses.is_empty()
    }
}

/// The batch's reports about one trace.
#[derive(Default)]
struct Report {
    ended_parts: u32,
    lost: Option<u32>,
}

impl<'a> Request<'a> {
    pub(crate) fn new(batch: &SpanBatch<'a>) -> Self {
        let mut services: Vec<Service<'a>> = Vec::new();
        for span in batch.spans() {
            let name = span.service_name();
            // Neighbors usually have the same service and scope, and there are few of
            // both, so a search through all of them is cheap.
            let service = find_or_push(
                &mut services,
                |one| std::ptr::eq(one.name, name) || one.name == name,
                || Service {
                    name,
                    scopes: Vec::new(),
                },
            );
            let id = ScopeId::from_span(&span);
            if let Some(service) = service {
                let scope = find_or_push(
                    &mut service.scopes,
                    |one| one.id == id,
                    || Scope {
                        id,
                        spans: Vec::new(),
                    },
                );
                if let Some(scope) = scope {
                    scope.spans.push(GroupedSpan::new(span));
                }
            }
        }
        let mut request = Self {
            resource: batch.resource().get(),
            services,
            reports_ends: batch.resource().reports_ends(),
            losses: Vec::new(),
            unplaced: Unplaced::default(),
        };
        request.place_reports(batch);
        request
    }

    /// Returns whether there is nothing to write.
    #[cfg(feature = "json")]
    pub(crate) const fn is_empty(&self) -> bool {
        self.services.is_empty() && self.unplaced.is_empty()
    }

    /// Returns the facts that are written on a span in addition to its own data.
    pub(super) fn said(&self, span: &GroupedSpan<'_>) -> Said<'_> {
        let lost = span.lost.and_then(|index| usize::try_from(index).ok());
        Said {
            ended_parts: span.ended_parts,
            lost: lost.and_then(|index| Some(self.losses.get(index)?.as_str())),
            is_trimmed: false,
        }
    }

    /// Puts each report on the last span of its trace, because a reader that has this span has
    /// the others.
    fn place_reports(&mut self, batch: &SpanBatch<'a>) {
        let mut reports: HashMap<TraceId, Report> = HashMap::new();
        for trace in batch.completed_traces() {
            reports.entry(trace).or_default().ended_parts += 1;
        }
        for (trace, losses) in batch.losses() {
            let report = reports.entry(trace).or_default();
            let losses = losses_text(&losses);
            let index = report.lost.and_then(|index| usize::try_from(index).ok());
            match index.and_then(|index| self.losses.get_mut(index)) {
                Some(text) => {
                    text.push_str(", ");
                    text.push_str(&losses);
                }
                None => {
                    report.lost = u32::try_from(self.losses.len()).ok();
                    self.losses.push(losses);
                }
            }
        }
        if reports.is_empty() {
            return;
        }
        let scopes = self.services.iter_mut().rev();
        let scopes = scopes.flat_map(|service| service.scopes.iter_mut().rev());
        let mut last = None;
        for span in scopes.flat_map(|scope| scope.spans.iter_mut().rev()) {
            let trace = span.view.trace_id();
            // Spans of one trace are usually neighbors: most are not looked up.
            if last == Some(trace) {
                continue;
            }
            last = Some(trace);
            if let Some(report) = reports.remove(&trace) {
                (span.ended_parts, span.lost) = (report.ended_parts, report.lost);
                if reports.is_empty() {
                    return;
                }
            }
        }
        let mut rest: Vec<_> = reports.into_iter().collect();
        rest.sort_unstable_by_key(|(trace, _)| *trace);
        for (trace, report) in rest {
            let ended = (0..report.ended_parts).map(|_| trace);
            self.unplaced.ended.extend(ended);
            let index = report.lost.and_then(|index| usize::try_from(index).ok());
            if let Some(losses) = index.and_then(|index| self.losses.get(index)) {
                self.unplaced.losses.push(trace_losses_text(trace, losses));
            }
        }
    }
}

impl<'a> GroupedSpan<'a> {
    fn new(view: SpanView<'a>) -> Self {
        Self {
            view,
            ended_parts: 0,
            lost: None,
        }
    }
}

/// Returns the last item that matches. If there is none, appends one.
fn find_or_push<T>(
    items: &mut Vec<T>,
    is_wanted: impl Fn(&T) -> bool,
    make: impl FnOnce() -> T,
) -> Option<&mut T> {
    let index = items.iter().rposition(is_wanted).unwrap_or_else(|| {
        items.push(make());
        items.len() - 1
    });
    items.get_mut(index)
}

impl PartialEq for ScopeId<'_> {
    fn eq(&self, other: &Self) -> bool {
        // Nearly all spans have the same scope, and so the same text.
        let is_same = |one: &str, other: &str| std::ptr::eq(one, other) || one == other;
        is_same(self.name, other.name) && is_same(self.version, other.version)
    }
}

impl<'a> ScopeId<'a> {
    /// The scope of spans that do not name one.
    pub(super) const OWN: ScopeId<'static> = ScopeId {
        name: conventions::SCOPE_NAME,
        version: conventions::SCOPE_VERSION,
    };

    /// Returns whether tags of the spans name the scope. These tags are then left out of the
    /// spans.
    pub(super) fn is_tagged(self) -> bool {
        self.name != conventions::SCOPE_NAME
    }

    fn from_span(span: &SpanView<'a>) -> Self {
        // Most spans have only the keys of their sites, and these do not name a scope.
        if site_of(span).is_some_and(|of_span| {
            of_span.has_only_keys_of_site && !of_span.site.tag_keys().contains(&key::SCOPE_NAME)
        }) {
            return Self::OWN;
        }
        let (mut name, mut version) = (None, "");
        for (key, value) in span.tags() {
            match (key, value) {
                (key::SCOPE_NAME, TagRef::Str(text)) if !text.is_empty() => name = Some(text),
                (key::SCOPE_VERSION, TagRef::Str(text)) => version = text,
                _ => {}
            }
        }
        name.map_or(Self::OWN, |name| Self { name, version })
    }
}

/// The resource of a service: the attributes of the batch's resource, under its own name.
#[derive(Clone, Copy)]
pub(super) struct ResourceOf<'a> {
    pub(super) resource: &'a Resource,
    pub(super) service: &'a str,
}

impl<'a> ResourceOf<'a> {
    /// Returns the attributes except the name of the service.
    pub(super) fn tags(self) -> impl Iterator<Item = &'a Tag> {
        let tags = self.resource.tags.iter();
        tags.filter(|tag| tag.key != key::SERVICE_NAME)
    }
}

/// A scope, and the reports on it.
#[derive(Clone, Copy)]
pub(super) struct ScopeOf<'a> {
    pub(super) id: ScopeId<'a>,
    pub(super) reports_ends: bool,
    /// Reports of traces without a span.
    pub(super) reports: Option<&'a Unplaced>,
}
