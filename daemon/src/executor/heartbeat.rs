//! Scripts of heartbeat's first version: positional arguments, then the action.

use super::Context;
use super::bounds::Bounds;
use super::environment;
use super::outcome::{Outcome, ocf_status};
use super::process::{Output, Program};
use super::settings::file_name;
use crate::core::AgentCall;

pub(super) async fn run(context: &Context, call: &AgentCall, bounds: &Bounds) -> Outcome {
    let settings = &context.settings;
    let path = file_name(&call.agent.name).map(|name| settings.legacy_directory.join(name));
    let Some(path) = path.filter(|path| path.is_file()) else {
        let path = settings.legacy_directory.join(&call.agent.name);
        return Outcome::not_installed(format!("there is no script {}", path.display()));
    };
    let action = match call.action.as_str() {
        "monitor" | "status" => "status",
        action @ ("start" | "stop") => action,
        action => return Outcome::unimplemented(action),
    };
    let arguments = (1..).map_while(|position: u32| call.parameters.get(&position.to_string())).cloned();
    let program = Program {
        path,
        arguments: arguments.chain([action.to_owned()]).collect(),
        environment: environment::basic(settings),
        input: String::new(),
        grace: settings.grace,
    };
    Outcome::of_program(program.run(bounds).await, |status, output| match action {
        "status" => state(output),
        _ if status == 0 => ocf_status::FINE,
        _ => ocf_status::FAILED,
    })
}

/// What a `status` means: the words tell, not the exit status.
fn state(output: &Output) -> i32 {
    let words = output.stdout.to_lowercase();
    let stopped = words.contains("stopped") || words.contains("not running");
    let runs = words.contains("running") || words.split(|letter: char| !letter.is_alphanumeric()).any(|word| word == "ok");
    if runs && !stopped { ocf_status::FINE } else { ocf_status::NOT_RUNNING }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_status_count() {
        let state = |stdout: &str| state(&Output { stdout: stdout.to_owned(), stderr: String::new() });
        for running in ["running", "OK", "INFO: Running OK\n", "web is running (pid 7)"] {
            assert_eq!(state(running), 0, "{running}");
        }
        for stopped in ["stopped", "not running", "", "web is stopped", "broken"] {
            assert_eq!(state(stopped), 7, "{stopped}");
        }
    }
}
