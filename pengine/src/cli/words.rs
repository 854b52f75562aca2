//! Command-line words: those of a form that the field gave up, `-xFILE` (SIM-3), and all of them as a shell takes them.

use std::ffi::OsString;

use clap::{Arg, Command};

use super::output::complain_plainly;

/// Warns of values that are written in the same word as their short option.
pub(super) fn warn_of_joined_values(command: &Command, words: &[OsString]) {
    // The field's options are those of one command.
    let subcommand = words.get(1).filter(|name| *name == "simulate").and_then(|name| command.find_subcommand(name));
    let Some(subcommand) = subcommand else { return };
    for word in joined_values(subcommand, words.get(2..).unwrap_or_default()) {
        complain_plainly(&format!("Deprecated argument format '{word}' used."));
        let (option, value) = word.split_at(word.char_indices().nth(2).map_or(word.len(), |(at, _)| at));
        let advice = "Support will be removed in a future release.";
        complain_plainly(&format!("Please use '{option} {value}' instead.  {advice}"));
    }
}

/// All words as they could be typed, those quoted that a shell would not leave alone (SIM-150).
pub(super) fn quoted(words: &[OsString]) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "_-./:=@%+,".contains(c);
    let quoted = words.iter().map(|word| {
        let word = word.to_string_lossy();
        if !word.is_empty() && word.chars().all(is_plain) {
            word.into_owned()
        } else {
            format!("'{}'", word.replace('\'', r"'\''"))
        }
    });
    quoted.collect::<Vec<_>>().join(" ")
}

/// The words that are a short option together with its value, as `-xFILE`; options before it in the same word are left out.
fn joined_values(command: &Command, words: &[OsString]) -> Vec<String> {
    let mut found = Vec::new();
    let mut words = words.iter().filter_map(|word| word.to_str());
    while let Some(word) = words.next() {
        if word == "--" {
            break;
        }
        if let Some(long) = word.strip_prefix("--") {
            if takes_value(command, |arg| arg.get_long() == Some(long)) {
                words.next();
            }
            continue;
        }
        let Some(letters) = word.strip_prefix('-') else { continue };
        let at = letters.char_indices().find(|&(_, letter)| takes_value(command, |arg| arg.get_short() == Some(letter)));
        let Some((at, letter)) = at else { continue };
        match letters.get(at + letter.len_utf8()..) {
            Some("") | None => {
                words.next();
            }
            Some(value) => found.push(format!("-{letter}{value}")),
        }
    }
    found
}

fn takes_value(command: &Command, is_meant: impl Fn(&Arg) -> bool) -> bool {
    command.get_arguments().any(|arg| is_meant(arg) && arg.get_action().takes_values())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::ArgAction;
    use std::ffi::OsStr;

    #[test]
    fn quotes_what_a_shell_would_change() {
        let words = ["pengine", "-x", "my file", "it's", ""].map(OsString::from);
        assert_eq!(quoted(&words), r"pengine -x 'my file' 'it'\''s' ''");
    }

    #[test]
    fn finds_values_joined_to_their_option() {
        let flag = Arg::new("simulate").short('S').action(ArgAction::SetTrue);
        let command = Command::new("c").arg(flag).arg(Arg::new("xml-file").short('x').long("xml-file"));
        let joined = |words: &[&str]| {
            let words: Vec<OsString> = words.iter().map(|word| OsStr::new(word).to_owned()).collect();
            joined_values(&command, &words)
        };
        assert_eq!(joined(&["-Sxa.xml", "-x", "-xb"]), ["-xa.xml"]);
        assert_eq!(joined(&["--xml-file", "-xb", "-S", "--", "-xc"]), [""; 0]);
    }
}
