//! Elastic Load Balancing: what the outside calls, and who answers. One file for each kind.
//!
//! What the kinds have in common is in `tags`, `attributes` (what is set by name), `look` (where listeners are found),
//! `names` and `fault`. What becomes of a request is an [`Action`], of a listener's own or of one of its rules.

mod action;
mod attributes;
mod condition;
mod fault;
mod health_check;
mod listener;
mod listener_rule;
mod load_balancer;
mod look;
mod names;
mod success;
mod tags;
mod target_group;

pub use action::{Action, Content, Forward, Moved, Redirect, Response, Share};
pub use condition::{Condition, ORIGIN_HEADER, Parameter};
pub use health_check::HealthCheck;
pub use listener::{CertificateArn, Listener, ListenerArn, Serves, TlsPolicy};
pub use listener_rule::{ListenerRule, ListenerRuleArn};
pub use load_balancer::{
    AccessLogs, AddressFamily, Desync, LoadBalancer, LoadBalancerArn, LoadBalancerDnsName, LoadBalancerSuffix,
    LoadBalancerZone, Scheme,
};
pub use success::{SuccessCodes, SuccessCodesError};
pub use target_group::{
    Algorithm, Protocol, ProtocolVersion, Stickiness, TargetGroup, TargetGroupArn, TargetGroupSuffix, TargetKind,
};
