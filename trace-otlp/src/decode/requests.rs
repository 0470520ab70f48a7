//! Reads the requests of an input one by one. Owns the options, and decides when reading ends.
//!
//! `request.rs` reads a single request.

use std::io::Read;

use trace_core::Collector;

use super::decoded::{DecodedRequest, Totals};
use super::error::DecodeError;
use super::frames::Frames;
use super::request;

/// Reads requests one by one.
///
/// Only one request at a time is in memory. An error is returned as soon as it is known,
/// before more of the input is read. Reading continues until the reader ends or fails. It
/// stops at the first mistake unless [`DecodeOptions::lenient`] is set.
pub fn requests<R: Read>(reader: R) -> Requests<R> {
    Requests {
        options: DecodeOptions::default(),
        frames: Frames::new(reader),
        is_done: false,
    }
}

/// The requests of an input; see [`requests`].
#[derive(Debug)]
#[must_use = "iterate, or call `feed`"]
pub struct Requests<R> {
    options: DecodeOptions,
    frames: Frames<R>,
    is_done: bool,
}

/// How to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeOptions {
    /// Whether spans, groups and requests that cannot be read are left out, with the
    /// reason in [`DecodedRequest::problems`], instead of ending the input. A request that is
    /// too long and a reader that fails always end it. Default: false.
    pub lenient: bool,
    /// Most bytes of one request, or of the text that is skipped between two requests. More
    /// bytes end the input. In memory, a request takes several times as much. Default: 256
    /// MiB.
    pub max_request_bytes: usize,
    /// Most objects and arrays of one request. More end the input. An empty object has two bytes
    /// and takes up to a hundred in memory, so without this limit a request could take 30 times
    /// its bytes. Default: 16,777,216, which is enough for 256 MiB of attributes.
    pub max_items: usize,
}

impl Default for DecodeOptions {
    fn default() -> Self {
        Self {
            lenient: false,
            max_request_bytes: 256 << 20,
            max_items: 16 << 20,
        }
    }
}

impl<R: Read> Requests<R> {
    /// Sets how to read.
    pub fn with_options(mut self, options: DecodeOptions) -> Self {
        self.options = options;
        self
    }

    /// Reads the input to its end and passes all spans to `collector`.
    ///
    /// # Errors
    ///
    /// If a request cannot be read. `collector` then has the spans of the requests before it.
    ///
    /// ```
    /// use trace_core::collector_fn;
    /// use trace_otlp::decode;
    ///
    /// let input = br#"{"resourceSpans": []} {"resourceSpans": []}"#;
    /// let totals = decode::requests(&input[..]).feed(&collector_fn(|_| {}))?;
    /// assert_eq!((totals.requests, totals.spans), (2, 0));
    /// # Ok::<(), decode::DecodeError>(())
    /// ```
    pub fn feed(self, collector: &(impl Collector + ?Sized)) -> Result<Totals, DecodeError> {
        let mut totals = Totals::default();
        for request in self {
            let request = request?;
            request.feed(collector);
            totals.add(request);
        }
        Ok(totals)
    }
}

impl<R: Read> Iterator for Requests<R> {
    type Item = Result<DecodedRequest, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_done {
            return None;
        }
        let DecodeOptions {
            lenient,
            max_request_bytes,
            max_items,
        } = self.options;
        self.frames.set_max_items(max_items);
        let result = match self.frames.next(max_request_bytes) {
            Ok(Some(frame)) => {
                let is_empty = frame.is_first && request::is_empty(frame.bytes);
                let result = request::decode(&frame, lenient);
                match is_empty.then(|| self.frames.is_at_end()) {
                    None | Some(Ok(false)) => result,
                    Some(Ok(true)) => Ok(DecodedRequest::default()),
                    Some(Err(error)) => Err(error),
                }
            }
            Ok(None) => {
                self.is_done = true;
                return None;
            }
            Err(error) => Err(error),
        };
        match result {
            Err(problem) if lenient && self.frames.can_go_on() => Some(Ok(DecodedRequest {
                left_out: 1,
                problems: vec![problem],
                ..DecodedRequest::default()
            })),
            result => {
                self.is_done = result.is_err();
                Some(result)
            }
        }
    }
}
