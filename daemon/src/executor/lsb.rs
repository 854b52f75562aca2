//! Init scripts, as the Linux Standard Base wants them.

use super::Context;
use super::bounds::Bounds;
use super::environment;
use super::outcome::{Outcome, ocf_status};
use super::process::Program;
use super::settings::{ExecutorSettings, file_name};
use crate::core::AgentCall;

pub(super) async fn run(context: &Context, call: &AgentCall, bounds: &Bounds) -> Outcome {
    let settings = &context.settings;
    let Some(path) = file_name(&call.agent.name).map(|name| settings.init_directory.join(name)).filter(|path| path.is_file())
    else {
        return Outcome::not_installed(format!("there is no init script {}", script(settings, call)));
    };
    let argument = match call.action.as_str() {
        "monitor" | "status" => "status",
        action @ ("start" | "stop" | "reload") => action,
        action => return Outcome::unimplemented(action),
    };
    let program = Program {
        path,
        arguments: vec![argument.to_owned()],
        environment: environment::basic(settings),
        input: String::new(),
        grace: settings.grace,
    };
    Outcome::of_program(program.run(bounds).await, |status, _| meaning(argument, status))
}

fn script(settings: &ExecutorSettings, call: &AgentCall) -> String {
    settings.init_directory.join(&call.agent.name).display().to_string()
}

/// An exit status in OCF's terms.
fn meaning(argument: &str, status: i32) -> i32 {
    match (argument, status) {
        (_, 0) => ocf_status::FINE,
        // Dead with a pid file left, dead with a lock file left, not running.
        ("status", 1..=3) => ocf_status::NOT_RUNNING,
        ("status", _) => ocf_status::FAILED,
        ("stop", ocf_status::NOT_RUNNING) => ocf_status::FINE,
        // Of all but `status` the standard's exit statuses are OCF's.
        (_, 1..=7) => status,
        _ => ocf_status::FAILED,
    }
}

#[cfg(test)]
mod tests {
    use super::meaning;

    #[test]
    fn statuses_are_read_as_the_standard_has_them() {
        for (argument, status, ours) in [
            ("status", 0, 0),
            ("status", 1, 7),
            ("status", 2, 7),
            ("status", 3, 7),
            ("status", 4, 1),
            ("status", 150, 1),
            ("start", 0, 0),
            ("start", 5, 5),
            ("start", 7, 7),
            ("start", 99, 1),
            ("stop", 7, 0),
            ("stop", 4, 4),
        ] {
            assert_eq!(meaning(argument, status), ours, "{argument} {status}");
        }
    }
}
