//! Which lines of a text are missing, and which are new.

/// A line of one of two texts, or of both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// In both; the position in the second text.
    Same(usize),
    /// Only in the first, at this position.
    Missing(usize),
    /// Only in the second, at this position.
    Added(usize),
}

/// Cells of the largest table that is made; texts that would need a larger one are
/// taken to have nothing in common between their first and last difference.
const MAX_CELLS: usize = 4_000_000;

/// Returns the lines of both texts in order, with a longest common subsequence
/// marked as the same.
pub(super) fn diff(first: &[String], second: &[String]) -> Vec<Line> {
    let same_start = common(first.iter().zip(second));
    let shorter = first.len().min(second.len()) - same_start;
    let backwards = first.iter().rev().zip(second.iter().rev());
    let same_end = common(backwards.take(shorter));
    let middle_of = |text: &[String]| same_start..text.len() - same_end;
    let (rows, columns) = (middle_of(first), middle_of(second));

    let mut lines: Vec<Line> = (0..same_start).map(Line::Same).collect();
    if rows.len().saturating_mul(columns.len()) > MAX_CELLS {
        lines.extend(rows.map(Line::Missing));
        lines.extend(columns.map(Line::Added));
    } else {
        let middle = Table::of(&first[rows], &second[columns]);
        lines.extend(middle.lines().map(|line| match line {
            Line::Same(position) => Line::Same(position + same_start),
            Line::Missing(position) => Line::Missing(position + same_start),
            Line::Added(position) => Line::Added(position + same_start),
        }));
    }
    lines.extend((second.len() - same_end..second.len()).map(Line::Same));
    lines
}

fn common<'a>(pairs: impl Iterator<Item = (&'a String, &'a String)>) -> usize {
    pairs.take_while(|(first, second)| first == second).count()
}

/// The length of a longest common subsequence of what follows each pair of
/// positions.
struct Table<'a> {
    first: &'a [String],
    second: &'a [String],
    lengths: Vec<u32>,
}

impl<'a> Table<'a> {
    fn of(first: &'a [String], second: &'a [String]) -> Self {
        let cells = (first.len() + 1) * (second.len() + 1);
        let mut table = Self {
            first,
            second,
            lengths: vec![0; cells],
        };
        for row in (0..first.len()).rev() {
            for column in (0..second.len()).rev() {
                let length = if first[row] == second[column] {
                    table.length(row + 1, column + 1) + 1
                } else {
                    let below = table.length(row + 1, column);
                    below.max(table.length(row, column + 1))
                };
                let cell = table.cell(row, column);
                table.lengths[cell] = length;
            }
        }
        table
    }

    fn cell(&self, row: usize, column: usize) -> usize {
        row * (self.second.len() + 1) + column
    }

    fn length(&self, row: usize, column: usize) -> u32 {
        self.lengths[self.cell(row, column)]
    }

    /// Walks the table; where both ways are as good, missing lines come first.
    fn lines(&self) -> impl Iterator<Item = Line> {
        let (mut row, mut column) = (0, 0);
        std::iter::from_fn(move || {
            let (has_row, has_column) = (row < self.first.len(), column < self.second.len());
            if has_row && has_column && self.first[row] == self.second[column] {
                (row, column) = (row + 1, column + 1);
                Some(Line::Same(column - 1))
            } else if has_row
                && (!has_column || self.length(row + 1, column) >= self.length(row, column + 1))
            {
                row += 1;
                Some(Line::Missing(row - 1))
            } else if has_column {
                column += 1;
                Some(Line::Added(column - 1))
            } else {
                None
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Line, diff};

    fn check(first: &str, second: &str, expected: &str) {
        let words = |text: &str| -> Vec<String> {
            text.split_whitespace().map(ToOwned::to_owned).collect()
        };
        let (first, second) = (words(first), words(second));
        let shown: Vec<String> = diff(&first, &second)
            .into_iter()
            .map(|line| match line {
                Line::Same(position) => second[position].clone(),
                Line::Missing(position) => format!("-{}", first[position]),
                Line::Added(position) => format!("+{}", second[position]),
            })
            .collect();
        assert_eq!(shown.join(" "), expected);
    }

    #[test]
    fn common_lines_are_kept() {
        check("", "", "");
        check("a", "", "-a");
        check("", "a", "+a");
        check("a b c", "a b c", "a b c");
        check("a b c", "a x c", "a -b +x c");
        check("a b c d", "b d e", "-a b -c d +e");
        check("a a", "a a a", "a a +a");
        check("x a b y", "p a b q", "-x +p a b -y +q");
    }

    #[test]
    fn large_texts_need_no_large_table() {
        let text = |word: &str| -> Vec<String> {
            (0..3_000).map(|number| format!("{word}{number}")).collect()
        };
        let lines = diff(&text("a"), &text("b"));
        assert_eq!(lines.len(), 6_000);
        assert_eq!(lines[3_000], Line::Added(0));
    }
}
