//! A process that is one service.
//!
//! It owns the life of that process. `processes.rs` starts it.

use std::error::Error;
use std::io::Write;
use std::time::Duration;

use tokio::sync::oneshot;
use trace_otlp::OtlpCollector;

use super::message::Message;
use super::options::Options;
use super::running::{RunningService, ServiceOptions};
use crate::service::Service;
use crate::tracers;

/// Serves until the standard input ends or the lifetime is over.
pub async fn serve(service: Service, options: &Options) -> Result<(), Box<dyn Error>> {
    let mut tracer = tracers::tracer(service, options)?;
    if let Some(receiver) = options.child.receiver {
        let otlp = OtlpCollector::builder(format!("http://{receiver}")).build()?;
        tracer.builder = tracer.builder.collector(otlp);
    }
    let service_options = ServiceOptions {
        service,
        tracer: tracer.builder.build()?,
        head_sampler: tracer.head_sampler,
        exporter: tracer.exporter,
        fates: options.fates(),
        callees: options.child.callees.iter().copied().collect(),
    };
    let running = RunningService::start(service_options).await?;
    say(&Message::Listening(running.address))?;
    let lifetime = Duration::from_secs(options.child.lifetime);
    // The process ends with whichever comes first.
    drop(tokio::time::timeout(lifetime, input_ends()?).await);
    let report = running.stop().await;
    // If the parent no longer reads, the error cannot be reported either.
    drop(say(&Message::Report(report)));
    Ok(())
}

fn say(message: &Message) -> Result<(), Box<dyn Error>> {
    let line = serde_json::to_string(message)?;
    Ok(writeln!(std::io::stdout(), "{line}")?)
}

/// Waits for the end of the standard input, which ends even if the parent process crashes.
fn input_ends() -> Result<oneshot::Receiver<()>, Box<dyn Error>> {
    let (sender, receiver) = oneshot::channel();
    // This does not use tokio's standard input, because the runtime would wait for it when it
    // shuts down.
    let thread = std::thread::Builder::new().name("standard input".to_owned());
    drop(thread.spawn(move || {
        drop(std::io::copy(&mut std::io::stdin(), &mut std::io::sink()));
        let _ = sender.send(());
    })?);
    Ok(receiver)
}
