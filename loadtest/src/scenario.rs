//! What a user does. A plan's scenarios are written in its file; what a plan cannot say is an implementation of
//! [`Scenario`] in Rust.
//!
//! ```
//! use infra_loadtest::scenario::{Going, Scenario, User};
//! use infra_loadtest::test::Request;
//!
//! #[derive(Debug)]
//! struct Look;
//!
//! impl Scenario for Look {
//!     fn name(&self) -> &str {
//!         "look"
//!     }
//!
//!     fn go<'u>(&'u self, user: &'u mut User) -> Going<'u> {
//!         Box::pin(async move {
//!             let page = format!("https://example.com/pages/{}", user.turn().number % 10);
//!             user.ask("page", Request::get(page.parse().expect("an address"))).await?;
//!             Ok(())
//!         })
//!     }
//! }
//! ```

mod deal;
mod single;
mod user;

use std::fmt;
use std::future::Future;
use std::pin::Pin;

pub use self::deal::Deal;
pub(crate) use self::deal::Ranks;
pub use self::single::Single;
pub use self::user::{Answered, Turn, User};
pub(crate) use self::user::{Event, Sending};

/// What a user does, once through.
pub trait Scenario: fmt::Debug + Send + Sync {
    /// What it is called in results.
    fn name(&self) -> &str;

    /// How often it is done, beside the others.
    fn weight(&self) -> u32 {
        1
    }

    /// Goes through it once. Everything that is asked through the user is measured.
    fn go<'u>(&'u self, user: &'u mut User) -> Going<'u>;
}

/// A scenario that is under way.
pub type Going<'u> = Pin<Box<dyn Future<Output = Result<(), Stopped>> + Send + 'u>>;

/// Why a scenario did not come to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// A request ended badly, and has been counted.
    BrokenOff,
    /// A data file has no row left: it did not begin.
    WithoutRow,
}
