//! IAM: roles, instance profiles, and the policies that say who may do what. One file for each kind.
//!
//! What the kinds have in common is in `fault` (what IAM's codes mean) and `names` (what IAM takes as a name). Policies are values
//! (`policy`, made of `principal` and `term`) and serve other services too: a bucket's policy is one of them. In such a one
//! others write too: `shared` tells our statements from theirs.

mod fault;
mod instance_profile;
mod names;
mod passed;
mod policy;
mod principal;
mod role;
mod service_linked_role;
mod shared;
mod term;

pub use instance_profile::{InstanceProfile, InstanceProfileArn, InstanceProfileName};
pub use passed::{passed, passed_by_name};
pub use policy::{Conditions, Effect, Policy, Statement};
pub use principal::{Identity, Principal, Principals, Service};
pub use role::{Role, RoleArn, RoleName};
pub use service_linked_role::{LinkedService, ServiceLinkedRole, ServiceLinkedRoleName};
pub(crate) use shared::{Shares, strange_names, written};
pub use term::{Arn, KeyArn, ManagedPolicyArn, Operand, Pattern};
