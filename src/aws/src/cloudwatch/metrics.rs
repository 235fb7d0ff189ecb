//! The metrics that AWS keeps by itself: their names, and the dimensions by which they are found.
//!
//! Each namespace is an enum of its metrics. A resource's reference goes in, a [`Metric`] comes out; that a metric of
//! a load balancer is asked of a database does not compile.
//!
//! ```
//! use infra_aws::cloudwatch::metrics::{Ecs, LoadBalancer};
//! use infra_aws::ecs::{ClusterName, ServiceName};
//! use infra_aws::elb::LoadBalancerSuffix;
//! use infra_engine::model::Ref;
//!
//! let balancer: Ref<LoadBalancerSuffix> = Ref::known("app/shop/50dc6c495c0c9188");
//! let (cluster, service): (Ref<ClusterName>, Ref<ServiceName>) = (Ref::known("shop"), Ref::known("shop-web"));
//! let response_time = LoadBalancer::TargetResponseTime.of(balancer).percentile(99, 60);
//! let processors = Ecs::Cpu.of(cluster, service).average(60);
//! ```

use infra_engine::model::Ref;

use super::Metric;
use crate::Text;
use crate::cloudfront::DistributionId;
use crate::ecs::{ClusterName, ServiceName};
use crate::elasticache::ReplicationGroupName;
use crate::elb::{LoadBalancerSuffix, TargetGroupSuffix};
use crate::rds::{DatabaseName, ReplicaName};

/// An enum of a namespace's metrics: each variant with AWS's name for it.
macro_rules! namespace {
    ($(#[$document:meta])* $name:ident in $namespace:literal { $($(#[$about:meta])* $metric:ident = $word:literal,)* }) => {
        $(#[$document])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[$about])* $metric,)*
        }

        impl $name {
            /// All of them.
            pub const ALL: &'static [$name] = &[$($name::$metric),*];

            /// AWS's name for it.
            pub fn word(self) -> &'static str {
                match self {
                    $($name::$metric => $word,)*
                }
            }

            fn metric(self) -> Metric {
                Metric::named($namespace, self.word())
            }
        }
    };
}

namespace! {
    /// Metrics of a load balancer, of the whole or of one of its target groups.
    LoadBalancer in "AWS/ApplicationELB" {
        /// Connections that are open.
        ActiveConnections = "ActiveConnectionCount",
        /// Capacity units that were used: what the bill counts.
        ConsumedUnits = "ConsumedLCUs",
        /// Answers of the 4xx sort that the balancer gave by itself.
        OwnErrors4xx = "HTTPCode_ELB_4XX_Count",
        /// Answers of the 5xx sort that the balancer gave by itself: nothing behind it did answer.
        OwnErrors5xx = "HTTPCode_ELB_5XX_Count",
        /// Requests.
        Requests = "RequestCount",
        /// Requests for each target. Only of a target group.
        RequestsPerTarget = "RequestCountPerTarget",
        /// Connections that a target did not take.
        TargetConnectionErrors = "TargetConnectionErrorCount",
        /// Answers of the 2xx sort that targets gave.
        TargetAnswers2xx = "HTTPCode_Target_2XX_Count",
        /// Answers of the 4xx sort that targets gave.
        TargetErrors4xx = "HTTPCode_Target_4XX_Count",
        /// Answers of the 5xx sort that targets gave.
        TargetErrors5xx = "HTTPCode_Target_5XX_Count",
        /// The seconds from a request's leaving the balancer to the answer's beginning.
        TargetResponseTime = "TargetResponseTime",
        /// Targets that can answer. Only of a target group.
        HealthyHosts = "HealthyHostCount",
        /// Targets that cannot. Only of a target group.
        UnhealthyHosts = "UnHealthyHostCount",
    }
}

impl LoadBalancer {
    /// Of the whole load balancer.
    pub fn of(self, balancer: Ref<LoadBalancerSuffix>) -> Metric {
        self.metric().with("LoadBalancer", balancer)
    }

    /// Of one of its target groups.
    pub fn of_group(self, balancer: Ref<LoadBalancerSuffix>, group: Ref<TargetGroupSuffix>) -> Metric {
        self.of(balancer).with("TargetGroup", group)
    }
}

namespace! {
    /// Metrics of a service of ECS, in percent of what its tasks have.
    Ecs in "AWS/ECS" {
        /// Processors.
        Cpu = "CPUUtilization",
        /// Memory.
        Memory = "MemoryUtilization",
    }
}

impl Ecs {
    /// Of a service.
    pub fn of(self, cluster: Ref<ClusterName>, service: Ref<ServiceName>) -> Metric {
        self.of_cluster(cluster).with("ServiceName", service)
    }

    /// Of all that runs on a cluster's own machines.
    pub fn of_cluster(self, cluster: Ref<ClusterName>) -> Metric {
        self.metric().with("ClusterName", cluster)
    }
}

namespace! {
    /// Metrics of a service or a cluster of ECS that are there when the cluster has Container Insights.
    Containers in "ECS/ContainerInsights" {
        /// Units of processors that are used; 1024 are one processor.
        CpuUsed = "CpuUtilized",
        /// Units of processors that are set aside.
        CpuReserved = "CpuReserved",
        /// Megabytes of memory that are used.
        MemoryUsed = "MemoryUtilized",
        /// Megabytes of memory that are set aside.
        MemoryReserved = "MemoryReserved",
        /// Bytes received in a second.
        BytesReceived = "NetworkRxBytes",
        /// Bytes sent in a second.
        BytesSent = "NetworkTxBytes",
        /// Tasks that there should be. Only of a service.
        TasksDesired = "DesiredTaskCount",
        /// Tasks that start. Only of a service.
        TasksPending = "PendingTaskCount",
        /// Tasks that run. Only of a service.
        TasksRunning = "RunningTaskCount",
        /// Tasks, of a cluster.
        Tasks = "TaskCount",
    }
}

impl Containers {
    /// Of a service.
    pub fn of(self, cluster: Ref<ClusterName>, service: Ref<ServiceName>) -> Metric {
        self.of_cluster(cluster).with("ServiceName", service)
    }

    /// Of a whole cluster.
    pub fn of_cluster(self, cluster: Ref<ClusterName>) -> Metric {
        self.metric().with("ClusterName", cluster)
    }
}

namespace! {
    /// Metrics of a node of a cache. The whole group has none of these: each node has its own.
    Cache in "AWS/ElastiCache" {
        /// Processors of the machine, in percent.
        Cpu = "CPUUtilization",
        /// Clients that are connected.
        Connections = "CurrConnections",
        /// The processor that the engine's one thread runs on, in percent.
        EngineCpu = "EngineCPUUtilization",
        /// Keys that had to make room.
        Evictions = "Evictions",
        /// Keys that were asked for and there.
        Hits = "CacheHits",
        /// Keys that are kept.
        Items = "CurrItems",
        /// Memory that is used for keys, in percent of what there is for them.
        Memory = "DatabaseMemoryUsagePercentage",
        /// Keys that were asked for and not there.
        Misses = "CacheMisses",
        /// The seconds that a replica is behind.
        ReplicationLag = "ReplicationLag",
        /// Bytes of memory that had to be moved to the disk.
        Swap = "SwapUsage",
    }
}

impl Cache {
    /// Of a node of a group with one shard; the first is 1.
    pub fn of(self, group: Ref<ReplicationGroupName>, node: u8) -> Metric {
        self.metric().with("CacheClusterId", Text::from(group).and(format!("-{node:03}")))
    }

    /// Of a node of a group with several shards; the first shard is 1, and so is its first node.
    pub fn of_shard(self, group: Ref<ReplicationGroupName>, shard: u16, node: u8) -> Metric {
        self.metric().with("CacheClusterId", Text::from(group).and(format!("-{shard:04}-{node:03}")))
    }
}

namespace! {
    /// Metrics of a database or of one of its replicas.
    Database in "AWS/RDS" {
        /// Connections that are open.
        Connections = "DatabaseConnections",
        /// Processors, in percent.
        Cpu = "CPUUtilization",
        /// Requests that wait for the disk.
        DiskQueue = "DiskQueueDepth",
        /// Bytes of memory that are free.
        FreeMemory = "FreeableMemory",
        /// Bytes of the disk that are free.
        FreeStorage = "FreeStorageSpace",
        /// Readings of the disk in a second.
        Reads = "ReadIOPS",
        /// The seconds that a reading takes.
        ReadLatency = "ReadLatency",
        /// The seconds that a replica is behind. Only of a replica.
        ReplicaLag = "ReplicaLag",
        /// Writings to the disk in a second.
        Writes = "WriteIOPS",
        /// The seconds that a writing takes.
        WriteLatency = "WriteLatency",
    }
}

impl Database {
    /// Of a database.
    pub fn of(self, database: Ref<DatabaseName>) -> Metric {
        self.metric().with("DBInstanceIdentifier", database)
    }

    /// Of a replica.
    pub fn of_replica(self, replica: Ref<ReplicaName>) -> Metric {
        self.metric().with("DBInstanceIdentifier", replica)
    }
}

namespace! {
    /// Metrics of a distribution. They are kept in `us-east-1` and nowhere else: an alarm in another region never sees
    /// a value of them.
    Cdn in "AWS/CloudFront" {
        /// Bytes sent to viewers.
        BytesDownloaded = "BytesDownloaded",
        /// Bytes received from viewers.
        BytesUploaded = "BytesUploaded",
        /// Answers of the 4xx sort, in percent of all.
        ErrorRate4xx = "4xxErrorRate",
        /// Answers of the 5xx sort, in percent of all.
        ErrorRate5xx = "5xxErrorRate",
        /// Requests.
        Requests = "Requests",
        /// Answers of the 4xx and 5xx sorts, in percent of all.
        TotalErrorRate = "TotalErrorRate",
    }
}

impl Cdn {
    /// Where these metrics are.
    pub const REGION: &'static str = "us-east-1";

    /// Of a distribution.
    pub fn of(self, distribution: Ref<DistributionId>) -> Metric {
        self.metric().with("DistributionId", distribution).with("Region", "Global")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[track_caller]
    fn check(metric: &Metric, namespace: &str, name: &str, dimensions: &[(&str, &str)]) {
        let expected = dimensions.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
        let expected = Metric { namespace: namespace.into(), name: name.into(), dimensions: expected };
        assert_eq!(*metric, expected);
    }

    #[test]
    fn each_namespace_has_its_own_dimensions() {
        let (balancer, group) = (Ref::known("app/shop/1"), Ref::known("targetgroup/web/2"));
        check(
            &LoadBalancer::TargetErrors5xx.of_group(balancer, group),
            "AWS/ApplicationELB",
            "HTTPCode_Target_5XX_Count",
            &[("LoadBalancer", "app/shop/1"), ("TargetGroup", "targetgroup/web/2")],
        );
        let service = [("ClusterName", "shop"), ("ServiceName", "web")];
        check(&Ecs::Cpu.of(Ref::known("shop"), Ref::known("web")), "AWS/ECS", "CPUUtilization", &service);
        let running = Containers::TasksRunning.of(Ref::known("shop"), Ref::known("web"));
        check(&running, "ECS/ContainerInsights", "RunningTaskCount", &service);
        let evictions = Cache::Evictions.of(Ref::known("shop-redis"), 2);
        check(&evictions, "AWS/ElastiCache", "Evictions", &[("CacheClusterId", "shop-redis-002")]);
        let hits = Cache::Hits.of_shard(Ref::known("shop-redis"), 3, 1);
        check(&hits, "AWS/ElastiCache", "CacheHits", &[("CacheClusterId", "shop-redis-0003-001")]);
        let lag = Database::ReplicaLag.of_replica(Ref::known("shop-2"));
        check(&lag, "AWS/RDS", "ReplicaLag", &[("DBInstanceIdentifier", "shop-2")]);
        let requests = Cdn::Requests.of(Ref::known("E1"));
        check(&requests, "AWS/CloudFront", "Requests", &[("DistributionId", "E1"), ("Region", "Global")]);
    }

    #[test]
    fn no_two_metrics_of_a_namespace_are_the_same() {
        fn check<T: Copy>(all: &[T], word: impl Fn(T) -> &'static str) {
            let words: BTreeSet<&str> = all.iter().map(|metric| word(*metric)).collect();
            assert_eq!(words.len(), all.len());
        }
        check(LoadBalancer::ALL, LoadBalancer::word);
        check(Ecs::ALL, Ecs::word);
        check(Containers::ALL, Containers::word);
        check(Cache::ALL, Cache::word);
        check(Database::ALL, Database::word);
        check(Cdn::ALL, Cdn::word);
    }
}
