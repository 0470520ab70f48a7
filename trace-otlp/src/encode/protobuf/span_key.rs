//! The keys of the fields of a `Span`, and of the span itself.

/// The `spans` of a `ScopeSpans`.
pub(super) const SPANS: u8 = 0x12;

pub(super) const TRACE_ID: u8 = 0x0a;
pub(super) const SPAN_ID: u8 = 0x12;
pub(super) const TRACE_STATE: u8 = 0x1a;
pub(super) const PARENT_SPAN_ID: u8 = 0x22;
pub(super) const NAME: u8 = 0x2a;
pub(super) const KIND: u8 = 0x30;
pub(super) const START_TIME: u8 = 0x39;
pub(super) const END_TIME: u8 = 0x41;
pub(super) const ATTRIBUTES: u8 = 0x4a;
pub(super) const DROPPED_ATTRIBUTES: u8 = 0x50;
pub(super) const EVENTS: u8 = 0x5a;
pub(super) const DROPPED_EVENTS: u8 = 0x60;
pub(super) const LINKS: u8 = 0x6a;
pub(super) const DROPPED_LINKS: u8 = 0x70;
pub(super) const STATUS: u8 = 0x7a;
/// The number 16 needs two bytes.
pub(super) const FLAGS: [u8; 2] = [0x85, 0x01];
