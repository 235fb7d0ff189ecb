//! What the tests of the whole program stand on: an account of their own, a project folder, the program as a process,
//! a client that knows nothing of the program, and a proxy that sees, spoils and counts every call.

mod aws_client;
mod comparison;
mod http;
mod inventory;
mod packages;
mod program;
mod project;
mod proxy;
mod snapshot;
mod together;
mod xml;

pub use comparison::{Comparison, items, tag, texts};
pub use http::{Message, send};
pub use inventory::{Inventory, inventory_lines};
pub use packages::share;
pub use program::{Run, SECRET, infra, start};
pub use project::{LOCAL, Project};
pub use proxy::{Call, Proxy, Refusal, Treatment};
pub use snapshot::{difference, snapshot};
pub use together::together;
