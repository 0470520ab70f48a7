//! A gRPC server that follows a script, with h2 or byte by byte, and keeps the calls that it
//! saw.

use std::collections::VecDeque;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use h2::server::SendResponse;
use h2::{Reason, RecvStream};
use http::{HeaderMap, HeaderName, Request, Response};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio_rustls::TlsAcceptor;

use super::super::spans::spans_in;

pub const METHOD: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

/// What the server does with one call.
#[derive(Clone, Debug)]
pub enum Step {
    /// Reads the call, and answers.
    Answer(Answer),
    /// Answers before it reads the message.
    Early(Answer),
    /// Reads the call, and resets its stream.
    Reset(Reason),
    /// Reads the call, and closes the connection.
    Close,
    /// Reads the call, and does nothing more.
    Hang,
    /// Does not read the message, and does nothing more.
    HangUnread,
    /// Reads the message with a pause before each piece, and answers.
    ReadSlowly(std::time::Duration, Answer),
    /// Sends GOAWAY, and then carries out this call.
    GoAway(Answer),
    /// Answers, and then sends GOAWAY.
    AnswerThenGoAway(Answer),
    /// Answers, and closes the connection.
    AnswerThenClose(Answer),
}

/// An answer, which may be incomplete.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub head: Vec<(String, String)>,
    /// `None` for a head without data.
    pub data: Option<Vec<u8>>,
    pub trailers: Option<Vec<(String, String)>>,
    pub end: End,
}

/// What follows the last part of an answer.
#[derive(Clone, Copy, Debug)]
pub enum End {
    Proper,
    Reset(Reason),
    Close,
    Hang,
}

/// What the server does on a raw connection, without h2.
#[derive(Clone, Debug)]
pub enum Act {
    Write(Vec<u8>),
    /// Reads until a frame of this kind with these flags.
    ReadFrame(u8, u8),
    /// Reads this number of bytes.
    Read(usize),
    Close,
    Hang,
}

/// A call as it was received.
#[derive(Clone, Debug)]
pub struct Seen {
    pub path: String,
    pub headers: HeaderMap,
    pub is_compressed: bool,
    pub body: Vec<u8>,
}

impl Seen {
    pub fn spans(&self) -> u64 {
        let encoding = self.headers.get("grpc-encoding");
        let encoding = encoding.map(|name| name.to_str().unwrap());
        assert_eq!(encoding.is_some(), self.is_compressed);
        spans_in(&self.body, encoding)
    }
}

pub struct Server {
    pub address: SocketAddr,
    state: Arc<State>,
    runtime: Option<Runtime>,
}

#[derive(Default)]
struct State {
    /// The acts of raw connections, which come before connections of h2.
    raw: Mutex<VecDeque<Vec<Act>>>,
    script: Mutex<VecDeque<Step>>,
    forever: Option<Step>,
    seen: Mutex<Vec<Seen>>,
    connections: AtomicUsize,
    /// Connections that have ended.
    ended: AtomicUsize,
    /// Raw connections that have finished their acts.
    done: AtomicUsize,
}

enum Signal {
    Close,
    GoAway,
}

pub fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let pairs = pairs.iter();
    pairs
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// A full success.
pub fn ok() -> Answer {
    with_message(b"")
}

/// A success with a message.
pub fn with_message(message: &[u8]) -> Answer {
    let mut data = vec![0];
    data.extend((message.len() as u32).to_be_bytes());
    data.extend(message);
    Answer {
        status: 200,
        head: pairs(&[("content-type", "application/grpc")]),
        data: Some(data),
        trailers: Some(pairs(&[("grpc-status", "0")])),
        end: End::Proper,
    }
}

/// A failure, with more trailers.
pub fn code(code: u32, more: &[(&str, &str)]) -> Answer {
    let code = code.to_string();
    let mut trailers = pairs(&[("grpc-status", &code)]);
    trailers.extend(pairs(more));
    Answer {
        data: Some(Vec::new()),
        trailers: Some(trailers),
        ..ok()
    }
}

/// An answer with only an HTTP status.
pub fn http_status(status: u16, headers: &[(&str, &str)]) -> Answer {
    Answer {
        status,
        head: pairs(headers),
        data: None,
        trailers: None,
        end: End::Proper,
    }
}

impl Answer {
    /// Puts the trailers into the head.
    pub fn in_the_head(mut self) -> Self {
        self.head.extend(self.trailers.take().unwrap());
        self.data = None;
        self
    }

    pub fn with_end(mut self, end: End) -> Self {
        self.end = end;
        self
    }
}

impl Server {
    /// Starts a server that follows the script, and then answers with success.
    pub fn new(script: impl IntoIterator<Item = Step>) -> Self {
        Self::start(Vec::new(), script, None, None)
    }

    /// Starts a server whose first connections run these acts.
    pub fn raw(raw: impl IntoIterator<Item = Vec<Act>>) -> Self {
        Self::start(raw, [], None, None)
    }

    pub fn forever(step: Step) -> Self {
        Self::start(Vec::new(), [], Some(step), None)
    }

    pub fn secure(acceptor: TlsAcceptor) -> Self {
        Self::start(Vec::new(), [], None, Some(acceptor))
    }

    fn start(
        raw: impl IntoIterator<Item = Vec<Act>>,
        script: impl IntoIterator<Item = Step>,
        forever: Option<Step>,
        acceptor: Option<TlsAcceptor>,
    ) -> Self {
        let listener = StdListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            raw: Mutex::new(raw.into_iter().collect()),
            script: Mutex::new(script.into_iter().collect()),
            forever,
            ..State::default()
        });
        let builder = &mut tokio::runtime::Builder::new_multi_thread();
        let runtime = builder.worker_threads(1).enable_all().build().unwrap();
        runtime.spawn(accept(listener, Arc::clone(&state), acceptor));
        Self {
            address,
            state,
            runtime: Some(runtime),
        }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.state.seen.lock().unwrap().clone()
    }

    pub fn spans_seen(&self) -> u64 {
        self.seen().iter().map(Seen::spans).sum()
    }

    pub fn connections(&self) -> usize {
        self.state.connections.load(Ordering::Relaxed)
    }

    pub fn ended(&self) -> usize {
        self.state.ended.load(Ordering::Relaxed)
    }

    pub fn done(&self) -> usize {
        self.state.done.load(Ordering::Relaxed)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Closes all connections. Tests may be within a runtime themselves.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn accept(listener: StdListener, state: Arc<State>, acceptor: Option<TlsAcceptor>) {
    let listener = TcpListener::from_std(listener).unwrap();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        state.connections.fetch_add(1, Ordering::Relaxed);
        let state = Arc::clone(&state);
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            let acts = state.raw.lock().unwrap().pop_front();
            match (acts, acceptor) {
                (Some(acts), _) => {
                    if act(stream, acts).await.is_some() {
                        state.done.fetch_add(1, Ordering::Relaxed);
                    }
                }
                (None, None) => serve(&state, stream).await,
                (None, Some(acceptor)) => {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        serve(&state, stream).await;
                    }
                }
            }
            state.ended.fetch_add(1, Ordering::Relaxed);
        });
    }
}

async fn serve(state: &Arc<State>, stream: impl AsyncRead + AsyncWrite + Unpin) {
    let Ok(mut connection) = h2::server::handshake(stream).await else {
        return;
    };
    let (signals, mut signaled) = unbounded_channel();
    loop {
        tokio::select! {
            biased;
            Some(signal) = signaled.recv() => match signal {
                Signal::Close => return,
                Signal::GoAway => connection.graceful_shutdown(),
            },
            next = connection.accept() => {
                let Some(Ok((request, respond))) = next else {
                    return;
                };
                let (state, signals) = (Arc::clone(state), signals.clone());
                tokio::spawn(async move {
                    // `None` means that the client has disconnected.
                    state.answer(request, respond, signals).await
                });
            }
        }
    }
}

impl State {
    async fn answer(
        &self,
        request: Request<RecvStream>,
        mut respond: SendResponse<Bytes>,
        signals: UnboundedSender<Signal>,
    ) -> Option<()> {
        let next = self.script.lock().unwrap().pop_front();
        let step = next.or_else(|| self.forever.clone());
        let step = step.unwrap_or_else(|| Step::Answer(ok()));
        let (head, mut body) = request.into_parts();
        match step {
            Step::HangUnread => {
                std::future::pending::<()>().await;
            }
            Step::Early(answer) => {
                write(&mut respond, answer, &signals).await?;
                return Some(());
            }
            _ => {}
        }
        let mut received = Vec::new();
        while let Some(data) = body.data().await {
            if let Step::ReadSlowly(pause, _) = &step {
                tokio::time::sleep(*pause).await;
            }
            let data = data.ok()?;
            body.flow_control().release_capacity(data.len()).ok()?;
            received.extend(data);
        }
        let length = received[1..5].try_into().unwrap();
        assert_eq!(u32::from_be_bytes(length) as usize, received.len() - 5);
        self.seen.lock().unwrap().push(Seen {
            path: head.uri.path().to_owned(),
            headers: head.headers,
            is_compressed: received[0] == 1,
            body: received.split_off(5),
        });
        match step {
            Step::Answer(answer) | Step::ReadSlowly(_, answer) => {
                write(&mut respond, answer, &signals).await?;
            }
            Step::Reset(reason) => respond.send_reset(reason),
            Step::Close => signals.send(Signal::Close).ok()?,
            Step::GoAway(answer) => {
                signals.send(Signal::GoAway).ok()?;
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
                write(&mut respond, answer, &signals).await?;
            }
            Step::AnswerThenGoAway(answer) => {
                write(&mut respond, answer, &signals).await?;
                signals.send(Signal::GoAway).ok()?;
            }
            Step::AnswerThenClose(answer) => {
                write(&mut respond, answer, &signals).await?;
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
                signals.send(Signal::Close).ok()?;
            }
            Step::Hang => std::future::pending().await,
            Step::HangUnread | Step::Early(_) => unreachable!(),
        }
        Some(())
    }
}

async fn write(
    respond: &mut SendResponse<Bytes>,
    answer: Answer,
    signals: &UnboundedSender<Signal>,
) -> Option<()> {
    let mut head = Response::builder().status(answer.status);
    *head.headers_mut().unwrap() = headers(&answer.head);
    let is_proper = matches!(answer.end, End::Proper);
    let is_alone = answer.data.is_none() && answer.trailers.is_none() && is_proper;
    let mut stream = respond
        .send_response(head.body(()).unwrap(), is_alone)
        .ok()?;
    if let Some(data) = answer.data {
        let is_last = answer.trailers.is_none() && is_proper;
        stream.send_data(data.into(), is_last).ok()?;
    }
    if let Some(trailers) = answer.trailers {
        stream.send_trailers(headers(&trailers)).ok()?;
    }
    let sent = tokio::time::sleep(std::time::Duration::from_millis(5));
    match answer.end {
        End::Proper => {}
        End::Reset(reason) => {
            sent.await;
            stream.send_reset(reason);
        }
        End::Close => {
            sent.await;
            signals.send(Signal::Close).ok()?;
        }
        End::Hang => std::future::pending().await,
    }
    Some(())
}

fn headers(pairs: &[(String, String)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
    }
    headers
}

/// Runs the acts of a connection. `None` means that the client has disconnected.
async fn act(mut stream: TcpStream, acts: Vec<Act>) -> Option<()> {
    let mut is_begun = false;
    for act in acts {
        match act {
            Act::Write(bytes) => stream.write_all(&bytes).await.ok()?,
            Act::Read(bytes) => {
                is_begun = true;
                stream.read_exact(&mut vec![0; bytes]).await.ok()?;
            }
            Act::ReadFrame(kind, flags) => {
                if !std::mem::replace(&mut is_begun, true) {
                    stream.read_exact(&mut [0; PREFACE_BYTES]).await.ok()?;
                }
                loop {
                    let mut head = [0; 9];
                    stream.read_exact(&mut head).await.ok()?;
                    let [a, b, c, found, set, ..] = head;
                    let length = u32::from_be_bytes([0, a, b, c]);
                    stream
                        .read_exact(&mut vec![0; length as usize])
                        .await
                        .ok()?;
                    if found == kind && set & flags == flags {
                        break;
                    }
                }
            }
            Act::Close => return Some(()),
            Act::Hang => {
                let mut buffer = [0; 4096];
                while stream.read(&mut buffer).await.ok()? > 0 {}
            }
        }
    }
    Some(())
}

/// Length of the preface with which a client begins.
pub const PREFACE_BYTES: usize = 24;
