//! Log groups.

use infra_aws::logs::{Class, LogGroup, Retention};
use infra_engine::model::{Platform, Ref};
use infra_testkit::laws::Sample;

use crate::ground::Ground;

const KEY: &str = "arn:aws:kms:us-east-1:000000000000:key/12345678-1234-1234-1234-123456789012";

fn stack(platform: &mut Platform, project: &str) {
    let mut stack = platform.stack("logs");
    let group = |name: &str| LogGroup {
        name: format!("/ecs/{project}/{name}"),
        class: Class::Standard,
        retention: Retention::Days30,
        key: None,
    };
    stack.add("web", group("web"));
    stack.add("sealed", LogGroup { key: Some(Ref::known(KEY)), ..group("sealed") });
    stack.add("passed", LogGroup { class: Class::Delivery, retention: Retention::Days1, ..group("passed") });
}

#[tokio::test]
async fn logs() {
    let ground = Ground::new().await;
    let project = ground.project.clone();
    let sample = Sample::of(|platform| stack(platform, &project))
        .change("logs.web", |it: &mut LogGroup| it.name.push('2'))
        .change("logs.web", |it: &mut LogGroup| it.class = Class::InfrequentAccess)
        .change("logs.passed", |it: &mut LogGroup| it.class = Class::Standard)
        .change("logs.web", |it: &mut LogGroup| it.retention = Retention::Days7)
        .change("logs.web", |it: &mut LogGroup| it.retention = Retention::Forever)
        .change("logs.web", |it: &mut LogGroup| it.key = Some(Ref::known(KEY)))
        .change("logs.sealed", |it: &mut LogGroup| it.key = None)
        .change("logs.sealed", |it: &mut LogGroup| it.key = Some(Ref::known(KEY.replace("1234", "4321"))));
    ground.obeys(&sample).await;
}
