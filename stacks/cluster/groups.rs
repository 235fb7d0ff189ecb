//! Who of the cluster may speak to whom: each service has a security group of its own, and so have the pool and the
//! workers.
//!
//! A service is called by the load balancer and by nobody else. It calls the pool, Redis and AWS, as far as its table says
//! that it uses them: who has taken over one of them sees nothing of the others, and nothing of Postgres.

use std::collections::BTreeMap;

use infra_aws::ec2::{Allow, SecurityGroup, SecurityGroupRules, Traffic, Vpc};
use infra_engine::model::{Handle, Platform, Stack};
use infra_values::{Cidr, Name};

use crate::environment::{Backend, Environment, PGBOUNCER};
use crate::network::{Network, POSTGRES_PORT, REDIS_PORT, SERVICE_PORT};

/// The security groups of what runs in the cluster.
pub struct Groups {
    /// Of each service.
    pub services: BTreeMap<Name, Handle<SecurityGroup>>,
    /// Of the pool of connections.
    pub pooler: Handle<SecurityGroup>,
    /// Of the workers, where the environment has any.
    pub workers: Option<Handle<SecurityGroup>>,
}

impl Groups {
    /// The groups of those that use this, with their names.
    pub fn using<'a>(
        &'a self,
        environment: &'a Environment,
        backend: Backend,
    ) -> impl Iterator<Item = (&'a str, &'a Handle<SecurityGroup>)> {
        let uses =
            move |name: &Name| environment.services.get(name).is_some_and(|service| service.uses.contains(&backend));
        let services =
            self.services.iter().filter(move |(name, _)| uses(name)).map(|(name, group)| (name.as_str(), group));
        let use_it = environment.workers.as_ref().is_some_and(|workers| workers.uses.contains(&backend));
        services.chain(self.workers.iter().filter(move |_| use_it).map(|group| (WORKERS, group)))
    }
}

/// What the workers are called among those that use something.
const WORKERS: &str = "workers";

/// Adds the groups and what each lets in and out.
pub fn groups(environment: &Environment, platform: &mut Platform, network: &Network) -> Groups {
    let mut stack = platform.stack("cluster");
    let mut of = |name: &str, description: String| group(&mut stack, environment, &network.vpc, name, description);
    let services = environment.services.keys();
    let services = services.map(|name| (name.clone(), of(name.as_str(), format!("Tasks of {name}")))).collect();
    let pooler = of(PGBOUNCER, "The pool of connections to Postgres".into());
    let workers = environment.workers.as_ref().map(|_| of(WORKERS, "Machines for work that can wait".into()));
    let groups = Groups { services, pooler, workers };

    let anywhere = || Traffic::tcp(443).with(Cidr::ANYWHERE).described("HTTPS to anywhere: images, AWS, others");
    // While the pool of before is there, its name leads to it too.
    let shared = network.groups.shared.as_ref();
    let outward = |uses: &dyn Fn(Backend) -> bool| {
        let of_before = shared.filter(|_| uses(Backend::Database));
        let of_before =
            of_before.map(|group| Traffic::tcp(POSTGRES_PORT).with(group.id()).described("to that of before"));
        let pool = uses(Backend::Database)
            .then(|| Traffic::tcp(POSTGRES_PORT).with(groups.pooler.id()).described("to the pool"));
        let redis = uses(Backend::Cache)
            .then(|| Traffic::tcp(REDIS_PORT).with(network.groups.redis.id()).described("to Redis"));
        pool.into_iter().chain(of_before).chain(redis).chain([anywhere()]).collect()
    };
    let mut rules = |name: &str, group: &Handle<SecurityGroup>, ingress: Vec<Allow>, egress: Vec<Allow>| {
        let (ingress, egress) = (ingress.into_iter().collect(), egress.into_iter().collect());
        stack.add(format!("{name}-rules"), SecurityGroupRules { group: group.id(), ingress, egress });
    };
    for (name, group) in &groups.services {
        let from_outside = Traffic::tcp(SERVICE_PORT).with(network.groups.alb.id()).described("from the load balancer");
        let uses = |backend| environment.services[name].uses.contains(&backend);
        rules(name.as_str(), group, vec![from_outside], outward(&uses));
    }
    let from = |(name, group): (&str, &Handle<SecurityGroup>)| {
        Traffic::tcp(POSTGRES_PORT).with(group.id()).described(format!("from {name}"))
    };
    let of_before = shared.map(|group| from(("tasks of before", group)));
    let clients = groups.using(environment, Backend::Database).map(from).chain(of_before).collect();
    let to_postgres = Traffic::tcp(POSTGRES_PORT).with(network.groups.rds.id()).described("to Postgres");
    rules(PGBOUNCER, &groups.pooler, clients, vec![to_postgres, anywhere()]);
    if let (Some(group), Some(workers)) = (&groups.workers, &environment.workers) {
        rules(WORKERS, group, Vec::new(), outward(&|backend| workers.uses.contains(&backend)));
    }
    groups
}

fn group(
    stack: &mut Stack,
    environment: &Environment,
    vpc: &Handle<Vpc>,
    name: &str,
    description: String,
) -> Handle<SecurityGroup> {
    stack.add(format!("{name}-group"), SecurityGroup { vpc: vpc.id(), name: environment.named(name), description })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use infra_engine::model::Document;

    use super::*;
    use crate::testing::{changed, definitions, environment, the};

    /// The rules at an address, each in one line.
    fn lines(environment: &Environment, address: &str) -> BTreeSet<String> {
        let SecurityGroupRules { group: _, ingress, egress } = the(environment, address);
        let told = |way: &'static str| {
            move |allow: &Allow| {
                let text = serde_json::to_value(allow).unwrap();
                format!(
                    "{way} {}: {}",
                    text["traffic"]["tcp"].as_str().unwrap_or("?"),
                    text["description"].as_str().unwrap()
                )
            }
        };
        ingress.iter().map(told("in")).chain(egress.iter().map(told("out"))).collect()
    }

    fn these(lines: &[&str]) -> BTreeSet<String> {
        lines.iter().map(|line| (*line).to_owned()).collect()
    }

    #[test]
    fn a_service_is_called_by_the_load_balancer_and_calls_what_it_uses() {
        let prod = environment("prod");
        let usual = these(&[
            "in 8000: from the load balancer",
            "out 5432: to the pool",
            "out 6379: to Redis",
            "out 443: HTTPS to anywhere: images, AWS, others",
        ]);
        assert_eq!(lines(&prod, "cluster.order-service-rules"), usual);
        let without = changed(
            "prod",
            &[(
                "\nbalancing = \"round_robin\"\nbusiness",
                "\nuses = [\"cache\"]\nbalancing = \"round_robin\"\nbusiness",
            )],
        );
        let fewer = these(&[
            "in 8000: from the load balancer",
            "out 6379: to Redis",
            "out 443: HTTPS to anywhere: images, AWS, others",
        ]);
        assert_eq!(lines(&without, "cluster.notification-service-rules"), fewer);
        let told = format!(
            "{:?}",
            the::<infra_aws::ecs::TaskDefinition>(&without, "cluster.notification-service-task-definition")
        );
        assert!(told.contains("REDIS_HOST") && !told.contains("DATABASE_"), "{told}");
        assert!(!lines(&without, "cluster.pgbouncer-rules").contains("in 5432: from notification-service"));
    }

    #[test]
    fn postgres_is_called_by_the_pool_alone_and_redis_by_those_that_use_it() {
        let prod = environment("prod");
        assert_eq!(lines(&prod, "network.rds-rules"), these(&["in 5432: from the pool"]));
        let services: Vec<String> = prod.services.keys().map(|name| format!("in 6379: from {name}")).collect();
        assert_eq!(lines(&prod, "network.redis-rules"), services.into_iter().collect());
        let workers = these(&["out 443: HTTPS to anywhere: images, AWS, others"]);
        assert_eq!(lines(&prod, "cluster.workers-rules"), workers);
        let working = changed("prod", &[("[workers]", "[workers]\nuses = [\"cache\"]")]);
        assert!(lines(&working, "network.redis-rules").contains("in 6379: from workers"));
        assert!(lines(&working, "cluster.workers-rules").contains("out 6379: to Redis"));
    }

    #[test]
    fn while_a_platform_moves_over_tasks_of_before_and_of_now_reach_each_other() {
        let moving = changed("prod", &[("[network]", "[network]\nshared_group = true")]);
        assert!(lines(&moving, "network.alb-rules").contains("out 8000: of before"));
        assert!(lines(&moving, "network.redis-rules").contains("in 6379: of before"));
        assert!(lines(&moving, "network.rds-rules").contains("in 5432: of before"));
        assert!(lines(&moving, "cluster.pgbouncer-rules").contains("in 5432: from tasks of before"));
        assert!(lines(&moving, "cluster.order-service-rules").contains("out 5432: to that of before"));
        let shared = lines(&moving, "network.ecs-rules");
        for line in ["in 5432: from order-service", "in 5432: from tasks of before", "out 5432: to a pool"] {
            assert!(shared.contains(line), "{line}: {shared:?}");
        }
        let moved = definitions(&environment("prod"));
        assert!(moved.iter().all(|definition| definition.address.to_string() != "network.ecs"));
    }

    #[test]
    fn no_two_services_are_in_one_group() {
        let prod = definitions(&environment("prod"));
        let services = prod.iter().filter(|definition| definition.schema.kind == "ecs/service");
        let groups = |document: &Document| document.field("security_groups").unwrap().to_string();
        let groups: Vec<String> = services.map(|service| groups(&service.document)).collect();
        assert_eq!(groups.iter().collect::<BTreeSet<_>>().len(), groups.len(), "{groups:?}");
    }
}
