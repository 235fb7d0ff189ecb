//! One container of a task: what a task definition says of it, written for ECS and understood again.
//!
//! ECS gives back what it was sent, with what it adds by itself; both ways lead to the same definition.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ecs::error::BuildError;
use aws_sdk_ecs::types::{
    ContainerCondition, ContainerDefinition, ContainerDependency, HealthCheck, KeyValuePair, LogConfiguration,
    LogDriver, MountPoint, PortMapping, RepositoryCredentials, Secret, TransportProtocol,
};
use infra_engine::model::Ref;
use serde::{Deserialize, Serialize};

use super::confinement::{
    Capabilities, Tmpfs, Ulimit, linux_parameters, ulimits, understand_ulimits, with_linux_parameters,
};
use crate::Text;
use crate::logs::LogGroupName;
use crate::secretsmanager::{SecretArn, SecretVersion};

/// One container of a task. What it does not say is written `..Container::of("…")`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Container {
    /// Its image.
    pub image: String,
    /// The secret with the name and the password for its image's registry: for one that is private and not AWS's. The
    /// execution role must be allowed to read it.
    pub registry_login: Option<Ref<SecretArn>>,
    /// Whether the whole task stops when it does.
    pub essential: bool,
    /// What is run in place of the image's entry point. Empty is the image's own.
    pub entry_point: Vec<String>,
    /// What the entry point is given. Empty is the image's own.
    pub command: Vec<String>,
    /// Where it is run.
    pub working_directory: Option<String>,
    /// Who runs it: a name or a number, and a group after a colon.
    pub user: Option<String>,
    /// The units of processors that are its own, of those of the task.
    pub cpu: Option<u32>,
    /// The MiB at which it is killed.
    pub memory: Option<u32>,
    /// The MiB that are kept for it.
    pub reserved_memory: Option<u32>,
    /// Where it listens.
    pub ports: BTreeSet<Port>,
    /// Variables, in the open.
    pub environment: BTreeMap<String, Text>,
    /// Variables whose values ECS fetches when it starts the container.
    pub secrets: BTreeMap<String, SecretSource>,
    /// Where its output goes.
    pub logs: Option<Logs>,
    /// How ECS finds out that it is well.
    pub health: Option<Health>,
    /// The containers that must be that far before it starts.
    pub depends_on: BTreeMap<String, Condition>,
    /// The task's volumes, by where they appear in it.
    pub mounts: BTreeMap<String, Mount>,
    /// Whether it can write to mounted volumes only.
    pub read_only: bool,
    /// Whether a process takes care of signals and of orphans.
    pub init: bool,
    /// What its processes may do beyond, or short of, the usual.
    #[serde(default, skip_serializing_if = "Capabilities::are_usual")]
    pub capabilities: Capabilities,
    /// File systems in the task's memory, by where they appear in it: for what is read-only and must write something.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tmpfs: BTreeMap<String, Tmpfs>,
    /// How much of something it may have, by what: `nofile`. Fargate knows that one alone.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ulimits: BTreeMap<String, Ulimit>,
    /// Whether it is to its machine what root is. Not on Fargate.
    #[serde(default, skip_serializing_if = "is_not")]
    pub privileged: bool,
    /// The seconds from being asked to stop to being killed; ECS's own choice is 30.
    pub stop_timeout: Option<u16>,
}

/// Where a container listens.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Port {
    /// The number.
    pub number: u16,
    /// What is spoken there.
    pub protocol: Protocol,
    /// A name by which Service Connect knows it.
    pub name: Option<String>,
}

/// What is spoken at a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

/// Where the value of a variable is kept: a secret or a parameter, whole, or one key of a secret that is JSON. Of a secret
/// it is the current version, whichever that is when a task starts, or the one that is named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretSource {
    from: Ref<AnySource>,
    key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version: Option<Ref<SecretVersion>>,
}

#[derive(Debug)]
enum AnySource {}

/// Where a container's output goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Logs {
    /// To a log group.
    CloudWatch {
        /// The group.
        group: Ref<LogGroupName>,
        /// The group's region.
        region: String,
        /// What the names of its streams begin with.
        prefix: String,
    },
    /// Elsewhere: `splunk`, `awsfirelens`, or to a log group in an unusual way.
    Other {
        /// The driver's name.
        driver: String,
        /// What it is told.
        options: BTreeMap<String, String>,
    },
}

/// How ECS finds out that a container is well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// What is run in the container: `CMD-SHELL` and a line, or `CMD` and words. Success means well.
    pub command: Vec<String>,
    /// The seconds from one look to the next.
    pub interval: u16,
    /// The seconds until no answer is a failure.
    pub timeout: u16,
    /// So many failures in a row, and it is not well.
    pub retries: u16,
    /// The seconds after its start in which failures do not count.
    pub start_period: u16,
}

/// How far another container must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// It runs.
    Started,
    /// It has ended.
    Ended,
    /// It has ended well.
    Succeeded,
    /// Its health check says that it is well.
    Healthy,
}

/// How a volume appears in a container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mount {
    /// The task's volume.
    pub volume: String,
    /// Whether the container cannot write to it.
    pub read_only: bool,
}

impl Container {
    /// An essential container of an image, and nothing else said.
    pub fn of(image: impl Into<String>) -> Container {
        Container {
            image: image.into(),
            registry_login: None,
            essential: true,
            entry_point: Vec::new(),
            command: Vec::new(),
            working_directory: None,
            user: None,
            cpu: None,
            memory: None,
            reserved_memory: None,
            ports: BTreeSet::new(),
            environment: BTreeMap::new(),
            secrets: BTreeMap::new(),
            logs: None,
            health: None,
            depends_on: BTreeMap::new(),
            mounts: BTreeMap::new(),
            read_only: false,
            init: false,
            capabilities: Capabilities::default(),
            tmpfs: BTreeMap::new(),
            ulimits: BTreeMap::new(),
            privileged: false,
            stop_timeout: None,
        }
    }

    /// The container as ECS takes it.
    pub(super) fn written(&self, name: &str) -> Result<ContainerDefinition, BuildError> {
        let Container {
            image,
            registry_login,
            essential,
            entry_point,
            command,
            working_directory,
            user,
            cpu,
            memory,
            reserved_memory,
            ports,
            environment,
            secrets,
            logs,
            health,
            depends_on,
            mounts,
            read_only,
            init: _,
            capabilities: _,
            tmpfs: _,
            ulimits: limits,
            privileged,
            stop_timeout,
        } = self;
        let definition = ContainerDefinition::builder()
            .name(name)
            .image(image)
            .set_repository_credentials(registry_login.as_ref().map(login).transpose()?)
            .essential(*essential)
            .set_entry_point(some(entry_point))
            .set_command(some(command))
            .set_working_directory(working_directory.clone())
            .set_user(user.clone())
            .set_cpu(cpu.map(number))
            .set_memory(memory.map(number))
            .set_memory_reservation(reserved_memory.map(number))
            .set_port_mappings(Some(ports.iter().map(Port::written).collect()))
            .set_environment(Some(environment.iter().map(variable).collect()))
            .set_secrets(Some(secrets.iter().map(secret).collect::<Result<_, _>>()?))
            .set_log_configuration(logs.as_ref().map(Logs::written).transpose()?)
            .set_health_check(health.as_ref().map(Health::written).transpose()?)
            .set_depends_on(Some(depends_on.iter().map(dependency).collect::<Result<_, _>>()?))
            .set_mount_points(Some(mounts.iter().map(mount).collect()))
            .set_readonly_root_filesystem(read_only.then_some(true))
            .set_linux_parameters(linux_parameters(self)?)
            .set_ulimits(ulimits(limits)?)
            .set_privileged(privileged.then_some(true))
            .set_stop_timeout(stop_timeout.map(i32::from));
        Ok(definition.build())
    }

    /// The name and the definition of a container as ECS gives it.
    pub(super) fn understand(live: &ContainerDefinition) -> (String, Container) {
        let texts = |texts: &[String]| texts.to_vec();
        let text = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
        let container = Container {
            image: live.image().unwrap_or_default().to_owned(),
            registry_login: live.repository_credentials().map(|login| Ref::known(login.credentials_parameter())),
            essential: live.essential() != Some(false),
            entry_point: texts(live.entry_point()),
            command: texts(live.command()),
            working_directory: text(live.working_directory()),
            user: text(live.user()),
            cpu: positive(Some(live.cpu())),
            memory: positive(live.memory()),
            reserved_memory: positive(live.memory_reservation()),
            ports: live.port_mappings().iter().map(Port::understand).collect(),
            environment: live
                .environment()
                .iter()
                .filter_map(|pair| Some((pair.name()?.to_owned(), Text::from(pair.value().unwrap_or_default()))))
                .collect(),
            secrets: live
                .secrets()
                .iter()
                .map(|secret| (secret.name().to_owned(), SecretSource::understand(secret.value_from())))
                .collect(),
            logs: live.log_configuration().map(Logs::understand),
            health: live.health_check().map(Health::understand),
            depends_on: live
                .depends_on()
                .iter()
                .map(|other| (other.container_name().to_owned(), Condition::understand(other.condition())))
                .collect(),
            mounts: live.mount_points().iter().filter_map(understand_mount).collect(),
            read_only: live.readonly_root_filesystem() == Some(true),
            init: false,
            capabilities: Capabilities::default(),
            tmpfs: BTreeMap::new(),
            ulimits: understand_ulimits(live.ulimits()),
            privileged: live.privileged() == Some(true),
            stop_timeout: live.stop_timeout().and_then(|seconds| u16::try_from(seconds).ok()),
        };
        let container = with_linux_parameters(container, live.linux_parameters());
        (live.name().unwrap_or_default().to_owned(), container)
    }
}

impl Port {
    /// TCP at that port.
    pub fn tcp(number: u16) -> Port {
        Port { number, protocol: Protocol::Tcp, name: None }
    }

    /// A task has an address of its own, so the port on the host is the container's.
    fn written(&self) -> PortMapping {
        let Port { number, protocol, name } = self;
        let protocol = match protocol {
            Protocol::Tcp => TransportProtocol::Tcp,
            Protocol::Udp => TransportProtocol::Udp,
        };
        let number = i32::from(*number);
        let mapping = PortMapping::builder().container_port(number).host_port(number).protocol(protocol);
        mapping.set_name(name.clone()).build()
    }

    fn understand(mapping: &PortMapping) -> Port {
        Port {
            number: mapping.container_port().and_then(|number| u16::try_from(number).ok()).unwrap_or_default(),
            protocol: match mapping.protocol() {
                Some(TransportProtocol::Udp) => Protocol::Udp,
                _ => Protocol::Tcp,
            },
            name: mapping.name().map(str::to_owned),
        }
    }
}

impl<T> From<Ref<T>> for SecretSource {
    /// The whole of a secret or of a parameter.
    fn from(source: Ref<T>) -> SecretSource {
        SecretSource { from: source.marked(), key: None, version: None }
    }
}

impl SecretSource {
    /// One key of a secret that is JSON.
    pub fn key<T>(secret: Ref<T>, key: impl Into<String>) -> SecretSource {
        SecretSource { from: secret.marked(), key: Some(key.into()), version: None }
    }

    /// The same of this version: every task of a revision has the same value, whenever it starts, and another version
    /// is another revision.
    #[must_use]
    pub fn of_version(self, version: Ref<SecretVersion>) -> SecretSource {
        SecretSource { version: Some(version), ..self }
    }

    /// True where it is this secret or parameter, or one that is this definition's output.
    pub(crate) fn is_of(&self, source: &str) -> bool {
        self.from.value() == source
    }

    /// As ECS takes it: after the secret a key, a version's stage, and its identifier. Stages are left to AWS.
    pub(crate) fn value(&self) -> String {
        let SecretSource { from, key, version } = self;
        match (key, version) {
            (None, None) => from.value(),
            (key, version) => {
                let version = version.as_ref().map(Ref::value).unwrap_or_default();
                format!("{}:{}::{version}", from.value(), key.as_deref().unwrap_or_default())
            }
        }
    }

    /// Where a stage is named, it stays with the source.
    fn understand(text: &str) -> SecretSource {
        let whole = || SecretSource { from: Ref::known(text), key: None, version: None };
        let some = |part: &str| Some(part.to_owned()).filter(|part| !part.is_empty());
        let mut parts = text.rsplitn(4, ':');
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            // An ARN has six colons of its own, and what follows the last one is a name.
            (Some(version), Some(""), Some(key), Some(from)) if from.matches(':').count() == 6 => {
                SecretSource { from: Ref::known(from), key: some(key), version: some(version).map(Ref::known) }
            }
            _ => whole(),
        }
    }
}

const AWSLOGS: [&str; 3] = ["awslogs-group", "awslogs-region", "awslogs-stream-prefix"];

impl Logs {
    fn written(&self) -> Result<LogConfiguration, BuildError> {
        let configuration = LogConfiguration::builder();
        match self {
            Logs::CloudWatch { group, region, prefix } => {
                let values = [group.value(), region.clone(), prefix.clone()];
                let options = AWSLOGS.iter().map(|&name| name.to_owned()).zip(values).collect();
                configuration.log_driver(LogDriver::Awslogs).set_options(Some(options)).build()
            }
            Logs::Other { driver, options } => {
                let options = options.clone().into_iter().collect();
                configuration.log_driver(LogDriver::from(driver.as_str())).set_options(Some(options)).build()
            }
        }
    }

    fn understand(live: &LogConfiguration) -> Logs {
        let options: BTreeMap<String, String> = live.options().cloned().unwrap_or_default().into_iter().collect();
        let option = |name: &str| options.get(name).cloned();
        match AWSLOGS.map(option) {
            [Some(group), Some(region), Some(prefix)]
                if *live.log_driver() == LogDriver::Awslogs && options.len() == AWSLOGS.len() =>
            {
                Logs::CloudWatch { group: Ref::known(group), region, prefix }
            }
            _ => Logs::Other { driver: live.log_driver().as_str().to_owned(), options },
        }
    }
}

impl Health {
    /// A line for the container's shell, looked at as often as ECS does by itself.
    pub fn shell(line: impl Into<String>) -> Health {
        let command = vec!["CMD-SHELL".to_owned(), line.into()];
        Health { command, interval: 30, timeout: 5, retries: 3, start_period: 0 }
    }

    fn written(&self) -> Result<HealthCheck, BuildError> {
        let Health { command, interval, timeout, retries, start_period } = self;
        HealthCheck::builder()
            .set_command(Some(command.clone()))
            .interval(i32::from(*interval))
            .timeout(i32::from(*timeout))
            .retries(i32::from(*retries))
            .set_start_period(Some(i32::from(*start_period)).filter(|seconds| *seconds > 0))
            .build()
    }

    fn understand(live: &HealthCheck) -> Health {
        let or =
            |number: Option<i32>, usual: u16| number.and_then(|number| u16::try_from(number).ok()).unwrap_or(usual);
        Health {
            command: live.command().to_vec(),
            interval: or(live.interval(), 30),
            timeout: or(live.timeout(), 5),
            retries: or(live.retries(), 3),
            start_period: or(live.start_period(), 0),
        }
    }
}

impl Condition {
    fn written(self) -> ContainerCondition {
        match self {
            Condition::Started => ContainerCondition::Start,
            Condition::Ended => ContainerCondition::Complete,
            Condition::Succeeded => ContainerCondition::Success,
            Condition::Healthy => ContainerCondition::Healthy,
        }
    }

    fn understand(live: &ContainerCondition) -> Condition {
        match live {
            ContainerCondition::Complete => Condition::Ended,
            ContainerCondition::Success => Condition::Succeeded,
            ContainerCondition::Healthy => Condition::Healthy,
            _ => Condition::Started,
        }
    }
}

fn variable((name, value): (&String, &Text)) -> KeyValuePair {
    KeyValuePair::builder().name(name).value(value.value()).build()
}

fn secret((name, source): (&String, &SecretSource)) -> Result<Secret, BuildError> {
    Secret::builder().name(name).value_from(source.value()).build()
}

fn dependency((name, condition): (&String, &Condition)) -> Result<ContainerDependency, BuildError> {
    ContainerDependency::builder().container_name(name).condition(condition.written()).build()
}

fn mount((path, Mount { volume, read_only }): (&String, &Mount)) -> MountPoint {
    MountPoint::builder().container_path(path).source_volume(volume).read_only(*read_only).build()
}

fn understand_mount(live: &MountPoint) -> Option<(String, Mount)> {
    let volume = live.source_volume()?.to_owned();
    Some((live.container_path()?.to_owned(), Mount { volume, read_only: live.read_only() == Some(true) }))
}

fn is_not(said: &bool) -> bool {
    !said
}

/// A number as the API takes it. One that does not fit is refused by a rule before.
fn number(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// ECS writes nought where nothing was said.
fn positive(number: Option<i32>) -> Option<u32> {
    number.and_then(|number| u32::try_from(number).ok()).filter(|number| *number > 0)
}

fn login(secret: &Ref<SecretArn>) -> Result<RepositoryCredentials, BuildError> {
    RepositoryCredentials::builder().credentials_parameter(secret.value()).build()
}

fn some(texts: &[String]) -> Option<Vec<String>> {
    (!texts.is_empty()).then(|| texts.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> Container {
        Container {
            registry_login: Some(Ref::known("arn:aws:secretsmanager:us-east-1:1:secret:registry")),
            essential: false,
            entry_point: vec!["sh".into(), "-c".into()],
            command: vec!["gunicorn".into()],
            working_directory: Some("/srv".into()),
            user: Some("1000:1000".into()),
            cpu: Some(128),
            memory: Some(512),
            reserved_memory: Some(256),
            ports: [Port::tcp(8000), Port { number: 53, protocol: Protocol::Udp, name: Some("dns".into()) }].into(),
            environment: [("A".into(), "1".into()), ("EMPTY".into(), "".into())].into(),
            secrets: [
                ("TOKEN".into(), Ref::<()>::known("arn:aws:ssm:us-east-1:1:parameter/token").into()),
                (
                    "PASSWORD".into(),
                    SecretSource::key(Ref::<()>::known("arn:aws:secretsmanager:r:1:secret:db-a"), "pw"),
                ),
            ]
            .into(),
            logs: Some(Logs::CloudWatch {
                group: Ref::known("/ecs/web"),
                region: "us-east-1".into(),
                prefix: "web".into(),
            }),
            health: Some(Health { start_period: 10, ..Health::shell("curl -f localhost") }),
            depends_on: [("migrate".into(), Condition::Succeeded)].into(),
            mounts: [("/srv".into(), Mount { volume: "scratch".into(), read_only: false })].into(),
            read_only: true,
            init: true,
            capabilities: Capabilities { add: ["SYS_PTRACE".to_owned()].into(), drop: ["ALL".to_owned()].into() },
            tmpfs: [("/tmp".into(), Tmpfs { size: 64, mount_options: ["noexec".to_owned()].into() })].into(),
            ulimits: [("nofile".into(), Ulimit { soft_limit: 1024, hard_limit: 4096 })].into(),
            privileged: true,
            stop_timeout: Some(60),
            ..Container::of("web:1")
        }
    }

    #[test]
    fn what_is_written_is_understood_again() {
        for container in [Container::of("web:1"), full()] {
            let written = container.written("web").unwrap();
            assert_eq!(Container::understand(&written), ("web".to_owned(), container));
        }
    }

    #[test]
    fn what_ecs_adds_by_itself_is_no_difference() {
        let live = ContainerDefinition::builder()
            .name("web")
            .image("web:1")
            .cpu(0)
            .set_mount_points(Some(Vec::new()))
            .set_environment(Some(Vec::new()))
            .port_mappings(PortMapping::builder().container_port(80).build())
            .health_check(HealthCheck::builder().command("CMD-SHELL").command("true").build().unwrap())
            .build();
        let expected =
            Container { ports: [Port::tcp(80)].into(), health: Some(Health::shell("true")), ..Container::of("web:1") };
        assert_eq!(Container::understand(&live).1, expected);
    }

    #[test]
    fn a_driver_with_options_of_its_own_keeps_them() {
        let options = BTreeMap::from([("awslogs-group".to_owned(), "/ecs/web".to_owned())]);
        let logs = Logs::Other { driver: "awslogs".into(), options };
        assert_eq!(Logs::understand(&logs.written().unwrap()), logs);
    }

    #[test]
    fn a_stage_stays_with_its_source() {
        let whole = "arn:aws:secretsmanager:r:1:secret:db-a:pw:AWSPREVIOUS:";
        assert_eq!(SecretSource::understand(whole).value(), whole);
        assert_eq!(SecretSource::understand(whole).key, None);
    }

    #[test]
    fn a_version_is_named_with_a_key_or_without() {
        let secret = || Ref::<()>::known("arn:aws:secretsmanager:r:1:secret:db-a");
        let whole = SecretSource::from(secret()).of_version(Ref::known("v1"));
        let key = SecretSource::key(secret(), "pw").of_version(Ref::known("v1"));
        assert_eq!(whole.value(), "arn:aws:secretsmanager:r:1:secret:db-a:::v1");
        assert_eq!(key.value(), "arn:aws:secretsmanager:r:1:secret:db-a:pw::v1");
        for source in [whole, key] {
            assert_eq!(SecretSource::understand(&source.value()), source);
        }
    }
}
