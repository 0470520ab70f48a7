//! Runs every service in its own process.
//!
//! It starts and stops the processes in order, and reads their messages. `child.rs` is the
//! code of such a process.

use std::collections::HashMap;
use std::error::Error;
use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

use super::message::{Message, ServiceReport};
use super::options::Options;
use crate::service::Service;

/// Services in their own processes, the callees first.
pub struct Processes {
    processes: Vec<Process>,
    pub addresses: HashMap<Service, SocketAddr>,
    /// The process ids, the callers first.
    pub ids: Vec<(Service, u32)>,
}

struct Process {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

/// How long a process may take until it accepts requests.
const START_TIMEOUT: Duration = Duration::from_secs(20);

/// How long a process may take to end. Its server and its tracer may each take five seconds.
const STOP_TIMEOUT: Duration = Duration::from_secs(15);

impl Processes {
    /// Starts them. They send their spans to `receiver`, if it is given.
    pub async fn start(
        options: &Options,
        receiver: Option<SocketAddr>,
    ) -> Result<Self, Box<dyn Error>> {
        let mut processes = Vec::new();
        let mut addresses = HashMap::new();
        let mut ids = Vec::new();
        for service in Service::START_ORDER {
            let callees = service.callees().iter();
            let callees: Vec<_> = callees
                .filter_map(|callee| Some((*callee, *addresses.get(callee)?)))
                .collect();
            let arguments = options.child_arguments(service, receiver, &callees);
            let (process, address) = Process::start(service, &arguments).await?;
            ids.extend(process.child.id().map(|id| (service, id)));
            processes.push(process);
            addresses.insert(service, address);
        }
        ids.reverse();
        Ok(Self {
            processes,
            addresses,
            ids,
        })
    }

    /// Ends the processes, callers first. A process that does not send a report has none.
    pub async fn stop(self) -> Vec<ServiceReport> {
        let mut reports = Vec::new();
        for process in self.processes.into_iter().rev() {
            reports.extend(process.stop().await);
        }
        reports
    }
}

impl Process {
    async fn start(
        service: Service,
        arguments: &[String],
    ) -> Result<(Self, SocketAddr), Box<dyn Error>> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let stdout = child.stdout.take().ok_or("no standard output")?;
        let mut lines = BufReader::new(stdout).lines();
        match timeout(START_TIMEOUT, next_message(&mut lines)).await {
            Ok(Some(Message::Listening(address))) => Ok((Self { child, lines }, address)),
            _ => Err(format!("{} did not start", service.name()).into()),
        }
    }

    async fn stop(mut self) -> Option<ServiceReport> {
        // The end of its input tells the process to end.
        drop(self.child.stdin.take());
        let ending = async {
            let message = next_message(&mut self.lines).await;
            let ended = self.child.wait().await.is_ok_and(|status| status.success());
            (message, ended)
        };
        match timeout(STOP_TIMEOUT, ending).await {
            Ok((Some(Message::Report(report)), true)) => Some(report),
            // If it still runs, it is killed when it is dropped.
            _ => None,
        }
    }
}

async fn next_message(lines: &mut Lines<BufReader<ChildStdout>>) -> Option<Message> {
    let line = lines.next_line().await.ok()??;
    serde_json::from_str(&line).ok()
}
