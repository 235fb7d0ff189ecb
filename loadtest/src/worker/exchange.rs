//! How a worker speaks with who gave out the work: small documents under addresses that it was given.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::{Duration, SystemTime};

use hyper::{HeaderMap, Method, Uri};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::client::{Answer, Client, Idle, NoTrust};
use crate::result::{Ended, Iterations, Part, Tally, WorkerResult};
use crate::test::Request;

/// How often it is asked whether to begin.
const ASK_GO: Duration = Duration::from_millis(500);

/// How often it is asked whether to stop.
const ASK_STOP: Duration = Duration::from_secs(2);

/// How often progress is told.
const TELL_PROGRESS: Duration = Duration::from_secs(5);

/// How long one of these may take.
const TIMEOUT: Duration = Duration::from_secs(20);

/// How often what must arrive is tried.
const TRIES: u32 = 4;

/// The addresses of one worker. Each allows one thing to who has it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exchange {
    /// Where a [`Ready`] is put.
    pub ready: String,
    /// Where a [`Go`] is, once all are ready. Until then there is nothing, or nothing that may be seen.
    pub go: String,
    /// Where something is, once the run is to stop.
    pub stop: String,
    /// Where a [`Progress`] is put, again and again.
    pub progress: String,
    /// Where the [`WorkerResult`] is put.
    pub result: String,
}

impl std::fmt::Debug for Exchange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Who has the addresses may do what they allow.
        f.write_str("Exchange(addresses that are not shown)")
    }
}

/// What a worker says when it could begin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ready {
    /// Which worker.
    pub part: Part,
    /// The version of its program.
    pub version: String,
    /// What its clock says.
    pub clock: Timestamp,
    /// How much memory it has, in megabytes, where Lambda says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<u32>,
}

/// What workers are told when all that are needed are ready.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Go {
    /// When the schedule begins.
    pub start_at: Timestamp,
    /// Over how many workers it is split.
    pub of: u32,
    /// Which of them each one is that was ready, by the number that it was given. One that is not here does not begin.
    pub places: BTreeMap<u32, u32>,
}

/// What a worker says while it works: all that was counted until then.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Which worker.
    pub part: Part,
    /// Since its schedule began.
    pub seconds: f64,
    /// Scenarios, by what became of them.
    pub iterations: Iterations,
    /// Requests.
    pub whole: Tally,
}

/// Speaks with who gave out the work.
#[derive(Debug)]
pub(super) struct Speaking<'e> {
    exchange: &'e Exchange,
    client: Client,
}

impl<'e> Speaking<'e> {
    pub(super) fn new(exchange: &'e Exchange) -> Result<Speaking<'e>, NoTrust> {
        let Exchange { ready, go, stop, progress, result } = exchange;
        let secure = [ready, go, stop, progress, result].iter().any(|address| address.starts_with("https"));
        Ok(Speaking { exchange, client: Client::for_any(secure, TIMEOUT)? })
    }

    /// Tells that the worker could begin.
    pub(super) async fn tell_ready(&self, part: Part) -> Result<(), String> {
        let clock = Timestamp::try_from(SystemTime::now()).map_err(|error| error.to_string())?;
        let memory = std::env::var("AWS_LAMBDA_FUNCTION_MEMORY_SIZE").ok().and_then(|size| size.parse().ok());
        let ready = Ready { part, version: env!("CARGO_PKG_VERSION").to_owned(), clock, memory };
        self.put_surely(&self.exchange.ready, &ready).await
    }

    /// Waits until it is told to begin.
    pub(super) async fn go(&self) -> Go {
        loop {
            if let Some(go) = self.get(&self.exchange.go).await.and_then(|body| serde_json::from_slice(&body).ok()) {
                return go;
            }
            tokio::time::sleep(ASK_GO).await;
        }
    }

    /// Leaves the result.
    pub(super) async fn leave_result(&self, result: &WorkerResult) -> Result<(), String> {
        self.put_surely(&self.exchange.result, result).await
    }

    async fn put_surely(&self, address: &str, document: &impl Serialize) -> Result<(), String> {
        let mut last = String::new();
        for attempt in 0..TRIES {
            tokio::time::sleep(Duration::from_millis(500) * (attempt * attempt)).await;
            match self.put(address, document).await {
                Ok(()) => return Ok(()),
                Err(why) => last = why,
            }
        }
        Err(last)
    }

    async fn put(&self, address: &str, document: &impl Serialize) -> Result<(), String> {
        let body = serde_json::to_vec(document).map_err(|error| error.to_string())?;
        let answer = self.ask(Method::PUT, address, body).await?;
        match (answer.status, answer.failure) {
            (Some(200..=299), None) => Ok(()),
            (_, Some(failure)) => Err(failure.to_string()),
            (status, None) => Err(format!("the answer is {}", status.unwrap_or_default())),
        }
    }

    /// What is there. An answer of 403 is that of 404 to who may not list what there is.
    async fn get(&self, address: &str) -> Option<Vec<u8>> {
        let answer = self.ask(Method::GET, address, Vec::new()).await.ok()?;
        matches!(answer.status, Some(200..=299)).then_some(answer.body)
    }

    /// One request, over a connection of its own: between two of them one would be closed.
    async fn ask(&self, method: Method, address: &str, body: Vec<u8>) -> Result<Answer, String> {
        let target: Uri = address.parse().map_err(|_| "the address that it was given is none".to_owned())?;
        let request = Request::new(method, target, HeaderMap::new(), body).reading();
        Ok(self.client.send(&Idle::default(), &request).await)
    }
}

/// Ends when the run is to stop; never, where there is nobody to say so.
pub(super) async fn stopped(speaking: Option<&Speaking<'_>>) -> Ended {
    let Some(speaking) = speaking else { return std::future::pending().await };
    while speaking.get(&speaking.exchange.stop).await.is_none() {
        tokio::time::sleep(ASK_STOP).await;
    }
    Ended::Stopped
}

/// Tells progress again and again. What does not arrive is told with the next.
pub(super) async fn progress(speaking: Option<&Speaking<'_>>, told: watch::Receiver<Option<Progress>>) -> Infallible {
    let Some(speaking) = speaking else { return std::future::pending().await };
    loop {
        tokio::time::sleep(TELL_PROGRESS).await;
        let latest = told.borrow().clone();
        if let Some(latest) = latest {
            drop(speaking.put(&speaking.exchange.progress, &latest).await);
        }
    }
}
