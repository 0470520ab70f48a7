//! Groups the spans of a batch by service and scope, and places the reports about their
//! traces.
//!
//! Borrows from the batch, and writes nothing.

use std::collections::HashMap;

use trace_core::__private::{Site, plain, site_of};
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
    spans: ScopeSpans<'a>,
    /// What is said on spans, in the order of these.
    reports: Vec<PlacedReport>,
}

/// The spans of a scope.
enum ScopeSpans<'a> {
    /// All of a batch. Nearly all batches have one service and one scope, and need no list.
    All(&'a SpanBatch<'a>),
    Some(Vec<SpanView<'a>>),
}

/// A report, and the span on which it is said.
struct PlacedReport {
    /// The index of the span in its scope.
    span: usize,
    report: Report,
}

#[derive(Clone, Copy)]
pub(super) struct ScopeId<'a> {
    pub(super) name: &'a str,
    pub(super) version: &'a str,
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
    /// The index of the losses of the trace.
    lost: Option<u32>,
}

impl<'a> Request<'a> {
    pub(crate) fn new(batch: &'a SpanBatch<'a>) -> Self {
        let services = one_group(batch).unwrap_or_else(|| groups(batch));
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

    /// Returns the spans of a scope, and the facts that are written on each in addition to its own data.
    pub(super) fn spans<'b>(
        &'b self,
        scope: &'b Scope<'a>,
    ) -> impl Iterator<Item = (SpanView<'a>, Said<'b>)> {
        let mut reports = scope.reports.iter().peekable();
        scope.views().enumerate().map(move |(index, view)| {
            let placed = reports.next_if(|placed| placed.span == index);
            let said = placed.map(|placed| self.said(&placed.report));
            (view, said.unwrap_or_default())
        })
    }

    fn said(&self, report: &Report) -> Said<'_> {
        let lost = report.lost.and_then(|index| usize::try_from(index).ok());
        Said {
            ended_parts: report.ended_parts,
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
        for scope in scopes.flat_map(|service| service.scopes.iter_mut().rev()) {
            scope.place(&mut reports);
            if reports.is_empty() {
                return;
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

impl<'a> Scope<'a> {
    /// Returns the spans.
    pub(super) fn views(&self) -> impl DoubleEndedIterator<Item = SpanView<'a>> {
        let (all, some) = match &self.spans {
            ScopeSpans::All(batch) => (Some(*batch), &[][..]),
            ScopeSpans::Some(views) => (None, &views[..]),
        };
        let all = all.into_iter().flat_map(SpanBatch::spans);
        all.chain(some.iter().copied())
    }

    /// Returns the number of spans.
    pub(super) fn len(&self) -> usize {
        match &self.spans {
            ScopeSpans::All(batch) => batch.len(),
            ScopeSpans::Some(views) => views.len(),
        }
    }

    /// Takes the reports of traces that have spans here, each to the last span.
    fn place(&mut self, reports: &mut HashMap<TraceId, Report>) {
        let mut placed = Vec::new();
        let mut last = None;
        let mut index = self.len();
        // Ends with the last report.
        let _ended = self.views().rev().try_for_each(|view| {
            index = index.saturating_sub(1);
            let trace = view.trace_id();
            // Spans of one trace are usually neighbors: most are not looked up.
            if last != Some(trace) {
                last = Some(trace);
                let report = reports.remove(&trace);
                placed.extend(report.map(|report| PlacedReport {
                    span: index,
                    report,
                }));
            }
            (!reports.is_empty()).then_some(())
        });
        placed.reverse();
        self.reports = placed;
    }
}

/// Returns the group of all spans of a batch, if they have one service and one scope.
fn one_group<'a>(batch: &'a SpanBatch<'a>) -> Option<Vec<Service<'a>>> {
    let mut spans = batch.spans();
    let first = spans.next()?;
    let (name, id) = (first.service_name(), ScopeId::from_span(&first));
    let mut known: Option<&'static Site> = None;
    let is_one = spans.all(|span| {
        let site = plain(&span).map(|plain| plain.site());
        // The plain spans of a site have one service, and one scope if no tag names it.
        if let (Some(site), Some(known)) = (site, known)
            && std::ptr::eq(site, known)
        {
            return true;
        }
        let is_same = is_same_text(name, span.service_name()) && id == ScopeId::from_span(&span);
        known = site.filter(|site| is_same && !may_name_scope(site));
        is_same
    });
    let scope = Scope {
        id,
        spans: ScopeSpans::All(batch),
        reports: Vec::new(),
    };
    is_one.then(|| {
        vec![Service {
            name,
            scopes: vec![scope],
        }]
    })
}

/// Sorts the spans of a batch.
fn groups<'a>(batch: &'a SpanBatch<'a>) -> Vec<Service<'a>> {
    let mut services: Vec<Service<'a>> = Vec::new();
    for span in batch.spans() {
        let name = span.service_name();
        // Neighbors usually have the same service and scope, and there are few of
        // both, so a search through all of them is cheap.
        let service = find_or_push(
            &mut services,
            |one| is_same_text(one.name, name),
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
                    spans: ScopeSpans::Some(Vec::new()),
                    reports: Vec::new(),
                },
            );
            if let Some(Scope {
                spans: ScopeSpans::Some(views),
                ..
            }) = scope
            {
                views.push(span);
            }
        }
    }
    services
}

/// Returns whether tags of a site's spans may name their scope.
fn may_name_scope(site: &Site) -> bool {
    site.tag_keys().contains(&key::SCOPE_NAME)
}

/// Nearly all spans have the same service and scope, and so the same texts.
fn is_same_text(one: &str, other: &str) -> bool {
    std::ptr::eq(one, other) || one == other
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
        is_same_text(self.name, other.name) && is_same_text(self.version, other.version)
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
        if site_of(span)
            .is_some_and(|of_span| of_span.has_only_keys_of_site && !may_name_scope(of_span.site))
        {
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
