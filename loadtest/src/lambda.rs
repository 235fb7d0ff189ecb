//! The load test as a Lambda function: takes invocations from the runtime API, carries out the test that the
//! environment and the event say, or one worker's part of the plan that is in the event, and gives back its result.
//!
//! Lambda ends a function that is late without a word, so the test is stopped a little earlier, and what was counted
//! until then is the result.

mod api;

use std::convert::Infallible;
use std::time::{Duration, SystemTime};

use serde::Deserialize as _;
use serde_json::{Value, json};

pub use self::api::{ApiError, Fault, Invocation, RuntimeApi};

use crate::client::Client;
use crate::report::Report;
use crate::result::{Ended, Part, WorkerShown, merge};
use crate::settings::{Settings, asked};
use crate::worker::{NoResult, Work, work};
use crate::{input, run};

/// How long before its deadline a test is stopped, to tell the result: this, or a fifth of the time that there is.
const TO_TELL: Duration = Duration::from_secs(3);

/// Serves invocations one after the other, for as long as the runtime API has any: in Lambda that is until the process
/// is ended. Each result and each fault is also given to `log`, as one line.
///
/// An environment that cannot be right is told as a failed start, before any invocation.
pub async fn serve(api: &RuntimeApi, environment: Settings, log: impl Fn(&str)) -> Result<Infallible, ServeError> {
    if let Err(problems) = input::check_without_target(&environment) {
        let fault = Fault::new("Settings", problems.to_string());
        log(&fault.to_json().to_string());
        api.fail_start(&fault).await?;
        return Err(ServeError::Start(fault));
    }
    loop {
        let invocation = api.next().await?;
        match handle(&environment, &invocation).await {
            Ok(Told { log: line, answer }) => {
                log(&line.to_string());
                api.respond(&invocation, &answer).await?;
            }
            Err(fault) => {
                log(&fault.to_json().to_string());
                api.fail(&invocation, &fault).await?;
            }
        }
    }
}

/// Why the function cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The environment is wrong; the runtime API has been told.
    #[error("{}", .0.message)]
    Start(Fault),
    /// The runtime API cannot be spoken with.
    #[error(transparent)]
    Api(#[from] ApiError),
}

/// Carries out what one invocation asks for: a worker's part of a plan, or the test that the settings say.
async fn handle(environment: &Settings, invocation: &Invocation) -> Result<Told, Fault> {
    let event: Value = serde_json::from_slice(&invocation.event)
        .map_err(|error| Fault::new("Event", format!("the event is not JSON: {error}")))?;
    let left = || {
        time_left(invocation.deadline, SystemTime::now())
            .ok_or_else(|| Fault::new("Deadline", "the deadline had passed before the test began".to_owned()))
    };
    if asked(&event).get("plan").is_some() {
        let given = Work::deserialize(asked(&event));
        let given = given.map_err(|error| Fault::new("Event", format!("the event is no work: {error}")))?;
        let secret = |name: &str| std::env::var(name).ok();
        let result = work(&given, secret, left()?, std::future::pending()).await;
        let result = result.map_err(|error| Fault::new(kind(&error), error.to_string()))?;
        let shown = json!(WorkerShown::of(&result));
        // What has been left where it was asked for is not given back a second time.
        let answer = if given.exchange.is_some() { shown.clone() } else { json!(result) };
        return Ok(Told { log: shown, answer });
    }
    let settings = environment.overridden_by(&event).map_err(|problems| Fault::new("Event", problems.to_string()))?;
    let test = input::read(&settings).map_err(|problems| Fault::new("Settings", problems.to_string()))?;
    let client = Client::new(&test).map_err(|error| Fault::new("Trust", error.to_string()))?;
    let left = left()?;
    let deadline = async {
        tokio::time::sleep(left).await;
        Ended::Deadline
    };
    let result = run(&test, client, Part::WHOLE, deadline, |_, _| {}).await;
    let run = merge(vec![result]).map_err(|error| Fault::new("Result", error.to_string()))?;
    let report = json!(Report::of(&run));
    Ok(Told { log: report.clone(), answer: report })
}

/// What an invocation came to: a line for the log, and what is given back.
struct Told {
    log: Value,
    answer: Value,
}

/// A word for programs.
fn kind(error: &NoResult) -> &'static str {
    match error {
        NoResult::Plan(_) | NoResult::Play(_) => "Plan",
        NoResult::Trust(_) => "Trust",
        NoResult::Late { .. } => "Late",
        NoResult::NotWanted { .. } => "NotWanted",
        NoResult::NotTold { .. } => "NotTold",
        NoResult::Untold { .. } => "Untold",
    }
}

/// How long a test may take, so that its result is told before the deadline. None if there is no time at all.
fn time_left(deadline: SystemTime, now: SystemTime) -> Option<Duration> {
    let whole = deadline.duration_since(now).ok().filter(|whole| !whole.is_zero())?;
    Some(whole - TO_TELL.min(whole / 5))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_leaves_time_to_tell_its_result() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1000);
        let left = |seconds| time_left(now + Duration::from_secs(seconds), now);
        assert_eq!(left(900), Some(Duration::from_secs(897)));
        assert_eq!(left(5), Some(Duration::from_secs(4)));
        assert_eq!(left(0), None);
        assert_eq!(time_left(now - Duration::from_secs(1), now), None);
    }
}
