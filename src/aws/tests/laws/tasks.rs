//! Task definitions: each change is another revision.

use infra_aws::Text;
use infra_aws::ecs::{
    Architecture, Capabilities, Condition, Container, Cpu256, Cpu512, Fargate, Health, Logs, Mount, Port, Protocol,
    SecretSource, TaskDefinition, Tmpfs, Ulimit,
};
use infra_aws::iam::RoleArn;
use infra_engine::model::{Platform, Ref};
use infra_testkit::laws::Sample;

use crate::ground::Ground;

const SECRET: &str = "arn:aws:secretsmanager:us-east-1:000000000000:secret:shop-AbCdEf";

fn role(name: &str) -> Option<Ref<RoleArn>> {
    Some(Ref::known(format!("arn:aws:iam::000000000000:role/{name}")))
}

fn logs(prefix: &str) -> Logs {
    Logs::CloudWatch { group: Ref::known("/ecs/shop"), region: "us-east-1".into(), prefix: prefix.into() }
}

fn stack(platform: &mut Platform, project: &str) {
    let secret = || Ref::<()>::known(SECRET);
    let web = Container {
        registry_login: Some(Ref::known(format!("{SECRET}-registry"))),
        entry_point: vec!["/bin/web".into()],
        command: vec!["serve".into()],
        working_directory: Some("/srv".into()),
        user: Some("1000:1000".into()),
        cpu: Some(128),
        memory: Some(512),
        reserved_memory: Some(256),
        ports: [Port { name: Some("web".into()), ..Port::tcp(8000) }].into(),
        environment: [("STAGE".into(), Text::from("law"))].into(),
        secrets: [("PASSWORD".into(), SecretSource::key(secret(), "password"))].into(),
        logs: Some(logs("web")),
        health: Some(Health { start_period: 10, ..Health::shell("true") }),
        depends_on: [("prepare".into(), Condition::Succeeded)].into(),
        mounts: [("/data".into(), Mount { volume: "data".into(), read_only: false })].into(),
        read_only: true,
        init: true,
        capabilities: Capabilities::none(),
        tmpfs: [("/tmp".into(), Tmpfs { size: 64, mount_options: ["noexec".to_owned()].into() })].into(),
        ulimits: [("nofile".into(), Ulimit { soft_limit: 1024, hard_limit: 4096 })].into(),
        stop_timeout: Some(60),
        ..Container::of("web:1")
    };
    let prepare = Container { essential: false, ..Container::of("prepare:1") };
    let definition = TaskDefinition {
        family: format!("{project}-web"),
        size: Fargate::Cpu256(Cpu256::Gb1),
        architecture: Architecture::X86,
        disk: Some(30),
        task_role: role("task"),
        execution_role: role("execution"),
        containers: [("web".into(), web), ("prepare".into(), prepare)].into(),
        volumes: ["data".to_owned()].into(),
    };
    platform.stack("run").add("web", definition);
}

/// A change of the container that says everything.
fn web(edit: impl FnOnce(&mut Container)) -> impl FnOnce(&mut TaskDefinition) {
    |task| edit(task.containers.get_mut("web").unwrap())
}

/// A change of its health check.
fn health(edit: impl FnOnce(&mut Health)) -> impl FnOnce(&mut TaskDefinition) {
    web(|it| edit(it.health.as_mut().unwrap()))
}

#[tokio::test]
async fn task_definitions() {
    let ground = Ground::new().await;
    let project = ground.project.clone();
    let udp = Port { protocol: Protocol::Udp, ..Port::tcp(8125) };
    let sample = Sample::of(|platform| stack(platform, &project))
        .change("run.web", |it: &mut TaskDefinition| it.family.push('2'))
        .change("run.web", |it: &mut TaskDefinition| it.size = Fargate::Cpu256(Cpu256::Gb2))
        .change("run.web", |it: &mut TaskDefinition| it.size = Fargate::Cpu512(Cpu512::Gb1))
        .change("run.web", |it: &mut TaskDefinition| it.architecture = Architecture::Arm)
        .change("run.web", |it: &mut TaskDefinition| it.disk = Some(40))
        .change("run.web", |it: &mut TaskDefinition| it.disk = None)
        .change("run.web", |it: &mut TaskDefinition| it.task_role = role("other"))
        .change("run.web", |it: &mut TaskDefinition| it.task_role = None)
        .change("run.web", |it: &mut TaskDefinition| it.execution_role = role("other"))
        .change("run.web", |it: &mut TaskDefinition| {
            it.volumes.insert("more".into());
        })
        .change("run.web", |it: &mut TaskDefinition| {
            it.containers.insert("beside".into(), Container::of("beside:1"));
        })
        .change("run.web", web(|it| it.image = "web:2".into()))
        .change("run.web", web(|it| it.registry_login = Some(Ref::known(SECRET))))
        .change("run.web", web(|it| it.registry_login = None))
        .change("run.web", web(|it| it.entry_point.clear()))
        .change("run.web", web(|it| it.command.push("quickly".into())))
        .change("run.web", web(|it| it.working_directory = None))
        .change("run.web", web(|it| it.user = None))
        .change("run.web", web(|it| it.cpu = None))
        .change("run.web", web(|it| it.memory = Some(640)))
        .change("run.web", web(|it| it.reserved_memory = None))
        .change("run.web", web(|it| it.ports = [Port::tcp(8000)].into()))
        .change("run.web", web(|it| it.ports = [Port::tcp(8000), udp].into()))
        .change("run.web", web(|it| it.environment.clear()))
        .change("run.web", web(|it| it.secrets = [("PASSWORD".into(), Ref::<()>::known(SECRET).into())].into()))
        .change("run.web", web(|it| it.logs = Some(logs("other"))))
        .change(
            "run.web",
            web(|it| {
                it.logs = Some(Logs::Other {
                    driver: "splunk".into(),
                    options: [("splunk-url".into(), "https://a".into())].into(),
                });
            }),
        )
        .change("run.web", web(|it| it.logs = None))
        .change("run.web", health(|it| it.command = vec!["CMD".into(), "true".into()]))
        .change("run.web", health(|it| it.interval = 60))
        .change("run.web", health(|it| it.timeout = 10))
        .change("run.web", health(|it| it.retries = 5))
        .change("run.web", health(|it| it.start_period = 0))
        .change("run.web", web(|it| it.health = None))
        .change("run.web", web(|it| it.depends_on = [("prepare".into(), Condition::Ended)].into()))
        .change("run.web", web(|it| it.depends_on = [("prepare".into(), Condition::Started)].into()))
        .change("run.web", web(|it| it.depends_on.clear()))
        .change("run.web", web(|it| it.mounts.get_mut("/data").unwrap().read_only = true))
        .change("run.web", web(|it| it.read_only = false))
        .change("run.web", web(|it| it.init = false))
        .change("run.web", web(|it| it.capabilities = Capabilities::default()))
        .change("run.web", web(|it| it.capabilities.add = ["SYS_PTRACE".to_owned()].into()))
        .change("run.web", web(|it| it.tmpfs.clear()))
        .change("run.web", web(|it| it.tmpfs.get_mut("/tmp").unwrap().size = 128))
        .change("run.web", web(|it| it.tmpfs.get_mut("/tmp").unwrap().mount_options.clear()))
        .change("run.web", web(|it| it.ulimits.clear()))
        .change("run.web", web(|it| it.ulimits.get_mut("nofile").unwrap().soft_limit = 2048))
        .change("run.web", web(|it| it.ulimits.get_mut("nofile").unwrap().hard_limit = 8192))
        .change("run.web", web(|it| it.stop_timeout = None));
    ground.obeys(&sample).await;
}
