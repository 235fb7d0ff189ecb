//! ECS: clusters of containers, what runs in them, and how many. One file for each kind.
//!
//! What a task definition is made of is in `container`, `confinement` and `size`; how services find each other is in `connect`.

mod cluster;
mod confinement;
mod connect;
mod container;
mod provider;
mod rollouts;
mod service;
mod size;
mod tags;
mod task_definition;

pub use cluster::{CapacityProvider, Cluster, ClusterArn, ClusterName, Insights, Share};
pub use confinement::{Capabilities, Tmpfs, Ulimit};
pub use connect::{Connect, Offer};
pub use container::{Condition, Container, Health, Logs, Mount, Port, Protocol, SecretSource};
pub use provider::{AutoScalingGroupArn, CapacityProviderArn, CapacityProviderName, GroupProvider, ManagedScaling};
pub(crate) use rollouts::Rollouts;
#[cfg(test)]
pub(crate) use service::testing;
pub use service::{Attachment, Breaker, Capacity, Count, Propagation, Rollout, Service, ServiceArn, ServiceName};
pub use size::{Cpu256, Cpu512, Cpu1024, Cpu2048, Cpu4096, Cpu8192, Cpu16384, Fargate, SizeError};
pub use task_definition::{Architecture, TaskDefinition, TaskDefinitionArn};
