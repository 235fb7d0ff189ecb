//! What ECS would refuse in a service.

use std::collections::BTreeSet;

use infra_engine::check::{Rule, Severity, Surroundings, Violation};

use super::super::cluster::{CapacityProvider, Cluster, Share};
use super::super::connect::{Connect, Offer};
use super::super::task_definition::TaskDefinition;
use super::{Attachment, Breaker, Capacity, Service};
use crate::elb::{Action, Listener, ListenerRule, TargetGroup};

pub(super) static ALL: &[Rule<Service>] = &[
    Rule {
        code: "V155",
        says: "a service's name has 1 to 255 letters, digits, hyphens and underscores, and is the only one in its cluster",
        source: "ECS API model: CreateService",
        severity: Severity::Error,
        check: name_fits,
    },
    Rule {
        code: "V61",
        says: "a service on Fargate has 1 to 16 subnets and at most 5 security groups",
        source: "ECS API model: AwsVpcConfiguration",
        severity: Severity::Error,
        check: network_fits,
    },
    Rule {
        code: "V62",
        says: "a target group is joined by a container of the task, at a port where it listens",
        source: "ECS API model: LoadBalancer; cfn-lint",
        severity: Severity::Error,
        check: attachments_fit,
    },
    Rule {
        code: "V62a",
        says: "a target group that a service joins is one that a listener passes requests on to",
        source: "ECS API: CreateService, \"does not have an associated load balancer\"",
        severity: Severity::Error,
        check: groups_are_called,
    },
    Rule {
        code: "V62b",
        says: "a service goes by names that are its own, at ports of its task, where the cluster's services find each other",
        source: "ECS API model: ServiceConnectService, ServiceConnectConfiguration namespace",
        severity: Severity::Error,
        check: names_lead_somewhere,
    },
    Rule {
        code: "V63",
        says: "capacity is shared out among attached providers, each once, one of them with a base, some with a weight",
        source: "ECS API model: CapacityProviderStrategyItem, CreateService",
        severity: Severity::Error,
        check: capacity_fits,
    },
    Rule {
        code: "V64",
        says: "a rollout has room to move, and grace is given where a load balancer looks",
        source: "ECS API model: DeploymentConfiguration, CreateService healthCheckGracePeriodSeconds",
        severity: Severity::Error,
        check: rollout_fits,
    },
    Rule {
        code: "V156",
        says: "a deployment whose tasks do not start comes to an end",
        source: "ECS developer guide: deployment circuit breaker",
        severity: Severity::Warning,
        check: breaker_is_on,
    },
];

fn name_fits(service: &Service, around: &Surroundings<'_>) -> Vec<Violation> {
    let Service { cluster, name, .. } = service;
    let odd = name.chars().find(|c| !c.is_ascii_alphanumeric() && !"-_".contains(*c));
    let twin = around.others::<Service>().find(|(_, other)| (&other.cluster, &other.name) == (cluster, name));
    let (wrong, way_out) = match (odd, twin) {
        _ if name.is_empty() => ("it is empty".to_owned(), "name it"),
        _ if name.len() > 255 => (format!("it has {} characters", name.len()), "write a shorter one"),
        (Some(odd), _) => (format!("it has `{odd}` in it"), "write letters, digits, `-` and `_`"),
        (None, Some((address, _))) => (format!("{address} has the same name"), "give one of them another name"),
        (None, None) => return Vec::new(),
    };
    vec![Violation::of("name", name, wrong, way_out)]
}

fn network_fits(service: &Service, _: &Surroundings<'_>) -> Vec<Violation> {
    let (subnets, groups) = (service.subnets.len(), service.security_groups.len());
    let mut violations = Vec::new();
    if !(1..=16).contains(&subnets) {
        violations.push(Violation::of("subnets", subnets, format!("there are {subnets}"), "name 1 to 16"));
    }
    if groups > 5 {
        violations.push(Violation::of("security_groups", groups, format!("there are {groups}"), "name at most 5"));
    }
    violations
}

fn attachments_fit(service: &Service, around: &Surroundings<'_>) -> Vec<Violation> {
    let mut violations = Vec::new();
    let Some(task) = around.of::<TaskDefinition, _>(&service.task) else { return violations };
    for attachment in &service.load_balancers {
        let wrong = match task.containers.get(&attachment.container) {
            None => format!("the task has no container `{}`", attachment.container),
            Some(container) if !container.ports.iter().any(|port| port.number == attachment.port) => {
                format!("`{}` does not listen at {}", attachment.container, attachment.port)
            }
            Some(_) => continue,
        };
        let way_out = "name a container of the task definition, and one of its ports";
        violations.push(Violation::of("load_balancers", attachment, wrong, way_out));
    }
    violations
}

fn groups_are_called(service: &Service, around: &Surroundings<'_>) -> Vec<Violation> {
    let listeners = around.all::<Listener>().map(|(_, listener)| &listener.action);
    let actions: Vec<&Action> = listeners.chain(around.all::<ListenerRule>().map(|(_, rule)| &rule.action)).collect();
    let mut violations = Vec::new();
    for Attachment { target_group, .. } in &service.load_balancers {
        let passed_on = |action: &Action| matches!(action, Action::Forward(forward) if forward.groups.iter().any(|share| share.group == *target_group));
        if around.of::<TargetGroup, _>(target_group).is_none() || actions.iter().copied().any(passed_on) {
            continue;
        }
        let wrong = "no listener passes requests on to it, and ECS refuses the service";
        let way_out = "add a `ListenerRule` with `Action::forward` to it, or take it out of the service";
        violations.push(Violation::of("load_balancers", target_group, wrong, way_out));
    }
    violations
}

fn names_lead_somewhere(service: &Service, around: &Surroundings<'_>) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut wrong = |wrong: String, way_out: &str| {
        violations.push(Violation::of("connect", &service.connect, wrong, way_out));
    };
    let cluster = around.of::<Cluster, _>(&service.cluster);
    if service.connect != Connect::Off && cluster.is_some_and(|cluster| !cluster.connects) {
        wrong("the cluster's services do not find each other".into(), "write `connects: true` in the cluster");
    }
    let task = around.of::<TaskDefinition, _>(&service.task);
    for Offer { port, host, .. } in service.connect.offers() {
        let mut ports = task.iter().flat_map(|task| task.containers.values()).flat_map(|container| &container.ports);
        if task.is_some() && !ports.any(|known| known.name.as_ref() == Some(port)) {
            wrong(format!("no port of the task is called `{port}`"), "give the container's port that name");
        }
        let same = |other: &Service| {
            other.cluster == service.cluster && other.connect.offers().any(|offer| offer.host == *host)
        };
        if let Some((address, _)) = around.others::<Service>().find(|(_, other)| same(other)) {
            wrong(format!("{address} goes by the name `{host}` too"), "give one of them another name");
        }
    }
    violations
}

fn capacity_fits(service: &Service, around: &Surroundings<'_>) -> Vec<Violation> {
    let Capacity::Shares(shares) = &service.capacity else { return Vec::new() };
    let attached = around.of::<Cluster, _>(&service.cluster).map(|cluster| &cluster.capacity_providers);
    let mut violations = Vec::new();
    let mut wrong = |wrong: String, way_out: &str| violations.push(Violation::of("capacity", shares, wrong, way_out));
    let mut seen = BTreeSet::new();
    for Share { provider, .. } in shares {
        if attached.as_ref().is_some_and(|attached| !attached.contains(provider)) {
            wrong(format!("{} is not attached to the cluster", provider.name()), "attach it");
        }
        if !seen.insert(provider) {
            wrong(format!("{} has two shares", provider.name()), "make one of them");
        }
    }
    if shares.iter().filter(|share| share.base > 0).count() > 1 {
        wrong("more than one share has a base".into(), "write 0 in all but one");
    }
    if shares.iter().all(|share| share.weight == 0) {
        wrong("no share has a weight".into(), "write 1 or more in at least one");
    }
    if shares.len() > 20 {
        wrong(format!("it has {} shares", shares.len()), "write at most 20");
    }
    let own = shares.iter().filter(|share| matches!(share.provider, CapacityProvider::Own(_))).count();
    if own > 0 && own < shares.len() {
        wrong("Fargate is mixed with machines of the account's own".into(), "use one or the other");
    }
    violations
}

fn rollout_fits(service: &Service, _: &Surroundings<'_>) -> Vec<Violation> {
    let Service { rollout, grace, load_balancers, rebalances, .. } = service;
    let mut violations = Vec::new();
    if rollout.minimum >= rollout.maximum || rollout.maximum < 100 || rollout.maximum > 200 || rollout.minimum > 100 {
        let wrong = format!("{} % to {} % leave no room", rollout.minimum, rollout.maximum);
        let way_out = "write a minimum of at most 100, and a larger maximum of 100 to 200";
        violations.push(Violation::of("rollout", rollout, wrong, way_out));
    }
    if *rebalances && rollout.maximum == 100 {
        let wrong = "a task is moved by starting another one first, and there is no room for one";
        let way_out = "write false, or a maximum of more than 100 in `rollout`";
        violations.push(Violation::of("rebalances", rebalances, wrong, way_out));
    }
    if *grace > 0 && load_balancers.is_empty() {
        let way_out = "write 0: the containers' own health checks have a start period";
        violations.push(Violation::of("grace", grace, "no load balancer looks at it", way_out));
    }
    violations
}

fn breaker_is_on(service: &Service, _: &Surroundings<'_>) -> Vec<Violation> {
    if service.rollout.breaker != Breaker::Off {
        return Vec::new();
    }
    let way_out = "write `Breaker::RollBack`";
    vec![Violation::of("rollout", service.rollout, "ECS would go on trying for ever", way_out)]
}
