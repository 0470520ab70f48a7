//! Decides on which track each span is drawn.
//!
//! Two spans of one track are nested or do not overlap, as the format requires. Each service
//! has its own tracks. A span is on the track of its parent if it runs within the parent and
//! no sibling on that track overlaps it. Otherwise it begins another track, as a spawned task
//! does. A track is used again when its spans have ended.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use trace_core::{SpanRecord, Timestamp, Trace};

/// The tracks of all services so far.
#[derive(Debug, Default)]
pub(super) struct Tracks {
    services: Vec<Service>,
    /// Positions in `services`.
    by_name: HashMap<Box<str>, usize>,
    last_track: u64,
}

#[derive(Debug, Default)]
struct Service {
    tracks: u64,
    /// When each track is free, and its number.
    free: BinaryHeap<Reverse<(Timestamp, u64)>>,
}

/// A span with its place.
pub(super) struct Placed<'a> {
    pub(super) span: &'a SpanRecord,
    pub(super) start: Timestamp,
    pub(super) end: Timestamp,
    pub(super) service: u64,
    pub(super) track: u64,
    /// The position of the parent in the list, if it is on another track.
    pub(super) caller: Option<usize>,
}

/// A service or a track that appears for the first time.
pub(super) enum New<'a> {
    Service {
        service: u64,
        name: &'a str,
    },
    /// `place` counts the tracks of the service, from 1.
    Track {
        service: u64,
        track: u64,
        place: u64,
    },
}

/// A span that is not on a track yet.
struct Waiting<'a> {
    span: &'a SpanRecord,
    start: Timestamp,
    end: Timestamp,
    depth: usize,
    /// The position of the parent in the list.
    parent: Option<usize>,
}

impl Tracks {
    /// Places the spans of a trace, sorted by start, parents before their children. Calls
    /// `announce` with each service and track before its first span.
    pub(super) fn place<'a>(
        &mut self,
        trace: &'a Trace,
        mut announce: impl FnMut(New<'a>),
    ) -> Vec<Placed<'a>> {
        let waiting = walk(trace);
        let mut order: Vec<(usize, &Waiting<'a>)> = waiting.iter().enumerate().collect();
        order.sort_by_key(|(_, span)| (span.start, span.depth));
        let mut placed: Vec<Placed<'a>> = Vec::with_capacity(waiting.len());
        // For each span of `waiting`, its position in `placed`.
        let mut positions: Vec<Option<usize>> = vec![None; waiting.len()];
        // For each track, its open spans, as positions in `placed`.
        let mut open: HashMap<u64, Vec<usize>> = HashMap::new();
        for (at, span) in order {
            let parent = span.parent.and_then(|parent| *positions.get(parent)?);
            let index = self.service(&span.span.service_name, &mut announce);
            let service = number(index);
            let caller = parent.and_then(|parent| placed.get(parent));
            let track = caller
                .filter(|caller| caller.service == service && span.end <= caller.end)
                .map(|caller| caller.track)
                .filter(|track| {
                    let stack = open.entry(*track).or_default();
                    close_before(span, stack, &placed);
                    stack.last().copied() == parent
                });
            let caller = if track.is_none() { parent } else { None };
            let track = match track {
                Some(track) => track,
                None => {
                    let track = self.free_track(index, span.start, span.end, &mut announce);
                    open.remove(&track);
                    track
                }
            };
            open.entry(track).or_default().push(placed.len());
            if let Some(position) = positions.get_mut(at) {
                *position = Some(placed.len());
            }
            placed.push(Placed {
                span: span.span,
                start: span.start,
                end: span.end,
                service,
                track,
                caller,
            });
        }
        placed
    }

    /// Returns the position of the service with this name.
    fn service<'a>(&mut self, name: &'a str, announce: &mut impl FnMut(New<'a>)) -> usize {
        if let Some(index) = self.by_name.get(name) {
            return *index;
        }
        let index = self.services.len();
        self.services.push(Service::default());
        self.by_name.insert(name.into(), index);
        let service = number(index);
        announce(New::Service { service, name });
        index
    }

    /// Returns a track that is free at `start`, and reserves it until `end`.
    fn free_track<'a>(
        &mut self,
        service: usize,
        start: Timestamp,
        end: Timestamp,
        announce: &mut impl FnMut(New<'a>),
    ) -> u64 {
        // The caller has just looked up the service.
        let Some(one) = self.services.get_mut(service) else {
            return 0;
        };
        let free = one.free.peek().copied();
        let track = match free.filter(|Reverse((free_from, _))| *free_from <= start) {
            Some(Reverse((_, track))) => {
                one.free.pop();
                track
            }
            None => {
                self.last_track += 1;
                one.tracks += 1;
                announce(New::Track {
                    service: number(service),
                    track: self.last_track,
                    place: one.tracks,
                });
                self.last_track
            }
        };
        // All spans that join the track end before this one.
        one.free.push(Reverse((end, track)));
        track
    }
}

/// Returns the spans of a trace with their parents. Parents come before their children.
fn walk(trace: &Trace) -> Vec<Waiting<'_>> {
    let waiting = |span, depth, parent| {
        let times = trace.times_of(span);
        Waiting {
            span,
            start: times.start,
            end: times.end.max(times.start),
            depth,
            parent,
        }
    };
    let mut spans: Vec<Waiting<'_>> = Vec::with_capacity(trace.len());
    spans.extend(trace.top_spans().map(|span| waiting(span, 0, None)));
    let mut at = 0;
    while let Some(Waiting { span, depth, .. }) = spans.get(at) {
        let (span, depth) = (*span, depth + 1);
        let children = trace.children_of(span);
        spans.extend(children.map(|child| waiting(child, depth, Some(at))));
        at += 1;
    }
    spans
}

/// Closes the open spans that end before `span` runs.
fn close_before(span: &Waiting<'_>, open: &mut Vec<usize>, placed: &[Placed<'_>]) {
    while let Some(last) = open.last().and_then(|last| placed.get(*last)) {
        // A span without duration may be at the very end of its parent.
        if last.end > span.start || (last.end == span.start && span.end == span.start) {
            break;
        }
        open.pop();
    }
}

/// Returns the number of a service, from 1: Perfetto reads 0 as the system's own process.
fn number(index: usize) -> u64 {
    u64::try_from(index).map_or(u64::MAX, |index| index + 1)
}
