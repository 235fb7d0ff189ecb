//! A parameter group: how the engines of a cache are set up.

use std::collections::BTreeMap;
use std::fmt;

use aws_sdk_elasticache::types::{CacheParameterGroup as Live, ParameterNameValue};
use infra_derive::Resource;
use infra_engine::check::{Rule, Severity, Surroundings, Violation};
use infra_engine::live::{Ask, Behaviour, Fault, FaultKind, Found, GoneIsFine, Order, Retag, State};
use infra_engine::model::{Replacement, Tags};
use serde::{Deserialize, Serialize};

use super::tags;
use crate::iam::Arn;
use crate::named::meant;
use crate::pages::each;
use crate::second::{made, plain_name, second_name};
use crate::tags::to_sdk;
use crate::{Aws, Sorted, hyphenated};

/// A parameter group: how the engines of a cache are set up.
///
/// ```
/// use std::collections::BTreeMap;
///
/// use infra_aws::elasticache::{CacheParameterGroup, Family};
///
/// let group = CacheParameterGroup {
///     name: "shop-redis7".into(),
///     family: Family::Redis7,
///     description: "Redis as a cache that may forget".into(),
///     parameters: BTreeMap::from([
///         ("maxmemory-policy".into(), "allkeys-lru".into()),
///         ("notify-keyspace-events".into(), "Ex".into()),
///     ]),
/// };
/// ```
///
/// What is not said here is as the engine has it: a parameter that somebody else sets is shown, and reset.
/// A group of another family is another group: it is made beside the one before, under a second name where that has
/// the same, the cache moves over, and then the old one goes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "elasticache/parameter-group", id = CacheParameterGroupName)]
#[resource(outputs(
    /// Its Amazon Resource Name.
    ARN: new CacheParameterGroupArn,
))]
pub struct CacheParameterGroup {
    /// Its name, unique in account and region. When its code is removed and the index of tags may not be read, it is
    /// found again only if the project's name is in it.
    #[key]
    pub name: String,
    /// Which engine it is for.
    #[replace]
    pub family: Family,
    /// What it is for. AWS cannot change it, and it is not worth another group: it stays as it was made.
    #[initial]
    pub description: String,
    /// What is set, by the engine's own names: `maxmemory-policy`. For a sharded cache `cluster-enabled` is `yes`.
    pub parameters: BTreeMap<String, String>,
}

macro_rules! families {
    ($($(#[$document:meta])* $name:ident = $text:literal;)*) => {
        /// The engine that a parameter group is for, and its major version.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub enum Family {
            $($(#[$document])* #[serde(rename = $text)] $name,)*
        }

        impl Family {
            /// Every family that there is.
            pub const ALL: &'static [Family] = &[$(Family::$name,)*];

            /// As ElastiCache writes it.
            pub fn text(self) -> &'static str {
                match self {
                    $(Family::$name => $text,)*
                }
            }
        }
    };
}

families! {
    /// Redis 5.
    Redis5 = "redis5.0";
    /// Redis 6.
    Redis6 = "redis6.x";
    /// Redis 7.
    Redis7 = "redis7";
    /// Valkey 7.
    Valkey7 = "valkey7";
    /// Valkey 8.
    Valkey8 = "valkey8";
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl Arn for CacheParameterGroupArn {}

/// The most parameters that one call changes.
const AT_A_TIME: usize = 20;

impl Behaviour for CacheParameterGroup {
    type Cloud = Aws;

    const HELD_BY: &'static [&'static str] = &["elasticache/replication-group"];

    const INDEXED: bool = true;

    const SECOND_NAME: bool = true;

    const ACTIONS: &'static [&'static str] = &[
        "elasticache:CreateCacheParameterGroup",
        "elasticache:DeleteCacheParameterGroup",
        "elasticache:DescribeCacheParameterGroups",
        "elasticache:DescribeCacheParameters",
        "elasticache:ModifyCacheParameterGroup",
        "elasticache:ResetCacheParameterGroup",
        tags::ADD,
        tags::LIST,
        tags::REMOVE,
    ];

    fn rules() -> &'static [Rule<CacheParameterGroup>] {
        RULES
    }

    fn replacement(live: &CacheParameterGroup, wanted: &CacheParameterGroup) -> Replacement {
        let beside = live.name != wanted.name || second_name(&wanted.name, wanted.family.text()).is_some();
        if beside { Replacement::CreateFirst } else { Replacement::DeleteFirst }
    }

    async fn read(aws: &Aws, ask: &Ask) -> Result<Vec<Found<CacheParameterGroup>>, Fault> {
        let groups = if ask.only.is_empty() {
            all(aws).await?
        } else {
            each(ask.only.clone(), async |name: String| one(aws, &name).await).await?.into_iter().flatten().collect()
        };
        let name = |group: &Live| group.cache_parameter_group_name().unwrap_or_default().to_owned();
        let meant = meant(aws, ask).await?;
        let plain = |group: &Live| {
            let family = group.cache_parameter_group_family().unwrap_or_default();
            plain_name(&name(group), family).to_owned()
        };
        let asked = groups.into_iter().filter(|group| meant.by_name(&name(group)) || meant.by_name(&plain(group)));
        let whole = async |group: Live| {
            let Some(tags) = tags::read(aws, ask, group.arn().unwrap_or_default()).await? else { return Ok(None) };
            let (name, plain) = (name(&group), plain(&group));
            if !ask.wants(&name, Some(&plain), &tags) {
                return Ok(None);
            }
            Ok(parameters(aws, &name).await?.map(|parameters| understand(&group, parameters, tags)))
        };
        Ok(each(asked, whole).await?.into_iter().flatten().collect())
    }

    async fn create(aws: &Aws, order: &Order<CacheParameterGroup>) -> Result<String, Fault> {
        let CacheParameterGroup { name, family, description, parameters: _ } = &order.definition;
        let make = async |name: String| {
            let call = aws
                .elasticache()
                .create_cache_parameter_group()
                .cache_parameter_group_name(name)
                .cache_parameter_group_family(family.text())
                .description(description)
                .set_tags(Some(to_sdk(&order.tags)));
            call.send().await.sorted("elasticache:CreateCacheParameterGroup").map(drop)
        };
        made(aws, order, name, second_name(name, family.text()), make).await
    }

    async fn update(aws: &Aws, found: &Found<CacheParameterGroup>, wanted: &CacheParameterGroup) -> Result<(), Fault> {
        let CacheParameterGroup { name: _, family: _, description: _, parameters } = wanted;
        let name = &found.id;
        let live = &found.definition.parameters;
        let set: Vec<_> = parameters.iter().filter(|(name, value)| live.get(*name) != Some(*value)).collect();
        for part in set.chunks(AT_A_TIME) {
            let values = part.iter().map(|(name, value)| named(name, Some(value.as_str()))).collect();
            let call = aws.elasticache().modify_cache_parameter_group().cache_parameter_group_name(name);
            let call = call.set_parameter_name_values(Some(values));
            call.send().await.sorted("elasticache:ModifyCacheParameterGroup")?;
        }
        let reset: Vec<_> = live.keys().filter(|name| !parameters.contains_key(*name)).collect();
        for part in reset.chunks(AT_A_TIME) {
            let values = part.iter().map(|name| named(name, None)).collect();
            let call = aws.elasticache().reset_cache_parameter_group().cache_parameter_group_name(name);
            let call = call.set_parameter_name_values(Some(values));
            call.send().await.sorted("elasticache:ResetCacheParameterGroup")?;
        }
        Ok(())
    }

    async fn retag(aws: &Aws, found: &Found<CacheParameterGroup>, retag: &Retag) -> Result<(), Fault> {
        tags::change(aws, &found.outputs[CacheParameterGroup::ARN.name], retag).await
    }

    async fn delete(aws: &Aws, found: &Found<CacheParameterGroup>) -> Result<(), Fault> {
        let call = aws.elasticache().delete_cache_parameter_group().cache_parameter_group_name(&found.id);
        call.send().await.sorted("elasticache:DeleteCacheParameterGroup").map(drop).gone_is_fine()
    }
}

fn named(name: &str, value: Option<&str>) -> ParameterNameValue {
    ParameterNameValue::builder().parameter_name(name).set_parameter_value(value.map(str::to_owned)).build()
}

const DESCRIBE: &str = "elasticache:DescribeCacheParameterGroups";

async fn all(aws: &Aws) -> Result<Vec<Live>, Fault> {
    let pages = aws.elasticache().describe_cache_parameter_groups().max_records(100).into_paginator().items().send();
    pages.try_collect().await.sorted(DESCRIBE)
}

async fn one(aws: &Aws, name: &str) -> Result<Option<Live>, Fault> {
    let call = aws.elasticache().describe_cache_parameter_groups().cache_parameter_group_name(name);
    match call.send().await.sorted(DESCRIBE) {
        Ok(answer) => Ok(answer.cache_parameter_groups.unwrap_or_default().pop()),
        Err(fault) if fault.kind == FaultKind::Gone => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// What was set in a group by its users. `None` when it has gone in the meantime.
async fn parameters(aws: &Aws, name: &str) -> Result<Option<BTreeMap<String, String>>, Fault> {
    let call = aws.elasticache().describe_cache_parameters().cache_parameter_group_name(name).source("user");
    let mut pages = call.max_records(100).into_paginator().send();
    let mut set = BTreeMap::new();
    while let Some(page) = pages.next().await {
        let page = match page.sorted("elasticache:DescribeCacheParameters") {
            Ok(page) => page,
            Err(fault) if fault.kind == FaultKind::Gone => return Ok(None),
            Err(fault) => return Err(fault),
        };
        for parameter in page.parameters.unwrap_or_default() {
            if let (Some(name), Some(value)) = (parameter.parameter_name, parameter.parameter_value) {
                set.insert(name, value);
            }
        }
    }
    Ok(Some(set))
}

/// The definition that would have produced a live one. Of a family that this program does not know, another one stands
/// in for it.
fn understand(group: &Live, parameters: BTreeMap<String, String>, tags: Tags) -> Found<CacheParameterGroup> {
    let name = group.cache_parameter_group_name().unwrap_or_default();
    let text = group.cache_parameter_group_family().unwrap_or_default();
    let family = Family::ALL.iter().find(|known| known.text() == text).copied();
    let definition = CacheParameterGroup {
        name: plain_name(name, text).to_owned(),
        family: family.unwrap_or(Family::Redis7),
        description: group.description().unwrap_or_default().to_owned(),
        parameters,
    };
    let arn = group.arn().unwrap_or_default();
    let found = Found::ready(name, definition, tags).with(CacheParameterGroup::ARN.name, arn);
    match family {
        Some(_) => found,
        None => found.in_state(State::Unreadable(format!("its family is `{text}`, which this program does not know"))),
    }
}

static RULES: &[Rule<CacheParameterGroup>] = &[
    Rule {
        code: "V109a",
        says: "a parameter group's name has 1 to 255 lower-case letters, digits and single hyphens, a letter first",
        source: "ElastiCache API model: CreateCacheParameterGroup",
        severity: Severity::Error,
        check: |group, _| hyphenated::name(&group.name, 255),
    },
    Rule {
        code: "V109b",
        says: "a parameter group has a description",
        source: "ElastiCache API model: CreateCacheParameterGroup",
        severity: Severity::Error,
        check: described,
    },
    Rule {
        code: "V109c",
        says: "parameters have the values that the engine knows",
        source: "Redis documentation: maxmemory-policy, notify-keyspace-events, slowlog-log-slower-than",
        severity: Severity::Warning,
        check: values_fit,
    },
];

fn described(group: &CacheParameterGroup, _: &Surroundings<'_>) -> Vec<Violation> {
    match group.description.is_empty() {
        true => vec![Violation::of("description", "", "it is empty", "say what the group is for")],
        false => Vec::new(),
    }
}

const POLICIES: &[&str] = &[
    "allkeys-lfu",
    "allkeys-lru",
    "allkeys-random",
    "noeviction",
    "volatile-lfu",
    "volatile-lru",
    "volatile-random",
    "volatile-ttl",
];

/// The few parameters whose wrong values are accepted nowhere; what AWS alone knows, AWS says.
fn values_fit(group: &CacheParameterGroup, _: &Surroundings<'_>) -> Vec<Violation> {
    let fits = |name: &str, value: &str| match name {
        "maxmemory-policy" => POLICIES.contains(&value),
        "notify-keyspace-events" => value.chars().all(|c| "KEg$lshzxentdmA".contains(c)),
        "slowlog-log-slower-than" | "slowlog-max-len" | "timeout" => value.parse::<i64>().is_ok(),
        "cluster-enabled" | "activedefrag" => ["yes", "no"].contains(&value),
        _ => true,
    };
    let odd = group.parameters.iter().filter(|(name, value)| !fits(name, value));
    let tell = |(name, value): (&String, &String)| {
        let wrong = format!("`{value}` is no value of `{name}`");
        Violation::of("parameters", value, wrong, "write one that the engine's documentation names")
    };
    odd.map(tell).collect()
}

#[cfg(test)]
mod tests {
    use infra_engine::model::Address;
    use serde_json::json;

    use super::*;

    fn group() -> CacheParameterGroup {
        CacheParameterGroup {
            name: "shop-redis7".into(),
            family: Family::Redis7,
            description: "A cache".into(),
            parameters: BTreeMap::from([("maxmemory-policy".into(), "allkeys-lru".into())]),
        }
    }

    #[test]
    fn a_live_group_tells_what_it_is() {
        let live = Live::builder()
            .cache_parameter_group_name("shop-redis7")
            .cache_parameter_group_family("redis7")
            .description("A cache")
            .arn("arn:aws:elasticache:us-east-1:123456789012:parametergroup:shop-redis7");
        let found = understand(&live.clone().build(), group().parameters, Tags::new());
        assert_eq!((found.id.as_str(), found.definition), ("shop-redis7", group()));
        let old = live.cache_parameter_group_family("redis2.6").build();
        let found = understand(&old, BTreeMap::new(), Tags::new());
        assert!(
            matches!(found.state, State::Unreadable(why) if why.contains("`redis2.6`")),
            "it is there all the same"
        );
    }

    #[test]
    fn families_are_written_as_elasticache_writes_them() {
        for family in Family::ALL {
            assert_eq!(serde_json::to_value(family).unwrap(), json!(family.text()));
        }
        assert!(serde_json::from_value::<Family>(json!("redis7.x")).is_err());
    }

    #[test]
    fn a_group_of_another_family_is_made_beside_the_old_one() {
        let other = CacheParameterGroup { family: Family::Valkey8, ..group() };
        assert_eq!(CacheParameterGroup::replacement(&group(), &other), Replacement::CreateFirst);
        let renamed = CacheParameterGroup { name: "shop-valkey8".into(), ..other };
        assert_eq!(CacheParameterGroup::replacement(&group(), &renamed), Replacement::CreateFirst);
    }

    fn codes(change: impl FnOnce(&mut CacheParameterGroup)) -> Vec<&'static str> {
        let mut changed = group();
        change(&mut changed);
        let address = Address::new("cache", "parameters").unwrap();
        let around = Surroundings::new(&[], &address);
        RULES.iter().flat_map(|rule| rule.violations(&changed, &around)).map(|violation| violation.code).collect()
    }

    #[test]
    fn what_aws_would_refuse_is_refused() {
        assert_eq!(codes(|_| {}), Vec::<&str>::new());
        assert_eq!(codes(|group| group.name = "shop_redis".into()), ["V109a"]);
        assert_eq!(codes(|group| group.description.clear()), ["V109b"]);
    }

    #[test]
    fn values_of_known_parameters_are_checked() {
        for (name, good, bad) in [
            ("maxmemory-policy", "volatile-ttl", "all-keys"),
            ("notify-keyspace-events", "Ex", "Expired"),
            ("slowlog-log-slower-than", "10000", "10ms"),
            ("cluster-enabled", "yes", "true"),
        ] {
            let of = |value: &str| codes(|group| drop(group.parameters.insert(name.into(), value.into())));
            assert_eq!(of(good), Vec::<&str>::new(), "{name}");
            assert_eq!(of(bad), ["V109c"], "{name}");
        }
        assert_eq!(codes(|group| drop(group.parameters.insert("anything".into(), "else".into()))), Vec::<&str>::new());
    }
}
