//! Tables whose columns line up.

use super::palette::{Palette, Tone};

/// A cell: its text, and how it is painted.
pub(super) type Cell = (Tone, String);

/// A table with a head; columns are as wide as their widest cell.
pub(super) fn table<const N: usize>(palette: Palette, head: [&str; N], rows: &[[Cell; N]]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|(_, text)| text.chars().count());
        cells.chain(head.get(column).map(|text| text.chars().count())).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..N).map(width).collect();
    let line = |cells: &[Cell]| {
        let mut line = String::new();
        let mut gap = 0;
        for ((tone, text), width) in cells.iter().zip(&widths) {
            if !text.is_empty() {
                line.extend(std::iter::repeat_n(' ', gap));
                line += &palette.paint(*tone, text);
                gap = 0;
            }
            gap += width - text.chars().count() + 2;
        }
        line + "\n"
    };
    let head = head.map(plain);
    std::iter::once(line(&head)).chain(rows.iter().map(|row| line(row))).collect()
}

/// A cell that looks like the text around it.
pub(super) fn plain(text: impl Into<String>) -> Cell {
    (Tone::Plain, text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_lines_end_where_their_text_does() {
        let rows = [
            [plain("a"), (Tone::Bad, "failed".to_owned()), plain("x")],
            [plain("a longer ñame"), plain(""), plain("y")],
            [plain("b"), plain("fine"), plain("")],
        ];
        let head = ["NAME", "STATE", "END"];
        let expected = "NAME           STATE   END\na              failed  x\na longer ñame          y\nb              fine\n";
        assert_eq!(table(Palette { coloured: false }, head, &rows), expected);
        let painted = table(Palette { coloured: true }, head, &rows);
        assert!(painted.contains("\na              \x1b[1;31mfailed\x1b[0m  x\n"), "{painted}");
    }
}
