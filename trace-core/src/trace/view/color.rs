//! Decides whether and how text is colored. The escape sequences come from `anstyle`.

use std::fmt::Write;
use std::io::IsTerminal;

use anstyle::AnsiColor;

/// When to write colors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColorChoice {
    /// Write colors if standard output is a terminal and `NO_COLOR` is unset or empty.
    ///
    /// Source: no-color.org.
    Auto,
    /// Always write colors.
    Always,
    /// Never write colors.
    #[default]
    Never,
}

/// The meaning of a piece of text, which decides its color.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Dim,
    Service,
    Good,
    Bad,
    Warning,
}

impl ColorChoice {
    /// Returns whether text for standard output gets colors.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "`NO_COLOR` concerns every program's output, so that no option could say it"
    )]
    pub fn is_on(self) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => {
                std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
                    && std::io::stdout().is_terminal()
            }
        }
    }
}

impl Style {
    /// Appends text to `line`, with this style if `color` is set. An empty text adds nothing.
    pub(super) fn write(self, text: &str, color: bool, line: &mut String) {
        let style = self.ansi();
        if !color || style.is_plain() || text.is_empty() {
            line.push_str(text);
            return;
        }
        // Writing to a `String` does not fail.
        let _written = write!(line, "{style}{text}{style:#}");
    }

    const fn ansi(self) -> anstyle::Style {
        match self {
            Self::Plain => anstyle::Style::new(),
            Self::Dim => anstyle::Style::new().dimmed(),
            Self::Service => AnsiColor::Cyan.on_default(),
            Self::Good => AnsiColor::Green.on_default(),
            Self::Bad => AnsiColor::Red.on_default(),
            Self::Warning => AnsiColor::Yellow.on_default(),
        }
    }
}
