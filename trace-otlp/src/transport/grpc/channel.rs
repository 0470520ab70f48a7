//! The connection to a server. It is made when it is needed, kept between calls, and replaced
//! after errors.
//!
//! Decides whether a call is sent again at once: only if the server has not carried it out, or
//! may not have seen it.

use std::time::Duration;

use ::http::Uri;
use bytes::Bytes;
use h2::client::{Builder, SendRequest};
use h2::{Error, Reason};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout, timeout_at};

use super::super::exchange::{ConnectOptions, Response, SendError, SendFailure, io_text};
use super::call::Call;
use super::call_error::CallError;

/// The server to connect to.
#[derive(Clone)]
pub(super) struct Target {
    /// A name, or an address without brackets.
    pub(super) host: String,
    port: u16,
    #[cfg(feature = "tls")]
    tls: Option<std::sync::Arc<super::super::tls::TlsSettings>>,
}

/// Calls to one server, one at a time.
pub(super) struct Channel {
    target: Target,
    connection: Option<Connection>,
    #[cfg(feature = "tls")]
    connector: Option<tokio_rustls::TlsConnector>,
}

struct Connection {
    sender: SendRequest<Bytes>,
    /// Reads and writes, even while there is no call.
    task: JoinHandle<()>,
    /// Whether a call was answered on this connection.
    is_used: bool,
}

/// Most times that a call is sent.
const MAX_TRIES: u32 = 3;

/// Largest head of an answer, with its trailers.
const MAX_HEAD_BYTES: u32 = 16 << 10;

/// Longest time for closing a connection properly.
const LONGEST_CLOSE: Duration = Duration::from_millis(100);

impl Target {
    pub(super) fn new(uri: &Uri, options: &ConnectOptions) -> Self {
        let is_tls = uri.scheme_str() == Some("https");
        let host = uri.host().unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        #[cfg(not(feature = "tls"))]
        let ConnectOptions { .. } = options;
        Self {
            host: host.to_owned(),
            port: uri.port_u16().unwrap_or(if is_tls { 443 } else { 80 }),
            #[cfg(feature = "tls")]
            tls: options.tls.clone().filter(|_| is_tls),
        }
    }
}

impl Channel {
    pub(super) fn new(target: Target) -> Self {
        Self {
            target,
            connection: None,
            #[cfg(feature = "tls")]
            connector: None,
        }
    }

    /// Makes a call within `time`.
    pub(super) async fn call(
        &mut self,
        call: &Call,
        time: Duration,
    ) -> Result<Response, SendError> {
        // The runtime's clock, which its timers use.
        let deadline = Instant::now() + time;
        let mut tries = 0;
        loop {
            let mut connection = self.ready(deadline).await?;
            tries += 1;
            let error = match call.send(&mut connection.sender, deadline).await {
                Ok(response) => {
                    connection.is_used = true;
                    self.connection = Some(connection);
                    return Ok(response);
                }
                // The connection may be dead, and nothing else would detect this soon.
                Err(CallError::TimedOut) => {
                    connection.task.abort();
                    return Err(SendError::new(SendFailure::TimedOut));
                }
                // The server closed the kept connection at some moment before this call was
                // answered.
                Err(CallError::Failed(error)) if connection.is_used && error.is_io() => error,
                Err(CallError::Failed(error)) if is_unprocessed(&error) => error,
                Err(CallError::Failed(error) | CallError::Interrupted(error)) => {
                    tries = MAX_TRIES;
                    error
                }
            };
            if error.is_reset() {
                self.connection = Some(connection);
            } else {
                connection.close().await;
            }
            if tries == MAX_TRIES {
                return Err(describe(&error));
            }
        }
    }

    /// Ends the connection.
    pub(super) async fn close(&mut self) {
        if let Some(connection) = self.connection.take() {
            connection.close().await;
        }
    }

    /// Returns a connection that accepts a call.
    async fn ready(&mut self, deadline: Instant) -> Result<Connection, SendError> {
        if let Some(kept) = self.connection.take() {
            let Connection {
                sender,
                task,
                is_used,
            } = kept;
            // Lets the connection first read what the server has sent meanwhile.
            tokio::task::yield_now().await;
            match timeout_at(deadline, sender.ready()).await {
                Ok(Ok(sender)) => {
                    return Ok(Connection {
                        sender,
                        task,
                        is_used,
                    });
                }
                // The connection has ended, or accepts no more calls.
                Ok(Err(_)) => end(task).await,
                Err(_) => {
                    task.abort();
                    return Err(SendError::new(SendFailure::TimedOut));
                }
            }
        }
        self.connect(deadline).await
    }

    async fn connect(&mut self, deadline: Instant) -> Result<Connection, SendError> {
        let late = |_| SendError::with_detail(SendFailure::NotConnected, "no connection in time");
        let stream = timeout_at(deadline, dial(&self.target)).await;
        let stream = stream.map_err(late)??;
        // A call consists of a few writes, which must not wait for each other.
        let _set = stream.set_nodelay(true);
        #[cfg(feature = "tls")]
        if let Some(settings) = &self.target.tls {
            let secure =
                super::tls::secure(stream, &self.target.host, settings, &mut self.connector);
            let stream = timeout_at(deadline, secure).await.map_err(late)??;
            return timeout_at(deadline, begin(stream)).await.map_err(late)?;
        }
        timeout_at(deadline, begin(stream)).await.map_err(late)?
    }
}

impl Connection {
    async fn close(self) {
        // Without a sender, the connection closes itself properly.
        drop(self.sender);
        end(self.task).await;
    }
}

/// Waits for the end of an unused connection, for a limited time: a server that does not read
/// could keep it open forever.
async fn end(mut task: JoinHandle<()>) {
    if timeout(LONGEST_CLOSE, &mut task).await.is_err() {
        task.abort();
    }
}

/// Connects to the first address that answers. The last address may use all the remaining
/// time.
async fn dial(target: &Target) -> Result<TcpStream, SendError> {
    let failed = |detail: String| SendError::with_detail(SendFailure::NotConnected, detail);
    let no_address = || failed("the host has no address".to_owned());
    let found = lookup_host((target.host.as_str(), target.port)).await;
    let mut addresses = found.map_err(|_| no_address())?.peekable();
    let mut error = no_address();
    while let Some(address) = addresses.next() {
        let connected = TcpStream::connect(address);
        let connected = match addresses.peek() {
            None => connected.await,
            Some(_) => match timeout(LONGEST_DIAL, connected).await {
                Ok(connected) => connected,
                Err(_) => Err(std::io::ErrorKind::TimedOut.into()),
            },
        };
        match connected {
            Ok(stream) => return Ok(stream),
            Err(failure) => error = failed(io_text(&failure)),
        }
    }
    Err(error)
}

/// Longest time for an address that is not the last.
const LONGEST_DIAL: Duration = Duration::from_secs(3);

/// Starts HTTP/2 without an upgrade. Does not wait for the server.
async fn begin<S>(stream: S) -> Result<Connection, SendError>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let mut builder = Builder::new();
    let builder = builder
        .enable_push(false)
        .max_header_list_size(MAX_HEAD_BYTES);
    let (sender, connection) = builder
        .handshake(stream)
        .await
        .map_err(|error| describe(&error))?;
    let task = tokio::spawn(async move {
        // Calls receive its errors too.
        let _ended = connection.await;
    });
    Ok(Connection {
        sender,
        task,
        is_used: false,
    })
}

/// Returns whether the server reports that it has not carried out the call: it sends GOAWAY
/// with an earlier call as its last, or refuses the stream.
///
/// Source: RFC 9113, *Reliability*.
fn is_unprocessed(error: &Error) -> bool {
    let is_refused = error.is_reset() && error.reason() == Some(Reason::REFUSED_STREAM);
    error.is_remote() && (error.is_go_away() || is_refused)
}

/// Describes an error without text from the server.
fn describe(error: &Error) -> SendError {
    if let Some(error) = error.get_io() {
        return SendError::with_detail(SendFailure::Broken, io_text(error));
    }
    let reason = error.reason().unwrap_or(Reason::INTERNAL_ERROR);
    let detail = match error.is_remote() {
        true if error.is_go_away() => format!("the server goes away: {reason}"),
        true => format!("the server gave the call up: {reason}"),
        false => format!("what came is not HTTP/2: {reason}"),
    };
    SendError::with_detail(SendFailure::Broken, detail)
}
