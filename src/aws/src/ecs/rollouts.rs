//! The deployments that this program has begun and not yet seen the end of: so that a deployment that fails is a change
//! that fails, though the service goes on with what it ran before.
//!
//! ECS rolls back by itself, and then the service is as steady as if nothing had been asked of it. Only who knows which
//! deployment was his own can tell. Nothing is kept: the next run begins a deployment of its own.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use aws_sdk_ecs::types::{Deployment, DeploymentRolloutState, Service};

/// The deployments that have been begun, by their service's ARN.
#[derive(Debug, Default)]
pub(crate) struct Rollouts(Mutex<BTreeMap<String, Begun>>);

#[derive(Debug)]
struct Begun {
    deployment: String,
    seen: bool,
}

/// How the deployment that has been begun goes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// None has been begun, or it has come to its end well.
    Settled,
    /// It is under way.
    UnderWay,
    /// It has failed.
    Failed(String),
}

/// How many of the last events are told of a deployment that has failed.
const EVENTS: usize = 3;

impl Rollouts {
    /// Remembers the deployment that a change of a service has begun: the one that is now its primary.
    pub(super) fn begin(&self, service: &Service) {
        let (arn, primary) = (service.service_arn(), primary(service).and_then(Deployment::id));
        if let (Some(arn), Some(deployment)) = (arn, primary) {
            let begun = Begun { deployment: deployment.to_owned(), seen: false };
            self.begun().insert(arn.to_owned(), begun);
        }
    }

    /// Looks how the deployment goes that was begun on a service, and forgets it at its end.
    pub(super) fn progress(&self, service: &Service) -> Progress {
        let arn = service.service_arn().unwrap_or_default();
        let mut all = self.begun();
        let Some(begun) = all.get_mut(arn) else { return Progress::Settled };
        let own = service.deployments().iter().find(|one| one.id() == Some(begun.deployment.as_str()));
        let progress = match own {
            Some(own) => {
                begun.seen = true;
                match own.rollout_state() {
                    Some(DeploymentRolloutState::Failed) => Progress::Failed(why(service, own)),
                    Some(DeploymentRolloutState::InProgress) if own.status() == Some("PRIMARY") => Progress::UnderWay,
                    _ if own.status() == Some("PRIMARY") => Progress::Settled,
                    _ => Progress::Failed("another deployment has taken its place".to_owned()),
                }
            }
            // Gone since: rolled back, or overtaken.
            None if begun.seen => Progress::Failed(events(service)),
            None => Progress::UnderWay,
        };
        if progress != Progress::UnderWay {
            all.remove(arn);
        }
        progress
    }

    fn begun(&self) -> MutexGuard<'_, BTreeMap<String, Begun>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The deployment that a service is at, or on its way to.
pub(super) fn primary(service: &Service) -> Option<&Deployment> {
    service.deployments().iter().find(|deployment| deployment.status() == Some("PRIMARY"))
}

/// Why a deployment has failed: ECS's own words, and what happened last.
pub(super) fn why(service: &Service, deployment: &Deployment) -> String {
    match deployment.rollout_state_reason() {
        Some(reason) if !reason.is_empty() => format!("{reason} {}", events(service)),
        _ => events(service),
    }
}

fn events(service: &Service) -> String {
    let last = service.events().iter().filter_map(|event| event.message()).take(EVENTS);
    let last: Vec<&str> = last.collect();
    if last.is_empty() { "ECS does not say why.".to_owned() } else { format!("Last events: {}", last.join(" ")) }
}

#[cfg(test)]
mod tests {
    use aws_sdk_ecs::types::ServiceEvent;

    use super::*;

    fn deployment(id: &str, status: &str, state: DeploymentRolloutState) -> Deployment {
        Deployment::builder().id(id).status(status).rollout_state(state).rollout_state_reason("tasks failed.").build()
    }

    fn service(deployments: impl IntoIterator<Item = Deployment>) -> Service {
        let event = ServiceEvent::builder().message("(service web) cannot pull the image.").build();
        let deployments = deployments.into_iter().collect();
        Service::builder().service_arn("arn:web").events(event).set_deployments(Some(deployments)).build()
    }

    #[test]
    fn a_deployment_of_nobody_is_not_judged() {
        let failed = service([deployment("d1", "PRIMARY", DeploymentRolloutState::Failed)]);
        assert_eq!(Rollouts::default().progress(&failed), Progress::Settled);
    }

    #[test]
    fn a_deployment_is_followed_to_its_end() {
        use DeploymentRolloutState::{Completed, InProgress};
        let rollouts = Rollouts::default();
        rollouts.begin(&service([deployment("d2", "PRIMARY", InProgress)]));
        let stale = service([deployment("d1", "PRIMARY", Completed)]);
        assert_eq!(rollouts.progress(&stale), Progress::UnderWay);
        let both = [deployment("d2", "PRIMARY", InProgress), deployment("d1", "ACTIVE", Completed)];
        assert_eq!(rollouts.progress(&service(both)), Progress::UnderWay);
        assert_eq!(rollouts.progress(&service([deployment("d2", "PRIMARY", Completed)])), Progress::Settled);
        assert_eq!(rollouts.progress(&stale), Progress::Settled);
    }

    #[test]
    fn a_deployment_that_fails_or_is_rolled_back_is_told_with_its_reason() {
        use DeploymentRolloutState::{Completed, Failed, InProgress};
        let rollouts = Rollouts::default();
        rollouts.begin(&service([deployment("d2", "PRIMARY", InProgress)]));
        let failing = [deployment("d2", "ACTIVE", Failed), deployment("d1", "PRIMARY", InProgress)];
        let reason = "tasks failed. Last events: (service web) cannot pull the image.".to_owned();
        assert_eq!(rollouts.progress(&service(failing)), Progress::Failed(reason));

        rollouts.begin(&service([deployment("d3", "PRIMARY", InProgress)]));
        assert_eq!(rollouts.progress(&service([deployment("d3", "PRIMARY", InProgress)])), Progress::UnderWay);
        let rolled_back = service([deployment("d1", "PRIMARY", Completed)]);
        assert!(matches!(rollouts.progress(&rolled_back), Progress::Failed(_)));
    }
}
