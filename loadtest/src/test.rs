//! What a load test is: what is asked, how often or by how many, in which phases. Made by [`crate::input`], which
//! checks it; nothing here does anything.

use std::fmt;
use std::time::Duration;

use hyper::body::Bytes;
use hyper::{HeaderMap, Method, Uri};

use crate::schedule::Schedule;

/// A whole load test.
#[derive(Clone, Debug)]
pub struct LoadTest {
    /// What is asked, again and again.
    pub request: Request,
    /// Who asks.
    pub load: Load,
    /// How the load changes over time. Never empty.
    pub phases: Vec<Phase>,
    /// How long one request may take, from the connection to the last byte.
    pub timeout: Duration,
}

impl LoadTest {
    /// When requests begin, or how many users there are.
    pub fn schedule(&self) -> Schedule {
        let full = match self.load {
            Load::Open { rate, in_flight: _ } => rate,
            Load::Closed { users, think: _ } => f64::from(users),
        };
        Schedule::new(&self.phases, full)
    }
}

/// One request. The same for all.
#[derive(Clone, Debug)]
pub struct Request {
    /// `http` or `https`, with a host.
    pub target: Uri,
    /// `GET`, unless said otherwise.
    pub method: Method,
    /// Headers as given, and `host` and `user-agent`.
    pub headers: HeaderMap,
    /// Sent with each request; may be empty.
    pub body: Bytes,
}

impl Request {
    /// The target without its query, which may hold what must not be told.
    pub fn shown_target(&self) -> String {
        let scheme = self.target.scheme_str().unwrap_or("http");
        let host = self.target.authority().map_or("", |authority| authority.as_str());
        format!("{scheme}://{host}{}", self.target.path())
    }
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Load {
    /// Requests begin at a rate, whatever becomes of the earlier ones: as the public does. A slow server gets no rest,
    /// and a request that waits for its turn has begun to wait when it was due.
    Open {
        /// Requests a second at full load.
        rate: f64,
        /// At most this many at one time; those beyond are not sent, and counted.
        in_flight: usize,
    },
    /// A number of users, each with a connection of its own, who ask, read, think, and ask again: a slow server is
    /// asked less often.
    Closed {
        /// How many users at full load.
        users: u32,
        /// How long each thinks, on average: from half of it to one and a half.
        think: Duration,
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
