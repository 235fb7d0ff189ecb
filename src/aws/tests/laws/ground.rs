//! Where the laws are tried: the local cloud, a project that nobody else has, and what samples stand on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures::future::join_all;
use infra_aws::ec2::{SecurityGroupId, SubnetId, VpcId};
use infra_aws::secretsmanager::SecretValue;
use infra_aws::{Aws, Endpoints, Settings, registry};
use infra_engine::model::{Owner, Ref};
use infra_testkit::laws::{self, Sample};

use crate::SAMPLES;

/// How long anything may take in the local cloud, where everything is done within seconds.
const PATIENCE: Duration = Duration::from_secs(30);

/// A project of the local cloud's.
pub struct Ground {
    /// Clients of the local cloud.
    pub aws: Arc<Aws>,
    /// A name that no other run and no other test has. Natural names start with it.
    pub project: String,
}

impl Ground {
    /// A new project, with 20 letters at most in its name.
    pub async fn new() -> Ground {
        let url = infra_local_cloud::endpoint().to_owned();
        let endpoints = Endpoints { file: Some(url), ..Endpoints::default() };
        let aws = Aws::load(Settings { region: "us-east-1".into(), profile: None, endpoints }).await.unwrap();
        Ground { aws: Arc::new(aws), project: unique("law") }
    }

    /// Each resource of the sample is replaced on request. Then the sample lives: every field changes in the code and
    /// back. Then every field that changes in place is changed outside, and mended. Then everything gets another address.
    pub async fn obeys(&self, sample: &Sample) {
        laws::replaced_on_request(&self.session(), sample).await;
        self.try_out(&sample.clone().of_every_field()).await;
    }

    /// The same by several at once, each in a project of its own, with a part of the changes: for what takes its time.
    pub async fn obeys_in_parts(parts: usize, sample: impl Fn(&Ground) -> Sample) {
        let part = async |number: usize| {
            let ground = Ground::new().await;
            if number == 0 {
                laws::replaced_on_request(&ground.session(), &sample(&ground)).await;
            }
            ground.try_out(&sample(&ground).of_every_field().part(number, parts)).await;
        };
        join_all((0..parts).map(part)).await;
    }

    async fn try_out(&self, sample: &Sample) {
        let kinds = sample.kinds();
        let listed = SAMPLES.iter().any(|sample| sample.iter().eq(&kinds));
        assert!(listed, "the list of samples tells the kinds of this one: {kinds:#?}");
        laws::life(&self.session(), sample).await;
        laws::drift(&self.session(), sample).await;
        laws::renames(&self.session(), sample).await;
    }

    /// A session of the project.
    pub fn session(&self) -> laws::Ground {
        let mut ground = laws::Ground::quick(registry(Arc::clone(&self.aws)), PATIENCE);
        ground.session.name = unique("run");
        ground.session.owner = Owner { project: self.project.clone(), environment: "test".into() };
        ground
    }
}

/// What nobody else is called, in this run of the tests or in another.
fn unique(word: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    format!("{word}{:x}-{}", now.as_millis(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// A secret that samples stand on, of two versions: the one before and the one that is to be used.
pub async fn secret(ground: &Ground) -> [SecretValue; 2] {
    let secrets = ground.aws.secretsmanager();
    let made = secrets
        .create_secret()
        .name(format!("{}/key", ground.project))
        .secret_string("a-value-of-32-characters-or-more");
    let made = made.send().await.unwrap();
    let arn = made.arn.unwrap();
    let next = secrets.put_secret_value().secret_id(&arn).secret_string("another-value-of-32-characters-so");
    let next = next.send().await.unwrap();
    [made.version_id, next.version_id]
        .map(|version| SecretValue { secret: Ref::known(&arn), version: Ref::known(version.unwrap()) })
}

/// A network that samples stand on, and that none of them changes.
pub struct Network {
    /// The network.
    pub vpc: Ref<VpcId>,
    /// A subnet in each of three zones.
    pub subnets: Vec<Ref<SubnetId>>,
    /// Two groups.
    pub groups: [Ref<SecurityGroupId>; 2],
}

impl Network {
    /// A new one.
    pub async fn new(ground: &Ground) -> Network {
        let ec2 = ground.aws.ec2();
        let vpc = ec2.create_vpc().cidr_block("10.0.0.0/16").send().await.unwrap().vpc.unwrap().vpc_id.unwrap();
        let mut subnets = Vec::new();
        for (number, zone) in ["a", "b", "c"].into_iter().enumerate() {
            let call = ec2.create_subnet().vpc_id(&vpc).cidr_block(format!("10.0.{number}.0/24"));
            let made = call.availability_zone(format!("us-east-1{zone}")).send().await.unwrap();
            subnets.push(Ref::known(made.subnet.unwrap().subnet_id.unwrap()));
        }
        let mut groups = Vec::new();
        for name in ["one", "other"] {
            let call = ec2.create_security_group().vpc_id(&vpc).group_name(name).description("A group");
            groups.push(Ref::known(call.send().await.unwrap().group_id.unwrap()));
        }
        Network { vpc: Ref::known(vpc), subnets, groups: groups.try_into().unwrap() }
    }
}
