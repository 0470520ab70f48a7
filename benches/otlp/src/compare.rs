//! Runs the libraries in turns, and prints medians. Each run has its own process and its own
//! sink.

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use crate::Rounds;
use crate::peer::Peer;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// A sink in another process, which ends when this value is dropped.
struct Sink {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    url: String,
}

/// The measurements of a run.
#[derive(Clone, Copy)]
struct Measured {
    spans: f64,
    seconds: f64,
    cpu: f64,
    recording: f64,
    peak_kib: f64,
    /// How many spans the library reports as lost.
    said_lost: Option<f64>,
    delivered: f64,
    /// In nanoseconds.
    p99: f64,
}

impl Sink {
    fn start() -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("sink")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = child.stdin.take().ok_or("no input")?;
        let mut output = BufReader::new(child.stdout.take().ok_or("no output")?);
        let mut address = String::new();
        output.read_line(&mut address)?;
        let url = format!("http://{}", address.trim());
        Ok(Self {
            child,
            input,
            output,
            url,
        })
    }

    fn tell(&mut self, line: &str) -> Result<()> {
        Ok(writeln!(self.input, "{line}")?)
    }

    fn spans(&mut self) -> Result<f64> {
        self.tell("count")?;
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        Ok(line.split_whitespace().next().unwrap_or("0").parse()?)
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

fn start(peer: Peer, url: &str, rate: u64, rounds: &Rounds) -> Result<Child> {
    let name = clap::ValueEnum::to_possible_value(&peer).ok_or("no name")?;
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["run", "--peer", name.get_name(), "--url", url]);
    command.args(["--rate", &rate.to_string()]);
    command.args(["--seconds", &rounds.seconds.to_string()]);
    if rounds.gzip {
        command.arg("--gzip");
    }
    if rounds.redact {
        command.arg("--redact");
    }
    // The library's own reports about losses are already among the numbers.
    Ok(command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?)
}

fn finish(child: Child, sink: &mut Sink) -> Result<Measured> {
    let output = child.wait_with_output()?;
    let text = String::from_utf8(output.stdout)?;
    let fields: Vec<_> = text.split_whitespace().collect();
    let number = |at: usize| fields.get(at).and_then(|field| field.parse().ok());
    let known = |at| number(at).ok_or("a run has failed");
    Ok(Measured {
        spans: known(0)?,
        seconds: known(1)?,
        cpu: known(2)?,
        recording: known(3)?,
        peak_kib: known(4)?,
        said_lost: number(5),
        delivered: sink.spans()?,
        p99: known(6)?,
    })
}

fn run(peer: Peer, rate: u64, rounds: &Rounds) -> Result<Measured> {
    let mut sink = Sink::start()?;
    let child = start(peer, &sink.url, rate, rounds)?;
    finish(child, &mut sink)
}

/// Runs all libraries in turns. The plain functions come first.
fn in_turns(rate: u64, rounds: &Rounds) -> Result<Vec<(Peer, Vec<Measured>)>> {
    let peers = std::iter::once(Peer::Plain).chain(rounds.peers.iter().copied());
    let mut all: Vec<_> = peers.map(|peer| (peer, Vec::new())).collect();
    for _ in 0..rounds.rounds {
        for (peer, measured) in &mut all {
            measured.push(run(*peer, rate, rounds)?);
        }
    }
    Ok(all)
}

pub fn flat(rounds: &Rounds) -> Result<()> {
    println!("| | recorded, M spans/s | delivered, M spans/s | lost | said lost | peak RSS, MB |");
    println!("|---|---:|---:|---:|---:|---:|");
    for (peer, runs) in in_turns(0, rounds)? {
        if peer == Peer::Plain {
            continue;
        }
        let recorded = median(&runs, |run| run.spans / rounds.seconds as f64 / 1e6);
        let delivered = median(&runs, |run| run.delivered / run.seconds / 1e6);
        print_rest(peer, &format!("{recorded:.2} | {delivered:.3}"), &runs);
    }
    Ok(())
}

pub fn steady(rate: u64, rounds: &Rounds) -> Result<()> {
    let all = in_turns(rate, rounds)?;
    let plain = median(&all[0].1, |run| run.cpu / run.spans);
    println!("{rate} spans a second; the plain functions take {plain:.1} ns a span.\n");
    println!("| | CPU, ns a recorded span | a delivered span | lost | said lost | peak RSS, MB |");
    println!("|---|---:|---:|---:|---:|---:|");
    for (peer, runs) in all.iter().skip(1) {
        let recorded = median(runs, |run| run.cpu / run.spans - plain);
        let delivered = median(runs, |run| (run.cpu - plain * run.spans) / run.delivered);
        print_rest(*peer, &format!("{recorded:.0} | {delivered:.0}"), runs);
    }
    Ok(())
}

fn print_rest(peer: Peer, figures: &str, runs: &[Measured]) {
    let lost = median(runs, |run| (run.spans - run.delivered) / run.spans * 100.0);
    let said = match runs.iter().all(|run| run.said_lost.is_some()) {
        true => {
            let wrong = runs
                .iter()
                .filter(|run| run.said_lost != Some(run.spans - run.delivered));
            match wrong.count() {
                0 => "exactly".to_owned(),
                wrong => format!("differs in {wrong} of {} runs", runs.len()),
            }
        }
        false => "–".to_owned(),
    };
    let peak = median(runs, |run| run.peak_kib / 1e3);
    println!(
        "| {} | {figures} | {lost:.1} % | {said} | {peak:.0} |",
        peer.name()
    );
}

/// Measures with servers that do not work for the first half of each run.
pub fn down(rate: u64, rounds: &Rounds) -> Result<()> {
    let ways = ["healthy", "healthy again", "hang", "reset", "slow"];
    println!(
        "| | server | recording, ns a span | to healthy | p99 of a request, µs | resumed after | lost | said lost | peak RSS, MB |"
    );
    println!("|---|---|---:|---:|---:|---:|---:|---:|---:|");
    for peer in rounds.peers.iter().copied() {
        let mut all = vec![Vec::new(); ways.len()];
        for _ in 0..rounds.rounds {
            for (way, runs) in ways.iter().zip(&mut all) {
                runs.push(recover(peer, way, rate, rounds)?);
            }
        }
        let of = |runs: &[(Measured, f64)]| -> Vec<_> { runs.iter().map(|run| run.0).collect() };
        let recording = |runs: &[Measured]| median(runs, |run| run.recording / run.spans);
        let healthy = recording(&of(&all[0]));
        for (way, runs) in ways.iter().zip(&all) {
            let time = recording(&of(runs));
            let resumed = runs.iter().map(|run| run.1).fold(0.0, f64::max);
            let change = (time / healthy - 1.0) * 100.0;
            let p99 = median(&of(runs), |run| run.p99 / 1e3);
            let figures = format!("{way} | {time:.0} | {change:+.1} % | {p99:.0} | {resumed:.1} s");
            print_rest(peer, &figures, &of(runs));
        }
    }
    Ok(())
}

/// Also returns how many seconds after its recovery the server received the first spans.
fn recover(peer: Peer, way: &str, rate: u64, rounds: &Rounds) -> Result<(Measured, f64)> {
    let mut sink = Sink::start()?;
    sink.tell(way)?;
    let child = start(peer, &sink.url, rate, rounds)?;
    std::thread::sleep(Duration::from_secs(rounds.seconds) / 2);
    sink.tell("healthy")?;
    let (begin, before) = (Instant::now(), sink.spans()?);
    let mut resumed = f64::INFINITY;
    while begin.elapsed() < Duration::from_secs(rounds.seconds) {
        if sink.spans()? > before {
            resumed = begin.elapsed().as_secs_f64();
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok((finish(child, &mut sink)?, resumed))
}

fn median(runs: &[Measured], figure: impl Fn(&Measured) -> f64) -> f64 {
    let mut figures: Vec<_> = runs.iter().map(figure).collect();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}
