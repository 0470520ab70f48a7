//! What is usual: lines on standard error with ids, and a bridge around them.

use std::fmt;
use std::io;

use trace_core::__private::bridge::tell;
use tracing_core::dispatcher::{self, Dispatch};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::time::SystemTime;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};

use crate::builder::Bridge;
use crate::format::WithIds;
use crate::log_bridge::log_around;

/// Installs a bridge with the default rules for the whole process, around a subscriber that
/// writes lines to standard error, and around `log`.
///
/// Each line has the ids of the current trace and span. `RUST_LOG`, such as `info,sqlx=debug`,
/// says which events have lines; by default, those up to INFO. It removes no span and no log of a
/// span; [`Bridge`] has options for these.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let _tracing = trace_core::Tracer::builder("shop").install()?;
/// trace_bridge::init()?;
/// tracing::info!("ready"); // 2026-01-05T10:00:00Z  INFO shop: ready
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// If a subscriber or a logger is installed already. Then nothing is changed: put
/// [`around`](crate::around) around that subscriber where it is made.
pub fn init() -> Result<(), InitError> {
    Bridge::new().init()
}

/// An error of [`init`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InitError {
    /// A subscriber of `tracing` is installed already.
    Subscriber,
    /// A logger of `log` is installed already. The bridge is installed without it.
    Logger,
}

impl fmt::Display for InitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Subscriber => {
                "a subscriber of `tracing` is installed already: call `init` first, or put `trace_bridge::around(..)` around that subscriber where it is made"
            }
            Self::Logger => {
                "a logger of `log` is installed already, and its records get into no span: put `trace_bridge::log_around(..)` around it where it is made"
            }
        })
    }
}

impl std::error::Error for InitError {}

pub(crate) fn install(bridge: Bridge) -> Result<(), InitError> {
    let lines = tracing_subscriber::fmt::layer()
        .with_timer(WithIds::new(SystemTime))
        .with_writer(io::stderr)
        .with_filter(filter());
    let stack = tracing_subscriber::registry().with(lines);
    let dispatch = Dispatch::new(bridge.around(stack));
    dispatcher::set_global_default(dispatch).map_err(|_| InitError::Subscriber)?;
    // A record becomes an event, which has a line.
    let logger = log_around(tracing_log::LogTracer::new());
    log::set_boxed_logger(Box::new(logger)).map_err(|_| InitError::Logger)?;
    log::set_max_level(log::LevelFilter::Trace);
    Ok(())
}

/// Returns which events have lines.
#[expect(
    clippy::disallowed_methods,
    reason = "`init` is set up by the environment alone"
)]
fn filter() -> Targets {
    let default = Targets::new().with_default(LevelFilter::INFO);
    let Some(text) = std::env::var_os("RUST_LOG").filter(|text| !text.is_empty()) else {
        return default;
    };
    let text = text.to_string_lossy();
    text.parse().unwrap_or_else(|error| {
        tell(&format!(
            "RUST_LOG=`{text}` is not followed, as it is no list of targets and levels ({error}): write, for example, `info,sqlx=debug`"
        ));
        default
    })
}
