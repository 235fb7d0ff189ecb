//! Why a call failed, sorted once: what to do next depends on the sort and on nothing else.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use serde::Serialize;

/// A failed call.
#[derive(Clone, Debug, thiserror::Error)]
pub struct Fault {
    /// What sort of failure.
    pub kind: FaultKind,
    /// Which call: `ec2:CreateVpc`.
    pub operation: String,
    /// The cloud's own code, where it gave one.
    pub code: Option<String>,
    /// What it said.
    pub message: String,
    /// Where the cloud's support can find it again.
    pub request: Option<String>,
    /// What lies below.
    #[source]
    pub source: Option<Arc<dyn Error + Send + Sync>>,
}

/// The sorts of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// Too many calls: slow down and repeat.
    Throttled,
    /// Something made a moment ago is not seen yet: repeat in a while.
    NotYet,
    /// Something else is at work on it, or still uses it: repeat in a while.
    Busy,
    /// There is one of that name already.
    Exists,
    /// It is not there (any more).
    Gone,
    /// The cloud will not do it as it was asked: repeating does not help.
    Refused,
    /// The caller may not do it.
    Denied,
    /// There are no usable credentials.
    Credentials,
    /// Not sent: the lock is not ours any more, and somebody else may be at work.
    LockLost,
    /// No answer came: it may or may not have been done.
    Lost,
    /// Nothing was sent: the endpoint does not answer.
    Unreachable,
    /// The answer makes no sense, or the other side is broken.
    Broken,
}

impl Fault {
    /// A failure without a code.
    pub fn new(kind: FaultKind, operation: impl Into<String>, message: impl Into<String>) -> Fault {
        Fault { kind, operation: operation.into(), code: None, message: message.into(), request: None, source: None }
    }

    /// The same failure, sorted otherwise: for the few messages that only a kind knows.
    pub fn sorted(mut self, kind: FaultKind) -> Fault {
        self.kind = kind;
        self
    }

    /// True when the code is one of these.
    pub fn has_code(&self, codes: &[&str]) -> bool {
        self.code.as_deref().is_some_and(|code| codes.contains(&code))
    }

    /// Sorts the failure as `kind` when it bears one of these codes and its message contains `fragment`.
    pub fn when(self, kind: FaultKind, codes: &[&str], fragment: &str) -> Fault {
        let matches = self.has_code(codes) && self.message.contains(fragment);
        if matches { self.sorted(kind) } else { self }
    }

    /// True when trying the same again later may help.
    pub fn may_pass(&self) -> bool {
        matches!(self.kind, FaultKind::Throttled | FaultKind::NotYet | FaultKind::Busy)
    }

    /// What a person can do about it, where that does not depend on the resource.
    pub fn way_out(&self) -> Option<&'static str> {
        match self.kind {
            FaultKind::Credentials => Some("set AWS_PROFILE, log in again (`aws sso login`), or give --profile"),
            FaultKind::Denied => Some("`infra policy` prints the least policy that the environment needs"),
            FaultKind::LockLost => Some("run it again: it takes the lock, and goes on from what stands"),
            FaultKind::Unreachable => Some("check the network, the region and the endpoint"),
            _ => None,
        }
    }
}

/// `Ok` when there was nothing to delete in the first place.
pub trait GoneIsFine<T> {
    /// Turns [`FaultKind::Gone`] into the default answer.
    fn gone_is_fine(self) -> Result<T, Fault>;
}

impl<T: Default> GoneIsFine<T> for Result<T, Fault> {
    fn gone_is_fine(self) -> Result<T, Fault> {
        match self {
            Err(fault) if fault.kind == FaultKind::Gone => Ok(T::default()),
            other => other,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.operation)?;
        match &self.code {
            Some(code) => write!(f, " answered {code}: {}", self.message),
            None => write!(f, ": {}", self.message),
        }
    }
}
