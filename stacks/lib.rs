//! The platform: one function for each stack, and the environment that they read.
//!
//! [`environment`] is what differs between `local`, `dev`, `staging` and `prod`; each other file is one stack. A stack
//! is a function: it takes the environment and the handles of the stacks below it, and returns its own.

pub mod cache;
pub mod cdn;
pub mod cluster;
pub mod cost;
pub mod database;
pub mod edge;
pub mod environment;
pub mod loadtest;
pub mod network;
pub mod scaling;
#[cfg(test)]
mod testing;
pub mod workers;

use infra_engine::model::Platform;

use crate::environment::Environment;

/// Everything that an environment has.
pub fn platform(environment: &Environment, platform: &mut Platform) {
    let network = network::stack(environment, platform);
    let cache = cache::stack(environment, platform, &network);
    let database = database::stack(environment, platform, &network);
    let edge = edge::stack(environment, platform, &network);
    let cluster = cluster::stack(environment, platform, &network, &cache, &database, &edge);
    scaling::stack(environment, platform, &edge, &cluster);
    workers::stack(environment, platform, &network, &cluster);
    let cdn = cdn::stack(environment, platform, &edge);
    loadtest::stack(environment, platform, &cdn);
    cost::stack(environment, platform);
}

#[cfg(test)]
mod tests {
    use infra_cli::environment::parse;
    use infra_engine::model::Definition;

    use super::*;

    fn definitions(environment: &str) -> Vec<Definition> {
        let environment = parse(environment, "test.toml", None).unwrap_or_else(|problems| panic!("{problems}"));
        let mut collected = Platform::new();
        platform(&environment, &mut collected);
        collected.finish().unwrap()
    }

    fn file(name: &str) -> String {
        std::fs::read_to_string(format!("{}/../environments/{name}.toml", env!("CARGO_MANIFEST_DIR"))).unwrap()
    }

    fn document(definitions: &[Definition], address: &str) -> serde_json::Value {
        let found = definitions.iter().find(|definition| definition.address.to_string() == address);
        serde_json::to_value(&found.unwrap_or_else(|| panic!("there is no {address}")).document).unwrap()
    }

    #[test]
    fn services_are_what_the_environment_says() {
        let other = file("local").replace("user-service", "web").replace("api-gateway", "front");
        let definitions = definitions(&other);
        let names: Vec<String> = definitions.iter().map(|definition| definition.address.to_string()).collect();
        for address in ["edge.web", "edge.web-rule", "cluster.web-service", "scaling.web", "scaling.front-cpu"] {
            assert!(names.iter().any(|name| name == address), "there is no {address}");
        }
        let text = format!("{definitions:?}");
        assert!(!text.contains("user-service") && !text.contains("api-gateway"));
    }

    #[test]
    fn services_are_told_of_the_pool_and_never_of_postgres() {
        let task = document(&definitions(&file("prod")), "cluster.order-service-task-definition");
        let container = &task["containers"]["order-service"];
        assert_eq!(container["environment"]["DATABASE_HOST"]["$ref"], "cluster.pgbouncer-service");
        assert_eq!(container["environment"]["REDIS_HOST"]["$ref"], "cache.redis");
        assert_eq!(container["secrets"]["DATABASE_PASSWORD"]["from"]["$ref"], "database.postgres");
        let pool = document(&definitions(&file("prod")), "cluster.pgbouncer-task-definition");
        assert_eq!(pool["containers"]["pgbouncer"]["environment"]["DB_HOST"]["$ref"], "database.postgres");
    }

    #[test]
    fn a_certificate_moves_the_services_to_https() {
        let with = definitions(&file("prod"));
        assert_eq!(document(&with, "edge.order-service-rule")["listener"]["$ref"], "edge.https");
        assert!(document(&with, "edge.http")["action"]["redirect"].is_object());
        let without = definitions(&file("dev"));
        assert_eq!(document(&without, "edge.order-service-rule")["listener"]["$ref"], "edge.http");
        assert!(document(&without, "edge.http")["action"]["forward"].is_object());
    }

    #[test]
    fn a_season_holds_against_the_schedules_and_ends() {
        let prod = definitions(&file("prod"));
        let business_hours = document(&prod, "scaling.order-service-scale-up-schedule");
        assert_eq!((&business_hours["minimum"], &business_hours["maximum"]), (&4.into(), &serde_json::Value::Null));
        let season = document(&prod, "scaling.order-service-black-friday-season");
        assert_eq!((&season["minimum"], &season["maximum"]), (&6.into(), &24.into()));
        assert_eq!((&season["schedule"], &season["end"]), (&"rate(5 minutes)".into(), &"2027-11-30T00:00:00".into()));
        let over = document(&prod, "scaling.order-service-black-friday-season-over");
        assert_eq!(over["schedule"], "at(2027-11-30T00:05:00)");
        assert_eq!((&over["minimum"], &over["maximum"]), (&2.into(), &8.into()));
    }
}
