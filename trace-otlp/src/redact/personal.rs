//! E-mail addresses and IP addresses, which are replaced only if an option asks for it.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use super::options::Options;
use super::text::{run_end, word_end};

/// Most bytes of the local part of an e-mail address. Source: RFC 5321, *Local-part*.
const MAX_LOCAL: usize = 64;

/// Most bytes of an IP address as text.
const MAX_ADDRESS: usize = 45;

/// Returns the e-mail address whose local part ends with the word `start..end`, or the IP
/// address that begins with the word.
pub(super) fn in_word(
    options: &Options,
    text: &[u8],
    start: usize,
    end: usize,
) -> Option<Range<usize>> {
    let email = || options.emails.then(|| email(text, start, end))?;
    let address = || options.addresses.then(|| address(text, start))?;
    email().or_else(address)
}

/// Returns the IPv6 address that begins with the `::` at `start`.
pub(super) fn in_colons(options: &Options, text: &[u8], start: usize) -> Option<Range<usize>> {
    options.addresses.then(|| address(text, start))?
}

fn email(text: &[u8], start: usize, end: usize) -> Option<Range<usize>> {
    if text.get(end) != Some(&b'@') {
        return None;
    }
    // `ann+shop@..`.
    let is_local = |byte: &u8| byte.is_ascii_alphanumeric() || b"+%_-.".contains(byte);
    let before = text.get(start.saturating_sub(MAX_LOCAL)..start)?;
    let more = before
        .iter()
        .rev()
        .take_while(|byte| is_local(byte))
        .count();
    let domain = end + 1;
    let end = word_end(text, domain);
    let found = text.get(domain..end)?;
    let trailing = found.iter().rev().take_while(|byte| **byte == b'.').count();
    let found = found.get(..found.len() - trailing)?;
    found.contains(&b'.').then(|| start - more..end - trailing)
}

fn address(text: &[u8], start: usize) -> Option<Range<usize>> {
    // One byte more than the longest address, so that a longer run is not taken for an
    // address.
    let most = text.get(..text.len().min(start + MAX_ADDRESS + 1))?;
    let end = run_end(most, start, |byte| {
        byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.')
    });
    let found = text.get(start..end)?;
    // `a::b` is a path in Rust.
    if !found.iter().any(u8::is_ascii_digit) {
        return None;
    }
    let follows = text.get(end);
    if follows.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_') {
        return None;
    }
    let found = std::str::from_utf8(found).ok()?;
    // The end of a sentence, or a port of IPv4.
    let trimmed = found.trim_end_matches(['.', ':']);
    let host = trimmed.split_once(':').map_or(trimmed, |(host, _)| host);
    if host.parse::<Ipv4Addr>().is_ok() {
        return Some(start..start + host.len());
    }
    let is_address = |text: &str| text.parse::<Ipv6Addr>().is_ok();
    [found, trimmed]
        .into_iter()
        .find(|text| is_address(text))
        .map(|text| start..start + text.len())
}
