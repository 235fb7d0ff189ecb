//! The laws that every kind must obey, over the real kinds, against the local cloud: every field of every kind is changed
//! once, in the code and outside, up and down, and each time a plan is empty afterwards. One file is one service.

#![expect(clippy::unwrap_used, reason = "what a test prepares may fail it like anything else in it")]

mod autoscaling;
mod cloudfront;
mod cloudwatch;
mod costs;
mod ec2;
mod ecs;
mod elasticache;
mod elb;
mod fleets;
mod ground;
mod iam;
mod lambda;
mod logs;
mod rds;
mod s3;
mod secretsmanager;
mod sns;
mod tasks;
mod waf;
