//! A server process under load over loopback, and the processor time that a request costs it.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use http_body_util::{BodyExt, Empty};
use hyper_util::rt::TokioIo;

use crate::calls::name;
use crate::report::{median, print_table};
use crate::setup::{Recorder, Sampling};
use crate::variant::Variant;

const ALL: [Variant; 6] = [
    Variant::Plain,
    Variant::Empty,
    Variant::TraceHttp,
    Variant::TowerHttp,
    Variant::AxumTracing,
    Variant::FastraceAxum,
];

/// How long a round may take.
const ROUND: Duration = Duration::from_secs(60);

/// Serves each variant in a process of its own, in turns, and prints the medians.
pub fn compare(
    rounds: usize,
    requests: usize,
    connections: usize,
) -> Result<(), Box<dyn std::error::Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut rows = Vec::new();
    for sampling in Sampling::ALL {
        let mut times = vec![Vec::new(); ALL.len()];
        for _ in 0..rounds {
            for (at, variant) in ALL.iter().enumerate() {
                if !variant.knows(sampling) {
                    continue;
                }
                let server = Server::start(*variant, sampling)?;
                let load = |requests| put_load(server.address, sampling, requests, connections);
                runtime
                    .block_on(async { tokio::time::timeout(ROUND, load(requests / 10)).await })??;
                let before = server.processor_time()?;
                runtime.block_on(async { tokio::time::timeout(ROUND, load(requests)).await })??;
                let used = server.processor_time()? - before;
                times[at].push(used.as_nanos() as f64 / requests as f64);
            }
        }
        let medians: Vec<f64> = times.iter_mut().map(|times| median(times)).collect();
        for (at, variant) in ALL.iter().enumerate() {
            if times[at].is_empty() {
                continue;
            }
            rows.push(vec![
                name(sampling),
                name(*variant),
                format!("{:.0}", medians[at]),
                format!("{:+.0}", medians[at] - medians[0]),
            ]);
        }
    }
    print_table(
        &["", "layer", "ns of processor time a request", "above plain"],
        &rows,
    );
    Ok(())
}

/// A server process. Dropped, it ends.
struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    fn start(variant: Variant, sampling: Sampling) -> Result<Self, Box<dyn std::error::Error>> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["serve", &name(variant), &name(sampling)])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let output = child.stdout.take().ok_or("the server has no output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        Ok(Self {
            child,
            address: line.trim().parse()?,
        })
    }

    /// The processor time of the process, of all its threads, in the system and outside.
    fn processor_time(&self) -> Result<Duration, Box<dyn std::error::Error>> {
        let mut nanoseconds = 0;
        for thread in std::fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            let text = std::fs::read_to_string(thread?.path().join("schedstat"))?;
            let time = text
                .split_whitespace()
                .next()
                .ok_or("no time in `schedstat`")?;
            nanoseconds += time.parse::<u64>()?;
        }
        Ok(Duration::from_nanos(nanoseconds))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Its input ends, and so does it.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

async fn put_load(
    address: SocketAddr,
    sampling: Sampling,
    requests: usize,
    connections: usize,
) -> Result<(), Box<dyn std::error::Error>> {
    let tasks: Vec<_> = (0..connections)
        .map(|_| async move {
            let stream = tokio::net::TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            let (mut sender, connection) =
                hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
            let connection = tokio::spawn(connection);
            for _ in 0..requests / connections {
                let mut request = hyper::Request::get("/hello/world")
                    .header("host", "127.0.0.1")
                    .header("user-agent", "bench/1");
                if let Some(traceparent) = sampling.traceparent() {
                    request = request.header("traceparent", traceparent);
                }
                sender.ready().await?;
                let response = sender
                    .send_request(request.body(Empty::<hyper::body::Bytes>::new())?)
                    .await?;
                if !response.status().is_success() {
                    return Err(format!("the server answered {}", response.status()).into());
                }
                response.into_body().collect().await?;
            }
            drop(sender);
            connection.await??;
            Ok::<(), Box<dyn std::error::Error>>(())
        })
        .collect();
    futures_util::future::try_join_all(tasks).await.map(drop)
}

/// The server: prints its address, and serves until its input ends.
pub fn serve(variant: Variant, sampling: Sampling) -> Result<(), Box<dyn std::error::Error>> {
    let recorder = Recorder::install(variant, sampling)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?);
        let (send, ended) = tokio::sync::oneshot::channel::<()>();
        std::thread::spawn(move || {
            let _ = std::io::stdin().read(&mut [0]);
            let _ = send.send(());
        });
        axum::serve(listener, variant.router())
            .with_graceful_shutdown(async { drop(ended.await) })
            .await
    })?;
    recorder.finish();
    Ok(())
}
