//! A function, what calls it, and who may: in a real Lambda and a real EventBridge, the local cloud's.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use std::collections::BTreeMap;
use std::path::PathBuf;

use aws_sdk_lambda::types::FunctionUrlAuthType;
use common::{Walk, aws, project};
use infra_aws::Aws;
use infra_aws::ec2::Processor;
use infra_aws::events::{self, EventRule, EventTarget};
use infra_aws::iam::Service;
use infra_aws::lambda::{CodeHash, Function, Permission, Retries, Runtime};
use infra_engine::live::{Ask, Behaviour, FaultKind, Found, Order, State};
use infra_engine::model::{Address, Ref, Tags, keys};

/// A package with one file, `index.py`, in a file of its own; nothing is compressed.
fn package(project: &str, body: &str) -> (String, Ref<CodeHash>) {
    let name = b"index.py";
    let (size, check) = ((body.len() as u32).to_le_bytes(), crc(body.as_bytes()).to_le_bytes());
    let common = |zip: &mut Vec<u8>| {
        zip.extend([20, 0, 0, 0, 0, 0, 0, 0, 33, 0]);
        zip.extend(check);
        zip.extend(size);
        zip.extend(size);
        zip.extend((name.len() as u16).to_le_bytes());
        zip.extend([0, 0]);
    };
    let mut zip = b"PK\x03\x04".to_vec();
    common(&mut zip);
    zip.extend(name);
    zip.extend(body.as_bytes());
    let directory = zip.len() as u32;
    zip.extend(b"PK\x01\x02\x14\x00");
    common(&mut zip);
    zip.extend([0; 14]);
    zip.extend(name);
    let length = zip.len() as u32 - directory;
    zip.extend(b"PK\x05\x06\x00\x00\x00\x00\x01\x00\x01\x00");
    zip.extend(length.to_le_bytes());
    zip.extend(directory.to_le_bytes());
    zip.extend([0, 0]);
    let path: PathBuf = std::env::temp_dir().join(format!("{project}-{}.zip", body.len()));
    std::fs::write(&path, &zip).unwrap();
    (path.to_str().unwrap().to_owned(), CodeHash::of(&zip).into())
}

/// The check sum that ZIP wants.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| if sum & 1 == 1 { (sum >> 1) ^ 0xEDB8_8320 } else { sum >> 1 })
    })
}

fn function(project: &str) -> Function {
    let (path, code) = package(project, "def handler(event, context):\n    return 1\n");
    Function {
        name: format!("{project}-function"),
        description: "What a walk calls".into(),
        role: Ref::known("arn:aws:iam::000000000000:role/walk"),
        runtime: Runtime::Python312,
        handler: "index.handler".into(),
        processor: Processor::X86,
        code,
        package: Ref::known(path),
        timeout: 900,
        memory: 256,
        environment: BTreeMap::from([("TEST_DURATION".into(), 300.into())]),
        reserved: None,
        retries: Retries::USUAL,
        layers: Vec::new(),
        vpc_config: None,
    }
}

/// The only one, settled.
async fn settled<R: Behaviour<Cloud = Aws>>(aws: &Aws, id: &str) -> Found<R> {
    loop {
        let found = R::read(aws, &Ask::only([id.to_owned()])).await.unwrap().pop().unwrap();
        if found.state == State::Ready {
            return found;
        }
    }
}

fn order<R>(project: &str, definition: R) -> Order<R> {
    let tags = Tags::from([
        (keys::OWNER.to_owned(), format!("{project}/test")),
        (keys::ADDRESS.to_owned(), "walk.one".to_owned()),
    ]);
    Order { address: Address::new("walk", "one").unwrap(), definition, tags, token: "0".repeat(32) }
}

#[tokio::test]
async fn a_function_is_made_changed_outside_and_deleted() {
    let (aws, project) = (aws().await, project());
    let wanted = function(&project);
    let order = order(&project, wanted.clone());
    let name = Function::create(&aws, &order).await.unwrap();
    // Where the package lay is known to nobody.
    let read = |function: &Function| Function { package: Ref::known(""), ..function.clone() };
    assert_eq!(settled::<Function>(&aws, &name).await.definition, read(&wanted));
    assert_eq!(Function::create(&aws, &order).await.unwrap(), name, "ordered again it is the same one");
    let mut another = order.clone();
    another.tags.insert(keys::ADDRESS.to_owned(), "walk.another".to_owned());
    assert_eq!(Function::create(&aws, &another).await.unwrap_err().kind, FaultKind::Exists);

    let ask = Ask { owner: Some(format!("{project}/test").parse().unwrap()), ..Ask::default() };
    let ours = Function::read(&aws, &ask).await.unwrap();
    let [ours] = &ours[..] else { panic!("there is one: {ours:?}") };
    assert_eq!(ours.tags, order.tags);

    aws.lambda().update_function_configuration().function_name(&name).timeout(3).send().await.unwrap();
    assert_eq!(settled::<Function>(&aws, &name).await.definition.timeout, 3);
    // Code beside its own, and a way to call it past everything else.
    let layer = "arn:aws:lambda:us-east-1:580247275435:layer:LambdaInsightsExtension:14";
    aws.lambda().update_function_configuration().function_name(&name).layers(layer).send().await.unwrap();
    let open = FunctionUrlAuthType::None;
    aws.lambda().create_function_url_config().function_name(&name).auth_type(open).send().await.unwrap();
    let found = settled::<Function>(&aws, &name).await;
    assert_eq!(found.definition.layers, [layer]);
    assert!(found.others.len() == 1 && found.others[0].ends_with(" that everyone may call"), "{:?}", found.others);
    Function::update(&aws, &found, &wanted).await.unwrap();
    let found = settled::<Function>(&aws, &name).await;
    assert_eq!((&found.definition, found.others.len()), (&read(&wanted), 1), "the layer is gone, the URL is told");
    Function::delete(&aws, &found).await.unwrap();
    Function::delete(&aws, &found).await.unwrap();
    assert!(Function::read(&aws, &ask).await.unwrap().is_empty());
    std::fs::remove_file(wanted.package.value()).unwrap();
}

#[tokio::test]
async fn a_permission_stands_in_its_function() {
    let (aws, project) = (aws().await, project());
    let parent = function(&project);
    let name = Function::create(&aws, &order(&project, parent.clone())).await.unwrap();
    settled::<Function>(&aws, &name).await;
    let nobodys = Permission::read(&aws, &Ask { parents: [name.clone()].into(), ..Ask::default() }).await.unwrap();
    assert_eq!(nobodys.len(), 0);

    let permission = Permission {
        function: Ref::known(&name),
        statement: "AllowEventBridge".into(),
        action: "lambda:InvokeFunction".into(),
        principal: Service::Events,
        source: Some("arn:aws:events:us-east-1:000000000000:rule/walk".into()),
        source_account: None,
    };
    let made = order(&project, permission.clone());
    let id = Permission::create(&aws, &made).await.unwrap();
    assert_eq!(Permission::create(&aws, &made).await.unwrap_err().kind, FaultKind::Exists);
    let children = Permission::read(&aws, &Ask { parents: [name.clone()].into(), ..Ask::default() }).await.unwrap();
    let [child] = &children[..] else { panic!("there is one: {children:?}") };
    assert_eq!((&child.id, &child.definition), (&id, &permission));
    Permission::delete(&aws, child).await.unwrap();
    Permission::delete(&aws, child).await.unwrap();
    assert!(Permission::read(&aws, &Ask::only([id])).await.unwrap().is_empty());
    Function::delete(&aws, &settled(&aws, &name).await).await.unwrap();
    assert!(Permission::read(&aws, &Ask { parents: [name].into(), ..Ask::default() }).await.unwrap().is_empty());
    std::fs::remove_file(parent.package.value()).unwrap();
}

fn rule(project: &str) -> EventRule {
    EventRule {
        name: format!("{project}-rule"),
        description: "Every night".into(),
        schedule: Some("cron(0 2 * * ? *)".parse().unwrap()),
        pattern: None,
        enabled: true,
    }
}

#[tokio::test]
async fn a_rule_walks() {
    let (aws, project) = (aws().await, project());
    let wanted = rule(&project);
    let walk = Walk::begin(&aws, &project, wanted.clone()).await;
    walk.order_again().await;
    walk.order_by_another().await;
    aws.events().disable_rule().name(&wanted.name).send().await.unwrap();
    walk.mend().await;
    walk.end().await;
}

#[tokio::test]
async fn a_target_stands_in_its_rule() {
    let (aws, project) = (aws().await, project());
    let name = EventRule::create(&aws, &order(&project, rule(&project))).await.unwrap();
    let target = EventTarget {
        rule: Ref::known(&name),
        name: "LoadTestTarget".into(),
        calls: "arn:aws:lambda:us-east-1:000000000000:function:walk".into(),
        role: None,
        input: None,
        retries: events::Retries::USUAL,
    };
    let made = order(&project, target.clone());
    let id = EventTarget::create(&aws, &made).await.unwrap();
    assert_eq!(EventTarget::create(&aws, &made).await.unwrap(), id);
    let children = EventTarget::read(&aws, &Ask { parents: [name.clone()].into(), ..Ask::default() }).await.unwrap();
    let [child] = &children[..] else { panic!("there is one: {children:?}") };
    assert_eq!((&child.id, &child.definition), (&id, &target));

    // The rule cannot go before it.
    let parent = settled::<EventRule>(&aws, &name).await;
    assert_eq!(EventRule::delete(&aws, &parent).await.unwrap_err().kind, FaultKind::Busy);

    EventTarget::delete(&aws, child).await.unwrap();
    EventTarget::delete(&aws, child).await.unwrap();
    assert!(EventTarget::read(&aws, &Ask::only([id])).await.unwrap().is_empty());
    EventRule::delete(&aws, &parent).await.unwrap();
    let gone = EventTarget::read(&aws, &Ask { parents: [name].into(), ..Ask::default() }).await.unwrap();
    assert!(gone.is_empty(), "a rule that is not there has no targets");
}
