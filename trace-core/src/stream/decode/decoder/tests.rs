//! Tests of the decoder with hand-written streams, in all orders in which scopes may hand
//! over their pieces.

mod moves;

use super::{Decoder, MAX_KEPT};
use crate::collector::SpanBatch;
use crate::process::clock::{Clock, ManualClock};
use crate::stream::decode::{Decoded, Part, PartLosses, TraceLosses};
use crate::stream::{Chunk, Close, EntryKind, Header, Site, status_number, value_type};
use crate::value::{
    DroppedItems, Limits, Outcome, Resource, SpanRecord, Status, Timestamp, TraceFlags, TraceId,
};

static SITE: Site = Site::new("site", crate::SpanKind::Internal, "", 0, &["key"]);

const TRACE: u128 = 7;
const PART: u32 = 9;
const SPAN: u64 = 1;
const HOME: u32 = 1;
const AWAY: u32 = 2;

/// The part of the trace to which the pieces belong.
fn part() -> Part {
    Part {
        trace: TraceId::new(TRACE).unwrap_or(TraceId::PLACEHOLDER),
        number: PART,
    }
}

/// One piece of a scope, with entries of one span.
struct Piece(Chunk, u64);

fn piece(scope: u32) -> Piece {
    piece_of(scope, SPAN)
}

fn piece_of(scope: u32, span: u64) -> Piece {
    piece_in(PART, scope, span)
}

fn piece_in(part: u32, scope: u32, span: u64) -> Piece {
    let mut chunk = Chunk::new();
    let trace = TraceId::new(TRACE).unwrap_or(TraceId::PLACEHOLDER);
    chunk.begin_piece([scope, part, 0], trace, TraceFlags::NONE, "", 0);
    Piece(chunk, span)
}

impl Piece {
    fn words<const N: usize>(mut self, header: Header, words: [u64; N], text: &str) -> Self {
        self.0.words.extend([header.word(), self.1]);
        self.0.words.extend(words);
        self.0.text.push_str(text);
        self
    }

    fn open(mut self, time: u64) -> Self {
        self.0.push_open(&SITE, self.1, 0, time);
        self.0.opened += 1;
        self
    }

    fn close(mut self, time: u64) -> Self {
        let outcome = Outcome::Ok;
        self.0.push_close(self.1, Close { outcome, time });
        self
    }

    fn moved(self, order: u32) -> Self {
        self.words(Header::new(EntryKind::Moved, 0, 0, order), [], "")
    }

    fn log(self, message: &str) -> Self {
        let header = Header::new(
            EntryKind::Log,
            0,
            0,
            u32::try_from(message.len()).unwrap_or(0),
        );
        self.words(header, [0], message)
    }

    fn tag(self, key: &str, value: u64) -> Self {
        let length = u32::try_from(key.len()).unwrap_or(0);
        let header = Header::new(EntryKind::Tag, value_type::I64, 0, length);
        self.words(header, [value], key)
    }

    /// Adds a tag with the site's key.
    fn own_tag(self, value: u64) -> Self {
        let small = value_type::I64 | value_type::SITE_KEY;
        self.words(
            SITE.header().with_kind(EntryKind::Tag, small, 0),
            [value],
            "",
        )
    }

    fn status(self, number: u8, message: &str) -> Self {
        let length = u32::try_from(message.len()).unwrap_or(0);
        self.words(
            Header::new(EntryKind::Status, number, 0, length),
            [],
            message,
        )
    }

    fn at(self, kind: EntryKind, nanos: u64) -> Self {
        self.words(Header::new(kind, 0, 0, 0), [nanos], "")
    }

    fn end_trace(mut self) -> Self {
        self.0.end_trace();
        self
    }
}

/// A decoder, and the spans that it has delivered.
struct Reader {
    decoder: Decoder,
    decoded: Decoded,
    spans: Vec<SpanRecord>,
    /// How many openings it has read.
    opened: u64,
}

impl Reader {
    fn new(limits: Limits) -> Self {
        Self {
            decoder: Decoder::new(limits, 64),
            decoded: Decoded::default(),
            spans: Vec::new(),
            opened: 0,
        }
    }

    /// Reads a piece as a separate batch.
    fn read(&mut self, piece: Piece) {
        self.opened += piece.0.opened;
        self.decoder.read(piece.0, &mut self.decoded);
        let resource = Resource::new("shop");
        let batch = SpanBatch::from_decoded(&resource, &self.decoded, &[]);
        self.spans.extend(batch.records());
        self.decoded.end().clear();
    }

    /// Ends the part. Returns the losses in its report.
    fn losses_at_the_end(&mut self) -> TraceLosses {
        self.decoder.end_part(part(), &mut self.decoded);
        let reports = self.decoded.take_reports();
        let losses = reports.last().and_then(|report| report.losses.as_deref());
        losses.copied().unwrap_or_default()
    }

    /// Takes the only span. Nothing else may be delivered or kept.
    #[track_caller]
    fn one(&mut self) -> SpanRecord {
        assert_eq!((self.spans.len(), self.decoder.kept_spans()), (1, 0));
        self.spans.remove(0)
    }
}

#[track_caller]
fn read(limits: &Limits, pieces: Vec<Piece>) -> SpanRecord {
    let mut reader = Reader::new(limits.clone());
    for piece in pieces {
        reader.read(piece);
    }
    reader.one()
}

fn few(max: usize) -> Limits {
    Limits {
        max_tags: max,
        max_logs: max,
        ..Limits::default()
    }
}

fn messages(span: &SpanRecord) -> Vec<&str> {
    span.logs.iter().map(|log| &*log.message).collect()
}

/// The pieces of a span with three visits, which came home after the first one, in several
/// orders in which they may be read.
fn moves() -> Vec<Vec<Piece>> {
    let opening = || piece(HOME).open(0).own_tag(0).tag("a", 0).log("0");
    let back = |piece: Piece| piece.moved(2).tag("b", 2).tag("a", 2).log("2");
    let first = || piece(AWAY).moved(1).tag("a", 1).tag("c", 1).log("1");
    let second = || piece(AWAY + 1).moved(3).tag("c", 3).log("3");
    let ending = || piece(AWAY + 2).moved(4).log("4").close(9);
    vec![
        vec![opening(), first(), back(piece(HOME)), second(), ending()],
        vec![first(), opening(), back(piece(HOME)), second(), ending()],
        vec![first(), back(opening()), second(), ending()],
        vec![second(), first(), back(opening()), ending()],
        vec![ending(), second(), first(), back(opening())],
    ]
}

#[test]
fn what_was_said_on_the_way_is_in_its_order() {
    for (number, pieces) in moves().into_iter().enumerate() {
        let span = read(&Limits::default(), pieces);
        assert_eq!(messages(&span), ["0", "1", "2", "3", "4"], "{number}");
        let tags: Vec<_> = span.tags.iter().map(|tag| &*tag.key).collect();
        assert_eq!(tags, ["key", "a", "c", "b"], "{number}");
        let values = ["a", "b", "c"].map(|key| span.tag(key).and_then(|value| value.as_i64()));
        assert_eq!(values, [2, 2, 3].map(Some), "{number}");
    }
}

#[test]
fn limits_hold_in_the_order_in_which_it_was_said() {
    for (number, pieces) in moves().into_iter().enumerate() {
        let span = read(&few(2), pieces);
        assert_eq!(messages(&span), ["0", "1"], "{number}");
        let tags: Vec<_> = span.tags.iter().map(|tag| &*tag.key).collect();
        assert_eq!(tags, ["key", "a"], "{number}");
        let dropped = DroppedItems {
            tags: 3,
            logs: 3,
            links: 0,
        };
        assert_eq!(span.dropped, dropped, "{number}");
    }
}

#[test]
fn a_span_that_moves_within_one_piece_of_its_home_is_one() {
    let home = piece(HOME)
        .open(0)
        .log("0")
        .moved(2)
        .log("2")
        .moved(4)
        .log("4")
        .close(5);
    let pieces = vec![
        piece(AWAY).moved(1).log("1"),
        piece(AWAY + 1).moved(3).log("3"),
        home,
    ];
    let span = read(&Limits::default(), pieces);
    assert_eq!(messages(&span), ["0", "1", "2", "3", "4"]);
}

#[test]
fn a_span_that_is_always_elsewhere_keeps_few_parts() {
    let mut reader = Reader::new(Limits::default());
    for order in 1..=1_000 {
        let away = piece(AWAY + order).moved(order);
        reader.read(away.tag("a", order.into()).log("log"));
    }
    reader.read(piece(HOME).open(0));
    reader.read(piece(AWAY).moved(1_001).close(5));
    let span = reader.one();
    assert_eq!((span.logs.len(), span.dropped.logs), (128, 872));
    assert_eq!(span.tag("a").and_then(|value| value.as_i64()), Some(1_000));
}

/// Reads `first`, and then pieces of a scope that set the same tag repeatedly. Returns the
/// most bytes that were kept at any time.
fn most_kept(first: Piece, scope: u32) -> (usize, Reader) {
    let mut reader = Reader::new(few(8));
    reader.read(first);
    let mut most = 0;
    for round in 0..1_000 {
        let mut again = piece(scope);
        for number in 0..100 {
            again = again.tag("again", round * 100 + number).status(2, "failed");
        }
        reader.read(again.log("log"));
        most = most.max(reader.decoder.spread.bytes());
    }
    (most, reader)
}

#[test]
fn a_span_that_sets_one_tag_for_ever_stays_small() {
    let (most, mut reader) = most_kept(piece(HOME).open(0).tag("first", 1), HOME);
    assert!(most < 32 * 1_024, "{most}");
    reader.read(piece(HOME).close(9));
    let span = reader.one();
    let value = |key| span.tag(key).and_then(|value| value.as_i64());
    assert_eq!((value("first"), value("again")), (Some(1), Some(99_999)));
    assert_eq!((span.logs.len(), span.dropped.logs), (8, 992));
    assert_eq!(span.status, Status::Error("failed".into()));
}

#[test]
fn a_span_whose_home_sleeps_stays_small() {
    let (most, mut reader) = most_kept(piece(AWAY).moved(1).tag("first", 1), AWAY);
    assert!(most < 32 * 1_024, "{most}");
    reader.read(piece(AWAY).close(9));
    reader.read(piece(HOME).open(0).log("0"));
    let span = reader.one();
    let value = |key| span.tag(key).and_then(|value| value.as_i64());
    assert_eq!((value("first"), value("again")), (Some(1), Some(99_999)));
    assert_eq!((span.logs.len(), span.dropped.logs), (8, 993));
    assert_eq!((messages(&span)[0], messages(&span)[1]), ("0", "log"));
}

#[test]
fn what_is_said_of_a_delivered_span_is_counted_when_its_trace_ends() {
    for by_hand in [false, true] {
        let mut reader = Reader::new(Limits::default());
        reader.read(piece(HOME).open(0).close(1));
        reader.one();
        reader.read(piece(AWAY).moved(1).tag("late", 1).log("late"));
        // A span of another part of the trace, whose end is read before its opening.
        let other = PART + 1;
        reader.read(piece_in(other, AWAY, 2).moved(1).tag("a", 1).close(1));
        if by_hand {
            reader.decoder.end_part(part(), &mut reader.decoded);
        } else {
            reader.read(piece(HOME).end_trace());
        }
        assert_eq!(reader.decoder.take_dropped().unattached, 2);
        reader.read(piece_in(other, HOME, 2).open(0));
        assert!(reader.one().tag("a").is_some());
        assert_eq!(reader.decoder.spread.bytes(), 0);
    }
}

#[test]
fn spans_that_are_kept_for_too_long_are_counted_once() {
    const MORE: u64 = 100;
    type Step = fn(Piece) -> Piece;
    let opening: (u32, Step) = (HOME, |piece| piece.open(0));
    let ending: (u32, Step) = (AWAY, |piece| piece.close(1));
    let tagged: (u32, Step) = (AWAY, |piece| piece.tag("a", 1));
    for parts in [
        vec![opening, ending],
        vec![ending, opening],
        vec![tagged, opening, ending],
        vec![tagged, ending, opening],
    ] {
        let mut reader = Reader::new(Limits::default());
        for (scope, part) in parts {
            for hundred in 0..(MAX_KEPT as u64 + MORE) / 100 {
                let ids = 1 + hundred * 100..=(hundred + 1) * 100;
                reader.read(ids.fold(piece(scope), |piece, id| part(Piece(piece.0, id))));
            }
        }
        let limit = reader.decoder.take_dropped().limit.len() as u64;
        assert_eq!(limit, reader.opened - MAX_KEPT as u64);
        assert_eq!(reader.spans.len(), MAX_KEPT);
        assert_eq!(reader.decoder.kept_spans(), 0);
        assert_eq!(u64::from(reader.losses_at_the_end().limit), limit);
    }
}

#[test]
fn one_that_fills_the_memory_goes_first() {
    let mut reader = Reader::new(Limits {
        max_logs: usize::MAX,
        ..Limits::default()
    });
    reader.read(piece_of(HOME, 2).open(0).log("small"));
    reader.read(piece(HOME).open(0));
    let text = "x".repeat(64 * 1_024);
    for _ in 0..1_000 {
        reader.read(piece(HOME).log(&text));
        let kept = reader.decoder.spread.bytes();
        assert!(kept <= 32 << 20, "{kept}");
    }
    reader.read(piece(HOME).close(1));
    assert_eq!(reader.decoder.take_dropped().limit.len(), 1);
    reader.read(piece_of(HOME, 2).close(1));
    assert_eq!(messages(&reader.one()), ["small"]);
    assert_eq!(reader.losses_at_the_end().limit, 1);
}

#[test]
fn lost_halves_are_counted_once() {
    for (first, dropped) in [(piece(HOME).open(0), 1), (piece(AWAY).close(1), 0)] {
        let mut reader = Reader::new(Limits::default());
        reader.read(first);
        // The other half is lost. If that was the opening, it was counted with its chunk.
        reader
            .decoder
            .forget_lost([SPAN], &mut PartLosses::bounded(64));
        reader.read(piece(AWAY).tag("a", 1));
        reader.decoder.forget_lost([], &mut PartLosses::bounded(64));
        assert_eq!(reader.decoder.take_dropped().queue.len() as u64, dropped);
        assert_eq!((reader.spans.len(), reader.decoder.kept_spans()), (0, 0));
        assert_eq!(u64::from(reader.losses_at_the_end().queue), dropped);
        assert!(reader.losses_at_the_end().is_empty(), "said once");
    }
}

#[test]
fn what_has_not_ended_with_its_part_has_lost_its_end() {
    // The span is opened before the last piece, or in it.
    for first in [true, false] {
        let mut reader = Reader::new(Limits::default());
        if first {
            reader.read(piece(HOME).open(0));
            reader
                .decoder
                .read(piece(HOME).end_trace().0, &mut reader.decoded);
        } else {
            let last = piece(HOME).open(0).end_trace();
            reader.decoder.read(last.0, &mut reader.decoded);
        }
        assert_eq!(reader.decoder.take_dropped().queue.len(), 1);
        assert_eq!(reader.decoder.kept_spans(), 0);
        let reports = reader.decoded.take_reports();
        let losses = reports.last().and_then(|report| report.losses.as_deref());
        assert_eq!(losses.map(|losses| losses.queue), Some(1));
    }
}

#[test]
fn times_that_were_said_are_before_those_of_the_clock() {
    let whole = || {
        let said = piece(HOME).open(100).at(EntryKind::StartedAt, 50);
        said.at(EntryKind::EndedAt, 70).at(EntryKind::StartedAt, 60)
    };
    let spans = [
        read(&Limits::default(), vec![whole().close(200)]),
        read(&Limits::default(), vec![whole(), piece(HOME).close(200)]),
    ];
    for span in spans {
        assert_eq!(span.start, Timestamp::from_unix_nanos(60));
        assert_eq!(span.end, Timestamp::from_unix_nanos(70));
    }
    let ends_early = piece(HOME).open(100).at(EntryKind::EndedAt, 70).close(200);
    let span = read(&Limits::default(), vec![ends_early]);
    assert_eq!((span.start, span.end), (span.start, span.start));
}

#[test]
fn a_duration_is_the_counters_although_the_wall_clock_is_set() {
    let mut reader = Reader::new(Limits::default());
    let hour = 3_600_000_000_000;
    let clock = ManualClock::starting_at(Timestamp::from_unix_nanos(hour));
    let tracer_clock = Clock::from(&clock);
    reader.decoded.begin(tracer_clock.look());
    reader.read(piece(HOME).open(hour).tag("tag", 1));
    clock.set(Timestamp::from_unix_nanos(2 * hour));
    reader.decoded.begin(tracer_clock.look());
    let log = Header::new(EntryKind::Log, 0, 0, 4);
    reader.read(piece(HOME).words(log, [hour + 5_000], "late"));
    reader.read(piece(HOME).close(hour + 9_000));
    let span = reader.one();
    let after = |nanos| Timestamp::from_unix_nanos(hour + nanos);
    assert_eq!((span.start, span.end), (after(0), after(9_000)));
    assert_eq!(span.logs[0].time, after(5_000));
}

#[test]
fn ok_stays_whatever_is_rewritten() {
    let mut reader = Reader::new(Limits::default());
    reader.read(piece(HOME).open(0).status(status_number::OK, ""));
    for _ in 0..1_000 {
        reader.read(piece(HOME).status(status_number::ERROR, "a long text"));
    }
    reader.read(piece(HOME).close(1));
    assert_eq!(reader.one().status, Status::Ok);
}
