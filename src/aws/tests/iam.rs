//! Roles and instance profiles in a real IAM: the local cloud's.

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{Walk, aws, project};
use infra_aws::Aws;
use infra_aws::iam::{
    InstanceProfile, LinkedService, ManagedPolicyArn, Policy, Role, RoleName, Service, ServiceLinkedRole, Statement,
};
use infra_engine::live::{Ask, Behaviour, FaultKind, Found, Order};
use infra_engine::model::{Address, Ref, Tags};

fn read_logs(group: &str) -> Policy {
    let condition = [true];
    let read =
        Statement::allow(["logs:GetLogEvents", "logs:FilterLogEvents"]).on([format!("arn:aws:logs:*:*:{group}")]);
    Policy::of([
        read.when("Bool", "aws:SecureTransport", condition),
        Statement::deny(["logs:DeleteLogGroup"]).on(["*"]).named("KeepThem"),
    ])
}

fn role(name: String) -> Role {
    Role {
        name,
        path: "/".into(),
        description: "What a walk may do".into(),
        longest_session: 7200,
        trust: Policy::trust(Service::EcsTasks),
        inline: BTreeMap::from([
            ("read".into(), read_logs("log-group:one:*")),
            ("more".into(), read_logs("log-group:two:*")),
        ]),
        attached: BTreeSet::from([managed("ReadOnlyAccess")]),
        boundary: None,
    }
}

fn managed(name: &str) -> Ref<ManagedPolicyArn> {
    Ref::known(format!("arn:aws:iam::aws:policy/{name}"))
}

#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
async fn found<R: Behaviour<Cloud = Aws>>(aws: &Aws, name: &str) -> Option<Found<R>> {
    R::read(aws, &Ask::only([name.to_owned()])).await.unwrap().pop()
}

#[tokio::test]
async fn what_others_do_to_a_role_is_seen_and_mended() {
    let (aws, project) = (aws().await, project());
    let name = format!("{project}-role");
    let walk = Walk::begin(&aws, &project, role(name.clone())).await;
    walk.order_again().await;
    walk.order_by_another().await;

    // Somebody else's hand: another policy, another text in ours, one taken away.
    let foreign = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}}"#;
    let put = aws.iam().put_role_policy().role_name(&name).policy_name("foreign").policy_document(foreign);
    put.send().await.unwrap();
    walk.mend().await;
    aws.iam().delete_role_policy().role_name(&name).policy_name("more").send().await.unwrap();
    walk.mend().await;
    let attach = aws.iam().attach_role_policy().role_name(&name);
    attach.policy_arn("arn:aws:iam::aws:policy/AmazonSQSFullAccess").send().await.unwrap();
    walk.mend().await;
    let trust = Policy::trust(Service::Lambda).document();
    aws.iam().update_assume_role_policy().role_name(&name).policy_document(trust).send().await.unwrap();
    walk.mend().await;

    walk.end().await;
}

#[tokio::test]
async fn a_role_of_a_wanted_name_is_found_whoever_owns_it() {
    let (aws, project) = (aws().await, project());
    let name = format!("{project}-theirs");
    let trust = Policy::trust(Service::Lambda).document();
    aws.iam().create_role().role_name(&name).assume_role_policy_document(trust).send().await.unwrap();
    let ask = Ask { owner: Some(format!("{project}/test").parse().unwrap()), ..Ask::default() };
    assert_eq!(Role::read(&aws, &ask).await.unwrap().len(), 0, "it is not ours");
    let named = Role::read(&aws, &Ask { names: [name.clone()].into(), ..ask }).await.unwrap();
    let [theirs] = &named[..] else { panic!("it bears the wanted name: {named:?}") };
    assert_eq!((theirs.id.as_str(), theirs.tags.len(), theirs.definition.longest_session), (name.as_str(), 0, 3600));
    Role::delete(&aws, theirs).await.unwrap();
    assert!(found::<Role>(&aws, &name).await.is_none());
}

#[tokio::test]
async fn an_instance_profile_walks() {
    let (aws, project) = (aws().await, project());
    let names = [1, 2].map(|number| format!("{project}-role-{number}"));
    for name in &names {
        let trust = Policy::trust(Service::Ec2).document();
        aws.iam().create_role().role_name(name).assume_role_policy_document(trust).send().await.unwrap();
    }
    let [first, second] = names.clone().map(Ref::<RoleName>::known);
    let name = format!("{project}-profile");
    let profile = InstanceProfile { name: name.clone(), path: "/".into(), role: first };
    let walk = Walk::begin(&aws, &project, profile.clone()).await;
    walk.order_again().await;
    walk.order_by_another().await;

    let remove = aws.iam().remove_role_from_instance_profile().instance_profile_name(&name);
    remove.role_name(&names[0]).send().await.unwrap();
    walk.mend().await;
    walk.turn_into(InstanceProfile { role: second, ..profile }).await;

    // The role stands in a profile that is not its owner's.
    let role = found::<Role>(&aws, &names[1]).await.unwrap();
    let fault = Role::delete(&aws, &role).await.unwrap_err();
    assert!(fault.message.contains(&name) && fault.message.contains("not ours"), "{fault}");
    walk.end().await;
    for name in &names {
        Role::delete(&aws, &found::<Role>(&aws, name).await.unwrap()).await.unwrap();
    }
}

/// The account shares them: other tests, and other runs, may have made any of these.
#[tokio::test]
async fn a_service_linked_role_is_made_once_and_stays() {
    let aws = aws().await;
    let order = |service| Order {
        address: Address::new("walk", "role").unwrap(),
        definition: ServiceLinkedRole { service },
        tags: Tags::new(),
        token: "0".repeat(32),
    };
    let named = async |service: LinkedService| {
        let ask = Ask { names: [service.principal().to_owned()].into(), ..Ask::default() };
        ServiceLinkedRole::read(&aws, &ask).await.unwrap()
    };
    // Two services of nearly one name have a role each.
    for service in [LinkedService::Ecs, LinkedService::ScalingOfEcs] {
        if let Err(fault) = ServiceLinkedRole::create(&aws, &order(service)).await {
            assert_eq!(fault.kind, FaultKind::Exists, "{fault}");
        }
        let again = ServiceLinkedRole::create(&aws, &order(service)).await.unwrap_err();
        assert_eq!(again.kind, FaultKind::Exists, "{again}");
        let [role] = &named(service).await[..] else { panic!("there is one of {service}") };
        assert_eq!(role.definition, ServiceLinkedRole { service });
        assert!(
            role.outputs["arn"].contains(&format!("role/aws-service-role/{service}/AWSServiceRoleFor")),
            "{role:?}"
        );
        let by_id = found::<ServiceLinkedRole>(&aws, &role.id).await.unwrap();
        assert_eq!(by_id.definition, role.definition);
        let kept = ServiceLinkedRole::delete(&aws, role).await.unwrap_err();
        assert_eq!((kept.kind, named(service).await.len()), (FaultKind::Refused, 1), "{kept}");
    }
}
