//! A parameter group: how a database's engine is set up, in RDS's own terms.

use std::collections::BTreeSet;
use std::fmt;

use aws_sdk_rds::types::{ApplyMethod, DbParameterGroup as Live, Parameter};
use infra_derive::Resource;
use infra_engine::check::{Rule, Severity, Surroundings, Violation};
use infra_engine::live::{Ask, Behaviour, Fault, FaultKind, Found, GoneIsFine, Order, Retag, State};
use infra_engine::model::{Replacement, Tags};
use serde::{Deserialize, Serialize};

use super::settings::{Counts, Settings, counts};
use super::{as_default, tags};
use crate::iam::Arn;
use crate::named::meant;
use crate::pages::each;
use crate::second::{made, plain_name, second_name};
use crate::tags::to_sdk;
use crate::{Aws, Sorted, hyphenated};

/// A parameter group: how a database's engine is set up, in RDS's own terms.
///
/// ```
/// use infra_aws::rds::{Amount, DatabaseParameterGroup, Family, Settings};
///
/// let group = DatabaseParameterGroup {
///     name: "shop-postgres16".into(),
///     family: Family::Postgres16,
///     description: "Postgres for many short queries".into(),
///     parameters: Settings::new()
///         .max_connections(200)
///         .shared_buffers(Amount::OfMemory(25))
///         .work_mem(Amount::Mib(16))
///         .log_min_duration_statement(1000)
///         .other("rds.force_ssl", 1),
/// };
/// ```
///
/// What is not said here is as the engine has it: a parameter that somebody else sets is shown, and reset.
/// A group of another family is another group: it is made beside the one before, under a second name where that has
/// the same, the database moves over, and then the old one goes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "rds/parameter-group", id = DatabaseParameterGroupName)]
#[resource(outputs(
    /// Its Amazon Resource Name.
    ARN: new DatabaseParameterGroupArn,
))]
pub struct DatabaseParameterGroup {
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
    /// What is set. Some of it counts from the next restart on, which nobody does here.
    pub parameters: Settings,
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

            /// As RDS writes it.
            pub fn text(self) -> &'static str {
                match self {
                    $(Family::$name => $text,)*
                }
            }
        }
    };
}

families! {
    /// PostgreSQL 13.
    Postgres13 = "postgres13";
    /// PostgreSQL 14.
    Postgres14 = "postgres14";
    /// PostgreSQL 15.
    Postgres15 = "postgres15";
    /// PostgreSQL 16.
    Postgres16 = "postgres16";
    /// PostgreSQL 17.
    Postgres17 = "postgres17";
    /// PostgreSQL 18.
    Postgres18 = "postgres18";
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl Arn for DatabaseParameterGroupArn {}

/// The most parameters that one call changes.
const AT_A_TIME: usize = 20;

impl Behaviour for DatabaseParameterGroup {
    type Cloud = Aws;

    const HELD_BY: &'static [&'static str] = &["rds/instance", "rds/replica"];

    const INDEXED: bool = true;

    const SECOND_NAME: bool = true;

    const ACTIONS: &'static [&'static str] = &[
        "rds:CreateDBParameterGroup",
        "rds:DeleteDBParameterGroup",
        "rds:DescribeDBParameterGroups",
        "rds:DescribeDBParameters",
        "rds:ModifyDBParameterGroup",
        "rds:ResetDBParameterGroup",
        tags::ADD,
        tags::LIST,
        tags::REMOVE,
    ];

    fn rules() -> &'static [Rule<DatabaseParameterGroup>] {
        RULES
    }

    fn replacement(live: &DatabaseParameterGroup, wanted: &DatabaseParameterGroup) -> Replacement {
        let beside = live.name != wanted.name || second_name(&wanted.name, wanted.family.text()).is_some();
        if beside { Replacement::CreateFirst } else { Replacement::DeleteFirst }
    }

    async fn read(aws: &Aws, ask: &Ask) -> Result<Vec<Found<DatabaseParameterGroup>>, Fault> {
        let groups = if ask.only.is_empty() {
            all(aws).await?
        } else {
            each(ask.only.clone(), async |name: String| one(aws, &name).await).await?.into_iter().flatten().collect()
        };
        let name = |group: &Live| group.db_parameter_group_name().unwrap_or_default().to_owned();
        let meant = meant(aws, ask).await?;
        let plain = |group: &Live| {
            let family = group.db_parameter_group_family().unwrap_or_default();
            plain_name(&name(group), family).to_owned()
        };
        let asked = groups.into_iter().filter(|group| meant.by_name(&name(group)) || meant.by_name(&plain(group)));
        let whole = async |group: Live| {
            let Some(tags) = tags::read(aws, ask, group.db_parameter_group_arn().unwrap_or_default()).await? else {
                return Ok(None);
            };
            let (name, plain) = (name(&group), plain(&group));
            if !ask.wants(&name, Some(&plain), &tags) {
                return Ok(None);
            }
            let noted = as_default::noted(&tags);
            let source = if noted.is_empty() { Some("user") } else { None };
            let parameters = parameters(aws, &name, source).await?;
            Ok(parameters.map(|parameters| understand(&group, set_in(parameters, &noted), tags)))
        };
        Ok(each(asked, whole).await?.into_iter().flatten().collect())
    }

    async fn create(aws: &Aws, order: &Order<DatabaseParameterGroup>) -> Result<String, Fault> {
        let DatabaseParameterGroup { name, family, description, parameters: _ } = &order.definition;
        let make = async |name: String| {
            let call = aws
                .rds()
                .create_db_parameter_group()
                .db_parameter_group_name(name)
                .db_parameter_group_family(family.text())
                .description(description)
                .set_tags(Some(to_sdk(&order.tags)));
            call.send().await.sorted("rds:CreateDBParameterGroup").map(drop)
        };
        made(aws, order, name, second_name(name, family.text()), make).await
    }

    async fn update(
        aws: &Aws,
        found: &Found<DatabaseParameterGroup>,
        wanted: &DatabaseParameterGroup,
    ) -> Result<(), Fault> {
        let DatabaseParameterGroup { name: _, family: _, description: _, parameters } = wanted;
        let name = &found.id;
        let operation = "rds:ModifyDBParameterGroup";
        let gone = || Fault::new(FaultKind::Gone, operation, format!("there is no parameter group {name}"));
        let all = self::parameters(aws, name, None).await?.ok_or_else(gone)?;
        // What has its value as the family's default is not set by saying it, and not listed as set: it is noted.
        let by_default = |name: &str, value: &str| {
            all.iter()
                .any(|one| !is_set(one) && one.parameter_name() == Some(name) && one.parameter_value() == Some(value))
        };
        let (defaults, others): (Vec<_>, Vec<_>) = parameters.iter().partition(|(name, value)| by_default(name, value));
        let live = set_in(all.clone(), &BTreeSet::new());
        let set: Vec<_> = others.into_iter().filter(|(name, value)| live.get(name) != Some(value)).collect();
        for part in set.chunks(AT_A_TIME) {
            let values = part.iter().map(|(name, value)| named(name, Some(value))).collect();
            let call = aws.rds().modify_db_parameter_group().db_parameter_group_name(name);
            call.set_parameters(Some(values)).send().await.sorted(operation)?;
        }
        let reset: Vec<_> = live.iter().filter(|(name, _)| parameters.get(name).is_none()).collect();
        for part in reset.chunks(AT_A_TIME) {
            let values = part.iter().map(|(name, _)| named(name, None)).collect();
            let call = aws.rds().reset_db_parameter_group().db_parameter_group_name(name).reset_all_parameters(false);
            call.set_parameters(Some(values)).send().await.sorted("rds:ResetDBParameterGroup")?;
        }
        let arn = &found.outputs[DatabaseParameterGroup::ARN.name];
        let Some(tags) = tags::read(aws, &Ask::only([name.clone()]), arn).await? else { return Err(gone()) };
        tags::change(aws, arn, &as_default::renote(&tags, defaults.iter().map(|(name, _)| *name))).await
    }

    async fn retag(aws: &Aws, found: &Found<DatabaseParameterGroup>, retag: &Retag) -> Result<(), Fault> {
        tags::change(aws, &found.outputs[DatabaseParameterGroup::ARN.name], retag).await
    }

    async fn delete(aws: &Aws, found: &Found<DatabaseParameterGroup>) -> Result<(), Fault> {
        let call = aws.rds().delete_db_parameter_group().db_parameter_group_name(&found.id);
        call.send().await.sorted("rds:DeleteDBParameterGroup").map(drop).gone_is_fine()
    }
}

fn named(name: &str, value: Option<&str>) -> Parameter {
    let method = match counts(name) {
        Counts::Now => ApplyMethod::Immediate,
        Counts::FromRestart => ApplyMethod::PendingReboot,
    };
    let parameter = Parameter::builder().parameter_name(name).apply_method(method);
    parameter.set_parameter_value(value.map(str::to_owned)).build()
}

const DESCRIBE: &str = "rds:DescribeDBParameterGroups";

async fn all(aws: &Aws) -> Result<Vec<Live>, Fault> {
    let pages = aws.rds().describe_db_parameter_groups().max_records(100).into_paginator().items().send();
    pages.try_collect().await.sorted(DESCRIBE)
}

async fn one(aws: &Aws, name: &str) -> Result<Option<Live>, Fault> {
    let call = aws.rds().describe_db_parameter_groups().db_parameter_group_name(name);
    match call.send().await.sorted(DESCRIBE) {
        Ok(answer) => Ok(answer.db_parameter_groups.unwrap_or_default().pop()),
        Err(fault) if fault.kind == FaultKind::Gone => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// The parameters of a group: all, or those that somebody has set. `None` when it has gone in the meantime.
async fn parameters(aws: &Aws, name: &str, source: Option<&str>) -> Result<Option<Vec<Parameter>>, Fault> {
    let call = aws.rds().describe_db_parameters().db_parameter_group_name(name).set_source(source.map(str::to_owned));
    let mut pages = call.max_records(100).into_paginator().send();
    let mut set = Vec::new();
    while let Some(page) = pages.next().await {
        let page = match page.sorted("rds:DescribeDBParameters") {
            Ok(page) => page,
            Err(fault) if fault.kind == FaultKind::Gone => return Ok(None),
            Err(fault) => return Err(fault),
        };
        set.extend(page.parameters.unwrap_or_default());
    }
    Ok(Some(set))
}

/// True for what somebody has set to something else than the family's default.
fn is_set(parameter: &Parameter) -> bool {
    parameter.source() == Some("user")
}

/// What is set in a group: by AWS's word, and what is noted to have been set to the value that is the default too.
fn set_in(parameters: Vec<Parameter>, noted: &BTreeSet<String>) -> Settings {
    let set = parameters
        .into_iter()
        .filter(|one| is_set(one) || one.parameter_name().is_some_and(|name| noted.contains(name)));
    set.filter_map(|one| Some((one.parameter_name?, one.parameter_value?))).collect()
}

/// The definition that would have produced a live one. Of a family that this program does not know, another one stands
/// in for it.
fn understand(group: &Live, parameters: Settings, mut tags: Tags) -> Found<DatabaseParameterGroup> {
    let name = group.db_parameter_group_name().unwrap_or_default();
    let text = group.db_parameter_group_family().unwrap_or_default();
    let family = Family::ALL.iter().find(|known| known.text() == text).copied();
    let definition = DatabaseParameterGroup {
        name: plain_name(name, text).to_owned(),
        family: family.unwrap_or(Family::Postgres16),
        description: group.description().unwrap_or_default().to_owned(),
        parameters,
    };
    as_default::forget(&mut tags);
    let arn = group.db_parameter_group_arn().unwrap_or_default();
    let found = Found::ready(name, definition, tags).with(DatabaseParameterGroup::ARN.name, arn);
    match family {
        Some(_) => found,
        None => found.in_state(State::Unreadable(format!("its family is `{text}`, which this program does not know"))),
    }
}

static RULES: &[Rule<DatabaseParameterGroup>] = &[
    Rule {
        code: "V130a",
        says: "a parameter group's name has 1 to 255 lower-case letters, digits and single hyphens, a letter first",
        source: "RDS API model: CreateDBParameterGroup",
        severity: Severity::Error,
        check: |group, _| hyphenated::name(&group.name, 255),
    },
    Rule {
        code: "V130b",
        says: "a parameter group has a description",
        source: "RDS API model: CreateDBParameterGroup",
        severity: Severity::Error,
        check: described,
    },
    Rule {
        code: "V130",
        says: "numbers are written as RDS takes them: without a unit, or as a formula",
        source: "RDS user guide: parameters of PostgreSQL",
        severity: Severity::Warning,
        check: units_are_left_out,
    },
];

fn described(group: &DatabaseParameterGroup, _: &Surroundings<'_>) -> Vec<Violation> {
    match group.description.is_empty() {
        true => vec![Violation::of("description", "", "it is empty", "say what the group is for")],
        false => Vec::new(),
    }
}

/// PostgreSQL's own files take `16MB`; RDS takes 16384.
fn units_are_left_out(group: &DatabaseParameterGroup, _: &Surroundings<'_>) -> Vec<Violation> {
    const UNITS: [&str; 7] = ["kB", "MB", "GB", "TB", "ms", "min", "s"];
    let bare = |value: &str| UNITS.iter().find_map(|unit| value.strip_suffix(unit)).map(str::trim).map(str::to_owned);
    let odd = group.parameters.iter().filter(|(_, value)| {
        bare(value).is_some_and(|number| !number.is_empty() && number.chars().all(|c| c.is_ascii_digit() || c == '.'))
    });
    let tell = |(name, value): (&str, &str)| {
        let wrong = format!("`{name}` has a unit");
        Violation::of("parameters", value, wrong, "use the function of that name, which knows RDS's unit")
    };
    odd.map(tell).collect()
}

#[cfg(test)]
mod tests {
    use infra_engine::model::Address;
    use serde_json::json;

    use super::super::Amount;
    use super::*;

    fn group() -> DatabaseParameterGroup {
        DatabaseParameterGroup {
            name: "shop-postgres16".into(),
            family: Family::Postgres16,
            description: "A database".into(),
            parameters: Settings::new().work_mem(Amount::Mib(16)),
        }
    }

    #[test]
    fn a_live_group_tells_what_it_is() {
        let live = Live::builder()
            .db_parameter_group_name("shop-postgres16")
            .db_parameter_group_family("postgres16")
            .description("A database")
            .db_parameter_group_arn("arn:aws:rds:us-east-1:123456789012:pg:shop-postgres16");
        let found = understand(&live.clone().build(), group().parameters, Tags::new());
        assert_eq!((found.id.as_str(), found.definition), ("shop-postgres16", group()));
        let other = live.db_parameter_group_family("mysql8.0").build();
        let found = understand(&other, Settings::new(), Tags::new());
        assert!(
            matches!(found.state, State::Unreadable(why) if why.contains("`mysql8.0`")),
            "it is there all the same"
        );
    }

    #[test]
    fn what_is_set_to_its_default_counts_as_set_where_it_is_noted() {
        let one = |name: &str, value: &str, source: &str| {
            Parameter::builder().parameter_name(name).parameter_value(value).source(source).build()
        };
        let all = vec![
            one("work_mem", "16384", "user"),
            one("shared_buffers", "{DBInstanceClassMemory/32768}", "system"),
            one("checkpoint_completion_target", "0.9", "engine-default"),
        ];
        let names = |noted: &[&str]| {
            let noted = noted.iter().map(|name| (*name).to_owned()).collect();
            set_in(all.clone(), &noted).iter().map(|(name, _)| name.to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(names(&[]), ["work_mem"]);
        assert_eq!(names(&["shared_buffers"]), ["shared_buffers", "work_mem"]);
    }

    #[test]
    fn families_are_written_as_rds_writes_them() {
        for family in Family::ALL {
            assert_eq!(serde_json::to_value(family).unwrap(), json!(family.text()));
        }
        assert!(serde_json::from_value::<Family>(json!("postgres16.4")).is_err());
    }

    #[test]
    fn a_static_parameter_waits_for_a_restart() {
        assert_eq!(named("max_connections", Some("200")).apply_method(), Some(&ApplyMethod::PendingReboot));
        assert_eq!(named("work_mem", Some("16384")).apply_method(), Some(&ApplyMethod::Immediate));
    }

    #[test]
    fn a_group_of_another_family_is_made_beside_the_old_one() {
        let other = DatabaseParameterGroup { family: Family::Postgres17, ..group() };
        assert_eq!(DatabaseParameterGroup::replacement(&group(), &other), Replacement::CreateFirst);
        let renamed = DatabaseParameterGroup { name: "shop-postgres17".into(), ..other };
        assert_eq!(DatabaseParameterGroup::replacement(&group(), &renamed), Replacement::CreateFirst);
    }

    #[test]
    fn what_aws_would_refuse_is_refused() {
        let codes = |change: fn(&mut DatabaseParameterGroup)| {
            let mut changed = group();
            change(&mut changed);
            let address = Address::new("database", "parameters").unwrap();
            let around = Surroundings::new(&[], &address);
            let violations = RULES.iter().flat_map(|rule| rule.violations(&changed, &around));
            violations.map(|violation| violation.code).collect::<Vec<_>>()
        };
        assert_eq!(codes(|_| {}), Vec::<&str>::new());
        assert_eq!(codes(|group| group.name = "shop_db".into()), ["V130a"]);
        assert_eq!(codes(|group| group.description.clear()), ["V130b"]);
        assert_eq!(codes(|group| group.parameters = Settings::new().other("work_mem", "16MB")), ["V130"]);
        assert_eq!(codes(|group| group.parameters = Settings::new().other("search_path", "jobs")), Vec::<&str>::new());
    }
}
