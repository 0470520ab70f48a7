//! An HTTP server that follows a script, and keeps the requests that it saw.

use std::collections::{HashMap, VecDeque};
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// What the server does with one request.
#[derive(Clone, Debug)]
pub enum Step {
    /// Reads the request, and writes these bytes. The connection stays.
    Answer(Vec<u8>),
    /// Reads the request, writes these bytes, and closes the connection.
    AnswerAndClose(Vec<u8>),
    /// Reads the request, writes these bytes, and closes the connection when the next request
    /// begins.
    AnswerThenReset(Vec<u8>),
    /// Reads up to this stage, and closes the connection. If bytes are unread, this resets the
    /// connection.
    Close(Stage),
    /// Reads up to this stage, and does nothing more until the client disconnects.
    Hang(Stage),
    /// Reads the request, writes these bytes, and does nothing more until the client
    /// disconnects.
    AnswerAndHang(Vec<u8>),
    /// Reads the request and writes the answer a few bytes at a time.
    Slowly(Vec<u8>),
    /// Writes the answer before it reads the body.
    Early(Vec<u8>),
    /// Reads the body in pieces of 256 KiB, with a pause before each, and answers.
    ReadSlowly(Duration, Vec<u8>),
}

/// How much of a request is read.
#[derive(Clone, Copy, Debug)]
pub enum Stage {
    Nothing,
    PartOfHead,
    Head,
    All,
}

/// A request as it was received.
#[derive(Clone, Debug)]
pub struct Seen {
    pub head: String,
    pub body: Vec<u8>,
}

pub struct Server {
    pub address: SocketAddr,
    state: Arc<State>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct State {
    script: Mutex<VecDeque<Step>>,
    /// The step to repeat after the script.
    forever: Mutex<Option<Step>>,
    seen: Mutex<Vec<Seen>>,
    connections: AtomicUsize,
    is_over: AtomicBool,
    /// The open connections, by number.
    streams: Mutex<HashMap<usize, TcpStream>>,
}

/// An answer with a status, without a body.
pub fn status(status: u16) -> Vec<u8> {
    with_headers(status, "", b"")
}

/// A full success.
pub fn ok() -> Vec<u8> {
    status(200)
}

pub fn with_headers(status: u16, headers: &str, body: &[u8]) -> Vec<u8> {
    let mut answer = format!(
        "HTTP/1.1 {status} Said\r\ncontent-length: {}\r\n{headers}\r\n",
        body.len()
    )
    .into_bytes();
    answer.extend_from_slice(body);
    answer
}

impl Server {
    /// Starts a server that follows the script, and then answers with success.
    pub fn new(script: impl IntoIterator<Item = Step>) -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").unwrap(), script)
    }

    pub fn on(listener: TcpListener, script: impl IntoIterator<Item = Step>) -> Self {
        let server = Self {
            address: listener.local_addr().unwrap(),
            state: Arc::default(),
            thread: None,
        };
        server.then(script);
        server.listen(listener)
    }

    fn listen(mut self, listener: TcpListener) -> Self {
        let state = Arc::clone(&self.state);
        self.thread = Some(std::thread::spawn(move || {
            std::thread::scope(|scope| {
                for stream in listener.incoming() {
                    if state.is_over.load(Ordering::Relaxed) {
                        break;
                    }
                    let stream = stream.unwrap();
                    let number = state.connections.fetch_add(1, Ordering::Relaxed);
                    let copy = stream.try_clone().unwrap();
                    state.streams.lock().unwrap().insert(number, copy);
                    let state = &state;
                    scope.spawn(move || {
                        // `None` means that the client has disconnected.
                        let _served = state.serve(&stream);
                        // Only the last copy closes a connection.
                        state.streams.lock().unwrap().remove(&number);
                        drop(stream);
                    });
                }
            });
        }));
        self
    }

    /// Adds steps to the script.
    pub fn then(&self, steps: impl IntoIterator<Item = Step>) {
        self.state.script.lock().unwrap().extend(steps);
    }

    /// Sets the step to repeat after the script.
    pub fn forever(self, step: Step) -> Self {
        *self.state.forever.lock().unwrap() = Some(step);
        self
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.state.seen.lock().unwrap().clone()
    }

    pub fn connections(&self) -> usize {
        self.state.connections.load(Ordering::Relaxed)
    }

    /// A port on which no server listens. If the system has another loopback address, the port
    /// is there, so that no server of a parallel test takes it.
    pub fn nobody() -> SocketAddr {
        let bind = |address| TcpListener::bind((address, 0));
        let listener = bind("127.0.0.2").or_else(|_| bind("127.0.0.1"));
        listener.unwrap().local_addr().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.state.is_over.store(true, Ordering::Relaxed);
        // Wakes the listener. An error only means that it has already ended.
        drop(TcpStream::connect(self.address));
        for stream in self.state.streams.lock().unwrap().values() {
            let _closed = stream.shutdown(Shutdown::Both);
        }
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

impl State {
    fn next_step(&self) -> Step {
        let next = self.script.lock().unwrap().pop_front();
        let forever = || self.forever.lock().unwrap().clone();
        next.or_else(forever).unwrap_or_else(|| Step::Answer(ok()))
    }

    fn serve(&self, mut stream: &TcpStream) -> Option<()> {
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .ok()?;
        let mut is_to_be_reset = false;
        loop {
            // A step is taken when a request begins, so that idle connections take none.
            stream.peek(&mut [0]).ok().filter(|bytes| *bytes > 0)?;
            if is_to_be_reset {
                return None;
            }
            let step = self.next_step();
            match step {
                Step::Close(stage) => {
                    self.read(&mut stream, stage)?;
                    return None;
                }
                Step::Hang(stage) => {
                    self.read(&mut stream, stage)?;
                    return self.wait_for_end(&mut stream);
                }
                Step::ReadSlowly(pause, answer) => {
                    let head = read_head(&mut stream)?;
                    let mut body = vec![0; content_length(&head)];
                    for piece in body.chunks_mut(256 << 10) {
                        std::thread::sleep(pause);
                        stream.read_exact(piece).ok()?;
                    }
                    self.seen.lock().unwrap().push(Seen { head, body });
                    stream.write_all(&answer).ok()?;
                    continue;
                }
                Step::Early(answer) => {
                    read_head(&mut stream)?;
                    stream.write_all(&answer).ok()?;
                    let _half_closed = stream.shutdown(Shutdown::Write);
                    return self.wait_for_end(&mut stream);
                }
                _ => {}
            }
            self.read(&mut stream, Stage::All)?;
            match step {
                Step::Answer(answer) => stream.write_all(&answer).ok()?,
                Step::AnswerThenReset(answer) => {
                    stream.write_all(&answer).ok()?;
                    is_to_be_reset = true;
                }
                Step::AnswerAndClose(answer) => {
                    stream.write_all(&answer).ok()?;
                    return None;
                }
                Step::AnswerAndHang(answer) => {
                    stream.write_all(&answer).ok()?;
                    return self.wait_for_end(&mut stream);
                }
                Step::Slowly(answer) => {
                    for bytes in answer.chunks(3) {
                        stream.write_all(bytes).ok()?;
                        std::thread::sleep(Duration::from_millis(1));
                    }
                }
                _ => unreachable!(),
            }
        }
    }

    fn read(&self, stream: &mut &TcpStream, stage: Stage) -> Option<()> {
        match stage {
            Stage::Nothing => return Some(()),
            Stage::PartOfHead => return stream.read_exact(&mut [0; 5]).ok(),
            Stage::Head | Stage::All => {}
        }
        let head = read_head(stream)?;
        if matches!(stage, Stage::Head) {
            return Some(());
        }
        let mut body = vec![0; content_length(&head)];
        stream.read_exact(&mut body).ok()?;
        self.seen.lock().unwrap().push(Seen { head, body });
        Some(())
    }

    fn wait_for_end(&self, stream: &mut &TcpStream) -> Option<()> {
        // Returns when the client or the test closes the connection.
        let mut buffer = [0; 4096];
        while stream.read(&mut buffer).ok()? > 0 {}
        None
    }
}

pub fn read_head(stream: &mut impl Read) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    String::from_utf8(head).ok()
}

pub fn content_length(head: &str) -> usize {
    header(head, "content-length").map_or(0, |value| value.parse().unwrap())
}

/// Returns the value of a header in a head.
pub fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let lines = head.lines().filter_map(|line| line.split_once(':'));
    let mut found = lines.filter(|(one, _)| one.eq_ignore_ascii_case(name));
    found.next().map(|(_, value)| value.trim())
}
