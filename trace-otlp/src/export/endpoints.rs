//! The servers to send to, in order of preference, and when each is tried.

use super::endpoint::Endpoint;
use super::moment::Moment;
use super::retry::{Backoff, RetryDelays};
use crate::transport::Transport;
use std::time::Duration;

/// The servers. A request goes to the first one that is due, so a preferred server is used
/// again as soon as its backoff is over.
pub(super) struct Endpoints {
    servers: Vec<Server>,
    delays: RetryDelays,
}

pub(super) struct Server {
    pub(super) endpoint: Endpoint,
    pub(super) transport: Box<dyn Transport>,
    /// The largest body that this server is expected to accept.
    pub(super) max_body_bytes: usize,
    backoff: Backoff,
    /// When the server is due again, if it has failed.
    retry_at: Option<Moment>,
    /// Its last failure.
    error: String,
}

impl Server {
    pub(super) fn new(endpoint: Endpoint, transport: Box<dyn Transport>) -> Self {
        Self {
            endpoint,
            transport,
            max_body_bytes: usize::MAX,
            backoff: Backoff::default(),
            retry_at: None,
            error: String::new(),
        }
    }
}

impl Endpoints {
    pub(super) fn new(servers: Vec<Server>, delays: RetryDelays) -> Self {
        Self { servers, delays }
    }

    /// Returns the first server that is due.
    pub(super) fn due(&self, now: Moment) -> Option<usize> {
        let is_due = |server: &Server| server.retry_at.is_none_or(|at| at <= now);
        self.servers.iter().position(is_due)
    }

    /// Returns when the next server is due, if none is due now.
    pub(super) fn next_try(&self) -> Option<Moment> {
        let times = self.servers.iter().map(|server| server.retry_at);
        times.min().flatten()
    }

    pub(super) fn first(&self) -> Option<&Endpoint> {
        self.servers.first().map(|server| &server.endpoint)
    }

    pub(super) fn get_mut(&mut self, index: usize) -> Option<&mut Server> {
        self.servers.get_mut(index)
    }

    /// Makes all servers due, including those that have failed.
    pub(super) fn make_due(&mut self) {
        for server in &mut self.servers {
            server.retry_at = None;
        }
    }

    pub(super) fn succeed(&mut self, index: usize) {
        if let Some(server) = self.servers.get_mut(index) {
            server.backoff.succeed();
            server.retry_at = None;
        }
    }

    /// Returns why the first server does not accept what this one accepts; `None` for the first.
    pub(super) fn passed_over(&self, index: usize) -> Option<&str> {
        let first = self.servers.first().filter(|_| index > 0)?;
        Some(&first.error)
    }

    /// Notes that a server failed. `asked` is how long the server asked to wait.
    pub(super) fn fail(&mut self, index: usize, error: &str, asked: Option<Duration>) {
        if let Some(server) = self.servers.get_mut(index) {
            error.clone_into(&mut server.error);
            let wait = server.backoff.fail(asked, self.delays);
            server.retry_at = Some(Moment::now().after(wait));
        }
    }
}
