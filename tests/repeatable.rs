//! Random tests that can be repeated: the seed is fixed unless the environment names another.

use proptest::test_runner::{Config, FileFailurePersistence, RngSeed};

/// So many cases, unless the environment says otherwise. Seeds of failures are kept in a file of this folder and tried first.
pub fn config(cases: u32, failures: Option<&'static str>) -> Config {
    let config = Config::default();
    let rng_seed = if config.rng_seed == RngSeed::Random { RngSeed::Fixed(1) } else { config.rng_seed };
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { config.cases } else { cases };
    let failure_persistence = failures.map(|file| Box::new(FileFailurePersistence::Direct(file)) as Box<_>);
    Config { rng_seed, cases, failure_persistence, ..config }
}
