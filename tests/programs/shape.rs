//! A program whose environment file holds its definitions: changing the file is changing the code.
//!
//! It stands on the same crates as the platform's program, and shows that they are a library for somebody else's.

use std::collections::BTreeMap;
use std::process::ExitCode;

use infra_aws::{autoscaling, ec2, ecs, elasticache, iam, lambda, logs, secretsmanager};
use infra_cli::Program;
use infra_cli::environment::{Environment, Facts};
use infra_engine::model::{Address, Platform, Resource, Stack};
use infra_values::{AccountId, Name, Region};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

fn main() -> ExitCode {
    infra_cli::run(Program { name: "shape", stacks })
}

/// An environment that brings its definitions.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Shape {
    project: Name,
    name: Name,
    account: AccountId,
    region: Region,
    endpoint: String,
    #[serde(default)]
    definition: Vec<Given>,
}

/// A definition.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Given {
    /// `stack.name`.
    address: String,
    /// `ec2/vpc`.
    kind: String,
    #[serde(default)]
    renamed_from: Option<String>,
    #[serde(default)]
    protected: bool,
    /// What it says; a reference is `{ "$ref" = "stack.name", output = "id" }`.
    fields: Value,
}

impl Environment for Shape {
    fn facts(&self) -> Facts {
        Facts {
            project: self.project.clone(),
            name: self.name.clone(),
            account: self.account.clone(),
            region: self.region.clone(),
            profile: None,
            endpoint: Some(self.endpoint.clone()),
            endpoints: BTreeMap::new(),
            records: None,
            start_local: false,
            protected: false,
        }
    }
}

fn stacks(shape: &Shape, platform: &mut Platform) {
    for given in &shape.definition {
        let address: Address = given.address.parse().expect("a test writes addresses");
        let mut stack = platform.stack(address.stack());
        let add = match given.kind.as_str() {
            "ec2/vpc" => add::<ec2::Vpc>,
            "ec2/subnet" => add::<ec2::Subnet>,
            "ec2/internet-gateway" => add::<ec2::InternetGateway>,
            "ec2/route-table" => add::<ec2::RouteTable>,
            "ec2/security-group" => add::<ec2::SecurityGroup>,
            "ec2/security-group-rules" => add::<ec2::SecurityGroupRules>,
            "iam/role" => add::<iam::Role>,
            "logs/log-group" => add::<logs::LogGroup>,
            "ecs/cluster" => add::<ecs::Cluster>,
            "ecs/service" => add::<ecs::Service>,
            "autoscaling/scalable-target" => add::<autoscaling::ScalableTarget>,
            "autoscaling/step-policy" => add::<autoscaling::StepPolicy>,
            "lambda/function" => add::<lambda::Function>,
            "elasticache/subnet-group" => add::<elasticache::CacheSubnetGroup>,
            "elasticache/replication-group" => add::<elasticache::ReplicationGroup>,
            "secretsmanager/secret" => add::<secretsmanager::Secret>,
            other => panic!("a test asks for the kind {other}"),
        };
        add(&mut stack, address.name(), given);
    }
}

fn add<R: Resource>(stack: &mut Stack, name: &str, given: &Given) {
    let definition: R = serde_json::from_value(given.fields.clone()).expect("a test writes the fields of the kind");
    let mut handle = stack.add(name, definition);
    if let Some(old) = &given.renamed_from {
        handle = handle.renamed_from(old);
    }
    handle.protected_when(given.protected);
}
