//! A moment as a value: whoever plans says what time it is, and nothing here asks a clock.

use serde::{Deserialize, Serialize};

/// A moment, in seconds since 1970 began in UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnixTime(pub i64);
