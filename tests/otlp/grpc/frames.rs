//! Frames of HTTP/2, byte by byte.
//!
//! Source: RFC 9113, *Frame Definitions*; RFC 7541, *Binary Format*.

use super::server::Act;

pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PING: u8 = 6;
const GOAWAY: u8 = 7;

pub const ACK: u8 = 1;
pub const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut bytes = (payload.len() as u32).to_be_bytes()[1..].to_vec();
    bytes.extend([kind, flags]);
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}

/// Settings, by their numbers.
pub fn settings(settings: &[(u16, u32)]) -> Vec<u8> {
    let mut payload = Vec::new();
    for (name, value) in settings {
        payload.extend(name.to_be_bytes());
        payload.extend(value.to_be_bytes());
    }
    frame(SETTINGS, 0, 0, &payload)
}

pub fn settings_ack() -> Vec<u8> {
    frame(SETTINGS, ACK, 0, &[])
}

pub fn go_away(last_stream: u32, reason: u32) -> Vec<u8> {
    let mut payload = last_stream.to_be_bytes().to_vec();
    payload.extend(reason.to_be_bytes());
    payload.extend(b"a word of the server");
    frame(GOAWAY, 0, 0, &payload)
}

pub fn reset(stream: u32, reason: u32) -> Vec<u8> {
    frame(RST_STREAM, 0, stream, &reason.to_be_bytes())
}

/// The head of a success.
pub fn head(stream: u32) -> Vec<u8> {
    // `:status` 200 is in the static table.
    let mut block = vec![0x88];
    literal(&mut block, "content-type", "application/grpc");
    frame(HEADERS, END_HEADERS, stream, &block)
}

pub fn trailers(stream: u32, status: &str) -> Vec<u8> {
    let mut block = Vec::new();
    literal(&mut block, "grpc-status", status);
    frame(HEADERS, END_HEADERS | END_STREAM, stream, &block)
}

fn literal(block: &mut Vec<u8>, name: &str, value: &str) {
    block.push(0);
    for text in [name, value] {
        block.push(text.len() as u8);
        block.extend(text.as_bytes());
    }
}

/// A complete success with an empty message.
pub fn success(stream: u32) -> Vec<u8> {
    let parts = [
        head(stream),
        frame(DATA, 0, stream, &[0; 5]),
        trailers(stream, "0"),
    ];
    parts.concat()
}

/// Begins a connection, and reads the first call.
pub fn read_call() -> Vec<Act> {
    vec![
        Act::Write([settings(&[]), settings_ack()].concat()),
        Act::ReadFrame(DATA, END_STREAM),
    ]
}

/// Reads the first call, and then runs the acts.
pub fn after_call(acts: impl IntoIterator<Item = Act>) -> Vec<Act> {
    let mut all = read_call();
    all.extend(acts);
    all
}
