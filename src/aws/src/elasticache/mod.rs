//! ElastiCache: Redis and Valkey, where they stand, and how they are set up. One file for each kind.
//!
//! What the kinds have in common is in `names` (what ElastiCache takes as a name), `engine` and `tags`. ElastiCache
//! writes all names in lower case, whatever is asked for: here they are lower-case from the start.

mod engine;
mod parameter_group;
mod replication_group;
mod subnet_group;
mod tags;

pub use engine::{Engine, EngineError, NodeType, NodeTypeError};
pub use parameter_group::{CacheParameterGroup, CacheParameterGroupArn, CacheParameterGroupName, Family};
pub use replication_group::{
    AtRest, CacheAddress, Destination, Failover, InTransit, LogDelivery, LogFormat, LogKind, Mode, ReplicationGroup,
    ReplicationGroupArn, ReplicationGroupName, StreamName,
};
pub use subnet_group::{CacheSubnetGroup, CacheSubnetGroupArn, CacheSubnetGroupName};
