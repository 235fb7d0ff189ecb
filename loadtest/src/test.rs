//! What a load test is: who asks what, how often or by how many, in which phases. Made by [`crate::input`] of settings, by
//! [`crate::play`] of a plan, or by a program of its own scenarios; nothing here does anything.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Bytes;
use hyper::{HeaderMap, Method, Uri};
use sha2::{Digest as _, Sha256};

use crate::plan::Threshold;
use crate::plan::words::Between;
use crate::result::{PhaseShown, PlanShown};
use crate::scenario::{Deal, Scenario};
use crate::schedule::Schedule;

/// A whole load test.
#[derive(Clone, Debug)]
pub struct LoadTest {
    /// What results say of it.
    pub shown: PlanShown,
    /// What is done, again and again.
    pub scenarios: Deal,
    /// Who does it.
    pub load: Load,
    /// How the load changes over time. Never empty.
    pub phases: Vec<Phase>,
    /// How long one request may take, from the connection to the last byte.
    pub timeout: Duration,
    /// Whether anything is asked over TLS.
    pub secure: bool,
    /// What metrics are counted in.
    pub units: BTreeMap<String, Option<String>>,
}

impl LoadTest {
    /// A test that asks `target` for what the scenarios do. It has no thresholds and no metrics.
    pub fn new(
        name: &str,
        target: &str,
        scenarios: Vec<Arc<dyn Scenario>>,
        load: Load,
        phases: Vec<Phase>,
        timeout: Duration,
    ) -> LoadTest {
        let (model, full_load) = match load {
            Load::Open { rate, in_flight: _ } => ("open", rate),
            Load::Closed { users, think: _ } => ("closed", f64::from(users)),
        };
        let names: Vec<_> = scenarios.iter().map(|scenario| (scenario.name(), scenario.weight())).collect();
        let shown = PlanShown {
            name: name.to_owned(),
            digest: digest(&format!("{name} {target} {names:?} {load:?} {phases:?} {timeout:?}")),
            target: target.to_owned(),
            model: model.to_owned(),
            full_load,
            phases: phases.iter().map(Phase::shown).collect(),
            thresholds: Vec::new(),
        };
        let secure = target.starts_with("https");
        LoadTest { shown, scenarios: Deal::new(scenarios), load, phases, timeout, secure, units: BTreeMap::new() }
    }

    /// The same, with what must hold.
    pub fn with_thresholds(mut self, thresholds: Vec<Threshold>) -> LoadTest {
        self.shown.thresholds = thresholds;
        self
    }

    /// When iterations begin, or how many users there are.
    pub fn schedule(&self) -> Schedule {
        Schedule::new(&self.phases, self.shown.full_load)
    }
}

/// SHA-256 of a text, in hexadecimal digits.
pub(crate) fn digest(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// One request.
#[derive(Clone, Debug)]
pub struct Request {
    /// `http` or `https`, with a host.
    pub target: Uri,
    /// `GET`, unless said otherwise.
    pub method: Method,
    /// Headers as given, and `host` and `user-agent`.
    pub headers: HeaderMap,
    /// What is sent; may be empty.
    pub body: Bytes,
    /// Whether the answer's body is looked at.
    pub reads: Reads,
}

/// Whether an answer's body is looked at, or only counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// It is counted.
    Nothing,
    /// It is kept.
    Body,
}

impl Request {
    /// A request with the headers that every request has.
    pub fn new(method: Method, target: Uri, headers: HeaderMap, body: impl Into<Bytes>) -> Request {
        let headers = crate::input::complete(headers, &target);
        Request { target, method, headers, body: body.into(), reads: Reads::Nothing }
    }

    /// A `GET` of an address.
    pub fn get(target: Uri) -> Request {
        Request::new(Method::GET, target, HeaderMap::new(), Bytes::new())
    }

    /// The same; the answer's body is kept to be looked at.
    pub fn reading(self) -> Request {
        Request { reads: Reads::Body, ..self }
    }

    /// The target without its query, which may hold what must not be told.
    pub fn shown_target(&self) -> String {
        shown_target(&self.target)
    }
}

/// An address without its query, which may hold what must not be told.
pub(crate) fn shown_target(target: &Uri) -> String {
    let scheme = target.scheme_str().unwrap_or("http");
    let host = target.authority().map_or("", |authority| authority.as_str());
    format!("{scheme}://{host}{}", target.path())
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Load {
    /// Iterations begin at a rate, whatever becomes of the earlier ones: as the public does. A slow server gets no
    /// rest, and a request that waits for its turn has begun to wait when it was due.
    Open {
        /// Iterations a second at full load, all workers together.
        rate: f64,
        /// At most this many at one time in each worker; those beyond are not begun, and counted.
        in_flight: usize,
    },
    /// A number of users, each with a connection of its own, who ask, read, think, and ask again: a slow server is
    /// asked less often.
    Closed {
        /// How many users at full load, all workers together.
        users: u32,
        /// How long each thinks.
        think: Between,
    },
}

/// One part of the schedule, over which the load changes steadily.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Phase {
    /// How long it is.
    pub length: Duration,
    /// The share of the full load at its beginning: 1 is all of it.
    pub from: f64,
    /// The share at its end.
    pub to: f64,
}

impl Phase {
    /// A phase of one load.
    pub fn steady(length: Duration) -> Phase {
        Phase { length, from: 1.0, to: 1.0 }
    }

    /// What results say of it.
    pub fn shown(&self) -> PhaseShown {
        PhaseShown { name: self.to_string(), seconds: self.length.as_secs_f64(), from: self.from, to: self.to }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self.from.total_cmp(&self.to) {
            std::cmp::Ordering::Less => "ramp",
            std::cmp::Ordering::Equal => "steady",
            std::cmp::Ordering::Greater => "fall",
        })
    }
}
