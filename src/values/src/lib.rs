//! Values that check themselves: once there is one, it is right.
//!
//! Each is written as text or as a number, the same in an environment file, in a definition and in a plan. Each refuses
//! what it cannot be with an [`Invalid`]: what is wrong, the rule, and what to write instead. Each tells editors, as a
//! JSON Schema, what it looks like.
//!
//! Nothing here belongs to one service of a cloud, and nothing reads a clock, a file or the network.

mod account;
mod cidr;
mod cron;
mod date;
mod email;
mod invalid;
mod name;
mod percent;
mod place;
mod schedule;
mod text;
mod time_zone;

pub use account::AccountId;
pub use cidr::Cidr;
pub use cron::Cron;
pub use date::Date;
pub use email::Email;
pub use invalid::Invalid;
pub use name::Name;
pub use percent::Percent;
pub use place::{Region, Zone};
pub use schedule::{Moment, Rate, Schedule, Unit};
pub use time_zone::TimeZone;
