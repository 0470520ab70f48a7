//! `OtlpCollector` over gRPC, against servers that fail in every way.

mod answers;
mod callers;
mod connections;
mod frames;
mod goaway;
mod hangs;
mod requests;
pub mod server;
mod signals;
mod tls;
mod tonic_server;

use std::time::Duration;

use trace_otlp::{OtlpCollector, OtlpCollectorBuilder, OtlpStats, Protocol};

use super::spans::{collect, settle, to_url};
use server::{Server, Step};

/// A collector that retries soon.
fn to(server: &Server) -> OtlpCollectorBuilder {
    to_url(&server.url()).protocol(Protocol::Grpc)
}

/// A collector that does not retry within a test.
fn once_to(server: &Server) -> OtlpCollectorBuilder {
    let hour = Duration::from_secs(3600);
    to(server).retry_delays(hour, hour)
}

fn last_error(collector: &OtlpCollector) -> String {
    collector.health().last_error.unwrap_or_default()
}

/// Sends three spans to a server with this first step. Returns the statistics.
#[track_caller]
fn sent(first: Step) -> (OtlpStats, Server, OtlpCollector) {
    let server = Server::new([first]);
    let collector = to(&server).build().unwrap();
    collect(&collector, 3);
    (settle(&collector), server, collector)
}

fn short(step: &Step) -> String {
    let mut shown = format!("{step:?}");
    shown.truncate(300);
    shown
}

#[track_caller]
fn is_taken(step: Step) -> String {
    let shown = short(&step);
    let (stats, server, collector) = sent(step);
    assert_eq!((stats.spans_exported, stats.requests), (3, 1), "{shown}");
    assert_eq!(stats.failed_requests, 0, "{shown}");
    assert_eq!(server.spans_seen(), 3, "{shown}");
    last_error(&collector)
}

#[track_caller]
fn is_sent_again(step: Step) -> String {
    let shown = short(&step);
    let (stats, _server, collector) = sent(step);
    let counts = (stats.spans_exported, stats.requests, stats.failed_requests);
    assert_eq!(counts, (3, 2, 1), "{shown}");
    last_error(&collector)
}

#[track_caller]
fn is_refused(step: Step) -> String {
    let shown = short(&step);
    let (stats, _server, collector) = sent(step);
    let counts = (stats.spans_lost.refused, stats.requests);
    assert_eq!(counts, (3, 1), "{shown}");
    assert_eq!(stats.spans_lost.total(), 3, "{shown}");
    last_error(&collector)
}
