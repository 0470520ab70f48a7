//! Reads variables by the specification's rules, and collects warnings about them.
//!
//! Owns the rules of each type of value. Does not know the names of variables.
//!
//! Source: OpenTelemetry specification, *Environment Variable Specification* and *Common
//! Configuration Specification*: an empty value counts as unset; so does a value that cannot
//! be read, with a warning.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use trace_core::visible;

/// Most characters of a value that are shown.
const MAX_SHOWN: usize = 200;

/// Largest duration, in milliseconds: 24 days. Source: *Common Configuration Specification*,
/// "Integer".
const MAX_MILLISECONDS: u64 = (1 << 31) - 1;

/// A setting in the environment that is not followed. It counts as not set, unless the text
/// describes what happens instead.
#[derive(Clone, PartialEq, Eq)]
pub struct Warning {
    variable: String,
    problem: String,
}

/// The variables, and the warnings about them so far.
pub(super) struct Variables<'a> {
    lookup: &'a dyn Fn(&str) -> Option<OsString>,
    warnings: Vec<Warning>,
}

impl<'a> Variables<'a> {
    pub(super) fn new(lookup: &'a dyn Fn(&str) -> Option<OsString>) -> Self {
        let warnings = Vec::new();
        Self { lookup, warnings }
    }

    pub(super) fn into_warnings(self) -> Vec<Warning> {
        self.warnings
    }

    /// Adds a warning: `problem` completes "`VARIABLE` ..".
    pub(super) fn warn(&mut self, variable: &str, problem: impl Into<String>) {
        let (variable, problem) = (variable.to_owned(), problem.into());
        let warning = Warning { variable, problem };
        // A variable of all signals is read for each of them.
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    /// Returns the value without white space at its ends; `None` if it is not set or empty.
    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        match (self.lookup)(name)?.into_string() {
            Ok(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
            Err(_) => {
                self.warn(name, "is not Unicode; it counts as not set");
                None
            }
        }
    }

    /// Returns the path of a file; `None` if it is not set or empty.
    pub(super) fn path(&mut self, name: &str) -> Option<PathBuf> {
        let value = (self.lookup)(name).filter(|value| !value.is_empty())?;
        Some(value.into())
    }

    /// Reads a value. If `parse` refuses it, warns that `expected` was expected.
    pub(super) fn parsed<T>(
        &mut self,
        name: &str,
        expected: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.text(name)?;
        let parsed = parse(&text);
        if parsed.is_none() {
            self.warn(name, unexpected(&text, expected));
        }
        parsed
    }

    /// Reads a whole number of at least `least`.
    pub(super) fn number(&mut self, name: &str, least: usize) -> Option<usize> {
        let expected = format!("a whole number from {least}");
        self.parsed(name, &expected, |text| {
            text.parse().ok().filter(|number| *number >= least)
        })
    }

    /// Reads a duration in milliseconds.
    pub(super) fn duration(&mut self, name: &str) -> Option<Duration> {
        let expected = format!("a whole number of milliseconds up to {MAX_MILLISECONDS}");
        self.milliseconds(name, &expected, 0)
    }

    /// Reads a duration in milliseconds that is not zero.
    pub(super) fn interval(&mut self, name: &str) -> Option<Duration> {
        let expected = format!("a whole number of milliseconds from 1 to {MAX_MILLISECONDS}");
        self.milliseconds(name, &expected, 1)
    }

    fn milliseconds(&mut self, name: &str, expected: &str, least: u64) -> Option<Duration> {
        self.parsed(name, expected, |text| {
            let milliseconds = text.parse().ok()?;
            let is_right = (least..=MAX_MILLISECONDS).contains(&milliseconds);
            is_right.then(|| Duration::from_millis(milliseconds))
        })
    }

    /// Reads a timeout in milliseconds. Zero means no limit, which here is 24 days.
    pub(super) fn timeout(&mut self, name: &str) -> Option<Duration> {
        let timeout = self.duration(name)?;
        match timeout.is_zero() {
            true => Some(Duration::from_millis(MAX_MILLISECONDS)),
            false => Some(timeout),
        }
    }

    /// Reads a flag. Only `true` is true, in any case.
    pub(super) fn flag(&mut self, name: &str) -> Option<bool> {
        self.parsed(name, "`true` or `false`", |text| {
            match text.to_ascii_lowercase().as_str() {
                "true" => Some(true),
                "false" => Some(false),
                _ => None,
            }
        })
    }
}

/// Describes a value that is not what was expected.
pub(super) fn unexpected(value: &str, expected: &str) -> String {
    let value = visible(value, MAX_SHOWN);
    format!("is `{value}`; expected {expected}; it counts as not set")
}

impl Warning {
    /// Returns the variable that is not followed.
    #[must_use]
    pub fn variable(&self) -> &str {
        &self.variable
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` {}", self.variable, self.problem)
    }
}

impl fmt::Debug for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Warning({self})")
    }
}
