//! What became of one request.

use std::sync::Arc;
use std::time::Duration;

use hyper::HeaderMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One request that has come to its end.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The place of its scenario among the test's.
    pub scenario: usize,
    /// The name of its step.
    pub step: Arc<str>,
    /// When it should have begun, from the beginning of the test.
    pub due: Duration,
    /// How much later it did begin: the generator's own fault.
    pub late: Duration,
    /// From when it should have begun to the answer's last byte, or to when it failed.
    pub latency: Duration,
    /// When that was, from the beginning of the test.
    pub ended: Duration,
    /// Bytes of the request's body.
    pub sent: u64,
    /// Bytes of the answer's body that came.
    pub received: u64,
    /// The answer's status, if there was a whole one.
    pub status: Option<u16>,
    /// Why it is an error, if it is one.
    pub failure: Option<Failure>,
    /// What stood before the server and answered, if anything did.
    pub edge: Option<Edge>,
}

impl Sample {
    /// Whether the time that it took says something of the server: an answer does, and so does the wait for one that
    /// never came. A refused connection is quick, and would make the server look good.
    pub fn tells_latency(&self) -> bool {
        self.status.is_some() || self.failure.as_ref().is_some_and(|failure| failure.class == ErrorClass::Timeout)
    }
}

/// What stands before a server, as far as an answer tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// The answer came from a cache.
    Hit,
    /// A cache was asked, and did not have it.
    Miss,
    /// A firewall refused the request.
    Blocked,
}

impl Edge {
    /// What an answer's status and headers tell.
    pub fn of(status: u16, headers: &HeaderMap) -> Option<Edge> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let cache = text("x-cache").to_ascii_lowercase();
        let refused = headers.contains_key("x-amzn-waf-action") || cache.starts_with("error from cloudfront");
        match cache {
            _ if status == 403 && refused => Some(Edge::Blocked),
            cache if cache.contains("hit") => Some(Edge::Hit),
            cache if cache.contains("miss") => Some(Edge::Miss),
            _ => None,
        }
    }
}

/// Why a request ended badly.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Failure {
    /// What kind of failure.
    pub class: ErrorClass,
    /// The first cause, in words; a status has said it all.
    pub why: String,
}

impl Failure {
    /// What a status says by itself.
    pub fn of_status(status: u16) -> Option<Failure> {
        match status {
            400..=499 => Some(Failure { class: ErrorClass::Status4xx, why: String::new() }),
            500.. => Some(Failure { class: ErrorClass::Status5xx, why: String::new() }),
            _ => None,
        }
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_before_a_server_is_told_by_its_headers() {
        let edge = |status, name: &'static str, value: &str| {
            Edge::of(status, &HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())]))
        };
        assert_eq!(edge(200, "x-cache", "Hit from cloudfront"), Some(Edge::Hit));
        assert_eq!(edge(200, "x-cache", "RefreshHit from cloudfront"), Some(Edge::Hit));
        assert_eq!(edge(200, "x-cache", "Miss from cloudfront"), Some(Edge::Miss));
        assert_eq!(edge(403, "x-cache", "Error from cloudfront"), Some(Edge::Blocked));
        assert_eq!(edge(403, "x-amzn-waf-action", "challenge"), Some(Edge::Blocked));
        assert_eq!(edge(502, "x-cache", "Error from cloudfront"), None);
        assert_eq!(edge(403, "content-type", "text/html"), None);
    }
}
