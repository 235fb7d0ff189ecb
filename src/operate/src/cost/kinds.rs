//! What each kind of resource costs, one file a service. A kind of which it is not said does not compile.
//!
//! Fields are read here as the kinds have them, and nowhere else in `cost`.

mod autoscaling;
mod budgets;
mod cloudfront;
mod cloudwatch;
mod costs;
mod ec2;
mod ecs;
mod elasticache;
mod elb;
mod events;
mod iam;
mod lambda;
mod logs;
mod rds;
mod s3;
mod secretsmanager;
mod sns;
mod waf;

use infra_engine::model::{Document, Resource};

use super::around::Around;
use super::line::Costs;
use super::usage::UsageKey;

/// What a kind of resource costs.
#[diagnostic::on_unimplemented(
    message = "nothing says what a `{Self}` costs",
    label = "this kind is in the registry",
    note = "say it in src/operate/src/cost/kinds/: its lines of the bill, or that it is free"
)]
pub trait Priced: Resource {
    /// What its cost depends on beside itself and its neighbours.
    const USAGE: &'static [&'static UsageKey] = &[];

    /// The lines of the bill of one such resource among others.
    fn costs(&self, around: &Around<'_>) -> Costs;
}

/// Kinds that cost nothing, each with why.
macro_rules! free {
    ($($kind:ty: $why:literal),+ $(,)?) => {
        $(impl $crate::cost::kinds::Priced for $kind {
            fn costs(&self, _: &$crate::cost::Around<'_>) -> $crate::cost::Costs {
                $crate::cost::Costs::Free($why)
            }
        })+
    };
}
use free;

/// A kind without its type.
struct Entry {
    kind: &'static str,
    usage: &'static [&'static UsageKey],
    costs: fn(&Document, &Around<'_>) -> Result<Costs, serde_json::Error>,
}

impl Entry {
    const fn of<R: Priced>() -> Entry {
        Entry {
            kind: R::SCHEMA.kind,
            usage: R::USAGE,
            costs: |document, around| Ok(document.reveal::<R>()?.costs(around)),
        }
    }
}

macro_rules! priced {
    ($($kind:ty),* $(,)?) => {
        const KINDS: &[Entry] = &[$(Entry::of::<$kind>()),*];
    };
}

infra_aws::every_kind!(priced);

/// Every kind, with what its cost depends on beside itself and its neighbours.
pub fn costs_of_kinds() -> impl Iterator<Item = (&'static str, &'static [&'static UsageKey])> {
    KINDS.iter().map(|entry| (entry.kind, entry.usage))
}

/// What a resource costs, or why that cannot be said.
pub(super) fn costs_of(kind: &str, document: &Document, around: &Around<'_>) -> Result<Costs, String> {
    let entry = KINDS.iter().find(|entry| entry.kind == kind);
    let entry = entry.ok_or_else(|| format!("this program does not know the kind `{kind}`"))?;
    (entry.costs)(document, around).map_err(|error| format!("it reads otherwise than such a resource does: {error}"))
}
