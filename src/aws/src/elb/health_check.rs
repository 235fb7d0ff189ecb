//! How a load balancer finds out who can answer.

use aws_sdk_elasticloadbalancingv2::types::{Matcher, TargetGroup as Live};
use infra_engine::check::{Surroundings, Violation};
use serde::{Deserialize, Serialize};

use super::success::SuccessCodes;
use super::target_group::{Protocol, ProtocolVersion, TargetGroup};

/// How a load balancer finds out who can answer: a request now and then.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HealthCheck {
    /// What is asked for.
    pub path: String,
    /// How it is asked.
    pub protocol: Protocol,
    /// At which port; without one at the port that the target answers at.
    pub port: Option<u16>,
    /// Every so many seconds: 5 to 300.
    pub interval_seconds: u16,
    /// For so many seconds an answer is waited for, fewer than lie between two questions: 2 to 120.
    pub timeout_seconds: u16,
    /// After so many good answers in a row it is healthy: 2 to 10.
    pub healthy_after: u8,
    /// After so many bad answers in a row it is not: 2 to 10.
    pub unhealthy_after: u8,
    /// Which answers are good.
    pub success: SuccessCodes,
}

impl HealthCheck {
    /// As AWS begins: over HTTP every 30 seconds, 5 seconds for an answer, healthy after 5 that are 200, unhealthy
    /// after 2 that are not.
    pub fn at(path: impl Into<String>) -> HealthCheck {
        HealthCheck {
            path: path.into(),
            protocol: Protocol::Http,
            port: None,
            interval_seconds: 30,
            timeout_seconds: 5,
            healthy_after: 5,
            unhealthy_after: 2,
            success: SuccessCodes::only(200),
        }
    }

    /// The port, as AWS takes it.
    pub(super) fn port_text(&self) -> String {
        self.port.map_or_else(|| "traffic-port".to_owned(), |port| port.to_string())
    }

    /// The good answers, as AWS takes them.
    pub(super) fn matcher(&self, version: ProtocolVersion) -> Matcher {
        let codes = self.success.to_string();
        match version {
            ProtocolVersion::Grpc => Matcher::builder().grpc_code(codes).build(),
            ProtocolVersion::Http1 | ProtocolVersion::Http2 => Matcher::builder().http_code(codes).build(),
        }
    }

    /// The check that would have produced a live group's.
    pub(super) fn of(live: &Live) -> HealthCheck {
        let begins = HealthCheck::at(live.health_check_path().unwrap_or("/"));
        let matcher = live.matcher();
        let codes = matcher.and_then(|matcher| matcher.http_code().or(matcher.grpc_code()));
        HealthCheck {
            path: begins.path,
            protocol: live.health_check_protocol().and_then(Protocol::of).unwrap_or(begins.protocol),
            port: live.health_check_port().and_then(|port| port.parse().ok()),
            interval_seconds: small(live.health_check_interval_seconds()).unwrap_or(begins.interval_seconds),
            timeout_seconds: small(live.health_check_timeout_seconds()).unwrap_or(begins.timeout_seconds),
            healthy_after: small(live.healthy_threshold_count()).unwrap_or(begins.healthy_after),
            unhealthy_after: small(live.unhealthy_threshold_count()).unwrap_or(begins.unhealthy_after),
            success: codes.and_then(|codes| codes.parse().ok()).unwrap_or(begins.success),
        }
    }
}

fn small<T: TryFrom<i32>>(number: Option<i32>) -> Option<T> {
    number.and_then(|number| T::try_from(number).ok())
}

/// V22.
pub(super) fn times_fit(group: &TargetGroup, _: &Surroundings<'_>) -> Vec<Violation> {
    let check = &group.health_check;
    let (interval, timeout) = (check.interval_seconds, check.timeout_seconds);
    let limits = [
        ("interval_seconds", interval, 5..=300),
        ("timeout_seconds", timeout, 2..=120),
        ("healthy_after", check.healthy_after.into(), 2..=10),
        ("unhealthy_after", check.unhealthy_after.into(), 2..=10),
    ];
    let out = limits.into_iter().filter(|(_, value, limits)| !limits.contains(value));
    let tell = |(what, value, limits): (&str, u16, std::ops::RangeInclusive<u16>)| {
        let way_out = format!("write {} to {}", limits.start(), limits.end());
        Violation::of("health_check", value, format!("`{what}` is out of range"), way_out)
    };
    let mut violations: Vec<Violation> = out.map(tell).collect();
    if timeout >= interval {
        let wrong = "`timeout_seconds` is not shorter than `interval_seconds`";
        violations.push(Violation::of("health_check", timeout, wrong, "wait shorter, or ask less often"));
    }
    violations
}

/// V24.
pub(super) fn codes_fit(group: &TargetGroup, _: &Surroundings<'_>) -> Vec<Violation> {
    let HealthCheck { path, success, .. } = &group.health_check;
    let mut violations = Vec::new();
    if !path.starts_with('/') || path.len() > 1024 {
        let wrong = "it does not begin with `/`, or is longer than 1024 characters";
        violations.push(Violation::of("health_check", path, wrong, "write a path: `/health`"));
    }
    let (limits, spoken) = match group.version {
        ProtocolVersion::Grpc => (0..=99, "gRPC"),
        ProtocolVersion::Http1 | ProtocolVersion::Http2 => (200..=499, "HTTP"),
    };
    if !success.are_within(&limits) {
        let wrong = format!("{success} are no codes of {spoken}");
        let way_out = format!("write codes from {} to {}", limits.start(), limits.end());
        violations.push(Violation::of("health_check", success, wrong, way_out));
    }
    violations
}
