//! The messages of a service's process, as lines of JSON.
//!
//! `child.rs` writes them and `processes.rs` reads them.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};
use trace_core::{HeadSampler, Stats, TraceId};
use trace_otlp::OtlpCollector;

use crate::service::Service;

/// A line from a service's process.
#[derive(Debug, Serialize, Deserialize)]
pub enum Message {
    /// The service accepts requests at this address.
    Listening(SocketAddr),
    /// The service has ended.
    Report(ServiceReport),
}

/// The requests and spans of a service.
#[derive(Debug, Serialize, Deserialize)]
pub struct ServiceReport {
    pub service: Service,
    /// Whether its tracer delivered everything in time and its collectors reported no error.
    pub flushed: bool,
    pub spans: SpanCounts,
    /// The requests, in order of arrival.
    pub received: Vec<Received>,
    /// Headers, or parts of them, that could not be read.
    pub bad_headers: u64,
    /// The counts of the head sampler, in the service in which traces begin.
    pub head_sampler: Option<SamplerCounts>,
    /// What became of the spans that it sent to a server, if there is one.
    pub export: Option<ExportCounts>,
}

/// A request as it reached a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    /// Its number.
    pub request: u64,
    pub trace_id: TraceId,
    pub is_sampled: bool,
    /// The received header; none where the trace begins.
    pub traceparent: Option<String>,
}

/// The counts of a tracer's spans; see [`Stats`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpanCounts {
    pub started: u64,
    pub delivered: u64,
    pub sampled_out: u64,
    pub dropped: u64,
    pub open: u64,
}

/// What became of the spans that were sent to a server; see
/// [`OtlpStats`](trace_otlp::OtlpStats).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportCounts {
    pub exported: u64,
    pub rejected: u64,
    pub lost: u64,
    pub requests: u64,
    pub failed_requests: u64,
    /// The last failure of a request.
    pub last_error: Option<String>,
}

/// The decisions of a head sampler.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct SamplerCounts {
    pub rate: f64,
    pub total_traces: u64,
    pub sampled_traces: u64,
    pub sample_rate_actual: f64,
}

impl From<Stats> for SpanCounts {
    fn from(stats: Stats) -> Self {
        Self {
            started: stats.started,
            delivered: stats.delivered,
            sampled_out: stats.sampled_out,
            dropped: stats.dropped.total(),
            open: stats.open,
        }
    }
}

impl From<&HeadSampler> for SamplerCounts {
    fn from(sampler: &HeadSampler) -> Self {
        Self {
            rate: sampler.rate(),
            total_traces: sampler.total_traces(),
            sampled_traces: sampler.sampled_traces(),
            sample_rate_actual: sampler.sample_rate_actual(),
        }
    }
}

impl From<&OtlpCollector> for ExportCounts {
    fn from(exporter: &OtlpCollector) -> Self {
        let stats = exporter.stats();
        Self {
            exported: stats.spans_exported,
            rejected: stats.spans_rejected,
            lost: stats.spans_lost.total(),
            requests: stats.requests,
            failed_requests: stats.failed_requests,
            last_error: exporter.health().last_error,
        }
    }
}

impl std::ops::Add for ExportCounts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            exported: self.exported + other.exported,
            rejected: self.rejected + other.rejected,
            lost: self.lost + other.lost,
            requests: self.requests + other.requests,
            failed_requests: self.failed_requests + other.failed_requests,
            last_error: self.last_error.or(other.last_error),
        }
    }
}

impl std::ops::Add for SpanCounts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            started: self.started + other.started,
            delivered: self.delivered + other.delivered,
            sampled_out: self.sampled_out + other.sampled_out,
            dropped: self.dropped + other.dropped,
            open: self.open + other.open,
        }
    }
}

impl SpanCounts {
    /// Whether every span that was started is accounted for.
    pub fn is_conserved(&self) -> bool {
        self.started == self.delivered + self.sampled_out + self.dropped + self.open
    }
}
