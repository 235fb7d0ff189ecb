//! `[workers]`: machines that AWS has to spare, for work that can wait. Without the table there are none.

use std::collections::BTreeSet;

use infra_aws::Decimal;
use infra_aws::ec2::InstanceType;
use infra_cli::environment::Conflict;
use schemars::JsonSchema;
use serde::Deserialize;

use super::services::Backend;

/// Machines that AWS has to spare, for work that can wait.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Workers {
    /// So many machines.
    #[schemars(range(max = 10_000))]
    pub capacity: u32,
    /// The most that one of them may cost in an hour, in dollars: `"0.10"`.
    #[schemars(with = "String")]
    pub maximum_price: Decimal,
    /// The types that they may be of: the more there are, the fewer are taken away at once.
    #[schemars(with = "BTreeSet<String>", length(min = 1))]
    pub instance_types: BTreeSet<InstanceType>,
    /// What the work on them uses: only that lets them in. Usually nothing.
    #[serde(default)]
    pub uses: BTreeSet<Backend>,
    /// The disk of each, in GiB.
    #[schemars(range(min = 30))]
    pub disk: u32,
}

impl Workers {
    /// Values that do not go together.
    pub(super) fn conflicts(&self) -> Vec<Conflict> {
        if !self.maximum_price.is_zero() {
            return Vec::new();
        }
        vec![Conflict {
            at: "workers.maximum_price".into(),
            wrong: "no machine costs nothing".into(),
            way_out: "write dollars for an hour, such as \"0.10\"".into(),
        }]
    }
}
