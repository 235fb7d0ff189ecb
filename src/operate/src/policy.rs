//! The least IAM policy with which a platform can be planned and applied.
//!
//! The actions are those that each kind lists beside its calls; the kinds are those of the platform's definitions.

use std::collections::{BTreeMap, BTreeSet};

use infra_aws::store;
use infra_engine::graph::Graph;
use infra_engine::live::Registry;
use serde_json::{Value, json};

/// A policy document: one statement for each service, and one for the bucket of the records.
pub fn least_policy(graph: &Graph, registry: &Registry, bucket: &str) -> Value {
    let mut services: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for definition in graph.definitions() {
        let actions = registry.kind(definition.schema.kind).map(|kind| kind.actions()).unwrap_or_default();
        for action in actions {
            services.entry(action.split(':').next().unwrap_or(action)).or_default().insert(action);
        }
    }
    let mut statements: Vec<Value> = services
        .into_iter()
        .map(|(service, actions)| {
            let sid: String = service.chars().filter(char::is_ascii_alphanumeric).collect();
            json!({ "Sid": sid, "Effect": "Allow", "Action": actions, "Resource": "*" })
        })
        .collect();
    let records = [format!("arn:aws:s3:::{bucket}"), format!("arn:aws:s3:::{bucket}/*")];
    statements.push(json!({ "Sid": "records", "Effect": "Allow", "Action": store::ACTIONS, "Resource": records }));
    json!({ "Version": "2012-10-17", "Statement": statements })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use infra_aws::ec2::Vpc;
    use infra_aws::{Aws, Settings};
    use infra_engine::live::Behaviour;
    use infra_engine::model::Platform;

    use super::*;

    #[tokio::test]
    async fn it_allows_what_the_kinds_in_use_call_and_nothing_else() {
        let settings = Settings { region: "us-east-1".into(), profile: None, endpoints: Default::default() };
        let registry = infra_aws::registry(Arc::new(Aws::load(settings).await.unwrap()));
        let mut platform = Platform::new();
        let cidr = "10.0.0.0/16".parse().unwrap();
        platform.stack("network").add("vpc", Vpc { cidr, dns_support: true, dns_hostnames: true });
        let graph = Graph::build(platform.finish().unwrap()).unwrap();
        let policy = least_policy(&graph, &registry, "infra-1-us-east-1");
        let statements = policy["Statement"].as_array().unwrap();
        let allowed: Vec<&str> = statements[0]["Action"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        let mut wanted = Vpc::ACTIONS.to_vec();
        wanted.sort_unstable();
        assert_eq!(allowed, wanted);
        assert_eq!(statements.len(), 2, "one for EC2, one for the records");
        assert_eq!(statements[1]["Resource"][1], "arn:aws:s3:::infra-1-us-east-1/*");
    }
}
