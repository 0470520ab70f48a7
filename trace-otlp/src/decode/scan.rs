//! Finds the end of an object without parsing its content.

/// Where an object or an array ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// After its last brace.
    Whole(usize),
    /// Where it is cut off: at the end of a line within a text, or before a line that begins
    /// another document.
    Cut(usize),
}

/// The state of the search, which continues as more bytes arrive.
pub(super) struct Scan {
    scanned: usize,
    /// Column where the object begins.
    column: usize,
    depth: usize,
    /// For each open brace or bracket, whether it began an object. The innermost is the lowest
    /// bit. Levels deeper than the number of bits are forgotten; such documents cannot be read
    /// anyway.
    objects: u128,
    /// How many objects and arrays have begun.
    begun: usize,
    in_text: bool,
    /// Whether the byte before was a backslash in a text.
    is_escaped: bool,
    /// The last byte outside of texts that is not a space.
    last: u8,
    /// How many spaces the line has so far, if it has nothing else yet.
    indent: Option<usize>,
}

/// First fields of documents that never begin an object within another document, except in
/// `result` and `trace`.
const OUTER_KEYS: [&str; 5] = [
    "resourceSpans",
    "resource_spans",
    "batches",
    "result",
    "trace",
];
/// First fields of documents that never begin an object within a document of the same kind.
const OTHER_KEYS: [&str; 5] = ["resource", "scopeSpans", "traceId", "id", "data"];

impl Scan {
    /// Begins at a brace in this column, from 1.
    pub(super) const fn new(column: usize) -> Self {
        Self {
            scanned: 0,
            column,
            depth: 0,
            objects: 0,
            begun: 0,
            in_text: false,
            is_escaped: false,
            last: 0,
            indent: None,
        }
    }

    /// Returns the end of the object at the beginning of `bytes`, if it is already known.
    /// `bytes` are those of the last call and more. If `is_whole`, no more will follow.
    pub(super) fn find_end(&mut self, bytes: &[u8], is_whole: bool) -> Option<End> {
        while let Some(byte) = bytes.get(self.scanned) {
            let index = self.scanned;
            if self.in_text {
                match byte {
                    b'\n' => return Some(End::Cut(index)),
                    _ if self.is_escaped => self.is_escaped = false,
                    b'\\' => self.is_escaped = true,
                    b'"' => self.in_text = false,
                    _ => {}
                }
                self.scanned += 1;
                continue;
            }
            match byte {
                b' ' | b'\t' | b'\r' => self.indent = self.indent.map(|indent| indent + 1),
                b'\n' => self.indent = Some(0),
                b'{' | b'[' => {
                    if self.depth > 0 && self.is_document(bytes.get(index..)?, bytes, is_whole)? {
                        return Some(End::Cut(index));
                    }
                    self.depth += 1;
                    self.begun += 1;
                    self.objects = self.objects << 1 | u128::from(*byte == b'{');
                    self.see(*byte);
                }
                b'}' | b']' if self.depth == 1 => return Some(End::Whole(index + 1)),
                b'}' | b']' => {
                    self.depth -= 1;
                    self.objects >>= 1;
                    self.see(*byte);
                }
                byte => {
                    self.in_text = *byte == b'"';
                    self.see(*byte);
                }
            }
            self.scanned += 1;
        }
        is_whole.then_some(End::Cut(bytes.len()))
    }

    /// Returns how many objects and arrays have begun.
    pub(super) const fn items(&self) -> usize {
        self.begun
    }

    const fn see(&mut self, byte: u8) {
        self.last = byte;
        self.indent = None;
    }

    /// Returns whether `here` begins another document, and not a part of `whole`; `None` if
    /// that is not known yet.
    fn is_document(&self, here: &[u8], whole: &[u8], is_whole: bool) -> Option<bool> {
        let Some(indent) = self.indent else {
            return Some(false);
        };
        // In a document of several lines, a part is indented more than the document's
        // beginning.
        let is_outside = indent < self.column;
        let may_go_on = match self.last {
            b'[' | b':' => true,
            b',' => self.objects & 1 == 0,
            _ => false,
        };
        if is_outside && !may_go_on {
            return Some(true);
        }
        let key = match first_key(here) {
            Key::Unknown => return Some(false),
            Key::Short if is_whole => return Some(false),
            Key::Short => return None,
            Key::Known(key) => key,
        };
        let is_outer = OUTER_KEYS.contains(&key);
        let is_own = || first_key(whole) == Key::Known(key);
        Some(match self.last {
            _ if !may_go_on => is_outer,
            b':' => is_outside && is_own(),
            _ => is_outside && (is_outer || is_own()),
        })
    }
}

/// The first field of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Known(&'static str),
    Unknown,
    /// There are not enough bytes to know.
    Short,
}

impl Key {
    /// Returns whether an object that begins with this field cannot be within an object that
    /// begins with `outer`.
    pub(super) fn is_of_document(self, outer: Self) -> bool {
        match self {
            Self::Known(key) => OUTER_KEYS.contains(&key) || self == outer,
            Self::Unknown | Self::Short => false,
        }
    }
}

/// Returns the first field of the object at the beginning of `bytes`, which may be within
/// arrays.
pub(super) fn first_key(bytes: &[u8]) -> Key {
    let mut bytes = bytes;
    while let Some(inner) = bytes.strip_prefix(b"[") {
        bytes = inner.trim_ascii_start();
    }
    let Some(inner) = bytes.strip_prefix(b"{") else {
        return match bytes {
            [] => Key::Short,
            _ => Key::Unknown,
        };
    };
    let inner = inner.trim_ascii_start();
    let quoted = inner.strip_prefix(b"\"");
    let mut known = OUTER_KEYS.iter().chain(&OTHER_KEYS);
    let found = known.find(|key| {
        let rest = quoted.and_then(|quoted| quoted.strip_prefix(key.as_bytes()));
        rest.is_some_and(|rest| rest.first() == Some(&b'"'))
    });
    match (found, quoted) {
        (Some(key), _) => Key::Known(key),
        // One byte more than the longest name.
        (None, Some(quoted)) if quoted.len() > 14 || quoted.contains(&b'"') => Key::Unknown,
        (None, None) if !inner.is_empty() => Key::Unknown,
        (None, _) => Key::Short,
    }
}
