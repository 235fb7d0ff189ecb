//! Functions.

use std::collections::BTreeMap;

use aws_smithy_types::base64;
use infra_aws::ec2::Processor;
use infra_aws::lambda::{CodeHash, Function, Retries, Runtime};
use infra_engine::live::Behaviour;
use infra_engine::model::Ref;

use super::Difference::{Ours, Theirs};
use super::{OWNERSHIP, Recorded, found, order};
use crate::server::{Server, aws, json};

const CREATED: &str = include_str!("recorded/function-create.json");

const SAME: &str = "it is said again as it is";

/// The package that Terraform has sent.
fn package() -> Vec<u8> {
    let message: serde_json::Value = serde_json::from_str(CREATED).unwrap();
    base64::decode(message["Code"]["ZipFile"].as_str().unwrap()).unwrap()
}

fn function(path: &str) -> Function {
    Function {
        name: "shop-loadtest".into(),
        description: "Calls the shop".into(),
        role: Ref::known("arn:aws:iam::123456789012:role/shop-loadtest"),
        runtime: Runtime::Provided2023,
        handler: "bootstrap".into(),
        processor: Processor::Arm,
        code: CodeHash::of(&package()).into(),
        package: Ref::known(path),
        timeout: 900,
        memory: 1024,
        environment: BTreeMap::from([
            ("TARGET_URL".into(), "https://shop.example.com".into()),
            ("TEST_DURATION".into(), 300.into()),
        ]),
        reserved: None,
        retries: Retries::USUAL,
        layers: Vec::new(),
        vpc_config: None,
    }
}

#[tokio::test]
async fn creating() {
    let path = std::env::temp_dir().join(format!("infra-wire-{}.zip", std::process::id()));
    std::fs::write(&path, package()).unwrap();
    let server = Server::start([json(201, "{}")]).await;
    let function = function(path.to_str().unwrap());
    Function::create(&aws(&server.url).await, &order(function)).await.unwrap();
    std::fs::remove_file(path).unwrap();
    Recorded {
        call: "POST /2015-03-31/functions HTTP",
        body: CREATED,
        sets: &[],
        differences: &[
            Ours("Tags", OWNERSHIP),
            Theirs("PackageType", "a package that is sent along can be nothing else"),
        ],
    }
    .check(&server);
}

#[tokio::test]
async fn changing() {
    let server = Server::start([json(200, "{}")]).await;
    let live = found("shop-loadtest", function("load-test.zip"), &[]);
    let wanted = Function { timeout: 600, ..function("load-test.zip") };
    Function::update(&aws(&server.url).await, &live, &wanted).await.unwrap();
    Recorded {
        call: "PUT /2015-03-31/functions/shop-loadtest/configuration HTTP",
        body: include_str!("recorded/function-update.json"),
        sets: &[],
        // Terraform says what changes; here all is said that this call can change.
        differences: &[
            Ours("Description", SAME),
            Ours("Environment", SAME),
            Ours("Handler", SAME),
            Ours("MemorySize", SAME),
            Ours("Role", SAME),
            Ours("Runtime", SAME),
        ],
    }
    .check(&server);
}
