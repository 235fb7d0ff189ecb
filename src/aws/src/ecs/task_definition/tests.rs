//! What a live task definition tells, and what its rules say.

use aws_sdk_ecs::types::ContainerDefinition;
use infra_engine::check::Surroundings;
use infra_engine::model::Address;

use super::super::confinement::{Capabilities, Tmpfs, Ulimit};
use super::super::container::{Condition, Health, Logs, Mount, Port, SecretSource};
use super::super::size::Cpu512;
use super::*;

fn task() -> TaskDefinition {
    TaskDefinition {
        family: "shop-web".into(),
        size: Fargate::Cpu512(Cpu512::Gb1),
        architecture: Architecture::X86,
        disk: None,
        task_role: None,
        execution_role: Some(Ref::known("arn:aws:iam::1:role/execution")),
        containers: [("web".into(), Container { ports: [Port::tcp(8000)].into(), ..Container::of("web:1") })].into(),
        volumes: BTreeSet::new(),
    }
}

#[test]
fn a_live_revision_tells_what_it_is() {
    let live = Live::builder()
        .task_definition_arn("arn:aws:ecs:us-east-1:1:task-definition/shop-web:3")
        .family("shop-web")
        .cpu("512")
        .memory("1024")
        .execution_role_arn("arn:aws:iam::1:role/execution")
        .task_role_arn("")
        .container_definitions(task().containers["web"].written("web").unwrap())
        .build();
    let found = found(&live, Tags::new());
    assert_eq!(found.definition, task());
    assert_eq!(family(&found.id), Some(("shop-web", 3)));
}

#[test]
fn what_fargate_does_not_run_is_said_and_not_guessed() {
    let live = Live::builder().family("old").container_definitions(ContainerDefinition::builder().build()).build();
    assert_eq!(understand(&live).unwrap_err(), "it says nothing of its cpu, as those for Fargate must");
    let sized = |cpu: &str, memory: &str| Live::builder().family("old").revision(3).cpu(cpu).memory(memory);
    assert!(understand(&sized("100", "512").build()).unwrap_err().starts_with("Fargate has no tasks of 100 units"));
    let machines = sized("512", "1024").requires_compatibilities(Compatibility::Ec2).build();
    let found = found(&machines, Tags::new());
    assert_eq!(found.definition.family, "old");
    assert_eq!(found.state, State::Unreadable("the task definition old:3: it is not made for Fargate".into()));
}

#[test]
fn an_unknown_or_inactive_revision_is_gone_and_a_new_role_is_waited_for() {
    let failed = |message: &str| Fault {
        code: Some("ClientException".into()),
        ..Fault::new(FaultKind::Refused, "ecs:Test", message)
    };
    assert_eq!(sorted(failed("Unable to describe task definition.")).kind, FaultKind::Gone);
    assert_eq!(sorted(failed("The specified task definition is inactive.")).kind, FaultKind::Gone);
    assert_eq!(sorted(failed("Role is not valid")).kind, FaultKind::NotYet);
    assert_eq!(sorted(failed("Invalid setting for container 'web'.")).kind, FaultKind::Refused);
}

fn codes(change: impl FnOnce(&mut TaskDefinition)) -> Vec<&'static str> {
    let mut changed = task();
    change(&mut changed);
    let address = Address::new("cluster", "web").unwrap();
    let around = Surroundings::new(&[], &address);
    rules::ALL.iter().flat_map(|rule| rule.violations(&changed, &around)).map(|violation| violation.code).collect()
}

fn web(change: impl FnOnce(&mut Container)) -> Vec<&'static str> {
    codes(|task| change(task.containers.get_mut("web").unwrap()))
}

fn logs() -> Option<Logs> {
    Some(Logs::CloudWatch { group: Ref::known("/ecs/web"), region: "us-east-1".into(), prefix: "web".into() })
}

#[test]
fn what_ecs_takes_breaks_no_rule() {
    assert_eq!(codes(|_| {}), Vec::<&str>::new());
    assert_eq!(web(|web| web.logs = logs()), Vec::<&str>::new());
    assert_eq!(codes(|task| task.execution_role = None), Vec::<&str>::new());
    let limits = Health { interval: 5, timeout: 60, retries: 10, start_period: 300, ..Health::shell("true") };
    assert_eq!(web(|web| web.health = Some(limits)), Vec::<&str>::new());
    assert_eq!(
        web(|web| (web.cpu, web.memory, web.reserved_memory) = (Some(512), Some(1024), Some(6))),
        Vec::<&str>::new()
    );
    assert_eq!(codes(|task| task.disk = Some(21)), Vec::<&str>::new());
}

#[test]
fn names_and_limits_are_checked() {
    assert_eq!(codes(|task| task.family = "shop web".into()), ["V154"]);
    assert_eq!(codes(|task| task.volumes = ["a/b".into()].into()), ["V154"]);
    assert_eq!(codes(|task| task.disk = Some(20)), ["V57"]);
    assert_eq!(web(|web| web.stop_timeout = Some(121)), ["V57"]);
    assert_eq!(web(|web| web.health = Some(Health { timeout: 1, ..Health::shell("true") })), ["V57"]);
}

#[test]
fn what_fargate_cannot_run_is_refused() {
    assert_eq!(web(|web| web.logs = Some(Logs::Other { driver: "syslog".into(), options: BTreeMap::new() })), ["V54"]);
    let without_role = |change: fn(&mut Container)| {
        codes(|task| {
            task.execution_role = None;
            task.containers.values_mut().for_each(change);
        })
    };
    assert_eq!(without_role(|web| web.logs = logs()), ["V54"]);
    let source = || SecretSource::from(Ref::<()>::known("arn:secret"));
    assert_eq!(
        without_role(|web| web.secrets = [("T".into(), SecretSource::from(Ref::<()>::known("a")))].into()),
        ["V54"]
    );
    let both = |web: &mut Container| {
        web.secrets = [("TOKEN".into(), source())].into();
        web.environment = [("TOKEN".into(), "x".into())].into();
    };
    assert_eq!(web(both), ["V60"]);
}

#[test]
fn what_fargate_has_no_containers_with_is_refused() {
    let limit = Ulimit { soft_limit: 64, hard_limit: 64 };
    let tmpfs = |path: &str, size| [(path.to_owned(), Tmpfs { size, mount_options: [].into() })].into();
    let adding = |name: &str| Capabilities { add: [name.to_owned()].into(), ..Capabilities::none() };
    assert_eq!(web(|web| web.capabilities = adding("SYS_PTRACE")), [""; 0]);
    assert_eq!(web(|web| web.ulimits = [("nofile".into(), limit)].into()), [""; 0]);
    assert_eq!(web(|web| web.tmpfs = tmpfs("/tmp", 64)), [""; 0]);
    assert_eq!(web(|web| web.privileged = true), ["V54"]);
    assert_eq!(web(|web| web.capabilities = adding("NET_ADMIN")), ["V54"]);
    assert_eq!(web(|web| web.ulimits = [("nproc".into(), limit)].into()), ["V54"]);
    assert_eq!(web(|web| web.tmpfs = tmpfs("tmp", 64)), ["V54"]);
    assert_eq!(web(|web| web.tmpfs = tmpfs("/tmp", 0)), ["V54"]);
}

#[test]
fn containers_fit_and_go_together() {
    assert_eq!(web(|web| web.cpu = Some(513)), ["V55"]);
    assert_eq!(web(|web| web.reserved_memory = Some(1025)), ["V55"]);
    assert_eq!(web(|web| web.memory = Some(5)), ["V55"]);
    assert_eq!(web(|web| web.essential = false), ["V56"]);
    assert_eq!(web(|web| web.depends_on = [("other".into(), Condition::Started)].into()), ["V56"]);
    let mount = || Mount { volume: "scratch".into(), read_only: false };
    assert_eq!(web(|web| web.mounts = [("/tmp".into(), mount())].into()), ["V56"]);
    let with_other = |depends: Condition, back: bool| {
        codes(move |task| {
            task.containers.get_mut("web").unwrap().depends_on = [("other".into(), depends)].into();
            let mut other = Container::of("other:1");
            if back {
                other.depends_on = [("web".into(), Condition::Started)].into();
            }
            task.containers.insert("other".into(), other);
        })
    };
    assert_eq!(with_other(Condition::Started, false), Vec::<&str>::new());
    assert_eq!(with_other(Condition::Healthy, false), ["V56"]);
    assert_eq!(with_other(Condition::Started, true), ["V56"]);
    let twice = codes(|task| {
        let web = task.containers["web"].clone();
        task.containers.insert("other".into(), web);
    });
    assert_eq!(twice, ["V58"]);
}
