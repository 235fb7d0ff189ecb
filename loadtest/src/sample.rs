//! What became of one request.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One request that has come to its end.
#[derive(Clone, Debug)]
pub struct Sample {
    /// When it should have begun, from the beginning of the test.
    pub due: Duration,
    /// How much later it did begin: the generator's own fault.
    pub late: Duration,
    /// From when it should have begun to the answer's last byte, or to when it failed.
    pub latency: Duration,
    /// Bytes of the answer's body that came.
    pub received: u64,
    /// How it ended.
    pub outcome: Outcome,
}

/// How a request ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// With a whole answer, which may be one that says what is wrong.
    Answered {
        /// Its status.
        status: u16,
    },
    /// Without one.
    Failed(Failure),
}

impl Outcome {
    /// The class of error that this is, if it is one.
    pub fn error(&self) -> Option<ErrorClass> {
        match self {
            Outcome::Answered { status: 400..=499 } => Some(ErrorClass::Status4xx),
            Outcome::Answered { status: 500.. } => Some(ErrorClass::Status5xx),
            Outcome::Answered { status: _ } => None,
            Outcome::Failed(failure) => Some(failure.class),
        }
    }

    /// Whether the time that it took says something of the server: an answer does, and so does the wait for one that
    /// never came. A refused connection is quick, and would make the server look good.
    pub fn tells_latency(&self) -> bool {
        match self {
            Outcome::Answered { status: _ } => true,
            Outcome::Failed(failure) => failure.class == ErrorClass::Timeout,
        }
    }
}

/// Why there was no whole answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Failure {
    /// What kind of failure.
    pub class: ErrorClass,
    /// The first cause, in words.
    pub why: String,
}

impl Failure {
    /// A failure and what it was.
    pub fn new(class: ErrorClass, why: impl std::fmt::Display) -> Failure {
        Failure { class, why: why.to_string() }
    }
}

/// The kinds of errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErrorClass {
    /// The host was not found, or did not take the connection.
    Connect,
    /// The connection could not be made safe: no TLS there, or a certificate that is not trusted.
    Tls,
    /// The time for one request was over.
    Timeout,
    /// The connection ended before an answer came, or what came was not HTTP.
    Protocol,
    /// The answer says that the request was wrong.
    #[serde(rename = "status_4xx")]
    Status4xx,
    /// The answer says that the server failed.
    #[serde(rename = "status_5xx")]
    Status5xx,
    /// The answer began, and its body broke off.
    Body,
    /// The answer was not as the plan expects.
    Expectation,
    /// The answer did not have what a later step needs.
    Take,
    /// The request could not be made: what was filled in made no address, header or body.
    Request,
}

impl ErrorClass {
    /// As it stands in the JSON result.
    pub fn name(self) -> &'static str {
        match self {
            ErrorClass::Connect => "connect",
            ErrorClass::Tls => "tls",
            ErrorClass::Timeout => "timeout",
            ErrorClass::Protocol => "protocol",
            ErrorClass::Status4xx => "status_4xx",
            ErrorClass::Status5xx => "status_5xx",
            ErrorClass::Body => "body",
            ErrorClass::Expectation => "expectation",
            ErrorClass::Take => "take",
            ErrorClass::Request => "request",
        }
    }
}
