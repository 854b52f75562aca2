//! What makes the program at home in a shell: completions and manual pages, made from its own command line.

use std::path::PathBuf;

use clap::{Args, Command};
use clap_complete::{Shell, generate};

use super::answer::write;
use super::{Failure, status};

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
    pengine completions bash > ~/.local/share/bash-completion/completions/pengine
    pengine completions zsh > ~/.zfunc/_pengine
    pengine completions fish > ~/.config/fish/completions/pengine.fish

Exit status: 0 if all went well, 64 for wrong usage, 74 if the output can't be written.";

const MANUAL_EXAMPLES: &str = "\
Example:
    pengine manual ~/.local/share/man/man1 && man pengine-check

Exit status: 0 if all went well, 64 for wrong usage, 105 if a page can't be written.";

/// Put out what makes a shell complete the words of this program
#[derive(Debug, Args)]
#[command(after_help = COMPLETIONS_EXAMPLES)]
pub struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

/// Write the manual pages of this program, one a command
#[derive(Debug, Args)]
#[command(after_help = MANUAL_EXAMPLES)]
pub struct ManualArgs {
    /// The folder to write them to, which is made if it isn't there
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

/// Puts completions out; the exit status.
pub(super) fn completions(args: &CompletionsArgs, mut command: Command) -> Result<u8, Failure> {
    let mut script = Vec::new();
    generate(args.shell, &mut command, "pengine", &mut script);
    write(String::from_utf8_lossy(&script).into_owned())?;
    Ok(0)
}

/// Writes the manual pages; the exit status.
pub(super) fn manual(args: &ManualArgs, command: Command) -> Result<u8, Failure> {
    let folder = &args.folder;
    let made = std::fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(command, folder));
    made.map_err(|error| {
        let problem = format_args!("could not write manual pages to '{}': {error}", folder.display());
        Failure::new(status::CANNOT_CREATE, problem)
    })?;
    Ok(0)
}
