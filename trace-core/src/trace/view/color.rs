//! Whether and how text is colored.

use std::io::IsTerminal;

/// When to write colors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColorChoice {
    /// When standard output is a terminal and `NO_COLOR` is not set (or empty).
    ///
    /// Source: no-color.org.
    Auto,
    /// Always.
    Always,
    /// Never.
    #[default]
    Never,
}

/// What a piece of text is, as far as color goes.
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
    /// Returns whether to write colors to standard output.
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
    /// Appends text, colored if `color`; nothing for no text.
    pub(super) fn write(self, text: &str, color: bool, line: &mut String) {
        let code = match self {
            Self::Plain => "",
            Self::Dim => "2",
            Self::Service => "36",
            Self::Good => "32",
            Self::Bad => "31",
            Self::Warning => "33",
        };
        if !color || code.is_empty() || text.is_empty() {
            line.push_str(text);
            return;
        }
        for part in ["\u{1b}[", code, "m", text, "\u{1b}[0m"] {
            line.push_str(part);
        }
    }
}
