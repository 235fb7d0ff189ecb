//! Names by which the services of a cluster find each other: what ECS calls Service Connect.
//!
//! A proxy beside each task knows the names that there were when the task's service was deployed. So a service that
//! calls another one by name refers to it, and is deployed after it.

use std::collections::BTreeSet;

use aws_sdk_ecs::error::BuildError;
use aws_sdk_ecs::types::{ServiceConnectClientAlias, ServiceConnectConfiguration, ServiceConnectService};
use serde::{Deserialize, Serialize};

/// How a service takes part in the names of its cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Connect {
    /// Not at all.
    Off,
    /// It knows the names of the others and goes by these itself: by none, if it is called by nobody.
    Known(BTreeSet<Offer>),
}

/// A name that a service goes by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Offer {
    /// The port of its task that answers, by the port's name.
    pub port: String,
    /// The name.
    pub host: String,
    /// The port at which the others call it.
    pub at: u16,
}

impl Connect {
    /// The names that the service goes by.
    pub(super) fn offers(&self) -> impl Iterator<Item = &Offer> {
        let offers = match self {
            Connect::Off => None,
            Connect::Known(offers) => Some(offers),
        };
        offers.into_iter().flatten()
    }

    pub(super) fn written(&self) -> Result<ServiceConnectConfiguration, BuildError> {
        let offers: Result<Vec<_>, _> = self.offers().map(Offer::written).collect();
        let configuration = ServiceConnectConfiguration::builder().enabled(matches!(self, Connect::Known(_)));
        Ok(configuration.set_services(Some(offers?)).build())
    }

    /// What a deployment's configuration says; without one it does not take part.
    pub(super) fn understand(live: Option<&ServiceConnectConfiguration>) -> Connect {
        match live {
            Some(live) if live.enabled() => {
                Connect::Known(live.services().iter().filter_map(Offer::understand).collect())
            }
            _ => Connect::Off,
        }
    }
}

impl Offer {
    /// The name is the one that it is discovered by too: that must be unique in the cluster, and a port's name is not.
    fn written(&self) -> Result<ServiceConnectService, BuildError> {
        let Offer { port, host, at } = self;
        let alias = ServiceConnectClientAlias::builder().dns_name(host).port(i32::from(*at)).build()?;
        ServiceConnectService::builder().port_name(port).discovery_name(host).client_aliases(alias).build()
    }

    fn understand(live: &ServiceConnectService) -> Option<Offer> {
        let alias = live.client_aliases().first()?;
        let host = alias.dns_name().or(live.discovery_name())?;
        Some(Offer { port: live.port_name().to_owned(), host: host.to_owned(), at: u16::try_from(alias.port()).ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_understood() {
        let offer = Offer { port: "postgres".into(), host: "shop-pool".into(), at: 5432 };
        for connect in [Connect::Off, Connect::Known([].into()), Connect::Known([offer].into())] {
            assert_eq!(Connect::understand(Some(&connect.written().unwrap())), connect);
        }
        assert_eq!(Connect::understand(None), Connect::Off);
    }
}
