//! The clients of the services: made once, when they are first used, all of them in one way.
//!
//! Making [`Aws`] reads files and the caller's shell and calls nobody. Credentials are fetched with the first call.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_types::service_config::ServiceConfigKey;
use infra_engine::record::Lease;
use tokio::sync::OnceCell;

use crate::account::Identity;
use crate::calls::{Calls, Counter};
use crate::ecs::Rollouts;
use crate::endpoints::{Detour, EndpointError, Endpoints, Given, Variables, detours};
use crate::fresh::Fresh;
use crate::gate::{Gate, Network};
use crate::guard::Guard;
use crate::rates::Rates;
use crate::watch::Watch;

/// Whose credentials, which region, which endpoints.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The region of everything that has one.
    pub region: String,
    /// The profile of the shared configuration, over any credentials in the caller's shell. `None`: the usual chain.
    pub profile: Option<String>,
    /// Where services answer, if not at AWS.
    pub endpoints: Endpoints,
}

/// Where every call to AWS goes through. Cheap to make, and offline until the first call.
#[derive(Debug)]
pub struct Aws {
    config: SdkConfig,
    settings: Settings,
    elsewhere: BTreeMap<&'static str, Given>,
    network: Network,
    counter: Arc<Counter>,
    rollouts: Rollouts,
    fresh: Fresh,
    changed_databases: Fresh,
    guard: Guard,
    pub(crate) who: OnceCell<Identity>,
    clients: Clients,
    records: OnceLock<aws_sdk_s3::Client>,
}

/// Whether a service is there once for each region, or once for all of them.
enum Home {
    Regional,
    Global,
}

/// How one service is called.
struct Way {
    endpoint: Option<String>,
    region: Region,
    gate: Gate,
    watch: Watch,
}

macro_rules! clients {
    ($($(#[$document:meta])* $service:ident: $sdk:ident as $id:literal, $home:ident $(, $switch:ident)?;)*) => {
        /// The services, by their names in this program and in variables.
        const SERVICES: &[(&str, &str)] = &[$((stringify!($service), $id)),*];

        #[derive(Debug, Default)]
        struct Clients {
            $($service: OnceLock<$sdk::Client>,)*
        }

        impl Aws {
            $($(#[$document])*
            pub fn $service(&self) -> &$sdk::Client {
                self.clients.$service.get_or_init(|| {
                    let Way { endpoint, region, gate, watch } = self.way(stringify!($service), Home::$home);
                    let mut config = $sdk::config::Builder::from(&self.config);
                    if endpoint.is_some() {
                        $(config.$switch(Some(true));)?
                        config.set_endpoint_url(endpoint);
                    }
                    $sdk::Client::from_conf(config.region(region).http_client(gate).interceptor(watch).build())
                })
            })*
        }
    };
}

clients! {
    /// Application Auto Scaling: how many tasks, or machines of a fleet.
    autoscaling: aws_sdk_applicationautoscaling as "APPLICATION_AUTO_SCALING", Regional;
    /// Budgets: limits of spend, and who is told.
    budgets: aws_sdk_budgets as "BUDGETS", Global;
    /// Cost Explorer: anomalies, and the tags that bills are divided by.
    costexplorer: aws_sdk_costexplorer as "COST_EXPLORER", Global;
    /// Reports of cost and usage.
    costreports: aws_sdk_costandusagereport as "COST_AND_USAGE_REPORT_SERVICE", Global;
    /// CloudFront: distributions.
    cloudfront: aws_sdk_cloudfront as "CLOUDFRONT", Global;
    /// CloudWatch: metrics, alarms and dashboards.
    cloudwatch: aws_sdk_cloudwatch as "CLOUDWATCH", Regional;
    /// EC2: networks and machines.
    ec2: aws_sdk_ec2 as "EC2", Regional;
    /// ECS: containers.
    ecs: aws_sdk_ecs as "ECS", Regional;
    /// ElastiCache: Redis and Valkey.
    elasticache: aws_sdk_elasticache as "ELASTICACHE", Regional;
    /// EventBridge: rules and what they call.
    events: aws_sdk_eventbridge as "EVENTBRIDGE", Regional;
    /// Elastic Load Balancing: balancers of applications.
    elb: aws_sdk_elasticloadbalancingv2 as "ELASTIC_LOAD_BALANCING_V2", Regional;
    /// The index of all tags of the region where services are at home that are there once.
    global_tagging: aws_sdk_resourcegroupstagging as "RESOURCE_GROUPS_TAGGING_API", Global;
    /// IAM: roles and their policies.
    iam: aws_sdk_iam as "IAM", Global;
    /// Lambda: functions.
    lambda: aws_sdk_lambda as "LAMBDA", Regional;
    /// CloudWatch Logs.
    logs: aws_sdk_cloudwatchlogs as "CLOUDWATCH_LOGS", Regional;
    /// RDS: relational databases.
    rds: aws_sdk_rds as "RDS", Regional;
    /// S3: buckets and what is in them. Elsewhere than at AWS, a bucket's name goes into the path.
    s3: aws_sdk_s3 as "S3", Regional, set_force_path_style;
    /// Secrets Manager.
    secretsmanager: aws_sdk_secretsmanager as "SECRETS_MANAGER", Regional;
    /// Systems Manager: public parameters.
    ssm: aws_sdk_ssm as "SSM", Regional;
    /// WAF: web ACLs of what is in a region.
    regional_wafv2: aws_sdk_wafv2 as "WAFV2", Regional;
    /// SNS: topics and who hears of them.
    sns: aws_sdk_sns as "SNS", Regional;
    /// STS: who is calling.
    sts: aws_sdk_sts as "STS", Regional;
    /// The index of all tags of a region.
    tagging: aws_sdk_resourcegroupstagging as "RESOURCE_GROUPS_TAGGING_API", Regional;
    /// WAF: web ACLs of distributions, which are there once.
    wafv2: aws_sdk_wafv2 as "WAFV2", Global;
}

/// How many services are called.
pub fn services() -> usize {
    SERVICES.len()
}

impl Aws {
    /// The clients, not yet made. Reads the shared configuration and the caller's shell; calls nobody.
    pub async fn load(settings: Settings) -> Result<Aws, EndpointError> {
        settings.endpoints.check(&SERVICES.iter().map(|(name, _)| *name).collect::<Vec<_>>())?;
        let network = Network::new();
        let region = Region::new(settings.region.clone());
        let name =
            AppName::new(concat!("infra-", env!("CARGO_PKG_VERSION"))).expect("letters, digits, hyphens and dots");
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .region(region.clone())
            .app_name(name)
            .http_client(network.client())
            .retry_config(patience())
            .timeout_config(timeouts());
        if let Some(profile) = &settings.profile {
            // As with the AWS CLI, a profile that is asked for outright comes before keys in the shell.
            let provider =
                ProviderConfig::without_region().with_region(Some(region)).with_http_client(network.client());
            let credentials =
                ProfileFileCredentialsProvider::builder().configure(&provider).profile_name(profile).build();
            loader = loader.profile_name(profile).credentials_provider(credentials);
        } else if settings.endpoints.are_local(&shell) && !has_credentials(&shell) {
            // A local cloud believes whoever comes: an account or a login is needed for nothing there.
            loader = loader.credentials_provider(Credentials::new("test", "test", None, None, "the local cloud"));
        }
        let config = loader.load().await;
        let mut elsewhere = BTreeMap::new();
        for (name, id) in SERVICES {
            let given = settings.endpoints.of(name, id, &shell, || of_profile(&config, id));
            given.iter().try_for_each(Given::check)?;
            elsewhere.extend(given.map(|given| (*name, given)));
        }
        Ok(Aws {
            config,
            settings,
            elsewhere,
            network,
            counter: Arc::default(),
            rollouts: Rollouts::default(),
            fresh: Fresh::default(),
            changed_databases: Fresh::default(),
            guard: Guard::default(),
            who: OnceCell::new(),
            clients: Clients::default(),
            records: OnceLock::new(),
        })
    }

    /// The region that the calls go to.
    pub fn region(&self) -> &str {
        &self.settings.region
    }

    /// The region where the services are at home that are there once.
    pub(crate) fn home_of_global_services(&self) -> &'static str {
        home_of_global_services(self.region())
    }

    /// The profile that was asked for.
    pub fn profile(&self) -> Option<&str> {
        self.settings.profile.as_deref()
    }

    /// What is called elsewhere than at AWS's own addresses.
    pub fn detours(&self) -> Vec<Detour> {
        detours(self.elsewhere.iter().map(|(service, given)| (*service, given)), SERVICES.len())
    }

    /// The calls that were sent so far.
    pub fn calls(&self) -> Calls {
        self.counter.calls()
    }

    /// From now on nothing that changes a resource is sent without this lease's leave. What is written into the records
    /// does not ask it: the lock itself is among them.
    pub fn guard_changes(&self, lease: Lease) {
        self.guard.set(lease);
    }

    /// S3 for the records.
    pub(crate) fn records(&self) -> &aws_sdk_s3::Client {
        self.records.get_or_init(|| self.records_in(self.region()))
    }

    /// S3 for the records of a region.
    pub(crate) fn records_in(&self, region: &str) -> aws_sdk_s3::Client {
        let Way { endpoint, gate, watch, .. } = self.way("s3", Home::Regional);
        let mut config = aws_sdk_s3::config::Builder::from(&self.config);
        if endpoint.is_some() {
            config.set_force_path_style(Some(true));
            config.set_endpoint_url(endpoint);
        }
        let unguarded = Watch { guard: Guard::default(), ..watch };
        let config = config.region(Region::new(region.to_owned())).http_client(gate).interceptor(unguarded);
        aws_sdk_s3::Client::from_conf(config.build())
    }

    /// The deployments of services that were begun through these clients.
    pub(crate) fn rollouts(&self) -> &Rollouts {
        &self.rollouts
    }

    /// The roles that were changed through these clients.
    pub(crate) fn fresh(&self) -> &Fresh {
        &self.fresh
    }

    /// The databases that were changed a moment ago.
    pub(crate) fn changed_databases(&self) -> &Fresh {
        &self.changed_databases
    }

    fn way(&self, service: &'static str, home: Home) -> Way {
        let region = match home {
            Home::Regional => self.region(),
            Home::Global => home_of_global_services(self.region()),
        };
        let endpoint = self.elsewhere.get(service).map(|given| given.url.clone());
        let keeps = endpoint.is_none() || shell(RATES).as_deref() == Some("aws");
        let rates = if keeps { Rates::of(service) } else { Rates::default() };
        Way {
            endpoint,
            region: Region::new(region.to_owned()),
            gate: self.network.gate(rates),
            watch: Watch { service, counter: Arc::clone(&self.counter), guard: self.guard.clone() },
        }
    }
}

/// The region that signs for services which are there once: each partition of AWS has its own.
fn home_of_global_services(region: &str) -> &'static str {
    match region {
        chinese if chinese.starts_with("cn-") => "cn-north-1",
        governmental if governmental.starts_with("us-gov-") => "us-gov-west-1",
        _ => "us-east-1",
    }
}

/// How reading calls are repeated: with growing, random pauses. Not the adaptive mode, which after a single throttled
/// call holds back all that follow, to one in two seconds at worst.
fn patience() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(8)
        .with_initial_backoff(Duration::from_millis(300))
        .with_max_backoff(Duration::from_secs(10))
}

/// Limits of a single try. None on an attempt as a whole: waiting for a place at the gate would count as silence.
fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(Duration::from_secs(5)).read_timeout(Duration::from_secs(45)).build()
}

/// With `aws`, AWS's rates are kept to wherever calls go: for a cloud that is as strict, such as `localstack/up --rates`.
const RATES: &str = "INFRA_RATES";

fn shell(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Where a service answers by the profile of the shared configuration, as the SDK would read it by itself.
fn of_profile(config: &SdkConfig, id: &str) -> Option<String> {
    let key =
        ServiceConfigKey::builder().service_id(id).env("AWS_ENDPOINT_URL").profile("endpoint_url").build().ok()?;
    let own = config.service_config().and_then(|services| services.load_config(key));
    own.or_else(|| config.endpoint_url().map(str::to_owned)).filter(|url| !url.is_empty())
}

/// True when the caller's shell names credentials. The default profile is not asked: it is an account's, not a local cloud's.
fn has_credentials(variables: Variables<'_>) -> bool {
    let named =
        ["AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI"];
    named.iter().any(|name| variables(name).is_some_and(|value| !value.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn global_services_have_one_home_in_each_partition() {
        assert_eq!(home_of_global_services("eu-central-1"), "us-east-1");
        assert_eq!(home_of_global_services("cn-northwest-1"), "cn-north-1");
        assert_eq!(home_of_global_services("us-gov-east-1"), "us-gov-west-1");
    }

    #[tokio::test]
    async fn an_endpoint_that_is_no_address_is_refused_before_any_call() {
        let endpoints = Endpoints { flag: Some("localhost:4566".into()), ..Endpoints::default() };
        let error = Aws::load(Settings { region: "eu-west-1".into(), profile: None, endpoints }).await.unwrap_err();
        assert!(error.to_string().contains("`localhost:4566` (--endpoint) is not an endpoint"), "{error}");
    }
}
