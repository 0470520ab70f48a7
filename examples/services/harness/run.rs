//! One run of the example, from the first server to the last line.
//!
//! It calls the other files, in order.

use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use super::check;
use super::in_process::InProcess;
use super::load::{self, Answer};
use super::message::ServiceReport;
use super::options::Options;
use super::processes::Processes;
use super::report;
use super::screen::Screen;
use crate::collectors::Collectors;
use crate::receiver::Receiver;
use crate::service::Service;
use crate::tracers;

/// The result of a run.
pub struct Outcome {
    pub options: Options,
    pub collectors: Collectors,
    /// The answer to each request, in order.
    pub answers: Vec<Answer>,
    /// The report of each service.
    pub reports: Vec<ServiceReport>,
    /// The problems that `check.rs` has found.
    pub problems: Vec<String>,
}

/// The services, in this process or in their own.
enum Services {
    Here(InProcess),
    Elsewhere(Processes),
}

/// How long a server may take to pass on the last spans.
const WAY_BACK: Duration = Duration::from_secs(20);

/// Runs the services and the client, and prints traces and results.
pub async fn run(options: &Options, screen: &Screen) -> Result<Outcome, Box<dyn Error>> {
    let options = options.with_seed();
    let collectors = Collectors::new(&options, screen)?;
    // Says what is wrong with the options before anything is started.
    tracers::exporter(&options)?;
    let receiver = receiver(&options, &collectors).await?;
    let services = if options.processes {
        let address = receiver.as_ref().map(|receiver| receiver.address);
        let address = address.filter(|_| options.back_at.is_none());
        Services::Elsewhere(Processes::start(&options, address).await?)
    } else {
        Services::Here(InProcess::start(&options, &collectors).await?)
    };
    let (addresses, process_ids) = match &services {
        Services::Here(services) => (&services.addresses, &[][..]),
        Services::Elsewhere(services) => (&services.addresses, &services.ids[..]),
    };
    screen.print(report::intro(&options, addresses, process_ids));
    let frontend = *addresses.get(&Service::Frontend).ok_or("no Frontend")?;
    let answers = tokio::select! {
        answers = load::send_all(frontend, &options) => answers,
        () = collectors.tick() => Vec::new(),
    };
    let reports = match services {
        Services::Here(services) => services.stop().await,
        Services::Elsewhere(services) => services.stop().await,
    };
    if options.back_at.is_some() {
        let delivered = reports.iter().map(|report| report.spans.delivered).sum();
        // If it takes longer, the checks say what is missing.
        drop(tokio::time::timeout(WAY_BACK, collectors.take(delivered)).await);
    }
    if let Some(receiver) = receiver {
        receiver.stop().await;
    }
    collectors.finish();
    let mut outcome = Outcome {
        options,
        collectors,
        answers,
        reports,
        problems: Vec::new(),
    };
    outcome.problems = check::problems(&outcome);
    screen.print(report::summary(&outcome));
    Ok(outcome)
}

/// Starts what takes spans from other processes, if any come from there.
async fn receiver(options: &Options, collectors: &Collectors) -> std::io::Result<Option<Receiver>> {
    let own = options
        .processes
        .then_some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    match options.back_at.or(own) {
        Some(address) => Receiver::start(address, collectors.clone()).await.map(Some),
        None => Ok(None),
    }
}

impl Outcome {
    pub fn report(&self, service: Service) -> Option<&ServiceReport> {
        self.reports.iter().find(|report| report.service == service)
    }
}
