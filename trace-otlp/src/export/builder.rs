//! The options of a collector, and how it is built from them.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::collector::OtlpCollector;
use super::connect::{self, Form};
use super::endpoint::Endpoint;
use super::endpoints::{Endpoints, Server};
use super::error::OtlpError;
use super::exporter::{Exporter, Settings, Shared};
use super::exporters::Exporters;
use super::headers::{HeaderProblem, HeaderSource, Headers};
use super::health::Health;
use super::metrics::Metrics;
use super::pending::{Pending, RequestLimits};
use super::protocol::Protocol;
use super::retry::RetryDelays;
use super::signal_options::SignalOptions;
use super::stats::Counters;
use crate::encode::{Encoder, Frame, PartLimits, Signal};
use crate::transport::{Compression, Compressor, ConnectOptions, MissingCompression};

/// Builds an [`OtlpCollector`]. [`OtlpCollector::builder`] creates it.
///
/// ```
/// use std::time::Duration;
/// use trace_otlp::{OtlpCollector, Protocol};
///
/// fn token() -> String {
///     "expires soon".to_owned()
/// }
///
/// let collector = OtlpCollector::builder("http://localhost:4318")
///     .protocol(Protocol::HttpProtobuf)
///     .fallback("http://10.0.0.2:4318")
///     .header("x-team", "shop")
///     .headers_from(|| [("authorization", format!("Bearer {}", token()))])
///     .timeout(Duration::from_secs(5))
///     .max_waiting_bytes(64 << 20)
///     .build()?;
/// # drop(collector);
/// # Ok::<(), trace_otlp::OtlpError>(())
/// ```
#[derive(Clone)]
#[must_use = "`build` makes the collector"]
pub struct OtlpCollectorBuilder {
    endpoint: String,
    traces_endpoint: Option<String>,
    fallbacks: Vec<String>,
    protocol: Protocol,
    compression: Compression,
    headers: Vec<(String, String)>,
    header_source: Option<HeaderSource>,
    max_header_age: Duration,
    timeout: Duration,
    max_waiting_bytes: usize,
    max_request_bytes: usize,
    max_request_spans: usize,
    max_span_bytes: usize,
    max_retry_age: Duration,
    retry_delays: (Duration, Duration),
    proxy: Option<String>,
    certificate: Option<PathBuf>,
    client_identity: Option<(PathBuf, PathBuf)>,
    pub(super) signals: SignalOptions,
}

impl OtlpCollector {
    /// Starts building a collector that sends to a server. `endpoint` is its base URL, such as
    /// `http://localhost:4318`, or `http://localhost:4317` for gRPC. The path of the signal,
    /// such as `/v1/traces` or the method of gRPC, is added to it.
    ///
    /// User info in the URL (`https://user:password@host`) is sent as a header.
    pub fn builder(endpoint: impl Into<String>) -> OtlpCollectorBuilder {
        OtlpCollectorBuilder::new(endpoint.into())
    }
}

impl OtlpCollectorBuilder {
    fn new(endpoint: String) -> Self {
        Self {
            endpoint,
            traces_endpoint: None,
            fallbacks: Vec::new(),
            protocol: Protocol::default(),
            compression: Compression::default(),
            headers: Vec::new(),
            header_source: None,
            max_header_age: Duration::from_secs(300),
            timeout: Duration::from_secs(10),
            max_waiting_bytes: 16 << 20,
            max_request_bytes: 4 << 20,
            max_request_spans: 8192,
            max_span_bytes: 1 << 20,
            max_retry_age: Duration::from_secs(300),
            retry_delays: (Duration::from_secs(1), Duration::from_secs(30)),
            proxy: None,
            certificate: None,
            client_identity: None,
            signals: SignalOptions::default(),
        }
    }

    /// Sets the whole URL for traces, to which no path is added. It replaces the base URL for
    /// traces. With [`Protocol::Grpc`], it is read as a base URL.
    pub fn traces_endpoint(mut self, url: impl Into<String>) -> Self {
        self.traces_endpoint = Some(url.into());
        self
    }

    /// Adds a base URL that receives spans while no earlier endpoint accepts them. May be
    /// called several times. The first endpoint is tried again after its backoff.
    pub fn fallback(mut self, endpoint: impl Into<String>) -> Self {
        self.fallbacks.push(endpoint.into());
        self
    }

    /// Sets the protocol. Default: [`Protocol::HttpProtobuf`].
    pub fn protocol(mut self, protocol: Protocol) -> Self {
        self.protocol = protocol;
        self
    }

    /// Sets how bodies are compressed. Default: [`Compression::None`].
    pub fn compression(mut self, compression: Compression) -> Self {
        self.compression = compression;
        self
    }

    /// Adds a header to each request. A later header of the same name replaces it. Its value
    /// never appears in an error or a log.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets a callback for headers that change, such as a token that expires. It is called
    /// before the first request, and when its last result is older than
    /// [`max_header_age`](Self::max_header_age). It is also called after an answer with status
    /// 401, and the request is then sent once more.
    ///
    /// It runs on the collector's thread and may block, without a time limit. While it panics
    /// or returns headers that cannot be sent, spans wait as if the server were down.
    pub fn headers_from<H, N, V>(mut self, headers: impl Fn() -> H + Send + Sync + 'static) -> Self
    where
        H: IntoIterator<Item = (N, V)>,
        N: Into<String>,
        V: Into<String>,
    {
        self.header_source = Some(Arc::new(move || {
            let headers = headers().into_iter();
            headers
                .map(|(name, value)| (name.into(), value.into()))
                .collect()
        }));
        self
    }

    /// Sets how long a result of the [callback](Self::headers_from) is used. Default: 5
    /// minutes.
    pub fn max_header_age(mut self, age: Duration) -> Self {
        self.max_header_age = age;
        self
    }

    /// Sets the longest time for one request, from resolving the host's name to the end of the
    /// answer. Default: 10 s, as in the OTLP specification.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets how many encoded bytes of spans may wait. The same limit applies to log records.
    /// Above it, the oldest are lost. Default: 16 MiB.
    pub fn max_waiting_bytes(mut self, bytes: usize) -> Self {
        self.max_waiting_bytes = bytes;
        self
    }

    /// Sets the size of the largest request, in bytes before compression. Default: 4 MiB, the
    /// limit of an OpenTelemetry Collector over gRPC.
    pub fn max_request_bytes(mut self, bytes: usize) -> Self {
        self.max_request_bytes = bytes;
        self
    }

    /// Sets the largest number of spans, or log records, in a request. Default: 8,192.
    pub fn max_request_spans(mut self, spans: usize) -> Self {
        self.max_request_spans = spans;
        self
    }

    /// Sets the size of the largest span or log record, in encoded bytes. A larger one is
    /// trimmed and marked as trimmed. Default: 1 MiB.
    pub fn max_span_bytes(mut self, bytes: usize) -> Self {
        self.max_span_bytes = bytes;
        self
    }

    /// Sets how long spans may wait after they were collected. Older spans are lost. This also
    /// limits the time that a server can ask for with `Retry-After`. Default: 5 minutes.
    pub fn max_retry_age(mut self, age: Duration) -> Self {
        self.max_retry_age = age;
        self
    }

    /// Sets the waits between failed requests to one endpoint: the first, from which they
    /// double, and the longest. Each is shortened by a random amount, up to half. Default: 1 s
    /// and 30 s.
    pub fn retry_delays(mut self, first: Duration, longest: Duration) -> Self {
        self.retry_delays = (first, longest);
        self
    }

    /// Sets the URL of a proxy. Default: the environment's `HTTPS_PROXY` or `HTTP_PROXY`, else
    /// `ALL_PROXY`, unless `NO_PROXY` lists the host, or the host is this machine.
    ///
    /// SOCKS proxies are not supported, and an `https` proxy needs the feature `tls`: otherwise
    /// [`build`](Self::build) returns an error. If a proxy of the environment cannot be used,
    /// [`diagnostics`](trace_core::diagnostics) reports it, and requests are sent without it.
    ///
    /// [`Protocol::Grpc`] does not support proxies: [`build`](Self::build) returns an error
    /// for this option, and proxies of the environment are not used.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.proxy = Some(url.into());
        self
    }

    /// Sets a file with certificates in PEM form, which are trusted instead of the platform's.
    /// Needs the feature `tls`.
    pub fn certificate(mut self, path: impl AsRef<Path>) -> Self {
        self.certificate = Some(path.as_ref().to_owned());
        self
    }

    /// Sets files with the client's own certificates and private key, in PEM form. Needs the
    /// feature `tls`.
    pub fn client_identity(
        mut self,
        certificates: impl AsRef<Path>,
        private_key: impl AsRef<Path>,
    ) -> Self {
        let files = (
            certificates.as_ref().to_owned(),
            private_key.as_ref().to_owned(),
        );
        self.client_identity = Some(files);
        self
    }

    /// Builds the collector. Does not connect, so the server may start later.
    ///
    /// # Errors
    ///
    /// If a URL is invalid, a proxy or a file cannot be used, a header cannot be sent, or an
    /// option needs a feature that is not compiled in.
    pub fn build(self) -> Result<OtlpCollector, OtlpError> {
        let form = connect::form(self.protocol)?;
        let options = self.connect_options()?;
        let traces = self.exporter(Signal::Traces, form, &options)?;
        let placement = self.signals.placement;
        let logs = placement.has_records();
        let logs = logs.then(|| self.exporter(Signal::Logs, form, &options));
        let every = self.signals.metrics_every;
        let metrics = every.map(|every| {
            let exporter = self.exporter(Signal::Metrics, form, &options)?;
            Ok(Metrics::new(exporter, every, self.protocol))
        });
        Ok(OtlpCollector::new(Exporters {
            encoder: Encoder::new(form.format, self.part_limits(), placement),
            traces,
            logs: logs.transpose()?,
            metrics: metrics.transpose()?,
        }))
    }

    fn exporter(
        &self,
        signal: Signal,
        form: Form,
        options: &ConnectOptions,
    ) -> Result<Exporter, OtlpError> {
        let compressor = Compressor::new(self.compression).map_err(|error| {
            let MissingCompression(feature) = error;
            OtlpError::missing_feature(&format!("the compression `{feature}`"), feature)
        })?;
        let own = match signal {
            Signal::Traces => None,
            Signal::Logs => self.signals.logs.headers.as_ref(),
            Signal::Metrics => self.signals.metrics.headers.as_ref(),
        };
        let headers = Headers::new(
            own.unwrap_or(&self.headers),
            self.header_source.clone(),
            self.max_header_age,
        )
        .map_err(|problem: HeaderProblem| OtlpError::new(problem.to_string()))?;
        let mut servers = Vec::new();
        for endpoint in self.endpoints(signal)? {
            let transport = connect::transport(self.protocol, &endpoint, options)?;
            servers.push(Server::new(endpoint, transport));
        }
        let first = servers.first().map(|server| server.endpoint.to_string());
        let limits = self.part_limits();
        let settings = Settings {
            signal,
            format: form.format,
            content_type: form.content_type,
            timeout: self.timeout,
            request: RequestLimits {
                bytes: limits.max_part_bytes,
                items: u64::try_from(limits.max_part_spans).unwrap_or(u64::MAX),
            },
            max_waiting_bytes: self.max_waiting_bytes,
            max_age: self.max_retry_age,
        };
        let (first_delay, longest) = self.retry_delays;
        let delays = RetryDelays {
            first: first_delay,
            longest: longest.max(first_delay),
            longest_asked: self.max_retry_age,
        };
        Ok(Exporter {
            compressor,
            headers,
            endpoints: Endpoints::new(servers, delays),
            settings,
            shared: Arc::new(Shared {
                counters: Counters::default(),
                health: Health::new(signal.items(), first.unwrap_or_default()),
                max_waiting_bytes: self.max_waiting_bytes,
            }),
            pending: Pending::default(),
            frame: Frame::default(),
            body_bytes: 0,
            max_parts: usize::MAX,
            asked_again: false,
            is_shut_down: false,
        })
    }

    fn part_limits(&self) -> PartLimits {
        PartLimits {
            max_part_spans: self.max_request_spans.max(1),
            max_part_bytes: self.max_request_bytes.max(1),
            max_span_bytes: self.max_span_bytes,
        }
    }

    fn endpoints(&self, signal: Signal) -> Result<Vec<Endpoint>, OtlpError> {
        let path = connect::path(self.protocol, signal);
        let whole = match signal {
            Signal::Traces => &self.traces_endpoint,
            Signal::Logs => &self.signals.logs.endpoint,
            Signal::Metrics => &self.signals.metrics.endpoint,
        };
        let first = match whole {
            // gRPC has no path other than the method.
            Some(whole) if self.protocol == Protocol::Grpc => Endpoint::from_base(whole, path),
            Some(whole) => Endpoint::from_whole(whole),
            None => Endpoint::from_base(&self.endpoint, path),
        };
        let fallbacks = self.fallbacks.iter();
        let fallbacks = fallbacks.map(|url| Endpoint::from_base(url, path));
        std::iter::once(first).chain(fallbacks).collect()
    }

    #[cfg(feature = "tls")]
    fn connect_options(&self) -> Result<ConnectOptions, OtlpError> {
        use crate::transport::tls::{self, TlsFileError, TlsFileProblem};

        let identity = self.client_identity.as_ref();
        let identity = identity.map(|(chain, key)| (chain.as_path(), key.as_path()));
        let tls = tls::read(self.certificate.as_deref(), identity).map_err(
            |TlsFileError { path, problem }| {
                let path = path.display().to_string();
                let path = trace_core::visible(&path, usize::MAX);
                match problem {
                    TlsFileProblem::Unreadable(source) => {
                        OtlpError::new(format!("`{path}` cannot be read")).with_source(source)
                    }
                    TlsFileProblem::Without(what) => {
                        OtlpError::new(format!("`{path}` has no {what} in PEM form"))
                    }
                    TlsFileProblem::Mismatch(why) => OtlpError::new(format!(
                        "the certificate `{path}` cannot be used with its private key: {why}"
                    )),
                }
            },
        )?;
        Ok(ConnectOptions {
            timeout: self.timeout,
            proxy: self.proxy.clone(),
            tls: Some(Arc::new(tls)),
        })
    }

    #[cfg(not(feature = "tls"))]
    fn connect_options(&self) -> Result<ConnectOptions, OtlpError> {
        let has_files = self.certificate.is_some() || self.client_identity.is_some();
        if has_files {
            return Err(OtlpError::missing_feature("a certificate", "tls"));
        }
        Ok(ConnectOptions {
            timeout: self.timeout,
            proxy: self.proxy.clone(),
        })
    }
}

impl fmt::Debug for OtlpCollectorBuilder {
    /// Leaves out parts that may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| &**name).collect();
        f.debug_struct("OtlpCollectorBuilder")
            .field("protocol", &self.protocol)
            .field("compression", &self.compression)
            .field("headers", &names)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}
