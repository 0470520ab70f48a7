//! An attempt that has no response yet.

use std::fmt;
use std::sync::Arc;
use std::task::Poll;

use http::Response;
use http_body::Body;
use trace_core::{OpenSpan, Outcome, span};

use super::options::Options;
use crate::conventions::NETWORK_PROTOCOL_VERSION;
use crate::exchange::{About, Exchange};
use crate::heads::protocol_version;
use crate::peer;

/// An attempt that has no response yet. If it is dropped, the span ends as cancelled.
#[derive(Debug)]
pub(crate) struct Running {
    exchange: Exchange,
    options: Arc<Options>,
}

impl Running {
    pub(super) fn new(exchange: Exchange, options: &Arc<Options>) -> Self {
        let options = Arc::clone(options);
        Self { exchange, options }
    }

    pub(crate) const fn span(&self) -> &OpenSpan {
        &self.exchange.span
    }

    /// Polls for the response within the span. The span may end with the response.
    pub(crate) fn poll<B, E>(
        &mut self,
        poll: impl FnOnce() -> Poll<Result<Response<B>, E>>,
    ) -> Poll<Result<Response<B>, E>>
    where
        B: Body,
        E: fmt::Display + 'static,
    {
        let Self {
            exchange: Exchange { about, span },
            options,
        } = self;
        span.poll(poll, |result| match result {
            Ok(response) => see_head(about, options, response),
            Err(error) => about.see_error(error),
        })
    }

    /// Returns the rest of the exchange, for the body of the response.
    pub(crate) fn into_exchange(self) -> Exchange {
        self.exchange
    }
}

fn see_head<B: Body>(
    about: &mut About,
    options: &Options,
    response: &Response<B>,
) -> Option<Outcome> {
    let outcome = about.see_head(response);
    if span::is_recording() {
        if !about.is_call() {
            span::add_tag(
                NETWORK_PROTOCOL_VERSION,
                protocol_version(response.version()),
            );
            peer::write(response.extensions());
        }
        options.extras.write_response(response);
    }
    let ends_here = options.ends_at_head && !about.is_call();
    outcome.or_else(|| ends_here.then(|| about.end()))
}
