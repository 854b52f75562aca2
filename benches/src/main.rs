//! Prints the CIB of a synthetic cluster.

use std::process::ExitCode;

use pengine_benches::{State, Synthetic};

const USAGE: &str = "usage: synthetic-cluster prim|chain|group|clone|mixed NODES RESOURCES [cold|warm|failover]";

fn parse(words: &[String]) -> Result<Synthetic, String> {
    let (kind, nodes, resources, state) = match words {
        [kind, nodes, resources] => (kind, nodes, resources, State::Cold),
        [kind, nodes, resources, state] => (kind, nodes, resources, state.parse()?),
        _ => return Err(USAGE.to_owned()),
    };
    let number = |text: &str| text.parse::<usize>().ok().filter(|&number| number > 0);
    let nodes = number(nodes).ok_or_else(|| format!("'{nodes}' is not a positive number of nodes"))?;
    let resources = number(resources).ok_or_else(|| format!("'{resources}' is not a positive number of resources"))?;
    Ok(Synthetic { kind: kind.parse()?, nodes, resources, state })
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match parse(&words) {
        Ok(cluster) => {
            print!("{}", cluster.cib());
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("synthetic-cluster: {message}");
            ExitCode::from(64)
        }
    }
}
