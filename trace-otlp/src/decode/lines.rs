//! Finds the line and column of a byte of a request.

use super::error::Position;

/// The lines of a request.
pub(super) struct Lines {
    start: Position,
    /// The end of each line; empty until the first lookup.
    ends: Option<Vec<usize>>,
}

impl Lines {
    /// Makes the lines of a request that begins at `start`.
    pub(super) const fn new(start: Position) -> Self {
        Self { start, ends: None }
    }

    /// Returns the place of the byte `offset` of the request `bytes`.
    pub(super) fn position(&mut self, bytes: &[u8], offset: usize) -> Position {
        let ends = self.ends.get_or_insert_with(|| {
            let ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
            ends.map(|(index, _)| index).collect()
        });
        let lines = ends.partition_point(|end| *end < offset);
        let last = lines.checked_sub(1).and_then(|last| ends.get(last));
        let column = last.map_or(offset + 1, |end| offset - end);
        self.start.plus(lines + 1, column)
    }
}
