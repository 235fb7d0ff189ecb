//! What goes wrong between a program and a cloud: faults, lost answers, slowness, and the death of the program.
//!
//! Every call is counted and written down. What happens to which call is known beforehand, from a list or from a seed,
//! so that every storm can be repeated. The weather never decides what a call does: only whether it is done and answered.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use infra_engine::live::{Fault, FaultKind};
use tokio::sync::watch;

/// The weather over one cloud.
pub struct Weather {
    inner: Mutex<Inner>,
    dead: watch::Sender<bool>,
}

#[derive(Default)]
struct Inner {
    forecast: Forecast,
    calls: Vec<Call>,
}

/// What is to happen to which call.
#[derive(Clone, Debug, Default)]
pub struct Forecast {
    /// How long each call takes.
    pub latency: Duration,
    /// Trouble by the number of the call, counted from nought since the forecast was made.
    pub troubles: BTreeMap<usize, Trouble>,
    /// Trouble that comes by chance.
    pub chance: Option<Chance>,
    /// The addresses at which nothing can be made, as often as it is tried.
    pub refused: BTreeSet<String>,
}

/// What happens to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// Whether the call has its effect.
    pub moment: Moment,
    /// What happens.
    pub blow: Blow,
}

/// When trouble comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Before the call's effect: it has none.
    Before,
    /// After the call's effect: only the answer is lost.
    After,
}

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blow {
    /// The call fails.
    Fault(FaultKind),
    /// The program dies: the call is never answered, nor any other until the weather is cleared.
    Death,
}

/// Trouble by chance, always the same for the same seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chance {
    /// Where the chances come from.
    pub seed: u64,
    /// How many calls of a thousand fail in a way that passes.
    pub per_thousand: u64,
}

/// A call as it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Its name: `model:CreateGate`.
    pub operation: String,
    /// What it works on: an address or an identifier.
    pub subject: String,
    /// True when it may change something.
    pub changes: bool,
}

/// What stands in a call's name that writes something over in its place.
pub(crate) const WRITE_OVER: &str = "write over";

impl Call {
    /// True when it makes what is to stand at an address.
    pub fn makes(&self, address: &str) -> bool {
        self.subject == address && self.operation.to_lowercase().contains("create")
    }

    /// True when it writes something over in its place.
    pub fn writes_over(&self) -> bool {
        self.operation.contains(WRITE_OVER)
    }

    /// True when it deletes something.
    pub fn deletes(&self) -> bool {
        self.operation.to_lowercase().contains("delete")
    }
}

impl Forecast {
    /// One trouble, at one call.
    pub fn once(call: usize, moment: Moment, blow: Blow) -> Forecast {
        Forecast { troubles: BTreeMap::from([(call, Trouble { moment, blow })]), ..Forecast::default() }
    }

    /// Trouble by chance.
    pub fn stormy(seed: u64, per_thousand: u64) -> Forecast {
        Forecast { chance: Some(Chance { seed, per_thousand }), ..Forecast::default() }
    }

    fn trouble(&self, number: usize, call: &Call) -> Option<Trouble> {
        if self.refused.iter().any(|address| call.makes(address)) {
            return Some(Trouble { moment: Moment::Before, blow: Blow::Fault(FaultKind::Refused) });
        }
        let drawn = || self.chance.and_then(|chance| chance.draw(number, call.changes));
        self.troubles.get(&number).copied().or_else(drawn)
    }
}

impl Chance {
    fn draw(self, number: usize, changes: bool) -> Option<Trouble> {
        let drawn = mixed(self.seed ^ mixed(number as u64));
        if drawn % 1000 >= self.per_thousand {
            return None;
        }
        let fault = |moment, kind| Some(Trouble { moment, blow: Blow::Fault(kind) });
        match (drawn >> 32) % 5 {
            0 | 1 => fault(Moment::Before, FaultKind::Throttled),
            2 => fault(Moment::Before, FaultKind::Lost),
            3 if changes => fault(Moment::After, FaultKind::Lost),
            _ => fault(Moment::Before, FaultKind::Unreachable),
        }
    }
}

/// A number in which every bit depends on every bit of another one (splitmix64).
pub fn mixed(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

impl Default for Weather {
    fn default() -> Weather {
        Weather { inner: Mutex::default(), dead: watch::Sender::new(false) }
    }
}

impl Weather {
    /// From now on the weather is as it was forecast; calls are counted from nought again.
    pub fn set(&self, forecast: Forecast) {
        *self.inner() = Inner { forecast, calls: Vec::new() };
        self.dead.send_replace(false);
    }

    /// Fine weather from now on.
    pub fn clear(&self) {
        self.set(Forecast::default());
    }

    /// The calls since the weather was set.
    pub fn calls(&self) -> Vec<Call> {
        self.inner().calls.clone()
    }

    /// The calls since the weather was set that may have changed something.
    pub fn changes(&self) -> Vec<Call> {
        self.inner().calls.iter().filter(|call| call.changes).cloned().collect()
    }

    /// Lets a call through, or not.
    pub async fn around<T>(&self, call: Call, effect: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
        let operation = call.operation.clone();
        let (latency, trouble) = {
            let mut inner = self.inner();
            let trouble = inner.forecast.trouble(inner.calls.len(), &call);
            inner.calls.push(call);
            (inner.forecast.latency, trouble)
        };
        if *self.dead.borrow() {
            return futures::future::pending().await;
        }
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        match trouble {
            None => effect.await,
            Some(Trouble { moment: Moment::Before, blow }) => self.strike(blow, &operation).await,
            Some(Trouble { moment: Moment::After, blow }) => {
                // Whatever the effect was, nobody hears of it.
                let _unheard = effect.await;
                self.strike(blow, &operation).await
            }
        }
    }

    async fn strike<T>(&self, blow: Blow, operation: &str) -> Result<T, Fault> {
        match blow {
            Blow::Fault(kind) => Err(Fault::new(kind, operation, "bad weather")),
            Blow::Death => {
                self.dead.send_replace(true);
                futures::future::pending().await
            }
        }
    }

    /// Runs a program until it ends or dies; `None` when it has died. What it was doing is dropped there.
    pub async fn survive<T>(&self, program: impl Future<Output = T>) -> Option<T> {
        let mut dead = self.dead.subscribe();
        let death = async move {
            // The sender lives in `self`, so waiting can only end because of a death.
            let _ = dead.wait_for(|dead| *dead).await;
        };
        tokio::select! {
            biased;
            () = death => None,
            ended = program => Some(ended),
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
