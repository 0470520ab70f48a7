//! A process that accepts requests over HTTP/1.1, and counts their spans.
//!
//! It prints its address, and then reads lines. It answers `count` with the numbers of spans
//! and requests. Any other line sets the new way to behave, and has no answer.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;

use crate::count;

/// Ways to behave, by name.
const WAYS: [&str; 4] = ["healthy", "hang", "reset", "slow"];

#[derive(Default)]
struct Sink {
    spans: AtomicU64,
    requests: AtomicU64,
    way: AtomicU8,
}

/// Serves until the end of the input.
pub fn serve() -> io::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    println!("{}", listener.local_addr()?);
    let sink = Arc::<Sink>::default();
    let shared = Arc::clone(&sink);
    std::thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let sink = Arc::clone(&shared);
            // A connection that ends or breaks was supposed to do so.
            std::thread::spawn(move || drop(sink.answer(connection)));
        }
    });
    for line in io::stdin().lines() {
        match &*line? {
            "count" => {
                let (spans, requests) = (&sink.spans, &sink.requests);
                let counts = (
                    spans.load(Ordering::Relaxed),
                    requests.load(Ordering::Relaxed),
                );
                println!("{} {}", counts.0, counts.1);
            }
            way => {
                let way = WAYS.iter().position(|known| *known == way).unwrap_or(0);
                sink.way.store(way as u8, Ordering::Relaxed);
            }
        }
    }
    Ok(())
}

impl Sink {
    fn answer(&self, connection: TcpStream) -> io::Result<()> {
        connection.set_nodelay(true)?;
        let mut reader = BufReader::with_capacity(64 << 10, connection.try_clone()?);
        let mut writer = connection;
        let (mut line, mut body) = (String::new(), Vec::new());
        loop {
            let (mut length, mut is_compressed) = (0, false);
            loop {
                line.clear();
                if reader.read_line(&mut line)? == 0 {
                    return Ok(());
                }
                let Some((name, value)) = line.trim().split_once(':') else {
                    if line.trim().is_empty() {
                        break;
                    }
                    continue;
                };
                match &*name.to_ascii_lowercase() {
                    "content-length" => length = value.trim().parse().unwrap_or(0),
                    "content-encoding" => is_compressed = true,
                    _ => {}
                }
            }
            body.resize(length, 0);
            reader.read_exact(&mut body)?;
            match WAYS[usize::from(self.way.load(Ordering::Relaxed))] {
                "hang" => std::thread::sleep(Duration::from_secs(600)),
                "reset" => return Ok(()),
                "slow" => std::thread::sleep(Duration::from_secs(2)),
                _ => {}
            }
            self.take(&body, is_compressed);
            writer.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n")?;
        }
    }

    fn take(&self, body: &[u8], is_compressed: bool) {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        let plain;
        let body = if is_compressed {
            let mut all = Vec::new();
            let read = flate2::read::GzDecoder::new(body).read_to_end(&mut all);
            read.expect("a body is whole");
            plain = all;
            &plain
        } else {
            body
        };
        let spans = count::spans(body).expect("a body is whole");
        if number % 1_000 == 0 {
            let request = ExportTraceServiceRequest::decode(body).expect("a body is right");
            let scopes = request
                .resource_spans
                .iter()
                .flat_map(|one| &one.scope_spans);
            let decoded: usize = scopes.map(|scope| scope.spans.len()).sum();
            assert_eq!(decoded as u64, spans);
        }
        self.spans.fetch_add(spans, Ordering::Relaxed);
    }
}
