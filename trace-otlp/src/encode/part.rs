//! Encoded spans of one resource and one scope, and the bodies of requests that are made
//! of them.

use std::sync::Arc;

use super::format::Format;
use super::head::Head;
#[cfg(feature = "json")]
use super::json;
use super::protobuf;

/// Encoded spans of one resource and one scope. It can be split between spans without
/// encoding them again.
///
/// A part may have no spans: then its scope reports of traces whose spans have left before.
pub(crate) struct Part {
    pub(super) head: Arc<Head>,
    /// The spans, one after another, as they stand in a body.
    pub(super) spans: Vec<u8>,
    /// Where each of them ends.
    pub(super) ends: Vec<usize>,
}

impl Part {
    /// Makes a part without spans, with room for `spans` of so many bytes together.
    pub(super) fn new(head: Arc<Head>, spans: usize, bytes: usize) -> Self {
        Self {
            head,
            spans: Vec::with_capacity(bytes),
            ends: Vec::with_capacity(spans),
        }
    }

    /// Returns the number of spans.
    pub(crate) fn spans(&self) -> u64 {
        self.ends.len() as u64
    }

    /// Returns the bytes of a body with this part alone.
    pub(crate) fn bytes(&self) -> usize {
        match self.head.format {
            Format::Protobuf => protobuf::body::alone_bytes(self),
            #[cfg(feature = "json")]
            Format::Json => json::body::alone_bytes(self),
        }
    }

    /// Returns a bound of [`bytes`](Self::bytes) that costs less.
    #[inline]
    pub(super) fn most_bytes(&self) -> usize {
        /// The frame around the head and the spans: keys, lengths, the schema's URL, and in
        /// JSON the names of fields.
        const FRAME: usize = 512;
        self.spans.len() + self.head.resource.len() + self.head.scope.len() + FRAME
    }

    #[cfg_attr(
        not(any(feature = "grpc", feature = "http", test)),
        expect(
            dead_code,
            reason = "the exporter splits what is too large for a server"
        )
    )]
    /// Splits the part into two of half as many spans; `None` with one span or none, which
    /// cannot be split.
    pub(crate) fn halve(mut self) -> (Self, Option<Self>) {
        let half = self.ends.len() / 2;
        let Some(place) = half.checked_sub(1).and_then(|last| self.ends.get(last)) else {
            return (self, None);
        };
        let place = *place;
        let second = Self {
            head: Arc::clone(&self.head),
            spans: self.spans.split_off(place),
            ends: self
                .ends
                .split_off(half)
                .iter()
                .map(|end| end - place)
                .collect(),
        };
        self.fit();
        (self, Some(second))
    }

    /// Notes that another span has been written to its end.
    pub(super) fn end_span(&mut self) {
        self.ends.push(self.spans.len());
    }

    /// Moves the last span into another part; `None` if it is the only one.
    pub(super) fn split_last(&mut self, spans: usize, bytes: usize) -> Option<Self> {
        let before = self.ends.len().checked_sub(2)?;
        let place = *self.ends.get(before)?;
        let mut last = Self::new(Arc::clone(&self.head), spans, bytes);
        last.spans.extend_from_slice(self.spans.get(place..)?);
        last.end_span();
        self.spans.truncate(place);
        self.ends.truncate(before + 1);
        Some(last)
    }

    /// Gives back memory that it does not use: a part may wait for long.
    pub(super) fn fit(&mut self) {
        if self.spans.capacity() > self.spans.len() / 8 * 9 {
            self.spans.shrink_to_fit();
        }
    }
}

/// Writes the body of one request from parts, which all have this format. Parts that follow
/// one another share their resource if it is the same.
pub(crate) fn write_body<'a>(
    format: Format,
    parts: impl IntoIterator<Item = &'a Part>,
    body: &mut Vec<u8>,
) {
    let parts: Vec<_> = parts.into_iter().collect();
    let resources = parts.chunk_by(|one, next| {
        Arc::ptr_eq(&one.head.resource, &next.head.resource)
            || one.head.resource == next.head.resource
    });
    match format {
        Format::Protobuf => {
            body.reserve(parts.iter().map(|part| part.bytes()).sum());
            resources.for_each(|parts| protobuf::body::parts_of_resource(body, parts));
        }
        #[cfg(feature = "json")]
        Format::Json => json::body::request(body, resources),
    }
}
