//! The variables of an environment as headers: what a process hands to those it starts.
//!
//! A header's name becomes a variable's: `traceparent` is `TRACEPARENT`. Owns no format: any
//! propagator writes and reads this way. Never changes the variables of this process.
//! Source: OpenTelemetry, *Environment Variables as Context Propagation Carriers*.

use std::fmt;
use std::process::Command;

use super::{Extractor, Injector};
use crate::value::environment;

/// The variables of an environment, to be read as headers.
///
/// For what another program has started: a child process, a job of a CI system, a command
/// in a shell script. A variable that is empty counts as none.
///
/// Read it at the start of `main`, before anything is started that the context is not for:
/// variables are inherited.
///
/// ```
/// use std::process::Command;
/// use trace_core::propagation::{EnvironmentVariables, extract};
/// use trace_core::{span, trace_root};
///
/// # fn build() -> std::io::Result<()> {
/// // The process that starts another one:
/// let mut compiler = Command::new("cc");
/// span::inject(&mut compiler); // TRACEPARENT, TRACESTATE, BAGGAGE
/// compiler.status()?;
/// # Ok(())
/// # }
///
/// // The one that was started:
/// let caller = extract(&EnvironmentVariables::from_process());
/// trace_core::root("compile").extracted(caller).run_sync(|| { /* .. */ });
/// ```
#[derive(Clone, Default)]
pub struct EnvironmentVariables(Vec<(String, Vec<u8>)>);

impl EnvironmentVariables {
    /// Copies those of this process, as they are now.
    #[must_use]
    pub fn from_process() -> Self {
        let variables = environment::variables();
        // A name that is no text is none of a header.
        let named = variables.filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
        let named = named.map(|(name, value)| (name, value.into_encoded_bytes()));
        Self(named.collect())
    }
}

/// Variables of one's own, such as those of a job's description.
impl<N: Into<String>, V: Into<Vec<u8>>> FromIterator<(N, V)> for EnvironmentVariables {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        let variables = variables.into_iter();
        Self(
            variables
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }
}

impl Extractor for EnvironmentVariables {
    fn for_each<'a>(&'a self, name: &str, each: &mut dyn FnMut(&'a [u8])) {
        let name = variable_name(name);
        let is_named = |variable: &str| match cfg!(windows) {
            true => variable.eq_ignore_ascii_case(&name),
            false => variable == name,
        };
        self.0
            .iter()
            .filter(|(variable, value)| !value.is_empty() && is_named(variable))
            .for_each(|(_, value)| each(value));
    }
}

/// Sets variables of the process that the command will start, and takes away those of the
/// same names that it would inherit.
///
/// What this crate writes has at most 16,447 bytes in a variable: no system sets a lower
/// limit. For `tokio::process::Command` there is `as_std_mut()`.
///
/// ```
/// use std::process::Command;
/// use trace_core::propagation::inject;
/// use trace_core::{SpanId, TraceContext, TraceId};
///
/// let context = TraceContext::new(TraceId::new(0xa).unwrap(), SpanId::new(0xb).unwrap());
/// let mut command = Command::new("make");
/// inject(&context, &mut command);
/// let variable = command.get_envs().find(|(name, _)| *name == "TRACEPARENT");
/// assert_eq!(
///     variable.unwrap().1.unwrap(),
///     "00-0000000000000000000000000000000a-000000000000000b-01"
/// );
/// ```
impl Injector for Command {
    fn set(&mut self, key: &str, value: &str) {
        self.env(variable_name(key), value);
    }

    fn remove(&mut self, key: &str) {
        self.env_remove(variable_name(key));
    }
}

/// The name of the variable for a header.
///
/// Source: OpenTelemetry, *Environment Variables as Context Propagation Carriers*, *Key Name
/// Normalization*.
fn variable_name(header: &str) -> String {
    let starts_with_digit = header.starts_with(|first: char| first.is_ascii_digit());
    let characters = header.chars().map(|character| match character {
        character if character.is_ascii_alphanumeric() => character.to_ascii_uppercase(),
        _ => '_',
    });
    starts_with_digit
        .then_some('_')
        .into_iter()
        .chain(characters)
        .collect()
}

/// Says how many, and not which: the environment has secrets.
impl fmt::Debug for EnvironmentVariables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EnvironmentVariables({} variables)", self.0.len())
    }
}
