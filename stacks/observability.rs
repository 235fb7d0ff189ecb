//! What is seen of the platform: alarms at two levels, who is told of them, and a dashboard of everything.
//!
//! The thresholds are the environment's, in `[observability]`. What is watched, and how, is in `alarms`; what is shown
//! is in `dashboard`.

mod alarms;
mod dashboard;

use infra_aws::cloudwatch::{Alarm, Dashboard};
use infra_aws::iam::{Policy, Service, Statement};
use infra_aws::sns::{Subscription, Topic};
use infra_engine::model::{Handle, Platform, Stack};

use crate::cache::Cache;
use crate::cdn::Cdn;
use crate::cluster::Cluster;
use crate::database::Database;
use crate::edge::Edge;
use crate::environment::Environment;
use crate::scaling::Scaling;

/// What is watched.
#[derive(Clone, Copy)]
pub struct Watched<'a> {
    /// The load balancer.
    pub edge: &'a Edge,
    /// The services.
    pub cluster: &'a Cluster,
    /// How many of them there are.
    pub scaling: &'a Scaling,
    /// The content delivery network.
    pub cdn: &'a Cdn,
    /// Redis.
    pub cache: &'a Cache,
    /// Postgres.
    pub database: &'a Database,
}

/// What other stacks may build on.
pub struct Observability {
    /// Who is told: alarms, budgets and cost anomalies may publish to it.
    pub topic: Handle<Topic>,
    /// What is worth a look.
    pub warnings: Vec<Handle<Alarm>>,
    /// What somebody must get up for.
    pub critical: Vec<Handle<Alarm>>,
    /// Everything on one page.
    pub dashboard: Handle<Dashboard>,
}

/// Adds the observability to the platform.
pub fn stack(environment: &Environment, platform: &mut Platform, watched: Watched<'_>) -> Observability {
    let mut stack = platform.stack("observability");
    let topic = topic(&mut stack, environment);
    let alarms::Alarms { warnings, critical } = alarms::add(&mut stack, environment, watched, &topic);
    let body = dashboard::body(environment, watched, &warnings, &critical);
    let dashboard = stack.add("dashboard", Dashboard { name: environment.named("dashboard"), body });
    Observability { topic, warnings, critical, dashboard }
}

/// The topic, and those who hear of it.
fn topic(stack: &mut Stack, environment: &Environment) -> Handle<Topic> {
    let name = environment.named("alarms");
    let arn = format!("arn:aws:sns:{}:{}:{name}", environment.region, environment.account);
    // A policy takes the place of the one that a topic is born with, so alarms are named here too.
    let publish = |service| {
        let publish = Statement::allow(["sns:Publish"]).to(service).on([arn.clone()]);
        publish.when("StringEquals", "aws:SourceAccount", [environment.account.to_string()])
    };
    let policy = Policy::of([Service::CloudWatch, Service::Budgets, Service::CostAlerts].map(publish));
    let display_name = format!("{} {}", environment.project, environment.name);
    let topic = stack.add("alarms", Topic { name, display_name, policy: Some(policy), key: None, deduplicates: false });
    for (number, email) in (1..).zip(&environment.observability.emails) {
        stack.add(format!("email-{number}"), Subscription::by_email(topic.id(), email));
    }
    topic
}

#[cfg(test)]
mod tests;
