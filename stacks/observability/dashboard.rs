//! The dashboard: everything on one page, from the outside in.

use infra_aws::cloudwatch::metrics::{
    Cache as Node, Cdn as Edge, Containers, Database as Instance, Ecs, LoadBalancer as Balancer,
};
use infra_aws::cloudwatch::{Alarm, AlarmStates, Body, Content, Graph, Line, Mark, Metric, Statistic, Summary, View};
use infra_aws::ecs::{self, ClusterName, ServiceName};
use infra_aws::elb::LoadBalancer;
use infra_engine::model::{Handle, Ref};
use infra_values::Region;

use super::{Watched, alarms};
use crate::environment::{Environment, Levels, PGBOUNCER};

/// The rows that a graph takes.
const GRAPH: u16 = 6;

/// The most alarms that one widget shows.
const STATES: usize = 100;

/// A row: its height, and what is in it.
type Row = (u16, Vec<Content>);

/// What is on the dashboard.
pub(super) fn body(
    environment: &Environment,
    watched: Watched<'_>,
    warnings: &[Handle<Alarm>],
    critical: &[Handle<Alarm>],
) -> Body {
    let Environment { project, name, region, .. } = environment;
    let scaling: Vec<Handle<Alarm>> = watched.scaling.alarms.values().flatten().cloned().collect();
    let title = format!("# {project}, {name}\n\nIn {region}. From the outside in: CDN, load balancer, services, data.");
    let mut rows = vec![(2, vec![title.as_str().into()])];
    rows.extend(states("Critical", critical));
    rows.extend(states("Warnings", warnings));
    rows.push(cdn(watched));
    rows.push(balancer(environment, watched));
    rows.push(services(environment, watched));
    rows.push(redis(environment, watched));
    rows.push(postgres(environment, watched));
    rows.push(tasks(environment, watched));
    rows.extend(states("What adds and takes away tasks", &scaling));
    Body::rows(rows)
}

/// The states of alarms.
fn states(title: &str, alarms: &[Handle<Alarm>]) -> Vec<Row> {
    let widget = |alarms: &[Handle<Alarm>]| {
        let height = 2 + u16::try_from(alarms.len() / 8).unwrap_or_default();
        (height, vec![AlarmStates::of(title, alarms.iter().map(|alarm| alarm.output(Alarm::ARN))).into()])
    };
    alarms.chunks(STATES).map(widget).collect()
}

/// A graph of the environment's own region.
fn graph(environment: &Environment, title: &str) -> Graph {
    Graph::of(title, environment.region.clone(), View::Lines)
}

fn marked(graph: Graph, Levels { warning, critical }: Levels) -> Graph {
    graph.mark(Mark::at(warning, "warning")).mark(Mark::at(critical, "critical"))
}

fn average(metric: Metric, label: &str) -> Line {
    Line::of(metric, Statistic::Average).labelled(label)
}

fn sum(metric: Metric, label: &str) -> Line {
    Line::of(metric, Statistic::Sum).labelled(label)
}

fn cdn(Watched { cdn, .. }: Watched<'_>) -> Row {
    let of = |metric: Edge| metric.of(cdn.distribution.id());
    // Its metrics are kept in one region, wherever the platform is.
    let region: Region = Edge::REGION.parse().expect("a region that AWS has is written as one");
    let graph = |title: &str| Graph::of(title, region.clone(), View::Lines);
    let requests = graph("CDN: requests a minute").line(sum(of(Edge::Requests), "requests"));
    let errors = graph("CDN: errors, in percent")
        .line(average(of(Edge::ErrorRate4xx), "4xx"))
        .line(average(of(Edge::ErrorRate5xx), "5xx"));
    let bytes = graph("CDN: bytes a minute")
        .line(sum(of(Edge::BytesDownloaded), "to viewers"))
        .line(sum(of(Edge::BytesUploaded), "from viewers"));
    (GRAPH, vec![requests.into(), errors.into(), bytes.into()])
}

fn balancer(environment: &Environment, Watched { edge, .. }: Watched<'_>) -> Row {
    let of = |metric: Balancer| metric.of(edge.balancer.output(LoadBalancer::SUFFIX));
    let percentile = |percent: u32| {
        let summary = Summary::Percentile(percent.into());
        Line::of(of(Balancer::TargetResponseTime), summary).labelled(format!("{percent} of 100"))
    };
    let requests = graph(environment, "Load balancer: requests a minute").line(sum(of(Balancer::Requests), "requests"));
    let times = graph(environment, "Load balancer: seconds to an answer").lines([50, 95, 99].map(percentile));
    let errors = graph(environment, "Load balancer: errors a minute")
        .line(sum(of(Balancer::TargetErrors4xx), "4xx"))
        .line(sum(of(Balancer::TargetErrors5xx), "5xx"))
        .line(sum(of(Balancer::OwnErrors5xx), "nobody answered"));
    let times = marked(times, environment.observability.response_seconds);
    (GRAPH, vec![requests.into(), times.into(), errors.into()])
}

fn services(environment: &Environment, watched: Watched<'_>) -> Row {
    let wanted = &environment.observability;
    let of = |metric: Ecs| each_service(watched, |cluster, service| average(metric.of(cluster, service), ""));
    let cpu = graph(environment, "Services: processors, in percent").lines(of(Ecs::Cpu)).in_percent();
    let memory = graph(environment, "Services: memory, in percent").lines(of(Ecs::Memory)).in_percent();
    (GRAPH, vec![marked(cpu, wanted.cpu_percent).into(), marked(memory, wanted.memory_percent).into()])
}

/// A line for each service and for the connection pool, labelled with its name.
fn each_service(
    Watched { cluster, .. }: Watched<'_>,
    line: impl Fn(Ref<ClusterName>, Ref<ServiceName>) -> Line,
) -> Vec<Line> {
    let services = cluster.services.iter().map(|(name, running)| (name.as_str(), running));
    let lines = services
        .chain([(PGBOUNCER, &cluster.pooler)])
        .map(|(name, running)| line(cluster.cluster.id(), running.service.output(ecs::Service::NAME)).labelled(name));
    lines.collect()
}

fn redis(environment: &Environment, watched: Watched<'_>) -> Row {
    let nodes = alarms::nodes(environment, watched);
    let each = |metric: Node, line: fn(Metric, &str) -> Line| -> Vec<Line> {
        nodes.iter().map(|(name, of)| line(of(metric), name)).collect()
    };
    let hits = graph(environment, "Redis: keys asked for and there, a minute");
    let misses = graph(environment, "Redis: keys asked for in vain, a minute");
    let evictions = graph(environment, "Redis: keys that had to make room, a minute");
    let memory = graph(environment, "Redis: memory, in percent").in_percent();
    let row = [
        hits.lines(each(Node::Hits, sum)),
        misses.lines(each(Node::Misses, sum)),
        marked(evictions.lines(each(Node::Evictions, sum)), environment.observability.evictions),
        memory.lines(each(Node::Memory, average)),
    ];
    (GRAPH, row.map(Content::from).into())
}

fn postgres(environment: &Environment, Watched { database, .. }: Watched<'_>) -> Row {
    let of = |metric: Instance, label: &str| average(metric.of(database.instance.id()), label);
    let most = environment.database.postgres.max_connections;
    let connections = graph(environment, "Postgres: connections")
        .line(of(Instance::Connections, "connections"))
        .mark(Mark::at(most.into(), "all that there are"));
    let processors = graph(environment, "Postgres: processors, in percent").line(of(Instance::Cpu, "database"));
    let latency = graph(environment, "Postgres: seconds of the disk")
        .line(of(Instance::ReadLatency, "to read"))
        .line(of(Instance::WriteLatency, "to write"));
    let storage = graph(environment, "Postgres: bytes that are free").line(of(Instance::FreeStorage, "disk"));
    let mut row = vec![connections.into(), processors.in_percent().into(), latency.into(), storage.into()];
    if let Some(replica) = &database.replica {
        let lag = average(Instance::ReplicaLag.of_replica(replica.id()), "replica");
        let lag = graph(environment, "Postgres: seconds that the replica is behind").line(lag);
        row.push(marked(lag, environment.observability.replica_lag_seconds).into());
    }
    (GRAPH, row)
}

fn tasks(environment: &Environment, watched: Watched<'_>) -> Row {
    let areas = |title, metric: Containers| {
        let lines = each_service(watched, |cluster, service| Line::of(metric.of(cluster, service), Statistic::Maximum));
        Content::from(Graph { view: View::Areas, ..graph(environment, title).lines(lines) })
    };
    let running = areas("Scaling: tasks that run", Containers::TasksRunning);
    (GRAPH, vec![running, areas("Scaling: tasks that should run", Containers::TasksDesired)])
}
