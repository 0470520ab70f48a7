//! A filter by target and level.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use tracing_core::{Level, LevelFilter};

/// A level for each target: `info,sqlx=debug,h2=off`.
///
/// A target is the path of a module, such as `my_crate::db`. A rule also covers the modules below
/// it, and the longest path wins. A level without a target is for all others; without it, they
/// are off. `TRACE` is the most verbose level.
///
/// ```
/// use trace_bridge::Targets;
/// use tracing_core::{Level, LevelFilter};
///
/// let targets: Targets = "info,sqlx=debug,h2=off".parse()?;
/// assert_eq!(targets.level_of("my_crate"), LevelFilter::INFO);
/// assert_eq!(targets.level_of("sqlx::query"), LevelFilter::DEBUG);
/// assert_eq!(targets.level_of("sqlx_extra"), LevelFilter::INFO);
///
/// let error = "info,sqlx=loud".parse::<Targets>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "`loud` in `sqlx=loud` is no level: expected off, error, warn, info, debug or trace",
/// );
/// # Ok::<(), trace_bridge::InvalidTargets>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Targets {
    /// Sorted by length, the longest path first.
    rules: Vec<(Cow<'static, str>, LevelFilter)>,
    others: LevelFilter,
}

/// An error in the text of [`Targets`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidTargets {
    rule: String,
    level: String,
}

impl Targets {
    /// All targets, up to this level.
    #[must_use]
    pub const fn up_to(level: LevelFilter) -> Self {
        Self {
            rules: Vec::new(),
            others: level,
        }
    }

    /// No target.
    #[must_use]
    pub const fn off() -> Self {
        Self::up_to(LevelFilter::OFF)
    }

    /// Sets the level of a target and the modules below it.
    #[must_use]
    pub fn target(mut self, target: impl Into<Cow<'static, str>>, level: LevelFilter) -> Self {
        self.set(target.into(), level);
        self
    }

    fn set(&mut self, target: Cow<'static, str>, level: LevelFilter) {
        self.rules.retain(|(known, _)| *known != target);
        let place = self
            .rules
            .partition_point(|(known, _)| known.len() >= target.len());
        self.rules.insert(place, (target, level));
    }

    /// Returns the level of a target.
    #[must_use]
    pub fn level_of(&self, target: &str) -> LevelFilter {
        let rule = self.rules.iter().find(|(path, _)| is_within(target, path));
        rule.map_or(self.others, |(_, level)| *level)
    }

    pub(crate) fn has(&self, target: &str, level: &Level) -> bool {
        *level <= self.level_of(target)
    }

    pub(crate) fn max_level(&self) -> LevelFilter {
        let levels = self.rules.iter().map(|(_, level)| *level);
        levels
            .max()
            .map_or(self.others, |level| level.max(self.others))
    }

    /// Takes over the rules of other targets, which win.
    pub(crate) fn overridden_by(mut self, other: &Self) -> Self {
        for (target, level) in other.rules.iter().rev() {
            self.set(target.clone(), *level);
        }
        self.others = other.others;
        self
    }
}

/// Returns whether a target is a path or a module below it.
pub(super) fn is_within(target: &str, path: &str) -> bool {
    let rest = target.strip_prefix(path);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

impl FromStr for Targets {
    type Err = InvalidTargets;

    fn from_str(text: &str) -> Result<Self, InvalidTargets> {
        let mut targets = Self::off();
        let rules = text.split(',').map(str::trim);
        for rule in rules.filter(|rule| !rule.is_empty()) {
            let (target, level) = match rule.split_once('=') {
                Some((target, level)) => (Some(target.trim()), level.trim()),
                None => (None, rule),
            };
            match (target, level.parse()) {
                (Some(target), Ok(level)) => targets.set(target.to_owned().into(), level),
                (None, Ok(level)) => targets.others = level,
                // As for `RUST_LOG`: a path alone is all of it.
                (None, Err(_)) if level.contains("::") => {
                    targets.set(level.to_owned().into(), LevelFilter::TRACE);
                }
                (_, Err(_)) => {
                    return Err(InvalidTargets {
                        rule: rule.to_owned(),
                        level: level.to_owned(),
                    });
                }
            }
        }
        Ok(targets)
    }
}

impl From<LevelFilter> for Targets {
    fn from(level: LevelFilter) -> Self {
        Self::up_to(level)
    }
}

impl From<Level> for Targets {
    fn from(level: Level) -> Self {
        Self::up_to(level.into())
    }
}

impl fmt::Display for InvalidTargets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rule, level } = self;
        write!(
            f,
            "`{level}` in `{rule}` is no level: expected off, error, warn, info, debug or trace"
        )
    }
}

impl std::error::Error for InvalidTargets {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_path_wins() {
        let targets: Targets = "a=info,a::b::c=trace,a::b=off,warn".parse().unwrap();
        let level = |target| targets.level_of(target);
        assert_eq!(level("a"), LevelFilter::INFO);
        assert_eq!(level("a::x"), LevelFilter::INFO);
        assert_eq!(level("a::b"), LevelFilter::OFF);
        assert_eq!(level("a::b::c::d"), LevelFilter::TRACE);
        assert_eq!(level("ab"), LevelFilter::WARN);
        assert_eq!(targets.max_level(), LevelFilter::TRACE);
        assert!(targets.has("a", &Level::WARN) && !targets.has("a", &Level::DEBUG));
    }

    #[test]
    fn what_is_set_later_wins() {
        let targets = Targets::off().target("a", LevelFilter::INFO);
        let targets = targets.target("a", LevelFilter::ERROR);
        assert_eq!(targets.level_of("a"), LevelFilter::ERROR);
        let others: Targets = "debug,b=warn".parse().unwrap();
        let targets = targets.overridden_by(&others);
        assert_eq!(targets.level_of("a"), LevelFilter::ERROR);
        assert_eq!(targets.level_of("b"), LevelFilter::WARN);
        assert_eq!(targets.level_of("c"), LevelFilter::DEBUG);
    }
}
