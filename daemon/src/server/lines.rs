//! Lines of bounded length.

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};

/// How much room for lines is kept from one to the next.
const KEPT: usize = 64 * 1024;

/// Reads lines, and keeps none that is too long.
#[derive(Debug)]
pub(super) struct Lines<R> {
    input: BufReader<R>,
    line: Vec<u8>,
    longest: usize,
}

/// A line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line<'l> {
    /// With its end, unless the input ended without one.
    Whole(&'l [u8]),
    /// Too long, and thrown away.
    TooLong,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    /// Lines of at most `longest` bytes, their end not counted.
    pub(super) fn new(input: R, longest: usize) -> Self {
        Self { input: BufReader::new(input), line: Vec::new(), longest }
    }

    /// How long a line may be.
    pub(super) fn longest(&self) -> usize {
        self.longest
    }

    /// The next line; none at the end of the input.
    pub(super) async fn next(&mut self) -> std::io::Result<Option<Line<'_>>> {
        self.line.clear();
        self.line.shrink_to(KEPT);
        let most = u64::try_from(self.longest).unwrap_or(u64::MAX).saturating_add(1);
        if (&mut self.input).take(most).read_until(b'\n', &mut self.line).await? == 0 {
            return Ok(None);
        }
        if self.line.len() <= self.longest || self.line.ends_with(b"\n") {
            return Ok(Some(Line::Whole(&self.line)));
        }
        self.skip_line().await?;
        Ok(Some(Line::TooLong))
    }

    /// Waits for the end of the input, whatever comes before it.
    pub(super) async fn end(&mut self) -> std::io::Result<()> {
        while let length @ 1.. = self.input.fill_buf().await?.len() {
            self.input.consume(length);
        }
        Ok(())
    }

    async fn skip_line(&mut self) -> std::io::Result<()> {
        loop {
            let some = self.input.fill_buf().await?;
            let newline = some.iter().position(|&byte| byte == b'\n');
            let length = newline.map_or(some.len(), |at| at + 1);
            self.input.consume(length);
            if newline.is_some() || length == 0 {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    async fn lines(text: &str) -> Vec<Option<String>> {
        let mut lines = Lines::new(text.as_bytes(), 5);
        let mut all = Vec::new();
        while let Some(line) = lines.next().await.unwrap() {
            all.push(match line {
                Line::Whole(line) => Some(String::from_utf8(line.to_vec()).unwrap()),
                Line::TooLong => None,
            });
        }
        all
    }

    #[tokio::test]
    async fn lines_end_and_long_ones_are_skipped() {
        let whole = |line: &str| Some(line.to_owned());
        assert_eq!(lines("").await, []);
        assert_eq!(lines("12345\n\n1").await, [whole("12345\n"), whole("\n"), whole("1")]);
        assert_eq!(lines("123456\n1\n").await, [None, whole("1\n")]);
        assert_eq!(lines(&format!("{}\nlast", "much".repeat(10_000))).await, [None, whole("last")]);
        assert_eq!(lines("1234567").await, [None]);
    }
}
