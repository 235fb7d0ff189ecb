//! Roles, instance profiles and service-linked roles.

use std::collections::{BTreeMap, BTreeSet};

use infra_aws::iam::{
    InstanceProfile, LinkedService, ManagedPolicyArn, Policy, Principal, Role, RoleName, Service, ServiceLinkedRole,
    Statement,
};
use infra_engine::model::{Platform, Ref};
use infra_testkit::laws::Sample;

use crate::ground::Ground;

fn read_logs(group: &str) -> Policy {
    let read = Statement::allow(["logs:GetLogEvents", "logs:FilterLogEvents"]);
    let read = read.on([format!("arn:aws:logs:*:*:{group}")]).when("Bool", "aws:SecureTransport", [true]);
    Policy::of([read, Statement::deny(["logs:DeleteLogGroup"]).on(["*"]).named("KeepThem")])
}

fn managed(name: &str) -> Ref<ManagedPolicyArn> {
    Ref::known(format!("arn:aws:iam::aws:policy/{name}"))
}

fn stack(platform: &mut Platform, project: &str) -> Ref<RoleName> {
    let mut stack = platform.stack("access");
    let role = |name: &str| Role {
        name: format!("{project}-{name}"),
        path: "/".into(),
        description: "What a law may do".into(),
        longest_session: 7200,
        trust: Policy::trust(Service::Ec2),
        inline: BTreeMap::from([
            ("read".into(), read_logs("log-group:one:*")),
            ("more".into(), read_logs("log-group:two:*")),
        ]),
        attached: BTreeSet::from([managed("ReadOnlyAccess")]),
        boundary: None,
    };
    let worker = stack.add("worker", role("worker"));
    let other = stack.add("other", role("other"));
    let profile = InstanceProfile { name: format!("{project}-worker"), path: "/".into(), role: worker.id() };
    stack.add("profile", profile);
    stack.add("linked", ServiceLinkedRole { service: LinkedService::Rds });
    other.id()
}

#[tokio::test]
async fn iam() {
    let ground = Ground::new().await;
    let project = ground.project.clone();
    let bound = ground.aws.iam().create_policy().policy_name(format!("{project}-bound"));
    let bound = bound.policy_document(read_logs("*").document()).send().await.unwrap().policy.unwrap().arn.unwrap();
    let (sample, other) = Sample::with(|platform| stack(platform, &project));
    let sample = sample
        .change("access.worker", |it: &mut Role| it.name.push('2'))
        .change("access.worker", |it: &mut Role| it.path = "/law/".into())
        .change("access.worker", |it: &mut Role| it.description = "What it may do from now on".into())
        .change("access.worker", |it: &mut Role| it.description.clear())
        .change("access.worker", |it: &mut Role| it.longest_session = 3600)
        .change("access.worker", |it: &mut Role| it.trust = Policy::trust(Service::EcsTasks))
        .change("access.worker", |it: &mut Role| {
            let account = Principal::account("000000000000");
            it.trust = Policy::of([Statement::allow(["sts:AssumeRole"]).to(account).when(
                "StringEquals",
                "sts:ExternalId",
                ["law"],
            )]);
        })
        .change("access.worker", |it: &mut Role| it.inline.clear())
        .change("access.worker", |it: &mut Role| {
            it.inline.insert("read".into(), read_logs("log-group:three:*"));
        })
        .change("access.worker", |it: &mut Role| {
            it.inline = BTreeMap::from([("other".into(), read_logs("log-group:one:*"))]);
        })
        .change("access.worker", |it: &mut Role| it.attached.clear())
        .change("access.worker", |it: &mut Role| it.attached = [managed("AmazonSQSFullAccess")].into())
        .change("access.worker", |it: &mut Role| it.boundary = Some(Ref::known(&bound)))
        .change("access.profile", |it: &mut InstanceProfile| it.name.push('2'))
        .change("access.profile", |it: &mut InstanceProfile| it.path = "/law/".into())
        .change("access.profile", |it: &mut InstanceProfile| it.role = other.clone());
    ground.obeys(&sample).await;
    ground.aws.iam().delete_policy().policy_arn(bound).send().await.unwrap();
}
