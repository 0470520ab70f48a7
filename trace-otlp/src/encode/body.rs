//! The body of one request, in pieces: the items of its parts are not copied.

use super::format::Format;
#[cfg(feature = "json")]
use super::json;
use super::part::Part;
use super::protobuf;
#[cfg(feature = "json")]
use super::signal::Signal;

/// What stands around the items of the parts of a request. Kept from request to request.
#[derive(Default)]
pub(crate) struct Frame {
    bytes: Vec<u8>,
    /// Where in the bytes the items of each part stand. Empty if they are among the bytes.
    places: Vec<usize>,
}

impl Frame {
    /// Gives back memory above so many bytes.
    #[cfg(any(feature = "grpc", feature = "http"))]
    pub(crate) fn shrink_to(&mut self, bytes: usize) {
        self.bytes.clear();
        self.bytes.shrink_to(bytes);
    }

    /// Writes the frame of a request of parts, which all have this format and are of one
    /// signal. Parts that follow one another share their resource if it is the same.
    pub(crate) fn write<'a>(&mut self, format: Format, parts: impl IntoIterator<Item = &'a Part>) {
        self.bytes.clear();
        self.places.clear();
        let parts: Vec<_> = parts.into_iter().collect();
        let resources = parts.chunk_by(|one, next| one.has_resource_of(next));
        match format {
            Format::Protobuf => {
                let (out, places) = (&mut self.bytes, &mut self.places);
                resources.for_each(|parts| protobuf::body::parts_of_resource(out, places, parts));
            }
            #[cfg(feature = "json")]
            Format::Json => {
                let signal = parts.first().map_or(Signal::Traces, |part| part.signal);
                json::body::request(&mut self.bytes, signal, resources);
            }
        }
    }

    /// Returns the pieces of the body. `parts` are those for which the frame was written.
    pub(crate) fn pieces<'a>(&'a self, parts: impl IntoIterator<Item = &'a Part>) -> Vec<&'a [u8]> {
        let mut pieces = Vec::with_capacity(2 * self.places.len() + 1);
        let mut at = 0;
        for (place, part) in self.places.iter().zip(parts) {
            pieces.push(self.bytes.get(at..*place).unwrap_or_default());
            pieces.push(&part.items);
            at = *place;
        }
        pieces.push(self.bytes.get(at..).unwrap_or_default());
        pieces
    }
}
