//! One run of the example, from the first server to the last line.
//!
//! It calls the other files, in order.

use std::error::Error;

use super::check;
use super::in_process::InProcess;
use super::load::{self, Answer};
use super::message::ServiceReport;
use super::options::Options;
use super::processes::Processes;
use super::report;
use super::screen::Screen;
use crate::collectors::Collectors;
use crate::service::Service;

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

/// Runs the services and the client, and prints traces and results.
pub async fn run(options: &Options, screen: &Screen) -> Result<Outcome, Box<dyn Error>> {
    let options = options.with_seed();
    let collectors = Collectors::new(&options, screen)?;
    let services = if options.processes {
        Services::Elsewhere(Processes::start(&options, &collectors).await?)
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

impl Outcome {
    pub fn report(&self, service: Service) -> Option<&ServiceReport> {
        self.reports.iter().find(|report| report.service == service)
    }
}
