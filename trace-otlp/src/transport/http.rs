//! HTTP/1.1 with ureq, which blocks the calling thread.
//!
//! Follows no redirects, and keeps a connection for the next request. Turns ureq's errors into
//! texts without secrets and without text from the server.

use std::io::{self, Read};
use std::time::{Duration, SystemTime};

use ::http::Uri;
use ::http::header::{
    CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER,
};
use trace_core::Clock;
use ureq::unversioned::transport::DefaultConnector;
use ureq::{Agent, Body, Error, SendBody, config::Config};

use super::exchange::{
    AnswerForm, BodyProblem, ConnectOptions, MAX_ANSWER_BYTES, Request, Response, SendError,
    SendFailure, Status, Transport, io_text,
};
use super::pieces::{Pieces, bytes_of};
use super::proxy::{self, ProxyProblem};
use super::reason::reason;
use super::resolver::KeepingResolver;
use super::retry_after::parse_retry_after;

/// Sends requests to one host.
pub(crate) struct HttpTransport {
    config: Config,
    agent: Agent,
    resolver: KeepingResolver,
    timeout: Duration,
    /// Whether the agent may have a connection that the server has meanwhile closed.
    has_connection: bool,
    clock: Clock,
}

impl HttpTransport {
    /// Makes a transport for the host of a URI. Does not connect.
    ///
    /// # Errors
    ///
    /// If the options have a proxy that cannot be used.
    pub(crate) fn new(uri: &Uri, options: &ConnectOptions) -> Result<Self, ProxyProblem> {
        let proxy = match &options.proxy {
            Some(url) => Some(proxy::explicit(url)?),
            None => proxy::from_environment(uri),
        };
        let config = Config::builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_idle_connections(1)
            .proxy(proxy)
            // If needed, these are among the headers of the request.
            .user_agent("")
            .accept("")
            .accept_encoding("")
            .timeout_global(Some(options.timeout));
        #[cfg(feature = "tls")]
        let config = match &options.tls {
            Some(tls) => config.tls_config(tls_config(tls)),
            None => config,
        };
        let config = config.build();
        let clock = Clock::system();
        let resolver = KeepingResolver::new(clock.clone());
        Ok(Self {
            agent: agent(&config, &resolver),
            config,
            resolver,
            timeout: options.timeout,
            has_connection: false,
            clock,
        })
    }

    fn send_once(&self, request: &Request<'_>, timeout: Duration) -> Result<Response, Error> {
        let mut built = ::http::Request::post(request.uri.clone());
        if let Some(headers) = built.headers_mut() {
            headers.clone_from(request.headers);
        }
        built = built.header(CONTENT_TYPE, request.content_type);
        if let Some(encoding) = request.encoding {
            built = built.header(CONTENT_ENCODING, encoding);
        }
        // Without it, a reader's body would leave in chunks.
        built = built.header(CONTENT_LENGTH, bytes_of(request.body));
        let mut pieces = Pieces::new(request.body);
        let built = built.body(SendBody::from_reader(&mut pieces))?;
        let answer = if timeout == self.timeout {
            self.agent.run(built)?
        } else {
            // A connection that is made for a request with its own configuration reads the TLS
            // roots again.
            let built = self.agent.configure_request(built);
            self.agent
                .run(built.timeout_global(Some(timeout)).build())?
        };
        Ok(self.read_answer(answer))
    }

    fn read_answer(&self, answer: ::http::Response<Body>) -> Response {
        let (head, body) = answer.into_parts();
        let retry_after = head.headers.get(RETRY_AFTER);
        let retry_after = retry_after.and_then(|value| value.to_str().ok());
        let now = SystemTime::from(self.clock.now());
        let form = form(&head.headers);
        let (body, problem) = read_body(body);
        let has_reason = !head.status.is_success() && problem.is_none();
        Response {
            status: Status::Http(head.status.as_u16()),
            message: has_reason.then(|| reason(form, &body)).flatten(),
            retry_after: retry_after.and_then(|value| parse_retry_after(value, now)),
            form,
            body,
            problem,
        }
    }
}

impl Transport for HttpTransport {
    fn send(&mut self, request: &Request<'_>) -> Result<Response, SendError> {
        let begin = self.clock.now();
        let mut result = self.send_once(request, request.timeout);
        if self.has_connection && result.as_ref().is_err_and(is_disconnect) {
            // The server closed the kept connection at some moment before this request was
            // answered. A new agent has no other kept connections.
            self.resolver.forget();
            self.agent = agent(&self.config, &self.resolver);
            let left = request.timeout.saturating_sub(self.clock.now() - begin);
            if !left.is_zero() {
                result = self.send_once(request, left);
            }
        }
        let is_whole = |answer: &Response| answer.problem.is_none();
        self.has_connection = result.as_ref().is_ok_and(is_whole);
        if !self.has_connection {
            self.resolver.forget();
        }
        let has_proxy = self.config.proxy().is_some();
        result.map_err(|error| describe(error, has_proxy))
    }
}

fn agent(config: &Config, resolver: &KeepingResolver) -> Agent {
    Agent::with_parts(
        config.clone(),
        DefaultConnector::default(),
        resolver.clone(),
    )
}

/// Converts the settings for ureq.
#[cfg(feature = "tls")]
fn tls_config(settings: &super::tls::TlsSettings) -> ureq::tls::TlsConfig {
    use rustls::pki_types::CertificateDer;
    use ureq::tls::{Certificate, ClientCert, PrivateKey, RootCerts, TlsConfig};

    let owned = |certificates: &[CertificateDer<'static>]| -> Vec<Certificate<'static>> {
        let certificates = certificates.iter();
        certificates
            .map(|one| Certificate::from_der(one).to_owned())
            .collect()
    };
    let roots = match &settings.roots {
        None => RootCerts::PlatformVerifier,
        Some(roots) => RootCerts::new_with_certs(&owned(roots)),
    };
    let identity = settings.identity.as_ref().and_then(|identity| {
        // The key was checked when the file was read.
        let key = PrivateKey::from_pem(&identity.key_pem).ok()?;
        Some(ClientCert::new_with_certs(&owned(&identity.chain), key))
    });
    TlsConfig::builder()
        .root_certs(roots)
        .client_cert(identity)
        .build()
}

fn form(headers: &HeaderMap) -> AnswerForm {
    let kind = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    let kind = kind.and_then(|kind| kind.split(|byte| *byte == b';').next());
    match kind.map(|kind| kind.trim_ascii().to_ascii_lowercase()) {
        None => AnswerForm::Other,
        Some(kind) => match &*kind {
            b"application/x-protobuf" | b"application/protobuf" => AnswerForm::Protobuf,
            b"application/json" => AnswerForm::Json,
            b"text/plain" => AnswerForm::Text,
            _ => AnswerForm::Other,
        },
    }
}

/// Reads a body up to the limit. If a body is not read to its end, the connection cannot be
/// used again.
fn read_body(body: Body) -> (Vec<u8>, Option<BodyProblem>) {
    let mut bytes = Vec::new();
    let mut reader = body.into_reader();
    let read = (&mut reader)
        .take(MAX_ANSWER_BYTES as u64)
        .read_to_end(&mut bytes);
    // One more read finds the end, so that the connection is kept.
    match read.and_then(|_| reader.read(&mut [0])) {
        Ok(0) => (bytes, None),
        Ok(_) => (bytes, Some(BodyProblem::TooLarge)),
        Err(error) => match Error::from(error) {
            Error::Timeout(_) => (bytes, Some(BodyProblem::TimedOut)),
            _ => (bytes, Some(BodyProblem::Broken)),
        },
    }
}

/// Returns whether the server has gone away, so that another connection may help.
fn is_disconnect(error: &Error) -> bool {
    use io::ErrorKind::{
        BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected, UnexpectedEof,
    };
    let Error::Io(error) = error else {
        return false;
    };
    matches!(
        error.kind(),
        BrokenPipe | ConnectionAborted | ConnectionReset | NotConnected | UnexpectedEof
    )
}

fn describe(error: Error, has_proxy: bool) -> SendError {
    use SendFailure::{Broken, NotConnected, TimedOut, TooLarge};
    // The address of a host behind a proxy is not looked up here.
    let no_address = match has_proxy {
        true => "the proxy's host has no address",
        false => "the host has no address",
    };
    match error {
        Error::Timeout(when) => match when {
            ureq::Timeout::Resolve | ureq::Timeout::Connect => {
                SendError::with_detail(NotConnected, "no connection in time")
            }
            _ => SendError::new(TimedOut),
        },
        Error::Io(error) if is_lookup(&error) => SendError::with_detail(NotConnected, no_address),
        Error::Io(error) => describe_io(&error),
        Error::HostNotFound => SendError::with_detail(NotConnected, no_address),
        Error::ConnectionFailed => SendError::new(NotConnected),
        Error::ConnectProxyFailed(_) => {
            SendError::with_detail(NotConnected, "the proxy refused to connect")
        }
        Error::InvalidProxyUrl => SendError::with_detail(NotConnected, "the proxy's URL is none"),
        Error::LargeResponseHeader(..) => SendError::new(TooLarge),
        Error::Tls(text) => SendError::with_detail(NotConnected, text),
        #[cfg(feature = "tls")]
        Error::Rustls(error) => SendError::with_detail(NotConnected, error.to_string()),
        Error::Protocol(_) => SendError::with_detail(Broken, "the answer is not HTTP"),
        _ => SendError::new(Broken),
    }
}

/// Returns whether an error is of the lookup of a name. On Unix, std gives such an error neither
/// a code nor a kind, but this text.
fn is_lookup(error: &io::Error) -> bool {
    let text = error.to_string();
    error.raw_os_error().is_none() && text.starts_with("failed to lookup address information")
}

fn describe_io(error: &io::Error) -> SendError {
    use io::ErrorKind as Kind;
    #[cfg(feature = "tls")]
    if let Some(error) = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>())
    {
        return SendError::with_detail(SendFailure::NotConnected, error.to_string());
    }
    let failure = match error.kind() {
        Kind::ConnectionReset
        | Kind::ConnectionAborted
        | Kind::BrokenPipe
        | Kind::NotConnected
        | Kind::UnexpectedEof
        | Kind::InvalidData => SendFailure::Broken,
        Kind::TimedOut | Kind::WouldBlock => SendFailure::TimedOut,
        _ => SendFailure::NotConnected,
    };
    SendError::with_detail(failure, io_text(error))
}
