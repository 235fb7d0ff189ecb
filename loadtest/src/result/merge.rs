//! From the results of workers to the result of the run.

use std::collections::BTreeMap;

use super::{Ended, FORMAT, Measured, RunResult, Tally, WorkerResult, WorkerShown, verdict};

/// Why results do not make a run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotMerge {
    /// There is none.
    #[error("there is no result to merge")]
    Nothing,
    /// They are of different tests.
    #[error(
        "worker {worker} carried out another plan than the first: {digest} instead of {first}; merge results of one run"
    )]
    OtherPlan {
        /// Which worker.
        worker: u32,
        /// What it carried out.
        digest: String,
        /// What the first one did.
        first: String,
    },
    /// They are of different splits.
    #[error("worker {worker} is one of {of}, and the first is one of {first}; merge results of one run")]
    OtherSplit {
        /// Which worker.
        worker: u32,
        /// How many it says there are.
        of: u32,
        /// How many the first one says there are.
        first: u32,
    },
    /// Two say that they are the same worker.
    #[error("there are two results of worker {worker}: its requests would be counted twice")]
    Twice {
        /// Which.
        worker: u32,
    },
    /// A number that no worker has.
    #[error("a result is of worker {worker}, and there are {of}, counted from 0")]
    NoSuchWorker {
        /// Which.
        worker: u32,
        /// How many there are.
        of: u32,
    },
    /// A later version wrote it.
    #[error("the result of worker {worker} has format {format}, and this program knows {FORMAT}")]
    OtherFormat {
        /// Which worker.
        worker: u32,
        /// What it has.
        format: u32,
    },
}

/// Makes one result of those of a run's workers, and judges it. Workers that are missing are told, and nothing that is
/// incomplete is passed.
pub fn merge(mut results: Vec<WorkerResult>) -> Result<RunResult, CannotMerge> {
    results.sort_by_key(|result| result.part.worker);
    let first = results.first().ok_or(CannotMerge::Nothing)?;
    let (plan, version, of) = (first.plan.clone(), first.version.clone(), first.part.of);
    for (place, result) in results.iter().enumerate() {
        let worker = result.part.worker;
        if result.format != FORMAT {
            return Err(CannotMerge::OtherFormat { worker, format: result.format });
        }
        if result.plan.digest != plan.digest {
            let (digest, first) = (result.plan.digest.clone(), plan.digest);
            return Err(CannotMerge::OtherPlan { worker, digest, first });
        }
        if result.part.of != of {
            return Err(CannotMerge::OtherSplit { worker, of: result.part.of, first: of });
        }
        if worker >= of {
            return Err(CannotMerge::NoSuchWorker { worker, of });
        }
        if place > 0 && results[place - 1].part.worker == worker {
            return Err(CannotMerge::Twice { worker });
        }
    }
    let mut measured = Measured::default();
    let mut regions: BTreeMap<String, Tally> = BTreeMap::new();
    for result in &results {
        measured.merge(&result.measured);
        if let Some(region) = &result.region {
            regions.entry(region.clone()).or_default().merge(&result.measured.whole);
        }
    }
    let there = |worker: &u32| results.iter().any(|result| result.part.worker == *worker);
    let mut run = RunResult {
        format: FORMAT,
        plan,
        version,
        // Times of one form in one zone are in order as texts.
        started_at: results.iter().map(|result| result.started_at.clone()).min().unwrap_or_default(),
        seconds: results.iter().map(|result| result.seconds).fold(0.0, f64::max),
        ended: results.iter().map(|result| result.ended).max().unwrap_or(Ended::Complete),
        workers: results.iter().map(WorkerShown::of).collect(),
        missing: (0..of).filter(|worker| !there(worker)).collect(),
        measured,
        regions,
        verdict: verdict::UNJUDGED,
    };
    run.verdict = verdict(&run);
    Ok(run)
}

impl WorkerShown {
    /// A worker's result in short.
    pub fn of(result: &WorkerResult) -> WorkerShown {
        let WorkerResult { part, region, started_at, seconds, ended, measured, .. } = result;
        WorkerShown {
            worker: part.worker,
            region: region.clone(),
            started_at: started_at.clone(),
            seconds: *seconds,
            ended: *ended,
            finished: measured.whole.finished,
            errors: measured.whole.errors,
            lateness_p99: measured.lateness.at(0.99),
        }
    }
}
