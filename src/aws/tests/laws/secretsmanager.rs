//! Secrets.

use infra_aws::secretsmanager::{Characters, Recipe, Secret, Value};
use infra_engine::model::{Platform, Ref};
use infra_testkit::laws::Sample;

use crate::ground::Ground;

const KEY: &str = "arn:aws:kms:us-east-1:000000000000:key/12345678-1234-1234-1234-123456789012";

fn stack(platform: &mut Platform, project: &str) {
    let mut stack = platform.stack("cache");
    let value = Value::Generated(Recipe { length: 64, characters: Characters::AuthToken });
    let name = format!("{project}/token");
    let secret = Secret { name, description: "What services show to Redis".into(), key: None, value };
    let kept = Secret { name: format!("{project}/kept"), key: Some(Ref::known(KEY)), ..secret.clone() };
    stack.add("token", secret);
    stack.add("kept", Secret { description: String::new(), value: Value::WrittenElsewhere, ..kept });
}

#[tokio::test]
async fn secretsmanager() {
    let ground = Ground::new().await;
    let project = ground.project.clone();
    let longer = Value::Generated(Recipe { length: 100, characters: Characters::LettersAndDigits });
    let sample = Sample::of(|platform| stack(platform, &project))
        .change("cache.token", |it: &mut Secret| it.name.push('2'))
        .change("cache.token", |it: &mut Secret| it.description.push('!'))
        .change("cache.token", |it: &mut Secret| it.description.clear())
        .change("cache.token", |it: &mut Secret| it.key = Some(Ref::known(KEY)))
        .change("cache.token", |it: &mut Secret| it.value = longer)
        .change("cache.kept", |it: &mut Secret| it.description = "What somebody keeps".into())
        .change("cache.kept", |it: &mut Secret| it.key = None)
        .change("cache.kept", |it: &mut Secret| it.key = Some(Ref::known(KEY.replace("1234-", "4321-"))))
        .change("cache.kept", |it: &mut Secret| it.value = longer);
    ground.obeys(&sample).await;
}
