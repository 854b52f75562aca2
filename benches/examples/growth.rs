//! How the time of planning grows with size: `growth [KIND STATE [NODES RESOURCES]]`, or `growth shapes`; the rows of the tables
//! in `README.md`.

use std::hint::black_box;
use std::time::Duration;

use pengine::{Cib, Settings, schedule};
use pengine_benches::{Kind, Shape, State, Synthetic};
use rustix::time::{ClockId, clock_gettime};

const SIZES: [(usize, usize); 3] = [(10, 200), (40, 800), (100, 5000)];
const SHAPE_SIZES: [usize; 3] = [1000, 2000, 4000];
const USAGE: &str = "usage: growth [KIND STATE [NODES RESOURCES]], or growth shapes";

fn main() -> Result<(), String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let all = ["prim", "group", "clone"].into_iter().flat_map(|kind| [(kind, "cold"), (kind, "warm")]).collect();
    let number = |text: &str| text.parse().map_err(|_| USAGE.to_owned());
    let (rows, sizes): (Vec<_>, _) = match words[..] {
        [] => (all, SIZES.to_vec()),
        ["shapes"] => return print_shapes(),
        [kind, state] => (vec![(kind, state)], SIZES.to_vec()),
        [kind, state, nodes, resources] => (vec![(kind, state)], vec![(number(nodes)?, number(resources)?)]),
        _ => return Err(USAGE.to_owned()),
    };
    let heads: String = sizes.iter().map(|(nodes, resources)| format!(" {nodes}×{resources} |")).collect();
    println!("| kind, state |{heads}\n|---|{}", "---|".repeat(sizes.len()));
    for (kind, state) in rows {
        let mut row = format!("| {kind}, {state} |");
        for &(nodes, resources) in &sizes {
            row += &format!(" {:.2} |", microseconds(kind.parse()?, state.parse()?, nodes, resources)?);
        }
        println!("{row}");
    }
    Ok(())
}

fn print_shapes() -> Result<(), String> {
    let heads: String = SHAPE_SIZES.iter().map(|size| format!(" {size} |")).collect();
    println!("| shape |{heads}\n|---|{}", "---|".repeat(SHAPE_SIZES.len()));
    for (name, shape) in Shape::ALL {
        let mut row = format!("| {name} |");
        for size in SHAPE_SIZES {
            row += &format!(" {:.2} |", planning(&shape.cib(size), 10)?.as_secs_f64() * 1e6 / size as f64);
        }
        println!("{row}");
    }
    Ok(())
}

/// Microseconds of planning per resource and node; for clones, per instance.
fn microseconds(kind: Kind, state: State, nodes: usize, resources: usize) -> Result<f64, String> {
    let text = Synthetic { kind, nodes, resources, state }.cib();
    let planned = if kind == Kind::Clones { resources / 20 } else { resources } * nodes;
    let time = planning(&text, (100_000 / planned).clamp(3, 50))?;
    Ok(time.as_secs_f64() * 1e6 / planned as f64)
}

/// How long planning takes, as a rule.
fn planning(text: &str, runs: usize) -> Result<Duration, String> {
    let cib = Cib::parse(text).map_err(|error| error.to_string())?;
    let settings = Settings { now: 1_700_000_000, ..Settings::default() };
    let mut times: Vec<Duration> = (0..runs)
        .map(|_| {
            let begin = time_used();
            let schedule = schedule(black_box(&cib), &settings);
            let took = time_used().saturating_sub(begin);
            drop(schedule);
            took
        })
        .collect();
    times.sort_unstable();
    Ok(times.get(times.len() / 2).copied().unwrap_or_default())
}

/// The time that this process had a processor: others on the machine hardly disturb it.
fn time_used() -> Duration {
    clock_gettime(ClockId::ProcessCPUTime).try_into().unwrap_or_default()
}
