//! Generates records with all kinds of content, which depend only on the seed.

use std::borrow::Cow;

use trace_core::{
    DroppedItems, Link, Log, Outcome, Resource, Source, SpanId, SpanKind, SpanRecord, Status, Tag,
    TagArray, TagValue, Timestamp, TraceFlags, TraceId, TraceState,
};

use crate::random::Random;

pub(super) struct Generator(Random);

const TEXTS: [&str; 8] = [
    "",
    "charge",
    "naïve ✓ 🦀",
    "\"quoted\\\" \u{0} \n\r\t \u{7f} \u{2028}",
    "{\"resourceSpans\":[",
    "\n{\"resourceSpans\"",
    "NaN",
    "12",
];

impl Generator {
    pub(super) fn new(seed: u64) -> Self {
        Self(Random::new(seed))
    }

    pub(super) fn number(&mut self) -> u64 {
        self.0.next()
    }

    pub(super) fn below(&mut self, end: usize) -> usize {
        self.0.below(end)
    }

    pub(super) fn resource(&mut self) -> Resource {
        Resource {
            service_name: "shop".into(),
            tags: self.tags(),
        }
    }

    pub(super) fn record(&mut self) -> SpanRecord {
        let start = self.time() / 2;
        let mut record = SpanRecord {
            context_sent: self.bool(),
            trace_id: self.trace_id(),
            span_id: self.span_id(),
            parent_span_id: self.maybe(Self::span_id),
            parent_is_remote: self.bool(),
            flags: self.flags(),
            tracestate: self.tracestate(),
            operation_name: self.text(),
            service_name: ["shop", "shop", "shop", "bank", ""][self.below(5)].into(),
            kind: [
                SpanKind::Internal,
                SpanKind::Server,
                SpanKind::Client,
                SpanKind::Producer,
                SpanKind::Consumer,
            ][self.below(5)],
            start: Timestamp::from_unix_nanos(start),
            end: Timestamp::from_unix_nanos(start + self.time() / 2),
            tags: self.tags(),
            logs: self.several(|this| Log {
                time: Timestamp::from_unix_nanos(this.time()),
                message: this.text(),
                fields: this.tags(),
            }),
            links: self.several(|this| Link {
                trace_id: this.trace_id(),
                span_id: this.span_id(),
                flags: this.flags(),
                tracestate: this.tracestate(),
                tags: this.tags(),
            }),
            status: match self.below(3) {
                0 => Status::Unset,
                1 => Status::Ok,
                _ => Status::Error(self.text()),
            },
            outcome: [
                Outcome::Ok,
                Outcome::Error,
                Outcome::Panicked,
                Outcome::Cancelled,
            ][self.below(4)],
            source: self.maybe(|this| Source {
                file: this.text(),
                line: u32::try_from(this.below(1 << 32)).unwrap(),
            }),
            dropped: DroppedItems {
                tags: u32::try_from(self.below(2)).unwrap(),
                logs: u32::try_from(self.below(2)).unwrap(),
                links: u32::MAX * u32::from(self.bool()),
            },
        };
        for (key, value) in [
            ("cancelled", self.bool().into()),
            ("error.type", ["panic", "CardError"][self.below(2)].into()),
            (
                "otel.scope.name",
                ["trace-core", "tower"][self.below(2)].into(),
            ),
            ("otel.scope.version", ["1.0", "2.0"][self.below(2)].into()),
        ] {
            if self.below(4) == 0 {
                record.add_tag(key, TagValue::clone(&value));
            }
        }
        record
    }

    fn tags(&mut self) -> Vec<Tag> {
        let count = self.below(4);
        let key = |index| format!("key.{index}");
        (0..count)
            .map(|index| Tag::new(key(index), self.value()))
            .collect()
    }

    fn value(&mut self) -> TagValue {
        match self.below(8) {
            0 => self.bool().into(),
            1 => self.integer().into(),
            2 => self.float().into(),
            3 => TagValue::Array(TagArray::Bool(self.items(Self::bool))),
            4 => TagValue::Array(TagArray::I64(self.items(Self::integer))),
            5 => TagValue::Array(TagArray::F64(self.items(Self::float))),
            6 => TagValue::Array(TagArray::String(self.items(Self::text))),
            _ => self.text().into(),
        }
    }

    /// Returns one or more items, because an empty array has no type on the wire.
    fn items<T>(&mut self, mut item: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..=self.below(2)).map(|_| item(self)).collect()
    }

    fn several<T>(&mut self, mut item: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.below(3)).map(|_| item(self)).collect()
    }

    fn maybe<T>(&mut self, item: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.bool().then(|| item(self))
    }

    fn bool(&mut self) -> bool {
        self.below(2) == 0
    }

    fn integer(&mut self) -> i64 {
        [i64::MIN, -1, 0, i64::MAX, self.number().cast_signed()][self.below(5)]
    }

    /// Returns any float except NaN, which is not equal to itself.
    fn float(&mut self) -> f64 {
        let any = f64::from_bits(self.number());
        let any = if any.is_nan() { 0.1 } else { any };
        [
            f64::INFINITY,
            f64::NEG_INFINITY,
            1.0,
            f64::MIN_POSITIVE,
            any,
            any,
        ][self.below(6)]
    }

    fn time(&mut self) -> u64 {
        [0, u64::MAX, 1_661_140_435_622_501_485, self.number()][self.below(4)]
    }

    fn text(&mut self) -> Cow<'static, str> {
        TEXTS[self.below(TEXTS.len())].into()
    }

    fn trace_id(&mut self) -> TraceId {
        TraceId::new(u128::from(self.number()) << self.below(64) | 1).unwrap()
    }

    fn span_id(&mut self) -> SpanId {
        SpanId::new(self.number() >> self.below(60) | 1).unwrap()
    }

    fn flags(&mut self) -> TraceFlags {
        TraceFlags::from_byte([0, 1, 3, 0xff][self.below(4)])
    }

    fn tracestate(&mut self) -> TraceState {
        ["", "congo=t61rcWkgMzE", "a=1,b=2"][self.below(3)]
            .parse()
            .unwrap()
    }
}
