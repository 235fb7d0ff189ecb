//! One worker of a run: what it is told, and how it carries out its part.
//!
//! It is given everything in one event: the plan, the files, which part is its, and addresses under which it tells that
//! it is ready, learns when to begin and whether to stop, and leaves its progress and its result. They are plain HTTP,
//! signed by whoever gives out the work: a worker has neither permissions nor a client of any cloud.

mod exchange;

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use self::exchange::Speaking;
pub use self::exchange::{Exchange, Go, Progress, Ready};

use crate::client::{Client, NoTrust};
use crate::materials::{Source, gather};
use crate::plan;
use crate::play::{CannotPlay, load_test};
use crate::result::{Ended, Part, WorkerResult};
use crate::run;

/// A worker that learns of its beginning later than this after it does not begin: its load would come beside the
/// others' and not with them.
const LATEST: Duration = Duration::from_secs(2);

/// What a worker is told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Work {
    /// The plan, as its file's text.
    pub plan: String,
    /// What is asked instead of the plan's target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The files that the plan names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, File>,
    /// Which part is this worker's: all, unless said otherwise.
    #[serde(default = "whole")]
    pub part: Part,
    /// Where it runs, for the result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// How it speaks with who gave out the work; without it, it begins at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exchange: Option<Exchange>,
}

fn whole() -> Part {
    Part::WHOLE
}

/// A file that a plan names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum File {
    /// As text.
    Text(String),
    /// As bytes.
    Bytes {
        /// They, in base64.
        base64: String,
    },
}

/// Why a worker has no result.
#[derive(Debug, thiserror::Error)]
pub enum NoResult {
    /// The plan is wrong, or something that it needs is not there.
    #[error(transparent)]
    Plan(#[from] plan::toml::Problems),
    /// It does not say where to ask.
    #[error(transparent)]
    Play(#[from] CannotPlay),
    /// Nothing can be asked over TLS.
    #[error(transparent)]
    Trust(#[from] NoTrust),
    /// It was told too late to begin.
    #[error("worker {worker} learned {late:.1} s after the beginning that it was to begin: it did not")]
    Late {
        /// Which.
        worker: u32,
        /// How late.
        late: f64,
    },
    /// It was told to stop before it began, or that it is not needed.
    #[error("worker {worker} was told to stop before it began")]
    NotWanted {
        /// Which.
        worker: u32,
    },
    /// Nobody told it to begin.
    #[error("worker {worker} was not told to begin before its time was over")]
    NotTold {
        /// Which.
        worker: u32,
    },
    /// What it should tell was refused.
    #[error("worker {worker} cannot leave its {what}: {why}")]
    Untold {
        /// Which.
        worker: u32,
        /// `ready` or `result`.
        what: &'static str,
        /// What happened.
        why: String,
    },
}

/// Carries out one worker's part. `time` is how long there is for all of it, `secret` reads the environment.
pub async fn work(
    work: &Work,
    secret: impl Fn(&str) -> Option<String>,
    time: Duration,
    interrupt: impl Future<Output = Ended>,
) -> Result<WorkerResult, NoResult> {
    let Work { plan: text, target, files, part, region, exchange } = work;
    let began = tokio::time::Instant::now();
    let plan = plan::read(text, "plan.toml")?;
    let source = Source { file: "plan.toml", text };
    let file = |name: &str| files.get(name).map_or_else(|| Err("it was not given to the worker".to_owned()), bytes);
    let materials = gather(&plan, source, file, secret)?;
    // What is wrong with the target is told before anybody waits.
    drop(load_test(&plan, &materials, target.as_deref(), *part)?);

    let speaking = exchange.as_ref().map(Speaking::new).transpose()?;
    let part = match &speaking {
        Some(speaking) => wait(speaking, *part, began + time).await?,
        None => *part,
    };
    let test = load_test(&plan, &materials, target.as_deref(), part)?;
    let client = Client::new(&test)?;
    let deadline = async {
        tokio::time::sleep_until(began + time).await;
        Ended::Deadline
    };
    let (tell, told) = watch::channel(None);
    let look = |measured: &crate::result::Measured, took: Duration| {
        let progress = Progress {
            part,
            seconds: took.as_secs_f64(),
            iterations: measured.iterations,
            whole: measured.whole.clone(),
        };
        drop(tell.send(Some(progress)));
    };
    let stop = async {
        tokio::select! {
            ended = interrupt => ended,
            ended = deadline => ended,
            ended = exchange::stopped(speaking.as_ref()) => ended,
            never = exchange::progress(speaking.as_ref(), told) => match never {},
        }
    };
    let mut result = run(&test, client, part, stop, look).await;
    result.region.clone_from(region);
    if let Some(speaking) = &speaking {
        let untold = |why| NoResult::Untold { worker: part.worker, what: "result", why };
        speaking.leave_result(&result).await.map_err(untold)?;
    }
    Ok(result)
}

fn bytes(file: &File) -> Result<Vec<u8>, String> {
    match file {
        File::Text(text) => Ok(text.clone().into_bytes()),
        File::Bytes { base64 } => STANDARD.decode(base64).map_err(|_| "it is not base64".to_owned()),
    }
}

/// Tells that the worker is ready, and waits for its moment. The part may be another then: the work is split over those
/// that are there.
async fn wait(speaking: &Speaking<'_>, part: Part, until: tokio::time::Instant) -> Result<Part, NoResult> {
    let worker = part.worker;
    let untold = |why| NoResult::Untold { worker, what: "ready", why };
    speaking.tell_ready(part).await.map_err(untold)?;
    let go = tokio::select! {
        go = speaking.go() => go,
        _ = exchange::stopped(Some(speaking)) => return Err(NoResult::NotWanted { worker }),
        () = tokio::time::sleep_until(until) => return Err(NoResult::NotTold { worker }),
    };
    let Some(place) = go.places.get(&worker) else { return Err(NoResult::NotWanted { worker }) };
    let now = Timestamp::try_from(SystemTime::now()).unwrap_or(go.start_at);
    let wait = go.start_at.duration_since(now).as_secs_f64();
    if wait < -LATEST.as_secs_f64() {
        return Err(NoResult::Late { worker, late: -wait });
    }
    tokio::select! {
        () = tokio::time::sleep(Duration::try_from_secs_f64(wait.max(0.0)).unwrap_or_default()) => {}
        _ = exchange::stopped(Some(speaking)) => return Err(NoResult::NotWanted { worker }),
    }
    Ok(Part { worker: *place, of: go.of })
}
