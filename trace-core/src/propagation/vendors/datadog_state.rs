//! The member `dd` of `tracestate`, in which Datadog's clients keep what a context has no
//! field for: the priority, the origin and tags.
//!
//! Source: Datadog, *W3C Trace Context*, `tracestate`.

/// The key in `tracestate`.
pub(super) const KEY: &str = "dd";

/// The most characters of a value in `tracestate`.
const MAX_CHARACTERS: usize = 256;

const TAG_PREFIX: &str = "_dd.p.";

/// The parts of the member that Datadog's headers have.
#[derive(Debug, Default)]
pub(super) struct State<'a> {
    pub(super) priority: Option<i8>,
    pub(super) origin: Option<String>,
    /// Keys without the prefix, and values as they stand in the member.
    tags: Vec<(&'a str, &'a str)>,
}

/// Reads the member's value.
pub(super) fn read(value: Option<&str>) -> State<'_> {
    let mut state = State::default();
    let parts = value.unwrap_or_default().split(';');
    for (key, value) in parts.filter_map(|part| part.split_once(':')) {
        match key {
            "s" => state.priority = value.parse().ok().filter(|value| (-1..=2).contains(value)),
            "o" => state.origin = Some(value.replace('~', "=")),
            // The high half of the trace id, which the context has.
            "t.tid" => {}
            key => state
                .tags
                .extend(key.strip_prefix("t.").map(|key| (key, value))),
        }
    }
    state
}

impl State<'_> {
    /// Appends the tags to the text of the header.
    pub(super) fn write_tags(&self, tags: &mut String) {
        for (key, value) in &self.tags {
            if !tags.is_empty() {
                tags.push(',');
            }
            tags.push_str(TAG_PREFIX);
            tags.push_str(key);
            tags.push('=');
            tags.push_str(&value.replace('~', "="));
        }
    }
}

/// Returns the member's value, and whether all parts had room. A part without room is left
/// out alone.
pub(super) fn write<'a>(
    priority: Option<i8>,
    origin: Option<&str>,
    tags: impl Iterator<Item = (&'a str, &'a str)>,
) -> (String, bool) {
    let (mut text, mut is_whole) = (String::new(), true);
    let mut add = |key: &str, name: &str, value: &str| {
        let separator = usize::from(!text.is_empty());
        if text.len() + separator + key.len() + name.len() + 1 + value.len() > MAX_CHARACTERS {
            is_whole = false;
            return;
        }
        if !text.is_empty() {
            text.push(';');
        }
        text.push_str(key);
        text.extend(name.chars().map(|character| match character {
            '!'..='~' if !matches!(character, ',' | ';' | ':' | '=') => character,
            _ => '_',
        }));
        text.push(':');
        text.extend(
            value
                .trim_matches([' ', '\t'])
                .chars()
                .map(|character| match character {
                    '=' => '~',
                    ' '..='~' if !matches!(character, ',' | ';' | '~') => character,
                    _ => '_',
                }),
        );
    };
    // Priorities 0 and 1 say what the flag says.
    if let Some(priority) = priority.filter(|priority| matches!(priority, -1 | 2)) {
        add("s", "", &priority.to_string());
    }
    if let Some(origin) = origin {
        add("o", "", origin);
    }
    for (key, value) in tags {
        if let Some(key) = key.strip_prefix(TAG_PREFIX) {
            add("t.", key, value);
        }
    }
    (text, is_whole)
}
