//! Tables of text.
//!
//! It aligns columns by the number of characters, because its cells are names and numbers.

use std::fmt;

/// A table that displays rows in columns. The first row contains the headings. The first
/// columns are left-aligned, and the other columns, which are numbers, are right-aligned.
pub struct Table {
    left_columns: usize,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new<const N: usize>(left_columns: usize, headings: [&str; N]) -> Self {
        let headings = headings.map(str::to_owned);
        Self {
            left_columns,
            rows: vec![headings.into()],
        }
    }

    pub fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.into());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut widths = Vec::new();
        for row in &self.rows {
            widths.resize(widths.len().max(row.len()), 0);
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        for row in &self.rows {
            let mut line = String::from(" ");
            for (index, (cell, width)) in row.iter().zip(&widths).enumerate() {
                line += &if index < self.left_columns {
                    format!(" {cell:<width$} ")
                } else {
                    format!(" {cell:>width$} ")
                };
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}
