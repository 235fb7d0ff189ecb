//! The names that the resources of an environment have, and the families of names that theirs are of.
//!
//! What is in the code is named exactly. What was in it once is of the same family: it begins as names here do, with the
//! project, the environment where names have it, and what separates them from the rest.

use std::collections::{BTreeMap, BTreeSet};

use infra_engine::graph::Graph;
use infra_engine::live::Registry;
use infra_engine::model::{Definition, Owner};

use super::home::Home;

/// The names of an environment's resources, by service.
pub(super) struct Names<'a> {
    home: Home<'a>,
    exact: BTreeMap<String, BTreeSet<String>>,
    families: BTreeMap<String, BTreeSet<String>>,
    /// How every name of the environment begins: `shop-`.
    own: String,
    /// ARNs that definitions name outright: what they refer to and do not make.
    outright: BTreeSet<String>,
}

impl<'a> Names<'a> {
    /// The names of the definitions, for the services that their kinds call.
    pub(super) fn of(graph: &Graph, registry: &Registry, home: &Home<'a>) -> Names<'a> {
        let mut names = Names {
            home: *home,
            exact: BTreeMap::new(),
            families: BTreeMap::new(),
            own: String::new(),
            outright: BTreeSet::new(),
        };
        let mut all = BTreeSet::new();
        for definition in graph.definitions() {
            let texts = definition.document.texts();
            names.outright.extend(texts.into_iter().filter(|text| text.starts_with("arn:")).map(str::to_owned));
            let Some(name) = name(definition) else { continue };
            let Some(service) = registry.kind(definition.schema.kind).and_then(|kind| service(kind.actions())) else {
                continue;
            };
            if let Some(family) = family(&name, home.owner) {
                names.families.entry(service.to_owned()).or_default().insert(family);
            }
            names.exact.entry(service.to_owned()).or_default().insert(name.clone());
            all.insert(name);
        }
        names.own = own(&all, home.owner);
        names
    }

    /// Where the environment is.
    pub(super) fn home(&self) -> &Home<'a> {
        &self.home
    }

    /// ARNs of everything of a service that has a name of ours; `{name}` in the templates stands for it.
    pub(super) fn arns(&self, service: &str, templates: &[&str]) -> Vec<String> {
        // Where the code has names of a service, theirs are the families; how all names begin is for what it has not.
        let own = [format!("{}*", self.own)].into();
        let families = self.families.get(service).unwrap_or(&own);
        let exact = self.exact.get(service).into_iter().flatten();
        let mut names: BTreeSet<&str> = families.iter().map(String::as_str).collect();
        let covered: BTreeSet<&str> = names.clone();
        names.extend(exact.map(String::as_str).filter(|name| !covered.iter().any(|family| begins(name, family))));
        self.filled(&names, templates)
    }

    /// ARNs of what the code names, and of nothing else.
    pub(super) fn exactly(&self, service: &str, templates: &[&str]) -> Vec<String> {
        let names = self.exact.get(service).into_iter().flatten().map(String::as_str).collect();
        self.filled(&names, templates)
    }

    /// ARNs that the code names outright, of one service.
    pub(super) fn outright(&self, service: &str) -> Vec<String> {
        let of = format!("arn:{}:{service}:", self.home.partition());
        self.outright.iter().filter(|arn| arn.starts_with(&of)).cloned().collect()
    }

    fn filled(&self, names: &BTreeSet<&str>, templates: &[&str]) -> Vec<String> {
        let arn = |template: &&str| -> Vec<String> {
            let named = template.contains("{name}");
            let names: Vec<&str> = if named { names.iter().copied().collect() } else { vec![""] };
            // What a family ends with is whatever AWS ends an ARN with, too.
            let ends = template.ends_with('?');
            let names = names.into_iter().filter(|name| !(ends && name.ends_with('*')));
            names.map(|name| self.home.arn(&template.replace("{name}", name))).collect()
        };
        let arns: BTreeSet<String> = templates.iter().flat_map(arn).collect();
        arns.into_iter().collect()
    }
}

/// The service that most of a kind's actions are of: its own.
fn service(actions: &[&'static str]) -> Option<&'static str> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (service, _) in actions.iter().filter_map(|action| action.split_once(':')) {
        *counts.entry(service).or_default() += 1;
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map(|(service, _)| service)
}

/// The name that a definition gives its resource.
fn name(definition: &Definition) -> Option<String> {
    let is_name = |name: &str| name == "name" || name == "family";
    let field = definition.schema.fields.iter().find(|field| field.key && is_name(field.name))?;
    definition.document.field(field.name)?.as_str().map(str::to_owned)
}

/// True when a name is of a family: `shop-alb` of `shop-*`.
fn begins(name: &str, family: &str) -> bool {
    family.strip_suffix('*').is_some_and(|start| name.starts_with(start))
}

/// The family of a name, if the project is in it and something follows: `/ecs/shop/*` of `/ecs/shop/api`.
fn family(name: &str, owner: &Owner) -> Option<String> {
    let at = name.find(&owner.project)?;
    let whole_word = name[..at].chars().next_back().is_none_or(|before| !before.is_alphanumeric());
    let end = separated(name, at + owner.project.len()).filter(|_| whole_word)?;
    let with_environment = name[end..].strip_prefix(&owner.environment).map(|rest| name.len() - rest.len());
    let end = with_environment.and_then(|end| separated(name, end)).unwrap_or(end);
    Some(format!("{}*", &name[..end]))
}

/// The end of what separates a name's parts, if something does at this place and more follows.
fn separated(name: &str, at: usize) -> Option<usize> {
    let next = name[at..].chars().next().filter(|next| !next.is_alphanumeric())?;
    let end = at + next.len_utf8();
    (end < name.len()).then_some(end)
}

/// How names begin: with the project, and with the environment if all that begin with the project go on so.
fn own(names: &BTreeSet<String>, owner: &Owner) -> String {
    let project = format!("{}-", owner.project);
    let environment = format!("{project}{}-", owner.environment);
    let mut ours = names.iter().filter(|name| name.starts_with(&project)).peekable();
    let all_have_it = ours.peek().is_some() && ours.all(|name| name.starts_with(&environment));
    if all_have_it { environment } else { project }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner() -> Owner {
        "shop/prod".parse().unwrap()
    }

    #[test]
    fn a_family_ends_where_the_projects_name_does_and_takes_nobody_elses_in() {
        let family = |name| family(name, &owner());
        assert_eq!(family("shop-alb").as_deref(), Some("shop-*"));
        assert_eq!(family("/ecs/shop/api").as_deref(), Some("/ecs/shop/*"));
        assert_eq!(family("shop-prod-alb").as_deref(), Some("shop-prod-*"));
        assert_eq!(family("aws-waf-logs-shop-prod").as_deref(), Some("aws-waf-logs-shop-*"));
        assert_eq!(family("shopify-alb"), None);
        assert_eq!(family("workshop-alb"), None);
        assert_eq!(family("shop"), None);
        assert_eq!(family("api-gateway"), None);
    }

    #[test]
    fn the_environment_is_in_the_family_when_it_is_in_all_names() {
        let of = |names: &[&str]| own(&names.iter().map(|name| (*name).to_owned()).collect(), &owner());
        assert_eq!(of(&["shop-prod-a", "shop-prod-b", "other"]), "shop-prod-");
        assert_eq!(of(&["shop-prod-a", "shop-b"]), "shop-");
        assert_eq!(of(&[]), "shop-");
    }
}
