//! A user: asks, waits, keeps cookies, and has everything measured.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use hyper::header::COOKIE;
use tokio::sync::mpsc::UnboundedSender;

use super::Stopped;
use crate::client::{Answer, Client, Idle};
use crate::cookies::Jar;
use crate::plan::words::Between;
use crate::sample::{Edge, ErrorClass, Failure, Sample};
use crate::schedule::scattered;
use crate::test::Request;

/// Which iteration this is, over all workers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Its number, from 0: no two have the same.
    pub number: u64,
    /// The user's number, from 0; in the open model the iteration's.
    pub user: u64,
}

/// A user who goes through a scenario.
#[derive(Debug)]
pub struct User {
    pub(crate) sending: Sending,
    pub(crate) turn: Turn,
    /// The place of the scenario.
    pub(crate) scenario: usize,
    /// When the next request is due; none if it is due as soon as the one before is answered.
    pub(crate) due: Option<Duration>,
    /// Whether the next request's latency counts from when it was due, rather than from when it began.
    pub(crate) from_due: bool,
    pub(crate) idle: Idle,
    pub(crate) cookies: Jar,
    pub(crate) chances: u64,
}

/// A request that has been answered, well or badly, and counted.
#[derive(Debug)]
pub struct Answered {
    /// What came.
    pub answer: Answer,
    /// How long it took.
    pub latency: Duration,
    /// Why it is an error, if it is one.
    pub failure: Option<Failure>,
}

impl User {
    /// Which iteration this is.
    pub fn turn(&self) -> Turn {
        self.turn
    }

    /// The cookies so far.
    pub fn cookies(&self) -> &Jar {
        &self.cookies
    }

    /// A number from 0 to 1 that looks like chance, another each time.
    pub fn chance(&mut self) -> f64 {
        self.chances += 1;
        scattered(self.sending.seed ^ self.turn.number.rotate_left(32), self.chances)
    }

    /// Sends a request that is measured as a step of this name. A status of 400 or more is an error.
    pub async fn ask(&mut self, step: impl Into<Arc<str>>, request: Request) -> Result<Answer, Stopped> {
        let answered = self.ask_and_judge(step.into(), request, |_, _, _| None).await;
        if answered.failure.is_some() { Err(Stopped::BrokenOff) } else { Ok(answered.answer) }
    }

    /// Sends a request. `judge` says what is wrong with a whole answer, of which it is told how long it took; where it
    /// says nothing, the status does, unless `judge` says that it expects it.
    pub async fn ask_and_judge(
        &mut self,
        step: Arc<str>,
        mut request: Request,
        judge: impl FnOnce(&Answer, Duration, &Jar) -> Option<Result<(), Failure>> + Send,
    ) -> Answered {
        let begun = self.sending.now();
        let due = self.due.take().unwrap_or(begun);
        let from = if std::mem::take(&mut self.from_due) { due } else { begun };
        self.sending.tell(Event::Started);
        if let Some(cookies) = self.cookies.header(&request.target) {
            request.headers.append(COOKIE, cookies);
        }
        let mut answer = self.sending.client.send(&self.idle, &request).await;
        let ended = self.sending.now();
        let latency = ended.saturating_sub(from);
        self.cookies.learn(&request.target, &answer.headers, SystemTime::now());
        let failure = answer.failure.take().or_else(|| match judge(&answer, latency, &self.cookies) {
            Some(judged) => judged.err(),
            None => answer.status.and_then(Failure::of_status),
        });
        self.sending.tell(Event::Finished(Sample {
            scenario: self.scenario,
            step,
            due,
            late: begun.saturating_sub(due),
            latency,
            ended,
            sent: request.body.len() as u64,
            received: answer.received,
            status: answer.status,
            edge: answer.status.and_then(|status| Edge::of(status, &answer.headers)),
            failure: failure.clone(),
        }));
        Answered { answer, latency, failure }
    }

    /// Counts a request that could not even be made.
    pub fn could_not_ask(&mut self, step: Arc<str>, why: impl std::fmt::Display) -> Stopped {
        let due = self.due.take().unwrap_or_else(|| self.sending.now());
        self.from_due = false;
        self.sending.tell(Event::Started);
        self.sending.tell(Event::Finished(Sample {
            scenario: self.scenario,
            step,
            due,
            late: Duration::ZERO,
            latency: Duration::ZERO,
            ended: due,
            sent: 0,
            received: 0,
            status: None,
            edge: None,
            failure: Some(Failure::new(ErrorClass::Request, why)),
        }));
        Stopped::BrokenOff
    }

    /// Waits, and lets the next request be due then.
    pub async fn think(&mut self, between: Between) {
        let due = self.sending.now() + between.at(self.chance());
        tokio::time::sleep_until((self.sending.began + due).into()).await;
        self.due = Some(due);
    }

    /// Counts a group of steps that have all ended well: the sum of their times.
    pub fn measure_group(&self, group: Arc<str>, latency: Duration) {
        let due = self.sending.now();
        self.sending.tell(Event::Group { scenario: self.scenario, group, due, latency });
    }

    /// Counts a value of a metric; none where an answer had no such number.
    pub fn measure(&self, metric: Arc<str>, value: Option<f64>) {
        self.sending.tell(Event::Value { metric, due: self.sending.now(), value });
    }
}

/// What happens in a test.
#[derive(Debug)]
pub(crate) enum Event {
    /// An iteration began.
    Begun { scenario: usize },
    /// An iteration was due, and could not begin.
    NotBegun { scenario: usize },
    /// An iteration ended, after this time.
    Ended { scenario: usize, how: Result<Duration, Stopped> },
    /// A request began.
    Started,
    /// A request ended.
    Finished(Sample),
    /// A group of steps ended well.
    Group { scenario: usize, group: Arc<str>, due: Duration, latency: Duration },
    /// An answer had a value that is measured, or should have had.
    Value { metric: Arc<str>, due: Duration, value: Option<f64> },
}

/// Sends requests and tells of them.
#[derive(Clone, Debug)]
pub(crate) struct Sending {
    pub(crate) client: Arc<Client>,
    pub(crate) tell: UnboundedSender<Event>,
    pub(crate) began: Instant,
    pub(crate) seed: u64,
}

impl Sending {
    pub(crate) fn now(&self) -> Duration {
        self.began.elapsed()
    }

    /// Nobody listens any more once the test was stopped; then there is nothing to tell.
    pub(crate) fn tell(&self, event: Event) {
        drop(self.tell.send(event));
    }
}
