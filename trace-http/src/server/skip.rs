//! Paths whose requests are not recorded.

use std::borrow::Cow;

/// A pattern for paths, in which `*` matches any text.
#[derive(Clone, Debug)]
pub(super) struct Pattern(Cow<'static, str>);

impl Pattern {
    /// Adds the `/` that all paths begin with, unless the pattern begins with `/` or `*`.
    pub(super) fn new(path: Cow<'static, str>) -> Self {
        Self(match path.starts_with(['/', '*']) {
            true => path,
            false => format!("/{path}").into(),
        })
    }

    pub(super) fn matches(&self, path: &str) -> bool {
        let mut parts = self.0.split('*');
        let first = parts.next().unwrap_or_default();
        let Some(mut rest) = path.strip_prefix(first) else {
            return false;
        };
        let Some(last) = parts.next_back() else {
            return rest.is_empty();
        };
        // Each part is matched as early as possible, which leaves the most text for the next
        // parts.
        for part in parts {
            match rest.split_once(part) {
                Some((_, after)) => rest = after,
                None => return false,
            }
        }
        rest.ends_with(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_text() {
        let matches = |pattern: &'static str, path| Pattern::new(pattern.into()).matches(path);
        assert!(matches("/health", "/health"));
        assert!(!matches("/health", "/healthy") && !matches("/health", "/"));
        assert!(matches("/internal/*", "/internal/") && matches("/internal/*", "/internal/a/b"));
        assert!(!matches("/internal/*", "/internal") && !matches("/internal/*", "/x/internal/"));
        assert!(matches("*/ready", "/a/ready") && matches("*", ""));
        assert!(matches("/*/x/*/y", "/1/x/2/x/3/y") && !matches("/*/x/*/y", "/1/x/y"));
        assert!(matches(
            "/grpc.health.v1.Health/*",
            "/grpc.health.v1.Health/Check"
        ));
        assert!(!matches("/ab*ba", "/aba"));
    }

    #[test]
    fn a_path_begins_with_a_slash() {
        let matches = |pattern: &'static str, path| Pattern::new(pattern.into()).matches(path);
        assert!(matches("health", "/health") && !matches("health", "/a/health"));
        assert!(matches("internal/*", "/internal/a"));
    }
}
