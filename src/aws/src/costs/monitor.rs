//! An anomaly monitor: it learns what is usual, and notices what is not.

use std::collections::BTreeSet;

use aws_sdk_costexplorer::types::{
    AnomalyMonitor as Live, Dimension, DimensionValues, Expression, MonitorDimension, MonitorType, TagValues,
};
use infra_derive::Resource;
use infra_engine::check::{Rule, Severity, Surroundings, Violation};
use infra_engine::live::{Ask, Behaviour, Fault, FaultKind, Found, GoneIsFine, Order, Retag};
use infra_engine::model::Tags;
use infra_values::AccountId;
use serde::{Deserialize, Serialize};

use super::shared::{self, sorted};
use crate::iam::Arn;
use crate::pages::each;
use crate::tags::to_sdk;
use crate::{Aws, Sorted};

/// An anomaly monitor: it learns what is usual, and notices what is not.
///
/// ```
/// use std::collections::BTreeSet;
///
/// use infra_aws::costs::{AnomalyMonitor, Watch};
///
/// let ours = Watch::Tag { key: "Project".into(), values: BTreeSet::from(["shop".into()]) };
/// let monitor = AnomalyMonitor { name: "shop".into(), watches: ours };
/// ```
///
/// It tells nobody by itself: see [`AnomalySubscription`](super::AnomalySubscription). Names are not unique.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "costs/anomaly-monitor", id = AnomalyMonitorArn)]
pub struct AnomalyMonitor {
    /// Its name, for people.
    pub name: String,
    /// What it looks at.
    #[replace]
    pub watches: Watch,
}

/// What a monitor looks at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Watch {
    /// Every service of AWS by itself. An account has one such monitor, and most have it already.
    EachService,
    /// What these accounts spend.
    Accounts(BTreeSet<AccountId>),
    /// What bears a tag with one of these values.
    Tag {
        /// The tag's key, which is activated as a cost allocation tag.
        key: String,
        /// Its values.
        values: BTreeSet<String>,
    },
    /// Anything else, as AWS describes it; only ever read.
    Other(String),
}

impl Arn for AnomalyMonitorArn {}

const GET: &str = "ce:GetAnomalyMonitors";
const CREATE: &str = "ce:CreateAnomalyMonitor";

impl Behaviour for AnomalyMonitor {
    type Cloud = Aws;

    const INDEXED: bool = true;

    const ACTIONS: &'static [&'static str] =
        &[CREATE, "ce:DeleteAnomalyMonitor", GET, shared::LIST, shared::TAG, shared::UNTAG, "ce:UpdateAnomalyMonitor"];

    fn rules() -> &'static [Rule<AnomalyMonitor>] {
        RULES
    }

    async fn read(aws: &Aws, ask: &Ask) -> Result<Vec<Found<AnomalyMonitor>>, Fault> {
        let live = match ask.only.is_empty() {
            true => shared::where_enabled(all(aws).await)?,
            false => {
                let one = async |arn: String| {
                    let call = aws.costexplorer().get_anomaly_monitors().monitor_arn_list(arn);
                    let answer = shared::where_enabled(call.send().await.sorted(GET).map(Some)).gone_is_fine()?;
                    Ok(answer.map(|answer| answer.anomaly_monitors).unwrap_or_default())
                };
                each(ask.only.clone(), one).await?.into_iter().flatten().collect()
            }
        };
        let found = each(live, async |monitor: Live| {
            let arn = monitor.monitor_arn().unwrap_or_default().to_owned();
            let tags = shared::tags(aws, ask, &arn).await?.filter(|tags| ask.wants(&arn, None, tags));
            Ok(tags.map(|tags| understand(&monitor, arn, tags)))
        });
        Ok(found.await?.into_iter().flatten().collect())
    }

    /// Neither its name nor a token keeps AWS from making a second one: so what an earlier try made is looked for.
    async fn create(aws: &Aws, order: &Order<AnomalyMonitor>) -> Result<String, Fault> {
        let AnomalyMonitor { name, watches } = &order.definition;
        for monitor in all(aws).await.map_err(sorted)?.into_iter().filter(|monitor| monitor.monitor_name() == name) {
            let arn = monitor.monitor_arn.unwrap_or_default();
            if shared::tags(aws, &Ask::default(), &arn).await?.is_some_and(|tags| order.made(&tags)) {
                return Ok(arn);
            }
        }
        let monitor = Live::builder().monitor_name(name);
        let monitor = match specification(watches)? {
            None => monitor.monitor_type(MonitorType::Dimensional).monitor_dimension(MonitorDimension::Service),
            Some(wanted) => monitor.monitor_type(MonitorType::Custom).monitor_specification(wanted),
        };
        let call = aws.costexplorer().create_anomaly_monitor().anomaly_monitor(monitor.build().sorted(CREATE)?);
        let answer = call.set_resource_tags(Some(to_sdk(&order.tags))).send().await.sorted(CREATE).map_err(sorted);
        Ok(answer.map_err(only_one)?.monitor_arn)
    }

    async fn update(aws: &Aws, found: &Found<AnomalyMonitor>, wanted: &AnomalyMonitor) -> Result<(), Fault> {
        let AnomalyMonitor { name, watches: _ } = wanted;
        if *name == found.definition.name {
            return Ok(());
        }
        let call = aws.costexplorer().update_anomaly_monitor().monitor_arn(&found.id).monitor_name(name);
        call.send().await.sorted("ce:UpdateAnomalyMonitor").map_err(sorted).map(drop)
    }

    async fn retag(aws: &Aws, found: &Found<AnomalyMonitor>, retag: &Retag) -> Result<(), Fault> {
        shared::retag(aws, &found.id, retag).await
    }

    async fn delete(aws: &Aws, found: &Found<AnomalyMonitor>) -> Result<(), Fault> {
        let call = aws.costexplorer().delete_anomaly_monitor().monitor_arn(&found.id);
        call.send().await.sorted("ce:DeleteAnomalyMonitor").map_err(sorted).map(drop).gone_is_fine()
    }
}

async fn all(aws: &Aws) -> Result<Vec<Live>, Fault> {
    let mut pages = aws.costexplorer().get_anomaly_monitors().max_results(100).into_paginator().send();
    let mut monitors = Vec::new();
    while let Some(page) = pages.next().await {
        monitors.extend(page.sorted(GET)?.anomaly_monitors);
    }
    Ok(monitors)
}

/// There is one for all services already, and AWS says so in words of its own.
fn only_one(mut fault: Fault) -> Fault {
    if fault.kind == FaultKind::Refused && fault.message.contains("dimensional") {
        fault.message.push_str(
            ". The account has a monitor of each service already: adopt it with `infra adopt ADDRESS ARN`, or watch a tag",
        );
    }
    fault
}

/// What is watched as the API takes it; `None` for each service.
fn specification(watches: &Watch) -> Result<Option<Expression>, Fault> {
    let expression = Expression::builder();
    match watches {
        Watch::EachService => Ok(None),
        Watch::Accounts(accounts) => {
            let accounts = accounts.iter().map(ToString::to_string).collect();
            let accounts = DimensionValues::builder().key(Dimension::LinkedAccount).set_values(Some(accounts));
            Ok(Some(expression.dimensions(accounts.build()).build()))
        }
        Watch::Tag { key, values } => {
            let values = TagValues::builder().key(key).set_values(Some(values.iter().cloned().collect()));
            Ok(Some(expression.tags(values.build()).build()))
        }
        Watch::Other(_) => Err(Fault::new(FaultKind::Refused, CREATE, "what is watched can only be read")),
    }
}

/// The definition that would have produced a live one.
fn understand(live: &Live, arn: String, tags: Tags) -> Found<AnomalyMonitor> {
    let watches = match (live.monitor_dimension(), live.monitor_specification()) {
        (Some(MonitorDimension::Service), _) => Watch::EachService,
        (None, Some(wanted)) => watched(wanted).unwrap_or_else(|| Watch::Other(format!("{wanted:?}"))),
        (dimension, wanted) => Watch::Other(format!("{dimension:?} {wanted:?}")),
    };
    Found::ready(arn, AnomalyMonitor { name: live.monitor_name().to_owned(), watches }, tags)
}

/// What an expression means, if it is one of those that are written here. How it matches, AWS adds itself.
fn watched(wanted: &Expression) -> Option<Watch> {
    if !wanted.or().is_empty() || !wanted.and().is_empty() || wanted.not().is_some() {
        return None;
    }
    match (wanted.dimensions(), wanted.tags(), wanted.cost_categories()) {
        (Some(accounts), None, None) if accounts.key() == Some(&Dimension::LinkedAccount) => {
            let accounts: Result<_, _> = accounts.values().iter().map(|account| account.parse()).collect();
            accounts.ok().map(Watch::Accounts)
        }
        (None, Some(tag), None) => {
            Some(Watch::Tag { key: tag.key()?.to_owned(), values: tag.values().iter().cloned().collect() })
        }
        _ => None,
    }
}

static RULES: &[Rule<AnomalyMonitor>] = &[
    Rule {
        code: "V149",
        says: "an anomaly monitor has a name, and watches each service, 1 to 10 accounts, or a tag of 1 to 10 values",
        source: "Cost Explorer API: AnomalyMonitor",
        severity: Severity::Error,
        check: watches_something,
    },
    Rule {
        code: "V149b",
        says: "an account has one monitor of each service",
        source: "Cost Explorer API: CreateAnomalyMonitor, LimitExceededException; not seen refused by AWS",
        severity: Severity::Warning,
        check: one_for_services,
    },
];

fn watches_something(monitor: &AnomalyMonitor, _: &Surroundings<'_>) -> Vec<Violation> {
    let wrong = match &monitor.watches {
        Watch::Accounts(accounts) if !(1..=10).contains(&accounts.len()) => "it names no account, or more than 10",
        Watch::Tag { key, .. } if key.is_empty() => "the tag has no key",
        Watch::Tag { values, .. } if !(1..=10).contains(&values.len()) => "it names no value, or more than 10",
        Watch::Other(_) => "it can only be read",
        _ => return shared::name(&monitor.name).into_iter().collect(),
    };
    let way_out = "write `Watch::EachService`, or 1 to 10 accounts or values of a tag";
    let watches = Violation::of("watches", &monitor.watches, wrong, way_out);
    shared::name(&monitor.name).into_iter().chain([watches]).collect()
}

fn one_for_services(monitor: &AnomalyMonitor, around: &Surroundings<'_>) -> Vec<Violation> {
    if monitor.watches != Watch::EachService {
        return Vec::new();
    }
    let rival = around.others::<AnomalyMonitor>().find(|(_, other)| other.watches == Watch::EachService);
    let tell = |(other, _)| {
        let wrong = format!("{other} watches each service too");
        Violation::of("watches", &monitor.watches, wrong, "keep one of them, or watch a tag")
    };
    rival.map(tell).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use infra_engine::model::Platform;

    use super::*;

    fn all_watches() -> [Watch; 3] {
        [
            Watch::EachService,
            Watch::Accounts(["123456789012".parse().unwrap()].into()),
            Watch::Tag { key: "Project".into(), values: ["shop".to_owned()].into() },
        ]
    }

    #[test]
    fn what_is_watched_survives_the_way_to_aws_and_back() {
        for watches in all_watches() {
            let live = Live::builder().monitor_name("shop").set_monitor_specification(specification(&watches).unwrap());
            let live = match watches {
                Watch::EachService => live.monitor_dimension(MonitorDimension::Service),
                _ => live,
            };
            let live = live.monitor_type(MonitorType::Custom).build().unwrap();
            let found = understand(&live, "arn:monitor".into(), Tags::new());
            assert_eq!(found.definition, AnomalyMonitor { name: "shop".into(), watches });
        }
    }

    #[test]
    fn what_cannot_be_written_is_kept_and_never_taken_for_something_else() {
        let tag = specification(&all_watches()[2]).unwrap().unwrap();
        let wanted = Expression::builder().not(tag).build();
        let live = Live::builder().monitor_name("shop").monitor_type(MonitorType::Custom).monitor_specification(wanted);
        let found = understand(&live.build().unwrap(), "arn:monitor".into(), Tags::new());
        let watches = found.definition.watches;
        assert!(matches!(&watches, Watch::Other(text) if text.contains("Project")), "{watches:?}");
        assert_eq!(specification(&watches).unwrap_err().kind, FaultKind::Refused);
    }

    fn codes(watches: Watch, beside: Option<Watch>) -> Vec<&'static str> {
        let mut platform = Platform::new();
        let mut stack = platform.stack("cost");
        if let Some(watches) = beside {
            stack.add("beside", AnomalyMonitor { name: "beside".into(), watches });
        }
        let monitor = AnomalyMonitor { name: "shop".into(), watches };
        let handle = stack.add("monitor", monitor.clone());
        let definitions = platform.finish().unwrap();
        let around = Surroundings::new(&definitions, handle.address());
        RULES.iter().flat_map(|rule| rule.violations(&monitor, &around)).map(|violation| violation.code).collect()
    }

    #[test]
    fn v149_a_monitor_watches_something_that_no_other_does() {
        for watches in all_watches() {
            assert_eq!(codes(watches, None), Vec::<&str>::new());
        }
        let tag = |key: &str, count: usize| Watch::Tag {
            key: key.into(),
            values: (0..count).map(|value| value.to_string()).collect(),
        };
        for bad in
            [tag("", 1), tag("Project", 0), tag("Project", 11), Watch::Accounts([].into()), Watch::Other("x".into())]
        {
            assert_eq!(codes(bad, None), ["V149"]);
        }
        assert_eq!(codes(tag("Project", 10), None), Vec::<&str>::new());
        assert_eq!(codes(Watch::EachService, Some(Watch::EachService)), ["V149b"]);
        assert_eq!(codes(Watch::EachService, Some(tag("Project", 1))), Vec::<&str>::new());
    }
}
