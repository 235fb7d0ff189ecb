//! Properties of the engine, over random platforms of the model's kinds, random changes and random weather.
//!
//! The cases are the same on every run; `INFRA_CASES` multiplies their number, `INFRA_SEED` draws others.

mod converging;
mod planning;
mod platforms;

use std::future::Future;

use proptest::test_runner::{Config, RngSeed};

/// So many cases, always the same ones.
fn cases(number: u32) -> Config {
    let said = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u32>().ok());
    let cases = number * said("INFRA_CASES").unwrap_or(1);
    let rng_seed = RngSeed::Fixed(u64::from(said("INFRA_SEED").unwrap_or(7)));
    Config { cases, rng_seed, failure_persistence: None, max_shrink_iters: 2000, ..Config::default() }
}

/// Runs to the end, in a time that passes only while everybody waits.
fn timeless<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime of one thread can be made").block_on(work)
}
