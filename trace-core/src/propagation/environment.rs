//! Environment variables as a carrier, from a process to those that it starts.
//!
//! Owns the names of variables: `traceparent` is `TRACEPARENT`. Knows no format: any
//! propagator works with it. Never changes the environment of this process.
//! Source: OpenTelemetry, *Environment Variables as Context Propagation Carriers*.

use std::ffi::OsString;
use std::fmt;
use std::process::Command;

use super::{Extractor, Injector};
use crate::value::environment;

/// Environment variables that a propagator reads like headers.
///
/// Use it in a program that another one starts: a child process, a job of a CI system, a
/// command in a shell script. An empty variable counts as missing.
///
/// ```
/// use std::process::Command;
/// use trace_core::propagation::{EnvironmentVariables, extract};
/// use trace_core::{span, trace_root};
///
/// # fn build() -> std::io::Result<()> {
/// // In the program that starts another one:
/// let mut compiler = Command::new("cc");
/// span::inject(&mut compiler); // TRACEPARENT, TRACESTATE, BAGGAGE
/// compiler.status()?;
/// # Ok(())
/// # }
///
/// // In the program that was started:
/// let caller = extract(&EnvironmentVariables::from_process());
/// trace_core::root("compile").extracted(caller).run_sync(|| { /* .. */ });
/// ```
#[derive(Clone, Default)]
pub struct EnvironmentVariables(Vec<(String, Vec<u8>)>);

impl EnvironmentVariables {
    /// Copies the variables of this process, as they are now.
    #[must_use]
    pub fn from_process() -> Self {
        let variables = environment::variables();
        // A name that is not UTF-8 is not the name of a header.
        let named = variables.filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
        let named = named.map(|(name, value)| (name, value.into_encoded_bytes()));
        Self(named.collect())
    }
}

/// For variables that are not this process's, such as those in the description of a job.
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
        self.0
            .iter()
            .filter(|(variable, value)| !value.is_empty() && is_same(variable, &name))
            .for_each(|(_, value)| each(value));
    }

    /// In a variable's name, `_` stands for every character of a header's name that is neither
    /// a letter nor a digit. So the key `user-id` is read as `user_id`.
    fn for_each_prefixed<'a>(&'a self, prefix: &str, each: &mut dyn FnMut(&'a str, &'a [u8])) {
        let prefix = variable_name(prefix);
        self.0
            .iter()
            .filter(|(variable, value)| !value.is_empty() && has_prefix(variable, &prefix))
            .for_each(|(variable, value)| each(variable, value));
    }
}

/// Sets variables for the process that the command starts. A variable that is removed is not
/// inherited either.
///
/// The propagators of this crate write at most 16,447 bytes into a variable, which is within
/// the limits of all systems. With `tokio::process::Command`, use `as_std_mut()`.
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

    fn remove_prefixed(&mut self, prefix: &str) {
        let prefix = variable_name(prefix);
        let inherited = environment::variables().map(|(name, _)| name);
        let own = self.get_envs().map(|(name, _)| name.to_owned());
        let is_prefixed = |name: &OsString| has_prefix(&name.to_string_lossy(), &prefix);
        let found: Vec<OsString> = inherited.chain(own).filter(is_prefixed).collect();
        for name in found {
            self.env_remove(name);
        }
    }
}

/// Names of variables have a case, except on Windows.
fn is_same(variable: &str, name: &str) -> bool {
    match cfg!(windows) {
        true => variable.eq_ignore_ascii_case(name),
        false => variable == name,
    }
}

fn has_prefix(variable: &str, prefix: &str) -> bool {
    let start = variable.get(..prefix.len());
    start.is_some_and(|start| is_same(start, prefix))
}

/// Returns the name of the variable for a header.
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

/// Shows only how many there are, because an environment contains secrets.
impl fmt::Debug for EnvironmentVariables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EnvironmentVariables({} variables)", self.0.len())
    }
}
