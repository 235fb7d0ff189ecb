//! AWS: the kinds of resources, one file each in the folder of their service, and what they stand on.
//!
//! [`Aws`] holds the clients, [`Sorted`] sorts their errors once, [`registry()`] lists the kinds, and
//! [`store::Bucket`] keeps the engine's records. This crate knows how AWS behaves and nothing of plans: the engine
//! asks, a kind answers.

pub mod autoscaling;
pub mod budgets;
pub mod cloudfront;
pub mod cloudwatch;
pub mod costs;
pub mod ec2;
pub mod ecs;
pub mod elasticache;
pub mod elb;
pub mod events;
pub mod iam;
pub mod lambda;
pub mod logs;
pub mod rds;
pub mod s3;
pub mod secretsmanager;
pub mod sns;
pub mod waf;

pub mod index;
mod pages;
pub mod price_files;
pub mod store;
pub mod tags;

mod account;
mod again;
mod calls;
mod clients;
mod codes;
mod decimal;
mod endpoints;
mod fault;
mod fresh;
mod gate;
mod guard;
mod hyphenated;
mod named;
mod proxy;
mod rates;
mod registry;
mod second;
mod sizes;
mod subject;
mod swap;
mod text;
mod unreadable;
mod watch;

pub use account::Identity;
pub use calls::Calls;
pub use clients::{Aws, Settings, services};
pub use decimal::{Decimal, DecimalError};
pub use endpoints::{Detour, EndpointError, Endpoints, Source};
pub use fault::Sorted;
pub use registry::registry;
pub use text::Text;
