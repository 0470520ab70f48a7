//! Compares random spans that move between scopes with the same spans in one piece.

use super::{AWAY, HOME, Piece, Reader, few, piece, read};
use crate::stream::{EntryKind, Header, value_type};

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ mixed >> 31) % end
    }
}

/// The entries that one scope writes during one visit of the span, and their order.
struct Visit {
    order: u32,
    is_home: bool,
    /// The kind of each entry, and a number that determines its content.
    says: Vec<(u64, u64)>,
}

/// Writes one entry. `number` determines its content.
fn say(piece: Piece, (kind, number): (u64, u64)) -> Piece {
    let text = format!("{number}{}", " ".repeat(20));
    let length = u32::try_from(text.len()).unwrap_or(0);
    let header = |kind, small| Header::new(kind, small, 0, length);
    match kind {
        0..=3 => piece.tag(&format!("key {}", number % 7), number),
        4..=5 => piece.log(&text),
        6..=7 => {
            let piece = piece.log(&text);
            let small = value_type::I64;
            let piece = piece.words(header(EntryKind::Field, small), [number], &text);
            piece.words(header(EntryKind::Field, small), [2], &text)
        }
        8 => piece.words(header(EntryKind::Link, 0), [1, number, 1], &text),
        9 => piece.status(2, &text),
        10 if number.is_multiple_of(10) => piece.status(1, ""),
        10..=11 => {
            let words = [0, text.len() as u64];
            piece.words(
                header(EntryKind::Error, (number % 2) as u8),
                words,
                &text.repeat(2),
            )
        }
        12 => piece.words(header(EntryKind::Name, 0), [], &text),
        13 => piece.words(header(EntryKind::Service, 0), [], &text),
        14 => piece.words(
            Header::new(EntryKind::SpanKind, (number % 5) as u8, 0, 0),
            [],
            "",
        ),
        15 => piece.words(Header::new(EntryKind::ContextSent, 0, 0, 0), [], ""),
        16 => piece.at(EntryKind::StartedAt, 1 + number),
        17 => piece.tag("key", number),
        _ => piece.own_tag(number),
    }
}

/// Makes a random span. The first visit is in its home.
fn visits(random: &mut Random) -> Vec<Visit> {
    let count = 1 + u32::try_from(random.below(8)).unwrap_or(0);
    let most = [3, 3, 200][usize::try_from(random.below(3)).unwrap_or(0)];
    let visit = |order| Visit {
        order,
        is_home: order == 0 || random.below(3) == 0,
        says: (0..random.below(most))
            .map(|_| (random.below(18), random.below(1_000)))
            .collect(),
    };
    let mut visits: Vec<_> = (0..count).map(visit).collect();
    // Each key of a site is written at most once per span.
    let says = visits.iter_mut().map(|visit| &mut visit.says);
    let longest = says.max_by_key(|says| says.len());
    let longest = longest.filter(|says| !says.is_empty());
    if let Some(says) = longest {
        let place = random.below(says.len() as u64);
        says.insert(usize::try_from(place).unwrap_or(0), (18, 5));
    }
    visits
}

/// Writes the whole span into one piece.
fn in_one_piece(visits: &[Visit]) -> Piece {
    let says = visits.iter().flat_map(|visit| &visit.says);
    let whole = says.fold(piece(HOME).open(0), |piece, it| say(piece, *it));
    whole.close(9)
}

/// A piece, and an order. All pieces of lower orders have to be read before it.
type Handed = (Piece, u32);

/// Returns the pieces that each scope hands over, in order. The pieces of the home are
/// last.
fn handed_over(visits: &[Visit], random: &mut Random) -> Vec<Vec<Handed>> {
    let mut home = vec![(piece(HOME).open(0), 0)];
    let mut streams = Vec::new();
    for visit in visits {
        let order = visit.order;
        let mut away = vec![(piece(AWAY + order).moved(order), 0)];
        let stream = if visit.is_home { &mut home } else { &mut away };
        let mut change = |to: &dyn Fn(Piece) -> Piece, needs: u32, cuts: bool| {
            let (last, before) = stream.pop().unwrap_or_else(|| (piece(HOME), 0));
            stream.push((to(last), before.max(needs)));
            if cuts && random.below(20) == 0 {
                let next = if visit.is_home {
                    piece(HOME)
                } else {
                    piece(AWAY + order).moved(order)
                };
                stream.push((next, 0));
            }
        };
        if visit.is_home && order > 0 {
            change(&|piece| piece.moved(order), order, true);
        }
        for it in &visit.says {
            change(&|piece| say(piece, *it), 0, true);
        }
        if visits.last().is_some_and(|last| last.order == order) {
            change(&|piece| piece.close(9), 0, false);
        }
        if !visit.is_home {
            streams.push(away);
        }
    }
    streams.push(home);
    streams
}

#[test]
fn a_span_that_moves_about_is_the_same_as_in_one_piece() {
    for seed in 0..1_000 {
        let mut random = Random(seed);
        let limits = few(usize::try_from(random.below(6)).unwrap_or(0));
        let visits = visits(&mut random);
        let whole = read(&limits, vec![in_one_piece(&visits)]);
        let streams = handed_over(&visits, &mut random);
        let orders = visits.iter().filter(|visit| !visit.is_home);
        let mut orders: Vec<u32> = orders.map(|visit| visit.order).collect();
        orders.push(u32::MAX);
        let ends_home = visits.last().is_some_and(|last| last.is_home);
        let mut streams: Vec<_> = orders
            .into_iter()
            .zip(streams)
            .map(|(order, pieces)| (order, std::collections::VecDeque::from(pieces)))
            .collect();
        // The piece with the end is read last. If the home has only one piece, that piece
        // may be read last instead.
        let home = streams.len() - 1;
        let closing = match streams.last() {
            Some((_, pieces)) if !ends_home && pieces.len() == 1 && random.below(2) == 0 => home,
            _ if ends_home => home,
            _ => home - 1,
        };
        let mut reader = Reader::new(limits.clone());
        loop {
            let left: usize = streams.iter().map(|(_, pieces)| pieces.len()).sum();
            if left == 0 {
                break;
            }
            let chosen = usize::try_from(random.below(streams.len() as u64)).unwrap_or(0);
            let unread = |order| {
                let others = streams.iter().filter(|(_, pieces)| !pieces.is_empty());
                others.map(|(other, _)| *other).any(|other| other < order)
            };
            let is_last = chosen == closing && streams[chosen].1.len() == 1 && left > 1;
            let waits = streams[chosen]
                .1
                .front()
                .is_some_and(|(_, needs)| unread(*needs));
            if !is_last
                && !waits
                && let Some((piece, _)) = streams[chosen].1.pop_front()
            {
                reader.read(piece);
            }
        }
        let mut moved = reader.one();
        // A segment of a tail cannot determine which of its keys are new, so fewer dropped
        // tags may be counted.
        assert!(moved.dropped.tags <= whole.dropped.tags, "seed {seed}");
        moved.dropped.tags = whole.dropped.tags;
        assert_eq!(moved, whole, "seed {seed}");
    }
}
