//! Names: how long each may be, that no two of a kind have the same, and what stands in a successor's way. What AWS
//! takes is said by `check` before anything is called; nothing is called here.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use infra_aws::budgets::{Budget, Period};
use infra_aws::cloudwatch::{Body, Dashboard};
use infra_aws::costs::UsageReport;
use infra_aws::ec2::Processor;
use infra_aws::ecs::{Breaker, Capacity, Connect, Count, Propagation, Rollout, Service};
use infra_aws::elasticache::{self, CacheParameterGroup, CacheSubnetGroup};
use infra_aws::lambda::{Function, Retries, Runtime};
use infra_aws::rds::{self, DatabaseParameterGroup, DatabaseSubnetGroup, Settings};
use infra_aws::s3::Bucket;
use infra_aws::waf::WebAcl;
use infra_engine::check::{Finding, Severity, Violation, check};
use infra_engine::graph::Graph;
use infra_engine::live::{Live, Registry, State, natural_key};
use infra_engine::model::{Definition, Ledger, Owner, Path, Platform, Ref, Replacement, Stack, Tags, keys};
use infra_engine::plan::{Action, Options, confirm, plan};

use crate::server::aws;

/// A kind, the longest name that AWS takes, and a definition of that name.
type Named = (&'static str, usize, fn(&mut Stack, &str, String));

const SUBNETS: [&str; 2] = ["subnet-1", "subnet-2"];

const NAMED: &[Named] = &[
    ("budgets/budget", 100, |stack, at, name| {
        let (limit, filters) = ("100".parse().unwrap(), BTreeSet::new());
        stack.add(at, Budget { name, period: Period::Monthly, limit, filters, notifications: BTreeMap::new() });
    }),
    ("cloudwatch/dashboard", 255, |stack, at, name| {
        stack.add(at, Dashboard { name, body: Body::of([]) });
    }),
    ("costs/usage-report", 256, |stack, at, name| {
        let report = UsageReport::for_athena(name, Ref::known("shop-reports"), "us-east-1".parse().unwrap());
        stack.add(at, report);
    }),
    ("ecs/service", 255, |stack, at, name| {
        let service = Service {
            cluster: Ref::known("shop"),
            name,
            task: Ref::known("arn:aws:ecs:eu-central-1:1:task-definition/web:1"),
            count: Count::Fixed(2),
            capacity: Capacity::Fargate,
            subnets: SUBNETS.map(Ref::known).into(),
            security_groups: [Ref::known("sg-1")].into(),
            public_ips: false,
            load_balancers: [].into(),
            grace: 0,
            rollout: Rollout { minimum: 100, maximum: 200, breaker: Breaker::RollBack },
            execute_command: false,
            propagate_tags: Propagation::Service,
            connect: Connect::Off,
            rebalances: true,
            quick_metrics: false,
        };
        stack.add(at, service);
    }),
    ("elasticache/parameter-group", 255, |stack, at, name| {
        let (family, description) = (elasticache::Family::Redis7, "Caches".into());
        stack.add(at, CacheParameterGroup { name, family, description, parameters: BTreeMap::new() });
    }),
    ("elasticache/subnet-group", 255, |stack, at, name| {
        let subnets = SUBNETS.map(Ref::known).into();
        stack.add(at, CacheSubnetGroup { name, description: "Caches".into(), subnets });
    }),
    ("lambda/function", 64, |stack, at, name| {
        let function = Function {
            name,
            description: String::new(),
            role: Ref::known("arn:aws:iam::123456789012:role/shop"),
            runtime: Runtime::Python312,
            handler: "index.handler".into(),
            processor: Processor::X86,
            code: Ref::known("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
            package: Ref::known("shop.zip"),
            timeout: 60,
            memory: 256,
            environment: BTreeMap::new(),
            layers: Vec::new(),
            vpc_config: None,
            reserved: None,
            retries: Retries::USUAL,
        };
        stack.add(at, function);
    }),
    ("rds/parameter-group", 255, |stack, at, name| {
        let (family, description) = (rds::Family::Postgres16, "Databases".into());
        stack.add(at, DatabaseParameterGroup { name, family, description, parameters: Settings::new() });
    }),
    ("rds/subnet-group", 255, |stack, at, name| {
        let subnets = SUBNETS.map(Ref::known).into();
        stack.add(at, DatabaseSubnetGroup { name, description: "Databases".into(), subnets });
    }),
    ("s3/bucket", 63, |stack, at, name| {
        stack.add(at, Bucket::closed(name));
    }),
    ("waf/web-acl", 128, |stack, at, name| {
        stack.add(at, WebAcl::open(name, "What may come in"));
    }),
];

/// The definitions of one of the kinds, one for each name.
fn of(make: fn(&mut Stack, &str, String), names: &[String]) -> Vec<Definition> {
    let mut platform = Platform::new();
    let mut stack = platform.stack("named");
    for (number, name) in names.iter().enumerate() {
        make(&mut stack, &format!("number-{number}"), name.clone());
    }
    platform.finish().unwrap()
}

async fn registry() -> Registry {
    infra_aws::registry(Arc::new(aws("http://127.0.0.1:9").await))
}

/// What is said of the names of these definitions.
fn said(definitions: Vec<Definition>, registry: &Registry) -> Vec<Finding> {
    let findings = check(&Graph::build(definitions).unwrap(), registry);
    // A bucket without a policy is warned of by its name, and no name is wrong there.
    let of_names = |violation: &Violation| {
        let says = violation.code == "E01" || violation.field == Path::field("name");
        says && violation.severity == Severity::Error
    };
    findings.into_iter().filter(|finding| of_names(&finding.violation)).collect()
}

#[tokio::test]
async fn a_name_is_as_long_as_aws_takes_it_and_no_longer() {
    let registry = registry().await;
    for (kind, longest, make) in NAMED {
        let fits = of(*make, &["n".repeat(*longest)]);
        assert_eq!(fits[0].schema.kind, *kind);
        assert_eq!(said(fits, &registry), [], "{kind} with {longest} characters");
        for wrong in [String::new(), "n".repeat(longest + 1)] {
            let found = said(of(*make, std::slice::from_ref(&wrong)), &registry);
            assert_eq!(found.len(), 1, "{kind} with {} characters: {found:?}", wrong.len());
        }
    }
}

#[tokio::test]
async fn no_two_of_a_kind_have_the_same_name() {
    let registry = registry().await;
    for (kind, _, make) in NAMED {
        let names = ["shop-one", "shop-one", "shop-two"].map(str::to_owned);
        let found = said(of(*make, &names), &registry);
        assert!(found.iter().any(|finding| finding.violation.code == "E01"), "{kind}: {found:?}");
        assert_eq!(said(of(*make, &names[1..]), &registry), [], "{kind}");
    }
}

/// Replaced under its own name, what can be is written over in its place; of the rest, one without a second name is deleted
/// first, and one with a second name stands until its successor does. Under another name the successor comes first, but for a few kinds.
#[tokio::test]
async fn a_successor_of_the_same_name_comes_first_only_under_a_second_name() {
    let registry = registry().await;
    let owner = Owner { project: "shop".into(), environment: "test".into() };
    let second = ["rds/parameter-group", "elasticache/parameter-group"];
    // By their kinds' own word these leave before their successor comes, whatever that is called.
    let leaves_first = ["budgets/budget", "costs/usage-report", "s3/bucket"];
    for (kind, _, make) in NAMED {
        for (name, other) in [("shop-one", false), ("shop-two", true)] {
            let live = live(&of(*make, &["shop-one".to_owned()])[0], &owner);
            let mut ledger = Ledger::default();
            confirm(&mut ledger, &registry, &owner, std::slice::from_ref(&live), "run");
            let graph = Graph::build(of(*make, &[name.to_owned()])).unwrap();
            let mut options = Options::converge(owner.clone());
            options.replace = ["named.number-0".to_owned()].into();
            let planned = plan(&graph, &[live], &ledger, &registry, &options);
            let beside = (other && !leaves_first.contains(kind)) || second.contains(kind);
            let expected = match registry.kind(kind).is_some_and(|kind| kind.writes_over()) && !other {
                true => Action::Update,
                false if beside => Action::Replace(Replacement::CreateFirst),
                false => Action::Replace(Replacement::DeleteFirst),
            };
            let actions: Vec<&Action> = planned.changes.iter().map(|change| &change.action).collect();
            assert_eq!(actions, [&expected], "{kind} called {name}");
        }
    }
}

/// What is live where a definition was applied.
fn live(definition: &Definition, owner: &Owner) -> Live {
    let tags = [(keys::OWNER, owner.to_string()), (keys::ADDRESS, definition.address.to_string())];
    Live {
        kind: definition.schema.kind,
        id: "shop-one".into(),
        key: natural_key(definition.schema, &definition.document),
        document: definition.document.clone(),
        outputs: BTreeMap::new(),
        tags: tags.map(|(key, value)| (key.to_owned(), value)).into_iter().collect::<Tags>(),
        state: State::Ready,
        others: Vec::new(),
        awaited: Vec::new(),
    }
}
