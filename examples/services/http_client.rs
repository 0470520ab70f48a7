//! The calling end of a call: the context of the current span goes into the headers.
//!
//! It owns the connections and the errors of a call, and tags the current span, which is
//! a client span. It begins no span itself: the attributes in `handlers/` do.

use std::fmt;
use std::net::SocketAddr;

use axum::body::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use trace_core::span;

use crate::headers::HeaderInjector;
use crate::service::Service;

/// Sends requests, and with them the context of the current span.
#[derive(Clone)]
pub struct HttpClient {
    client: Client<HttpConnector, Empty<Bytes>>,
}

/// A call that failed.
#[derive(Debug)]
pub struct CallError {
    pub callee: Service,
    pub cause: Cause,
}

/// Why a call failed.
#[derive(Debug)]
pub enum Cause {
    /// The service answered that it could or would not, and why.
    Refused(StatusCode, String),
    /// There was no answer that could be read.
    NoAnswer(Box<dyn std::error::Error + Send + Sync>),
}

/// Bytes of the longest answer that is read.
const MAX_ANSWER_BYTES: usize = 64 * 1_024;

impl HttpClient {
    pub fn new() -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Self {
            client: Client::builder(TokioExecutor::new()).build(connector),
        }
    }

    /// Asks a service, as the work of the current span, which is a client span.
    pub async fn call(
        &self,
        callee: Service,
        address: SocketAddr,
        path: &str,
    ) -> Result<String, CallError> {
        span::add_tag("http.request.method", "GET");
        span::add_tag("server.address", address.ip().to_string());
        span::add_tag("server.port", i64::from(address.port()));
        span::add_tag("url.full", format!("http://{address}{path}"));
        let answer = self.get(address, path, |headers| {
            span::inject(&mut HeaderInjector(headers));
        });
        let answer = answer.await.map_err(|error| CallError {
            callee,
            cause: Cause::NoAnswer(error),
        })?;
        let status = answer.status();
        span::add_tag("http.response.status_code", i64::from(status.as_u16()));
        let text = answer.into_body();
        if status.is_success() {
            Ok(text)
        } else {
            Err(CallError {
                callee,
                cause: Cause::Refused(status, text),
            })
        }
    }

    /// Sends a request with the headers that `fill` adds; reads the whole answer.
    pub async fn get(
        &self,
        address: SocketAddr,
        path: &str,
        fill: impl FnOnce(&mut http::HeaderMap),
    ) -> Result<Response<String>, Box<dyn std::error::Error + Send + Sync>> {
        let mut request = Request::builder()
            .method(Method::GET)
            .uri(format!("http://{address}{path}"))
            .body(Empty::new())?;
        fill(request.headers_mut());
        let (parts, body) = self.client.request(request).await?.into_parts();
        let body = Limited::new(body, MAX_ANSWER_BYTES).collect().await?;
        let text = String::from_utf8(body.to_bytes().into())?;
        Ok(Response::from_parts(parts, text))
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let callee = self.callee.name();
        match &self.cause {
            Cause::Refused(status, why) => write!(f, "{} from {callee}: {why}", status.as_u16()),
            Cause::NoAnswer(_) => write!(f, "no answer from {callee}"),
        }
    }
}

impl std::error::Error for CallError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.cause {
            Cause::Refused(..) => None,
            Cause::NoAnswer(error) => Some(&**error),
        }
    }
}
