//! Colours, on terminals whose user doesn't mind them.

use crate::cli::output::wants_colour;

/// How much a word asks for attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Plain,
    /// As it should be.
    Good,
    /// Wanted so, but not the usual state.
    Notable,
    /// Somebody should look at it.
    Bad,
}

/// The colours to use, if any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Palette {
    pub(super) coloured: bool,
}

impl Palette {
    /// That for the output of this process.
    pub(super) fn of_process() -> Self {
        Self { coloured: wants_colour() }
    }

    /// A text in a tone.
    pub(super) fn paint(self, tone: Tone, text: &str) -> String {
        let code = match tone {
            Tone::Good => "32",
            Tone::Notable => "33",
            Tone::Bad => "1;31",
            Tone::Plain => "",
        };
        if self.coloured && !code.is_empty() && !text.is_empty() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// The state in the words of a simulation, with lines painted that tell of trouble.
    pub(super) fn paint_state(self, text: &str) -> String {
        text.lines().map(|line| self.paint(tone_of(line), line) + "\n").collect()
    }
}

fn tone_of(line: &str) -> Tone {
    let has = |words: &[&str]| words.iter().any(|word| line.contains(word));
    if has(&["UNCLEAN", "OFFLINE", "FAILED", "blocked"]) {
        Tone::Bad
    } else if has(&["standby", "maintenance", "unmanaged", "(disabled)", "pending"]) {
        Tone::Notable
    } else {
        Tone::Plain
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_unusual_is_painted() {
        let state = "Node List:\n  * Online: [ a ]\n  * OFFLINE: [ b ]\n";
        let palette = Palette { coloured: true };
        assert_eq!(palette.paint_state(state), "Node List:\n  * Online: [ a ]\n\x1b[1;31m  * OFFLINE: [ b ]\x1b[0m\n");
        assert_eq!(palette.paint(Tone::Notable, "standby"), "\x1b[33mstandby\x1b[0m");
        let palette = Palette { coloured: false };
        assert_eq!((palette.paint_state(state).as_str(), palette.paint(Tone::Bad, "x").as_str()), (state, "x"));
    }
}
