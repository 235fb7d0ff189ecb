//! Functions, what calls them, and who may.

use std::collections::BTreeMap;
use std::path::PathBuf;

use infra_aws::ec2::Processor;
use infra_aws::events::{self, EventRule, EventRuleName, EventTarget};
use infra_aws::iam::Service;
use infra_aws::lambda::{CodeHash, Function, FunctionName, Permission, Retries, Runtime, VpcConfig};
use infra_engine::model::{PackageFile, Platform, Ref};
use infra_testkit::laws::Sample;
use serde_json::json;

use crate::ground::Ground;

fn role(name: &str) -> Ref<infra_aws::iam::RoleArn> {
    Ref::known(format!("arn:aws:iam::000000000000:role/{name}"))
}

/// What a function runs: an empty archive, or one with a word beside it.
fn package(project: &str, word: &str) -> (Ref<PackageFile>, Ref<CodeHash>) {
    let mut zip = b"PK\x05\x06".to_vec();
    zip.extend([0; 16]);
    zip.extend((word.len() as u16).to_le_bytes());
    zip.extend(word.as_bytes());
    let path = place(project, word);
    std::fs::write(&path, &zip).unwrap();
    (Ref::known(path.to_str().unwrap()), CodeHash::of(&zip).into())
}

fn place(project: &str, word: &str) -> PathBuf {
    std::env::temp_dir().join(format!("{project}-{word}.zip"))
}

/// The parents that children may have instead of theirs.
struct Others {
    function: Ref<FunctionName>,
    rule: Ref<EventRuleName>,
}

/// A layer of AWS's own.
const INSIGHTS: &str = "arn:aws:lambda:us-east-1:580247275435:layer:LambdaInsightsExtension:14";

fn network() -> VpcConfig {
    VpcConfig {
        subnet_ids: [Ref::known("subnet-0123456789abcdef0")].into(),
        security_group_ids: [Ref::known("sg-0123456789abcdef0")].into(),
    }
}

fn function(name: String, (package, code): (Ref<PackageFile>, Ref<CodeHash>)) -> Function {
    Function {
        name,
        description: "Scheduled load testing".into(),
        role: role("load-test"),
        runtime: Runtime::Python312,
        handler: "index.handler".into(),
        processor: Processor::X86,
        code,
        package,
        timeout: 900,
        memory: 256,
        environment: BTreeMap::from([("TEST_DURATION".into(), 300.into())]),
        reserved: None,
        retries: Retries::USUAL,
        layers: Vec::new(),
        vpc_config: None,
    }
}

fn stack(platform: &mut Platform, project: &str) -> Others {
    let mut stack = platform.stack("load");
    let code = package(project, "one");
    let test = stack.add("function", function(format!("{project}-function"), code.clone()));
    let other = Function { reserved: Some(5), ..function(format!("{project}-other"), code) };
    let (layers, vpc_config) = (vec![INSIGHTS.to_owned()], Some(network()));
    let other = stack.add(
        "other",
        Function { environment: BTreeMap::new(), description: String::new(), layers, vpc_config, ..other },
    );
    let rule = |name: &str| EventRule {
        name: format!("{project}-{name}"),
        description: "Every night".into(),
        schedule: Some("cron(0 2 * * ? *)".parse().unwrap()),
        pattern: None,
        enabled: true,
    };
    let nightly = stack.add("nightly", rule("nightly"));
    let spare = stack.add("spare", rule("spare"));
    let target = |name: &str| EventTarget {
        rule: nightly.id(),
        name: name.into(),
        calls: test.output(Function::ARN).into(),
        role: None,
        input: None,
        retries: events::Retries::USUAL,
    };
    stack.add("target", target("LoadTest"));
    stack.add("queue", EventTarget { input: Some(json!({"users": 100})), ..target("Other") });
    let permission = |statement: &str| Permission {
        function: test.id(),
        statement: statement.into(),
        action: "lambda:InvokeFunction".into(),
        principal: Service::Events,
        source: Some(nightly.output(EventRule::ARN).into()),
        source_account: None,
    };
    stack.add("permission", permission("AllowEventBridge"));
    let bucket = Permission { principal: Service::from("s3.amazonaws.com".to_owned()), ..permission("AllowS3") };
    let source_account = Some("000000000000".to_owned());
    stack.add("bucket", Permission { source: Some("arn:aws:s3:::shop".into()), source_account, ..bucket });
    Others { function: other.id(), rule: spare.id() }
}

#[tokio::test]
async fn lambda() {
    let ground = Ground::new().await;
    let project = ground.project.clone();
    let (sample, others) = Sample::with(|platform| stack(platform, &project));
    let sample = events(functions(sample, &project), &others);
    ground.obeys(&permissions(sample, &others)).await;
    for word in ["one", "other"] {
        std::fs::remove_file(place(&project, word)).unwrap();
    }
}

fn functions(sample: Sample, project: &str) -> Sample {
    let (path, code) = package(project, "other");
    let moved = path.clone();
    sample
        .change("load.function", |it: &mut Function| it.name.push('2'))
        .change("load.function", |it: &mut Function| it.description.push('!'))
        .change("load.function", |it: &mut Function| it.description.clear())
        .change("load.function", |it: &mut Function| it.role = role("other"))
        .change("load.function", |it: &mut Function| it.runtime = Runtime::Python313)
        .change("load.function", |it: &mut Function| it.runtime = Runtime::Other("python3.14".into()))
        .change("load.function", |it: &mut Function| it.handler = "index.main".into())
        .change("load.function", |it: &mut Function| it.processor = Processor::Arm)
        .change_together("load.function", |it: &mut Function| (it.package, it.code) = (path, code))
        .change("load.function", |it: &mut Function| it.package = moved)
        .change("load.function", |it: &mut Function| it.timeout = 60)
        .change("load.function", |it: &mut Function| it.memory = 512)
        .change("load.function", |it: &mut Function| it.environment.clear())
        .change("load.function", |it: &mut Function| {
            it.environment = [("TEST_DURATION".into(), 60.into()), ("TARGET_URL".into(), "http://shop".into())].into();
        })
        .change("load.function", |it: &mut Function| it.layers = vec![INSIGHTS.to_owned()])
        .change("load.function", |it: &mut Function| it.vpc_config = Some(network()))
        .change("load.other", |it: &mut Function| it.layers.clear())
        .change("load.other", |it: &mut Function| it.vpc_config = None)
        .change("load.function", |it: &mut Function| it.retries = Retries::NONE)
        .change("load.function", |it: &mut Function| it.retries.times = 1)
        .change("load.function", |it: &mut Function| it.retries.seconds = 600)
        .change("load.function", |it: &mut Function| it.reserved = Some(0))
        .change("load.other", |it: &mut Function| it.reserved = Some(7))
        .change("load.other", |it: &mut Function| it.reserved = None)
        .change("load.other", |it: &mut Function| {
            it.environment.insert("TARGET_URL".into(), "http://shop".into());
        })
}

fn events(sample: Sample, others: &Others) -> Sample {
    sample
        .change("load.nightly", |it: &mut EventRule| it.name.push('2'))
        .change("load.nightly", |it: &mut EventRule| it.description.push('!'))
        .change("load.nightly", |it: &mut EventRule| it.description.clear())
        .change("load.nightly", |it: &mut EventRule| it.schedule = "rate(5 minutes)".parse().ok())
        .change("load.nightly", |it: &mut EventRule| it.enabled = false)
        .change("load.nightly", |it: &mut EventRule| it.pattern = Some(json!({"source": ["aws.ecs"]})))
        .change_together("load.nightly", |it: &mut EventRule| {
            (it.schedule, it.pattern) = (None, Some(json!({"source": ["aws.ecs"], "detail": {"code": [1]}})));
        })
        .change("load.target", |it: &mut EventTarget| it.rule = others.rule.clone())
        .change("load.target", |it: &mut EventTarget| it.name.push('2'))
        .change("load.target", |it: &mut EventTarget| it.calls = "arn:aws:sqs:us-east-1:000000000000:queue".into())
        .change("load.target", |it: &mut EventTarget| it.role = Some(role("events")))
        .change("load.target", |it: &mut EventTarget| it.input = Some(json!({"users": [1, 2]})))
        .change("load.queue", |it: &mut EventTarget| it.input = Some(json!({"users": 200})))
        .change("load.queue", |it: &mut EventTarget| it.input = None)
        .change("load.queue", |it: &mut EventTarget| it.retries = events::Retries::NONE)
        .change("load.queue", |it: &mut EventTarget| it.retries.times = 3)
        .change("load.queue", |it: &mut EventTarget| it.retries.seconds = 600)
}

fn permissions(sample: Sample, others: &Others) -> Sample {
    sample
        .change("load.permission", |it: &mut Permission| it.function = others.function.clone())
        .change("load.permission", |it: &mut Permission| it.statement.push('2'))
        .change("load.permission", |it: &mut Permission| it.action = "lambda:GetFunction".into())
        .change("load.permission", |it: &mut Permission| it.principal = Service::from("123456789012".to_owned()))
        .change("load.permission", |it: &mut Permission| it.source = None)
        .change("load.permission", |it: &mut Permission| {
            it.source = Some("arn:aws:events:us-east-1:000000000000:rule/a".into())
        })
        .change("load.permission", |it: &mut Permission| it.source_account = Some("000000000000".into()))
        .change("load.bucket", |it: &mut Permission| it.source_account = None)
}
