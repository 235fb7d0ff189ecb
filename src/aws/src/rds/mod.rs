//! RDS: Postgres databases, their replicas, where they stand, and how they are set up. One file for each kind.
//!
//! What the kinds have in common is in `names` (what RDS takes as a name), `machine`, `settings`, and `tags`. RDS writes
//! all names in lower case, whatever is asked for: here they are lower-case from the start.

mod as_default;
mod instance;
mod machine;
mod note;
mod parameter_group;
mod password;
mod replica;
mod settings;
mod subnet_group;
mod tags;
mod version;

pub use instance::{
    Database, DatabaseAddress, DatabaseArn, DatabaseName, DatabaseResourceId, Password, Storage, StorageKind,
};
pub use machine::{Class, ClassError, LogExport, Monitoring};
pub use parameter_group::{DatabaseParameterGroup, DatabaseParameterGroupArn, DatabaseParameterGroupName, Family};
pub use replica::{Replica, ReplicaArn, ReplicaName};
pub use settings::{Amount, AmountError, Settings};
pub use subnet_group::{DatabaseSubnetGroup, DatabaseSubnetGroupArn, DatabaseSubnetGroupName};
pub use version::{PostgresVersion, PostgresVersionError};
