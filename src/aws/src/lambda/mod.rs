//! Lambda: functions, and who may call them. One file for each kind.
//!
//! What the kinds have in common is in `fault`; what a function runs on, of and with is in `runtime`, `code` and
//! `variable`.

mod code;
mod fault;
mod function;
mod permission;
mod runtime;
mod variable;

pub use code::{CodeHash, CodeHashError};
pub use function::{Function, FunctionArn, FunctionName, Retries, VpcConfig};
pub use permission::{Permission, PermissionId};
pub use runtime::Runtime;
pub use variable::Variable;
