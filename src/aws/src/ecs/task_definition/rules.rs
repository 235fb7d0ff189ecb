//! What ECS would refuse in a task definition.

use std::collections::BTreeSet;

use infra_engine::check::{Rule, Severity, Surroundings, Violation};

use super::super::container::{Condition, Container, Logs};
use super::TaskDefinition;
use crate::iam::{Service, passed};

pub(super) static ALL: &[Rule<TaskDefinition>] = &[
    Rule {
        code: "V154",
        says: "names of families, containers and volumes have 1 to 255 letters, digits, hyphens and underscores",
        source: "ECS API model: RegisterTaskDefinition",
        severity: Severity::Error,
        check: names_fit,
    },
    Rule {
        code: "V54",
        says: "ECS needs a role of its own to fetch secrets and to write logs; Fargate knows three log drivers, adds no \
               capability but `SYS_PTRACE`, limits nothing but `nofile`, and has no privileged containers",
        source: "ECS developer guide: task execution role, task definition parameters for Fargate",
        severity: Severity::Error,
        check: fargate_can_run_it,
    },
    Rule {
        code: "V55",
        says: "the containers' processors and memory fit into the task's",
        source: "ECS API model: ContainerDefinition cpu, memory, memoryReservation",
        severity: Severity::Warning,
        check: containers_fit,
    },
    Rule {
        code: "V56",
        says: "one container is essential, and containers wait for others without going round in a circle",
        source: "ECS API model: ContainerDefinition essential, dependsOn; cfn-lint",
        severity: Severity::Error,
        check: containers_go_together,
    },
    Rule {
        code: "V57",
        says: "health checks, disks and times to stop stay within ECS's limits",
        source: "ECS API model: HealthCheck, EphemeralStorage, stopTimeout",
        severity: Severity::Error,
        check: within_limits,
    },
    Rule {
        code: "V58",
        says: "no two containers of a task listen at one port",
        source: "ECS developer guide: awsvpc network mode",
        severity: Severity::Error,
        check: ports_are_unique,
    },
    Rule {
        code: "V60",
        says: "a variable is either in the open or a secret",
        source: "ECS API model: ContainerDefinition environment, secrets",
        severity: Severity::Warning,
        check: variables_are_unique,
    },
    Rule {
        code: "V40",
        says: "a role that is handed to ECS lets its tasks take it on",
        source: "IAM user guide: passing a role to a service",
        severity: Severity::Warning,
        check: roles_trust_tasks,
    },
];

fn names_fit(task: &TaskDefinition, _: &Surroundings<'_>) -> Vec<Violation> {
    let families = [("family", &task.family)].into_iter();
    let containers = task.containers.keys().map(|name| ("containers", name));
    let names = families.chain(containers).chain(task.volumes.iter().map(|name| ("volumes", name)));
    let odd = |c: char| !c.is_ascii_alphanumeric() && !"-_".contains(c);
    names
        .filter(|(_, name)| name.is_empty() || name.len() > 255 || name.contains(odd))
        .map(|(field, name)| {
            Violation::of(field, name, format!("`{name}` is no name"), "write letters, digits, `-` and `_`")
        })
        .collect()
}

fn fargate_can_run_it(task: &TaskDefinition, _: &Surroundings<'_>) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (name, container) in &task.containers {
        if let Some(Logs::Other { driver, .. }) = &container.logs
            && !["awslogs", "splunk", "awsfirelens"].contains(&driver.as_str())
        {
            let way_out = "write to a log group, or use `splunk` or `awsfirelens`";
            violations.push(Violation::of("containers", driver, format!("`{name}` logs by `{driver}`"), way_out));
        }
        let logs = matches!(container.logs, Some(Logs::CloudWatch { .. }));
        if task.execution_role.is_none() && (logs || !container.secrets.is_empty()) {
            let wrong = format!("`{name}` needs one, for its {}", if logs { "logs" } else { "secrets" });
            violations.push(Violation::of("execution_role", (), wrong, "give the task an execution role"));
        }
        violations.extend(beyond_fargate(name, container));
    }
    violations
}

/// What of its machine a container cannot have on Fargate.
fn beyond_fargate(name: &str, container: &Container) -> Vec<Violation> {
    let Container { capabilities, tmpfs, ulimits, privileged, .. } = container;
    let wrong = |wrong: String, way_out: &str| Violation::of("containers", name, wrong, way_out);
    let rooted = privileged.then(|| wrong(format!("`{name}` is privileged"), "leave that out"));
    let added = capabilities.add.iter().filter(|name| *name != "SYS_PTRACE");
    let added = added.map(|capability| wrong(format!("`{name}` adds {capability}"), "add `SYS_PTRACE` or nothing"));
    let limits = ulimits.keys().filter(|limit| *limit != "nofile");
    let limits = limits.map(|limit| wrong(format!("`{name}` limits {limit}"), "limit `nofile` or nothing"));
    let places = tmpfs.iter().filter(|(path, tmpfs)| !path.starts_with('/') || tmpfs.size == 0);
    let places =
        places.map(|(path, _)| wrong(format!("`{name}` has no file system at `{path}`"), "write a path and a size"));
    rooted.into_iter().chain(added).chain(limits).chain(places).collect()
}

fn containers_fit(task: &TaskDefinition, _: &Surroundings<'_>) -> Vec<Violation> {
    let sum = |part: fn(&Container) -> Option<u32>| task.containers.values().filter_map(part).sum::<u32>();
    let mut violations = Vec::new();
    let mut over = |what: &str, sum: u32, most: u32| {
        if sum > most {
            let wrong = format!("the containers have {sum} {what}, the task has {most}");
            violations.push(Violation::of("size", task.size, wrong, "give the task more, or the containers less"));
        }
    };
    over("units of processors", sum(|container| container.cpu), task.size.cpu());
    over("MiB of memory", sum(|container| container.reserved_memory.or(container.memory)), task.size.memory());
    for (name, container) in &task.containers {
        let Some(memory) = container.memory else { continue };
        if memory > task.size.memory() || memory < 6 || container.reserved_memory.is_some_and(|kept| kept > memory) {
            let wrong = format!("`{name}` is killed at {memory} MiB");
            let way_out = "write at least 6, what is kept for it, and at most what the task has";
            violations.push(Violation::of("containers", memory, wrong, way_out));
        }
    }
    violations
}

fn containers_go_together(task: &TaskDefinition, _: &Surroundings<'_>) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut wrong = |value: &str, wrong: String, way_out: &str| {
        violations.push(Violation::of("containers", value, wrong, way_out));
    };
    if !task.containers.values().any(|container| container.essential) {
        wrong(&task.family, "no container is essential".into(), "make the one essential that the task is for");
    }
    for (name, container) in &task.containers {
        for (other, condition) in &container.depends_on {
            match task.containers.get(other) {
                None => wrong(other, format!("`{name}` waits for `{other}`, which there is not"), "name a container"),
                Some(other_container) if *condition == Condition::Healthy && other_container.health.is_none() => {
                    let said = format!("`{name}` waits until `{other}` is well, which nobody looks at");
                    wrong(other, said, "give it a health check, or wait until it has started");
                }
                Some(_) => {}
            }
        }
        for volume in container.mounts.values().map(|mount| &mount.volume) {
            if !task.volumes.contains(volume) {
                wrong(volume, format!("`{name}` mounts `{volume}`, which there is not"), "add it to `volumes`");
            }
        }
    }
    if let Some(name) = task.containers.keys().find(|name| waits_for_itself(task, name)) {
        wrong(name, format!("`{name}` waits for itself, by others"), "let one of them start first");
    }
    violations
}

fn waits_for_itself(task: &TaskDefinition, name: &str) -> bool {
    let (mut seen, mut open) = (BTreeSet::new(), vec![name]);
    while let Some(next) = open.pop() {
        for other in task.containers.get(next).into_iter().flat_map(|container| container.depends_on.keys()) {
            if other == name {
                return true;
            }
            if seen.insert(other.as_str()) {
                open.push(other);
            }
        }
    }
    false
}

fn within_limits(task: &TaskDefinition, _: &Surroundings<'_>) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut limit = |field: &str, what: String, number: u16, least: u16, most: u16| {
        if !(least..=most).contains(&number) {
            let way_out = format!("write {least} to {most}");
            violations.push(Violation::of(field, number, format!("{what} is {number}"), way_out));
        }
    };
    if let Some(disk) = task.disk {
        limit("disk", "it".into(), disk, 21, 200);
    }
    for (name, container) in &task.containers {
        if let Some(seconds) = container.stop_timeout {
            limit("containers", format!("the time that `{name}` has to stop"), seconds, 0, 120);
        }
        if let Some(health) = &container.health {
            limit("containers", format!("the interval of `{name}`'s health check"), health.interval, 5, 300);
            limit("containers", format!("the timeout of `{name}`'s health check"), health.timeout, 2, 60);
            limit("containers", format!("the retries of `{name}`'s health check"), health.retries, 1, 10);
            limit("containers", format!("the start period of `{name}`'s health check"), health.start_period, 0, 300);
        }
    }
    violations
}

fn ports_are_unique(task: &TaskDefinition, _: &Surroundings<'_>) -> Vec<Violation> {
    let mut seen = BTreeSet::new();
    let ports = task.containers.values().flat_map(|container| &container.ports);
    let taken = ports.filter(|port| !seen.insert((port.number, port.protocol)));
    let tell = |number: u16| Violation::of("containers", number, format!("two listen at {number}"), "move one of them");
    taken.map(|port| tell(port.number)).collect()
}

fn variables_are_unique(task: &TaskDefinition, _: &Surroundings<'_>) -> Vec<Violation> {
    let twice = task
        .containers
        .values()
        .flat_map(|container| container.secrets.keys().filter(|name| container.environment.contains_key(*name)));
    twice.map(|name| Violation::of("containers", name, format!("`{name}` is both"), "keep the secret")).collect()
}

fn roles_trust_tasks(task: &TaskDefinition, around: &Surroundings<'_>) -> Vec<Violation> {
    let roles = [("task_role", &task.task_role), ("execution_role", &task.execution_role)];
    let role = |(field, role): (&str, &Option<_>)| passed(field, role.as_ref()?, &Service::EcsTasks, around);
    roles.into_iter().filter_map(role).collect()
}
