//! The command line.
//!
//! It owns the defaults and limits of the options, and the arguments of child processes.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use rand::TryRng;
use rand::rngs::SysRng;
use trace_core::HeadSampler;
use trace_otlp::Protocol;

use super::fate::Fates;
use crate::service::Service;

/// Sends requests through five traced services and shows their traces.
#[derive(Clone, Debug, Parser)]
pub struct Options {
    /// Number of requests that the client sends.
    #[arg(long, default_value_t = 40)]
    pub requests: u64,
    /// Number of concurrent requests.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    pub concurrency: u64,
    /// Share of requests in which something fails, 0 to 1.
    #[arg(long, default_value_t = 0.15, value_parser = parse_rate)]
    pub error_rate: f64,
    /// Share of requests that are slow, 0 to 1.
    #[arg(long, default_value_t = 0.1, value_parser = parse_rate)]
    pub slow_rate: f64,
    /// Share of requests on which the client gives up, 0 to 1.
    #[arg(long, default_value_t = 0.05, value_parser = parse_rate)]
    pub cancel_rate: f64,
    /// Share of traces that are recorded, 0 to 1.
    #[arg(long, default_value_t = 1.0, value_parser = parse_sample_rate)]
    pub sample_rate: f64,
    /// Repeats a run: the same requests fail, and the same work takes the same time.
    #[arg(long)]
    pub seed: Option<u64>,
    /// File for the spans, as OTLP/JSON [default: one in the system's temporary
    /// directory].
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Traces that take longer, in milliseconds, count as slow.
    #[arg(long, value_name = "MS", default_value_t = 100)]
    pub slow_threshold: u64,
    /// Maximum number of traces to print as trees, some of each kind.
    #[arg(long, default_value_t = 6)]
    pub trees: usize,
    /// Run every service in its own process.
    #[arg(long)]
    pub processes: bool,
    /// Server of OTLP to which each service sends its spans, such as
    /// `http://127.0.0.1:4318`.
    #[arg(long, value_name = "URL")]
    pub to: Option<String>,
    /// How they are sent: `http/protobuf`, `http/json` or `grpc`.
    #[arg(long, requires = "to", default_value_t, value_parser = parse_protocol)]
    pub protocol: Protocol,
    /// Address at which that server passes the spans on to this program. Only these are
    /// assembled then.
    #[arg(long, value_name = "ADDRESS", requires = "to")]
    pub back_at: Option<SocketAddr>,
    /// A trace has to be complete by what its spans report, and not because no more came.
    #[arg(long)]
    pub exact: bool,
    #[command(flatten)]
    pub child: ChildOptions,
}

/// The arguments of a child process that is one service.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct ChildOptions {
    /// The service to run.
    #[arg(long, hide = true)]
    pub serve: Option<Service>,
    /// The address to which spans are sent.
    #[arg(long, hide = true)]
    pub receiver: Option<SocketAddr>,
    /// A service that this one calls: `database=127.0.0.1:4000`.
    #[arg(long = "callee", hide = true, value_parser = parse_callee)]
    pub callees: Vec<(Service, SocketAddr)>,
    /// Maximum lifetime in seconds.
    #[arg(long, hide = true, default_value_t = 60)]
    pub lifetime: u64,
}

/// How long the client waits for an answer. A longer time is a bug in this program.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

impl Options {
    /// Returns the fates of all requests.
    pub fn fates(&self) -> Fates {
        Fates {
            seed: self.seed.unwrap_or(0),
            error_rate: self.error_rate,
            slow_rate: self.slow_rate,
            cancel_rate: self.cancel_rate,
        }
    }

    /// Returns these options, with a random seed if none was given.
    pub fn with_seed(&self) -> Self {
        // Five digits are varied enough, and easy to type.
        let drawn = SysRng.try_next_u64().unwrap_or(0) % 100_000;
        Self {
            seed: self.seed.or(Some(drawn)),
            ..self.clone()
        }
    }

    pub fn slow_threshold(&self) -> Duration {
        Duration::from_millis(self.slow_threshold)
    }

    pub fn output(&self) -> PathBuf {
        self.output.clone().unwrap_or_else(|| {
            let name = format!("trace-services-{}.otlp.json", std::process::id());
            std::env::temp_dir().join(name)
        })
    }

    /// Returns the arguments for the process of `service`.
    pub fn child_arguments(
        &self,
        service: Service,
        receiver: Option<SocketAddr>,
        callees: &[(Service, SocketAddr)],
    ) -> Vec<String> {
        let rounds = self.requests.div_ceil(self.concurrency);
        let lifetime = rounds.saturating_mul(ANSWER_TIMEOUT.as_secs()) + 60;
        let mut arguments = vec![
            format!("--serve={service}"),
            format!("--lifetime={lifetime}"),
            format!("--seed={}", self.fates().seed),
            format!("--error-rate={}", self.error_rate),
            format!("--slow-rate={}", self.slow_rate),
            format!("--cancel-rate={}", self.cancel_rate),
            format!("--sample-rate={}", self.sample_rate),
        ];
        arguments.extend(receiver.map(|receiver| format!("--receiver={receiver}")));
        if let Some(to) = &self.to {
            arguments.push(format!("--to={to}"));
            arguments.push(format!("--protocol={}", self.protocol));
        }
        for (callee, address) in callees {
            arguments.push(format!("--callee={callee}={address}"));
        }
        arguments
    }
}

fn parse_rate(text: &str) -> Result<f64, String> {
    let rate: f64 = text.parse().map_err(|_| "expected a number".to_owned())?;
    if (0.0..=1.0).contains(&rate) {
        Ok(rate)
    } else {
        Err("expected 0 to 1".to_owned())
    }
}

/// Uses the sampler's own error for an invalid rate.
fn parse_sample_rate(text: &str) -> Result<f64, String> {
    let rate = text.parse().map_err(|_| "expected a number".to_owned())?;
    match HeadSampler::new(rate) {
        Ok(_) => Ok(rate),
        Err(error) => Err(error.to_string()),
    }
}

fn parse_protocol(text: &str) -> Result<Protocol, String> {
    let known = [Protocol::HttpProtobuf, Protocol::HttpJson, Protocol::Grpc];
    let found = known.iter().find(|known| known.to_string() == text);
    let names = || known.map(|known| known.to_string()).join(", ");
    found
        .copied()
        .ok_or_else(|| format!("expected one of {}", names()))
}

fn parse_callee(text: &str) -> Result<(Service, SocketAddr), String> {
    let parsed = text.split_once('=').and_then(|(service, address)| {
        let service = clap::ValueEnum::from_str(service, false).ok()?;
        Some((service, address.parse().ok()?))
    });
    parsed.ok_or_else(|| "expected `service=address`".to_owned())
}
