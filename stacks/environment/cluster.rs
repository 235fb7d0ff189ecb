//! `[cluster]`: what all services share.

use infra_aws::ecs::Insights;
use schemars::JsonSchema;
use serde::Deserialize;

use super::containers::Containers;

/// The cluster of services.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cluster {
    /// How closely CloudWatch looks at it. What it sees beyond the basics costs money.
    pub insights: Detail,
    /// What of its machine the container of a service gets at. Without the table: as little as a service usually needs.
    #[serde(default)]
    pub containers: Containers,
}

/// How closely CloudWatch looks at the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Detail {
    /// At the cluster and its services.
    Enabled,
    /// At each task and container too.
    Enhanced,
}

impl From<Detail> for Insights {
    fn from(detail: Detail) -> Insights {
        match detail {
            Detail::Enabled => Insights::Enabled,
            Detail::Enhanced => Insights::Enhanced,
        }
    }
}
