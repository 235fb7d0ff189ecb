//! The policies of small platforms, and of everything that there is, before a judge.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use infra_aws::autoscaling::{Predefined, ScalableTarget, Suspended, TargetTrackingPolicy, Tracked};
use infra_aws::ec2::{DefaultSecurityGroup, Vpc};
use infra_aws::iam::{InstanceProfile, Policy, Role as IamRole, Service as Player};
use infra_aws::logs::{Class, LogGroup, Retention};
use infra_aws::rds::{Database, Password, Storage, StorageKind};
use infra_aws::{Aws, Settings};
use infra_engine::model::{Platform, Ref};

use super::evaluator::{Request, allows};
use super::*;

static OWNER: LazyLock<Owner> = LazyLock::new(|| "shop/prod".parse().unwrap());

const BOUNDARY: &str = "arn:aws:iam::123456789012:policy/shop-boundary";

fn home() -> Home<'static> {
    Home { owner: &OWNER, account: "123456789012", region: "eu-west-1", bucket: "infra-123456789012-eu-west-1" }
}

async fn registry() -> Registry {
    let settings = Settings { region: "eu-west-1".into(), profile: None, endpoints: Default::default() };
    infra_aws::registry(Arc::new(Aws::load(settings).await.unwrap()))
}

fn graph(stacks: impl FnOnce(&mut Platform)) -> Graph {
    let mut platform = Platform::new();
    stacks(&mut platform);
    Graph::build(platform.finish().unwrap()).unwrap()
}

fn small(platform: &mut Platform) {
    let cidr = "10.0.0.0/16".parse().unwrap();
    let mut stack = platform.stack("network");
    let default_security_group = DefaultSecurityGroup::Closed;
    stack.add("vpc", Vpc { cidr, dns_support: true, dns_hostnames: true, default_security_group });
    let group =
        LogGroup { name: "/ecs/shop/api".into(), class: Class::Standard, retention: Retention::Days30, key: None };
    stack.add("logs", group);
    let role = IamRole {
        name: "shop-task".into(),
        path: "/".into(),
        description: String::new(),
        longest_session: 3600,
        trust: Policy::trust(Player::EcsTasks),
        inline: BTreeMap::new(),
        attached: [Ref::known("arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess")].into(),
        boundary: Some(Ref::known(BOUNDARY)),
    };
    let role = stack.add("role", role);
    stack.add("profile", InstanceProfile { name: "shop-task".into(), path: "/".into(), role: role.id() });
}

async fn policies(role: Role, boundary: Option<&str>) -> Vec<Value> {
    let purpose = Purpose { role, home: home(), boundary };
    let policies = least_policies(&graph(small), &registry().await, &purpose);
    policies.into_iter().map(|policy| policy.document).collect()
}

fn arn(rest: &str) -> String {
    home().arn(rest)
}

fn role_arn(name: &str) -> String {
    arn(&format!("iam::{{account}}:role/{name}"))
}

fn vpc() -> String {
    arn("ec2:{region}:{account}:vpc/vpc-1")
}

/// A request on a resource that this owner has.
fn on_owned(action: &str, resource: &str, owner: &str) -> Request {
    let request = Request::new(action, resource).with("aws:ResourceTag/infra:owner", owner);
    request.with("aws:RequestedRegion", "eu-west-1").with("aws:ResourceAccount", "123456789012")
}

#[tokio::test]
async fn who_plans_looks_and_changes_nothing() {
    let policies = policies(Role::Plan, None).await;
    let looks = |action: &str| allows(&policies, &on_owned(action, "*", "shop/prod"));
    assert!(looks("ec2:DescribeVpcs") && looks("rds:DescribeDBInstances") && looks("tag:GetResources"));
    let granted = policies.iter().flat_map(|policy| policy["Statement"].as_array().unwrap());
    let granted = granted.flat_map(|one| one["Action"].as_array().unwrap()).map(|action| action.as_str().unwrap());
    let changing: BTreeSet<&str> =
        granted.filter(|action| !services::only_looks(action) && *action != "s3:GetObject").collect();
    assert_eq!(changing, BTreeSet::new());
    let record = |action: &str, key: &str| {
        let object = format!("arn:aws:s3:::infra-123456789012-eu-west-1/{key}");
        allows(&policies, &on_owned(action, &object, "shop/prod"))
    };
    assert!(record("s3:GetObject", "shop/prod/scope.json"));
    assert!(!record("s3:GetObject", "shop/dev/scope.json"));
    assert!(!record("s3:GetObject", "shopify/prod/scope.json"));
    assert!(!record("s3:PutObject", "shop/prod/lock"));
}

#[tokio::test]
async fn what_has_identifiers_is_changed_if_it_bears_our_tag_and_made_with_it() {
    let policies = policies(Role::Apply, None).await;
    assert!(allows(&policies, &on_owned("ec2:DeleteVpc", &vpc(), "shop/prod")));
    assert!(!allows(&policies, &on_owned("ec2:DeleteVpc", &vpc(), "shop/dev")));
    assert!(!allows(&policies, &Request::new("ec2:DeleteVpc", &vpc())));
    let made = Request::new("ec2:CreateVpc", &arn("ec2:{region}:{account}:vpc/*"));
    assert!(allows(&policies, &made.clone().with("aws:RequestTag/infra:owner", "shop/prod")));
    assert!(!allows(&policies, &made.clone().with("aws:RequestTag/infra:owner", "shop/dev")));
    assert!(!allows(&policies, &made));
    let subnet = arn("ec2:{region}:{account}:subnet/subnet-1");
    assert!(allows(&policies, &on_owned("ec2:DeleteSubnet", &subnet, "shop/prod")), "one that has left the code");
    assert!(!allows(&policies, &on_owned("ec2:ModifySubnetAttribute", &subnet, "shop/prod")), "but no more than that");
}

#[tokio::test]
async fn nobody_elses_becomes_ours_by_a_tag() {
    let policies = policies(Role::Apply, None).await;
    let tagged = |request: Request| request.with("aws:RequestTag/infra:owner", "shop/prod");
    let birth = tagged(Request::new("ec2:CreateTags", &vpc())).with("ec2:CreateAction", "CreateVpc");
    assert!(allows(&policies, &birth));
    assert!(!allows(&policies, &tagged(Request::new("ec2:CreateTags", &vpc()))), "a foreign one stays foreign");
    assert!(allows(&policies, &tagged(on_owned("ec2:CreateTags", &vpc(), "shop/prod"))));
    let given = on_owned("ec2:CreateTags", &vpc(), "shop/prod").with("aws:RequestTag/infra:owner", "shop/dev");
    assert!(!allows(&policies, &given), "and ours is given to nobody");
    assert!(allows(&policies, &on_owned("ec2:CreateTags", &vpc(), "shop/prod")), "other tags of ours are");
}

fn scaled(platform: &mut Platform) {
    let mut stack = platform.stack("scaling");
    let resource = Ref::known("service/platform/web");
    let target = ScalableTarget { resource, minimum: 2, maximum: 8, suspended: Suspended::default() };
    let target = stack.add("target", target).id();
    let metric = Tracked::Predefined(Predefined::ServiceCpu);
    let (name, out_cooldown, in_cooldown) = ("shop-web-cpu".to_owned(), Some(60), Some(300));
    let policy = TargetTrackingPolicy { target, name, metric, value: 70.0, out_cooldown, in_cooldown, scales_in: true };
    stack.add("policy", policy);
}

fn with_managed_password(platform: &mut Platform) {
    let mut stack = platform.stack("database");
    let database = Database {
        name: "shop-db".into(),
        version: "16".parse().unwrap(),
        class: "db.t4g.medium".parse().unwrap(),
        storage: Storage { kind: StorageKind::Gp3, gib: 20, grows_to: None },
        encrypted: true,
        key: None,
        database: "shop".into(),
        user: "shop".into(),
        password: Password::ManagedByAws,
        port: 5432,
        standby: false,
        subnets: Ref::known("shop-db"),
        parameters: Ref::known("shop-pg16"),
        security_groups: BTreeSet::new(),
        public: false,
        backups_kept: 1,
        minor_upgrades: true,
        insights: None,
        monitoring: None,
        logs: BTreeSet::new(),
        deletion_protection: false,
        last_snapshot: false,
    };
    stack.add("postgres", database);
}

#[tokio::test]
async fn the_version_of_a_password_that_rds_keeps_is_seen_and_its_value_is_not() {
    let registry = registry().await;
    let secret = arn("secretsmanager:{region}:{account}:secret:rds!db-0a1b-AbCdEf");
    for role in [Role::Plan, Role::Apply] {
        let purpose = Purpose { role, home: home(), boundary: None };
        let policies = least_policies(&graph(with_managed_password), &registry, &purpose);
        let policies: Vec<Value> = policies.into_iter().map(|policy| policy.document).collect();
        let may = |action: &str, database: &str| {
            let database = arn(&format!("rds:{{region}}:{{account}}:db:{database}"));
            let request = Request::new(action, &secret).with("aws:ResourceTag/aws:rds:primaryDBInstanceArn", &database);
            allows(&policies, &request.with("aws:RequestedRegion", "eu-west-1"))
        };
        assert!(may("secretsmanager:DescribeSecret", "shop-db"), "{role:?}");
        assert!(!may("secretsmanager:DescribeSecret", "other-db"), "{role:?}");
        assert!(!may("secretsmanager:GetSecretValue", "shop-db"), "{role:?}");
    }
}

/// Application Auto Scaling tries in the caller's name what it is about to do: on alarms that have names of its own, and on
/// what is scaled, whatever that is called. Nobody else's is touched, where AWS looks at tags.
#[tokio::test]
async fn who_scales_may_do_what_scaling_tries_in_their_name() {
    let registry = registry().await;
    for role in [Role::Apply, Role::Operate] {
        let purpose = Purpose { role, home: home(), boundary: None };
        let policies: Vec<Value> =
            least_policies(&graph(scaled), &registry, &purpose).into_iter().map(|policy| policy.document).collect();
        let alarm = arn("cloudwatch:{region}:{account}:alarm:TargetTracking-service/platform/web-AlarmHigh-0a1b2c3d");
        let service = arn("ecs:{region}:{account}:service/platform/web");
        let tried = [
            ("cloudwatch:PutMetricAlarm", &alarm),
            ("cloudwatch:DeleteAlarms", &alarm),
            ("cloudwatch:DescribeAlarms", &alarm),
            ("ecs:DescribeServices", &service),
            ("ecs:UpdateService", &service),
        ];
        for (action, resource) in tried {
            let request = Request::new(action, resource).with("aws:RequestedRegion", "eu-west-1");
            assert!(allows(&policies, &request), "{role:?}: {action} on {resource}");
            let elsewhere = Request::new(action, resource).with("aws:RequestedRegion", "us-west-2");
            assert!(!allows(&policies, &elsewhere), "{role:?}: {action} in another region");
            let of_others = request.with("aws:ResourceTag/infra:owner", "shop/dev");
            let looks = services::only_looks(action);
            assert_eq!(allows(&policies, &of_others), looks, "{role:?}: {action} on another environment's");
        }
    }
}

#[tokio::test]
async fn what_has_a_name_is_allowed_by_name_unless_another_owner_has_it() {
    let policies = policies(Role::Apply, None).await;
    let group = |name: &str| arn(&format!("logs:{{region}}:{{account}}:log-group:{name}"));
    let deletes = |name: &str| allows(&policies, &Request::new("logs:DeleteLogGroup", &group(name)));
    assert!(deletes("/ecs/shop/api") && deletes("/ecs/shop/gone"));
    assert!(!deletes("/ecs/shopify/api") && !deletes("shopify-api") && !deletes("/ecs/other"));
    let named = |owner| on_owned("logs:DeleteLogGroup", &group("/ecs/shop/api"), owner);
    assert!(allows(&policies, &named("shop/prod")));
    assert!(!allows(&policies, &named("shop/dev")), "another environment's of that family");
    let renamed = on_owned("logs:DeleteLogGroup", &group("old-name"), "shop/prod");
    assert!(allows(&policies, &renamed), "what was named otherwise once goes by its tag");
}

#[tokio::test]
async fn without_a_boundary_roles_are_named_and_given_to_their_services_alone() {
    let policies = policies(Role::Apply, None).await;
    let pass = |name: &str, service: &str| {
        allows(&policies, &Request::new("iam:PassRole", &role_arn(name)).with("iam:PassedToService", service))
    };
    assert!(pass("shop-task", "ecs-tasks.amazonaws.com"));
    assert!(!pass("shop-task", "lambda.amazonaws.com"));
    assert!(!pass("shop-admin", "ecs-tasks.amazonaws.com"), "a role of the family that the code does not make");
    assert!(allows(&policies, &Request::new("iam:CreateRole", &role_arn("shop-task"))));
    assert!(!allows(&policies, &Request::new("iam:CreateRole", &role_arn("shop-x"))));
    let attach = |policy: &str| {
        let request = Request::new("iam:AttachRolePolicy", &role_arn("shop-task"));
        allows(&policies, &request.with("iam:PolicyARN", policy))
    };
    assert!(attach("arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess"));
    assert!(!attach("arn:aws:iam::aws:policy/AdministratorAccess"));
    assert!(!allows(&policies, &on_owned("iam:DeleteRole", &role_arn("web"), "other/prod")), "another project's role");
    assert!(allows(&policies, &on_owned("iam:DeleteRole", &role_arn("web"), "shop/prod")), "one that left the code");
}

#[tokio::test]
async fn with_a_boundary_no_role_is_written_that_does_not_have_it_and_none_loses_it() {
    let policies = policies(Role::Apply, Some(BOUNDARY)).await;
    for action in
        ["iam:CreateRole", "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy", "iam:PutRolePermissionsBoundary"]
    {
        let request = Request::new(action, &role_arn("shop-task"));
        assert!(allows(&policies, &request.clone().with("iam:PermissionsBoundary", BOUNDARY)), "{action}");
        assert!(!allows(&policies, &request), "{action} without one");
        let other = request.with("iam:PermissionsBoundary", "arn:aws:iam::aws:policy/AdministratorAccess");
        assert!(!allows(&policies, &other), "{action} with another");
    }
    let loses = Request::new("iam:DeleteRolePermissionsBoundary", &role_arn("shop-task"));
    assert!(!allows(&policies, &loses.with("iam:PermissionsBoundary", BOUNDARY)));
    // Whatever else the role is given: what is denied here stays denied.
    let everything = serde_json::json!({ "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": "*" }] });
    let with_more = [policies, vec![everything]].concat();
    assert!(!allows(&with_more, &Request::new("iam:CreateRole", &role_arn("mine"))));
    assert!(!allows(&with_more, &Request::new("iam:CreatePolicyVersion", BOUNDARY)));
    assert!(!allows(&with_more, &Request::new("iam:DeleteRolePermissionsBoundary", &role_arn("mine"))));
}

#[tokio::test]
async fn history_is_added_to_and_never_taken_away() {
    let policies = policies(Role::Apply, None).await;
    let record = |action: &str, key: &str| {
        let object = format!("arn:aws:s3:::infra-123456789012-eu-west-1/{key}");
        allows(&policies, &on_owned(action, &object, "shop/prod"))
    };
    let part = "arn:aws:s3:::infra-123456789012-eu-west-1/shop/prod/history/1.jsonl";
    let put = on_owned("s3:PutObject", part, "shop/prod");
    assert!(allows(&policies, &put.clone().with("s3:if-none-match", "*")));
    assert!(!allows(&policies, &put), "it is not written over");
    assert!(record("s3:PutObject", "shop/prod/lock"));
    assert!(!record("s3:DeleteObject", "shop/prod/history/1.jsonl"));
    assert!(!record("s3:DeleteObjectVersion", "shop/prod/history/1.jsonl"));
    assert!(record("s3:DeleteObject", "shop/prod/lock") && record("s3:DeleteObjectVersion", "shop/prod/lock"));
    assert!(!record("s3:PutObject", "shop/dev/lock") && !record("s3:PutObject", "other/prod/lock"));
}

#[tokio::test]
async fn who_operates_rotates_and_makes_nothing() {
    let policies = policies(Role::Operate, None).await;
    for action in ["ec2:DeleteVpc", "iam:CreateRole", "iam:PassRole", "logs:DeleteLogGroup", "ec2:CreateVpc"] {
        for resource in [vpc(), role_arn("shop-task"), arn("logs:{region}:{account}:log-group:/ecs/shop/api")] {
            assert!(!allows(&policies, &on_owned(action, &resource, "shop/prod")), "{action} on {resource}");
        }
    }
    let lock = "arn:aws:s3:::infra-123456789012-eu-west-1/shop/prod/lock";
    assert!(allows(&policies, &on_owned("s3:DeleteObject", lock, "shop/prod")), "a lock is broken");
}

#[tokio::test]
async fn who_takes_over_tags_what_is_nobodys_and_nothing_else() {
    let policies = policies(Role::Adopt, None).await;
    let tags = |request: Request| allows(&policies, &request.with("aws:RequestTag/infra:owner", "shop/prod"));
    assert!(tags(Request::new("ec2:CreateTags", &vpc())));
    assert!(!tags(on_owned("ec2:CreateTags", &vpc(), "shop/dev")));
    assert!(!allows(&policies, &on_owned("ec2:DeleteVpc", &vpc(), "shop/prod")));
}

#[tokio::test]
async fn every_action_of_every_kind_is_placed() {
    let (registry, graph) = (registry().await, graph(small));
    let names = Names::of(&graph, &registry, &home());
    for action in registry.kinds().flat_map(|kind| kind.actions()) {
        let (service, name) = action.split_once(':').expect("an action is a service's");
        assert!(name.starts_with(|c: char| c.is_ascii_uppercase()), "{action} of {service}");
        if ["iam", "kms"].contains(&service) || services::only_looks(action) {
            continue;
        }
        let open: Vec<Reach> = services::reaches(&names, action)
            .into_iter()
            .filter(|reach| reach.resources == ["*"])
            .filter(|reach| {
                let tags = |operator: &str| {
                    let keys = reach.conditions.get(operator).into_iter().flat_map(|keys| keys.keys());
                    keys.into_iter().any(|key| key.contains("infra:owner"))
                };
                !tags("StringEquals")
            })
            .collect();
        assert!(open.is_empty() || OPEN.contains(action), "{action} on everything: {open:?}");
    }
}

/// What AWS lets one neither name nor tell by a tag: it says of these that they take no resource.
const OPEN: &[&str] = &[
    "autoscaling-plans:CreateScalingPlan",
    "autoscaling-plans:DeleteScalingPlan",
    "ce:UpdateCostAllocationTagsStatus",
    "cloudfront:CreateOriginAccessControl",
    "cloudfront:CreateResponseHeadersPolicy",
    "ecs:DeregisterTaskDefinition",
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
    "servicediscovery:CreateHttpNamespace",
    "servicediscovery:TagResource",
    "sns:SetSubscriptionAttributes",
    "sns:Unsubscribe",
];

#[tokio::test]
async fn every_document_is_one_that_iam_takes() {
    let registry = registry().await;
    for role in Role::ALL {
        let purpose = Purpose { role, home: home(), boundary: Some(BOUNDARY) };
        for Named { name, document } in least_policies(&graph(small), &registry, &purpose) {
            assert!(document.to_string().len() <= LONGEST, "{name}");
            assert!(name.starts_with(&format!("shop-prod-{}", role.word())) && name.len() <= 128, "{name}");
            let statements = document["Statement"].as_array().unwrap();
            let sids: Vec<&str> = statements.iter().map(|one| one["Sid"].as_str().unwrap()).collect();
            assert!(sids.iter().all(|sid| sid.chars().all(|c| c.is_ascii_alphanumeric())), "{sids:?}");
            assert_eq!(sids.iter().collect::<BTreeSet<_>>().len(), sids.len(), "{name}: {sids:?}");
            assert!(statements.iter().all(|one| !one["Action"].as_array().unwrap().is_empty()));
        }
    }
}

#[test]
fn a_tag_of_ours_is_written_by_the_programs_roles_alone() {
    let policy = keeps_tags(&["arn:aws:iam::*:role/infra-*".to_owned()]);
    let whole = serde_json::json!({ "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": "*" }] });
    let policies = [policy, whole];
    let by = |who: &str, request: Request| {
        allows(&policies, &request.with("aws:PrincipalArn", &format!("arn:aws:iam::123456789012:role/{who}")))
    };
    let making = |key: &str| Request::new("ec2:CreateVpc", &vpc()).with("aws:TagKeys", "Name").with("aws:TagKeys", key);
    assert!(by("infra-apply", making("infra:owner")));
    assert!(!by("someone", making("infra:owner")));
    assert!(by("someone", making("Team")));
    assert!(by("someone", Request::new("ec2:CreateVpc", &vpc())), "a call without tags");
    assert!(!by("someone", Request::new("ec2:DeleteTags", &vpc()).with("aws:TagKeys", "infra:protect")));
    assert!(!by("someone", on_owned("ec2:DeleteTags", &vpc(), "shop/prod")), "all tags at once");
    assert!(by("someone", Request::new("ec2:DeleteTags", &vpc())), "all tags of what is not ours");
    assert!(by("infra-apply", on_owned("ec2:DeleteTags", &vpc(), "shop/prod")));
}

#[test]
fn a_part_of_aws_is_told_by_its_regions() {
    let partition = |region| Home { region, ..home() }.partition();
    assert_eq!(["eu-west-1", "cn-north-1", "us-gov-west-1"].map(partition), ["aws", "aws-cn", "aws-us-gov"]);
}
