//! A dashboard: graphs, texts and the states of alarms on one page.

use aws_sdk_cloudwatch::operation::get_dashboard::GetDashboardOutput as Live;
use infra_derive::Resource;
use infra_engine::check::{Rule, Severity, Surroundings, Violation};
use infra_engine::live::{Ask, Behaviour, Fault, FaultKind, Found, GoneIsFine, Order, Retag};
use infra_engine::model::{Replacement, Tags};
use serde::{Deserialize, Serialize};

use super::tags;
use crate::named::meant;
use crate::pages::each;
use crate::tags::to_sdk;
use crate::{Aws, Sorted};

mod body;
mod graph;
mod shorthand;

pub use body::{AlarmStates, Body, Content, Place, Widget};
pub use graph::{Axis, Graph, Line, Mark, Shown, View};

/// A dashboard: graphs, texts and the states of alarms on one page.
///
/// ```
/// use infra_aws::cloudwatch::metrics::Ecs;
/// use infra_aws::cloudwatch::{Body, Dashboard, Graph, Line, Mark, Statistic, View};
/// use infra_aws::ecs::{ClusterName, ServiceName};
/// use infra_engine::model::Ref;
///
/// let (cluster, service): (Ref<ClusterName>, Ref<ServiceName>) = (Ref::known("shop"), Ref::known("shop-web"));
/// let region = "us-east-1".parse().unwrap();
/// let processors = Graph::of("Processors, in percent", region, View::Lines)
///     .line(Line::of(Ecs::Cpu.of(cluster, service), Statistic::Average).labelled("web"))
///     .mark(Mark::at(80.0, "busy"));
/// let dashboard = Dashboard {
///     name: "shop".into(),
///     body: Body::rows([(6, vec!["# The shop".into(), processors.into()])]),
/// };
/// ```
///
/// It is there once for all regions of the account. It is written from typed values and compared as JSON, so that a
/// widget of a sort that is not known here, which somebody has added, is shown and taken away again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "cloudwatch/dashboard", id = DashboardName)]
#[resource(outputs(
    /// Its Amazon Resource Name.
    ARN: new DashboardArn,
))]
pub struct Dashboard {
    /// Its name, unique in the account. When its code is removed and the index of tags may not be read, it is found
    /// again only if the project's name is in it.
    #[key]
    pub name: String,
    /// What is on it.
    #[json]
    pub body: Body,
}

const LIST: &str = "cloudwatch:ListDashboards";
const GET: &str = "cloudwatch:GetDashboard";
const PUT: &str = "cloudwatch:PutDashboard";

impl Behaviour for Dashboard {
    type Cloud = Aws;

    const INDEXED: bool = true;

    const WRITES_OVER: bool = true;

    const ACTIONS: &'static [&'static str] =
        &["cloudwatch:DeleteDashboards", GET, LIST, tags::LIST, PUT, tags::TAG, tags::UNTAG];

    fn rules() -> &'static [Rule<Dashboard>] {
        RULES
    }

    /// Only under another name is it another one, which can stand beside it.
    fn replacement(_: &Dashboard, _: &Dashboard) -> Replacement {
        Replacement::CreateFirst
    }

    /// The list has neither bodies nor tags: only those are looked at whose name may be meant.
    async fn read(aws: &Aws, ask: &Ask) -> Result<Vec<Found<Dashboard>>, Fault> {
        let names = match ask.only.is_empty() {
            true => all(aws).await?,
            false => ask.only.iter().cloned().collect(),
        };
        let meant = meant(aws, ask).await?;
        let asked = names.into_iter().filter(|name| meant.by_name(name));
        let found = each(asked, async |name: String| {
            let get = aws.cloudwatch().get_dashboard().dashboard_name(name);
            let Some(live) = get.send().await.sorted(GET).map(Some).gone_is_fine()? else { return Ok(None) };
            let tags = tags::read(aws, ask, live.dashboard_arn().unwrap_or_default()).await?;
            let name = live.dashboard_name().unwrap_or_default();
            Ok(tags.filter(|tags| ask.wants(name, Some(name), tags)).map(|tags| understand(&live, tags)))
        });
        Ok(found.await?.into_iter().flatten().collect())
    }

    /// The creating call would overwrite a dashboard of the same name, whoever's it is: so it is looked for first.
    async fn create(aws: &Aws, order: &Order<Dashboard>) -> Result<String, Fault> {
        let name = &order.definition.name;
        match Dashboard::read(aws, &Ask::only([name.clone()])).await?.pop() {
            Some(found) if order.made(&found.tags) => Ok(found.id),
            Some(_) => {
                let message = format!("there is a dashboard named {name}, and it is not ours");
                Err(Fault::new(FaultKind::Exists, PUT, message))
            }
            None => put(aws, &order.definition, &order.tags).await.map(|()| name.clone()),
        }
    }

    async fn update(aws: &Aws, _: &Found<Dashboard>, wanted: &Dashboard) -> Result<(), Fault> {
        put(aws, wanted, &Tags::new()).await
    }

    async fn retag(aws: &Aws, found: &Found<Dashboard>, retag: &Retag) -> Result<(), Fault> {
        tags::change(aws, &found.outputs[Dashboard::ARN.name], retag).await
    }

    async fn delete(aws: &Aws, found: &Found<Dashboard>) -> Result<(), Fault> {
        let answer = aws.cloudwatch().delete_dashboards().dashboard_names(&found.id).send().await;
        let answer = answer.sorted("cloudwatch:DeleteDashboards").map(drop);
        // The code by which the older protocol says that it is not there.
        answer.map_err(|fault| fault.when(FaultKind::Gone, &["DashboardNotFoundError"], "")).gone_is_fine()
    }
}

/// Writes a dashboard as a whole. Tags are taken only by one that is new.
async fn put(aws: &Aws, dashboard: &Dashboard, tags: &Tags) -> Result<(), Fault> {
    let Dashboard { name, body } = dashboard;
    let call = aws
        .cloudwatch()
        .put_dashboard()
        .dashboard_name(name)
        .dashboard_body(body.document())
        .set_tags(Some(to_sdk(tags)).filter(|tags| !tags.is_empty()));
    call.send().await.sorted(PUT).map(drop)
}

/// The names of all dashboards of the account.
async fn all(aws: &Aws) -> Result<Vec<String>, Fault> {
    let pages = aws.cloudwatch().list_dashboards().into_paginator().items().send();
    let entries: Vec<_> = pages.try_collect().await.sorted(LIST)?;
    Ok(entries.into_iter().filter_map(|entry| entry.dashboard_name).collect())
}

/// The definition that would have produced a live one.
fn understand(live: &Live, tags: Tags) -> Found<Dashboard> {
    let name = live.dashboard_name().unwrap_or_default();
    let definition = Dashboard { name: name.to_owned(), body: Body::parse(live.dashboard_body().unwrap_or_default()) };
    Found::ready(name, definition, tags).with(Dashboard::ARN.name, live.dashboard_arn().unwrap_or_default())
}

static RULES: &[Rule<Dashboard>] = &[
    Rule {
        code: "V49",
        says: "a dashboard's name has 1 to 255 letters, digits and any of `-_`",
        source: "CloudWatch API: PutDashboard",
        severity: Severity::Error,
        check: name_fits,
    },
    Rule {
        code: "V49b",
        says: "a dashboard has 500 widgets at most, each within its 24 columns and with something to show",
        source: "CloudWatch API: dashboard body structure and syntax; CloudWatch quotas",
        severity: Severity::Error,
        check: widgets_fit,
    },
];

fn name_fits(dashboard: &Dashboard, _: &Surroundings<'_>) -> Vec<Violation> {
    let name = &dashboard.name;
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if plain && (1..=255).contains(&name.len()) {
        return Vec::new();
    }
    let wrong = "it is empty, too long, or has other characters in it";
    vec![Violation::of("name", name, wrong, "write 1 to 255 letters, digits and any of `-_`")]
}

fn widgets_fit(dashboard: &Dashboard, _: &Surroundings<'_>) -> Vec<Violation> {
    let Some(widgets) = dashboard.body.widgets() else {
        let way_out = "make it of widgets: `Body::rows`";
        return vec![Violation::of("body", &dashboard.body, "it has no list of widgets", way_out)];
    };
    let mut violations = Vec::new();
    if widgets.len() > 500 {
        let wrong = format!("it has {} widgets", widgets.len());
        violations.push(Violation::of("body", widgets.len(), wrong, "make two dashboards of it"));
    }
    for widget in widgets {
        let number = |name: &str| widget[name].as_u64();
        let beyond = match (number("x"), number("width"), number("height")) {
            (Some(x), Some(width), Some(height)) => width == 0 || x + width > 24 || !(1..=1000).contains(&height),
            // AWS finds a place for a widget that names none.
            _ => false,
        };
        if beyond {
            let way_out = "let it begin and end within columns 0 to 24";
            violations.push(Violation::of("body", widget, "a widget has no room where it is put", way_out));
        }
        if widget["properties"]["metrics"].as_array().is_some_and(Vec::is_empty) {
            violations.push(Violation::of("body", widget, "a graph shows nothing", "give it a line at least"));
        }
        if widget["properties"]["alarms"].as_array().is_some_and(|alarms| !(1..=100).contains(&alarms.len())) {
            let wrong = "a widget shows from 1 to 100 alarms";
            violations.push(Violation::of("body", widget, wrong, "name those that count"));
        }
    }
    violations
}

#[cfg(test)]
mod tests;
