//! What a budget counts: what bears a tag, comes from a service, a region or an account.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

use aws_sdk_budgets::types::Budget;
use infra_values::{AccountId, Region};
use serde::{Deserialize, Serialize};

/// One thing that a budget counts. Of several with one name any will do; those of different names must all hold.
///
/// ```
/// use infra_aws::budgets::Filter;
///
/// assert_eq!(Filter::tag("Project", "shop").to_string(), "TagKeyValue=user:Project$shop");
/// ```
///
/// Tags only count once their key is activated as a cost allocation tag, and from then on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Filter {
    /// What bears this tag.
    Tag {
        /// The tag's key.
        key: String,
        /// Its value.
        value: String,
    },
    /// What comes from this service, by the name that is on the bill: `Amazon Elastic Container Service`.
    Service(String),
    /// What stands in this region.
    Region(Region),
    /// What belongs to this account.
    Account(AccountId),
    /// Any other, as the API names it.
    Other {
        /// The dimension: `UsageType`.
        name: String,
        /// Its value.
        value: String,
    },
}

/// The API's names of the filters.
const TAG: &str = "TagKeyValue";
const SERVICE: &str = "Service";
const REGION: &str = "Region";
const ACCOUNT: &str = "LinkedAccount";

impl Filter {
    /// What bears a tag that somebody has put on it, and not AWS.
    pub fn tag(key: impl Into<String>, value: impl Into<String>) -> Filter {
        Filter::Tag { key: key.into(), value: value.into() }
    }

    fn of(name: &str, value: &str) -> Filter {
        let other = || Filter::Other { name: name.to_owned(), value: value.to_owned() };
        match name {
            TAG => match value.strip_prefix("user:").and_then(|tag| tag.split_once('$')) {
                Some((key, value)) => Filter::tag(key, value),
                None => other(),
            },
            SERVICE => Filter::Service(value.to_owned()),
            REGION => value.parse().map_or_else(|_| other(), Filter::Region),
            ACCOUNT => value.parse().map_or_else(|_| other(), Filter::Account),
            _ => other(),
        }
    }

    fn parts(&self) -> (&str, String) {
        match self {
            Filter::Tag { key, value } => (TAG, format!("user:{key}${value}")),
            Filter::Service(name) => (SERVICE, name.clone()),
            Filter::Region(region) => (REGION, region.to_string()),
            Filter::Account(account) => (ACCOUNT, account.to_string()),
            Filter::Other { name, value } => (name, value.clone()),
        }
    }
}

/// Gives a budget its filters. Filters and the newer expressions cannot stand beside each other, and what people have
/// (and Terraform writes) are filters.
#[expect(deprecated, reason = "a budget with filters cannot be read or changed by expressions")]
pub(super) fn put(filters: &BTreeSet<Filter>, budget: &mut Budget) {
    budget.cost_filters = Some(to_sdk(filters));
}

/// The filters that a budget has.
#[expect(deprecated, reason = "a budget with filters cannot be read or changed by expressions")]
pub(super) fn of(budget: &Budget) -> BTreeSet<Filter> {
    from_sdk(budget.cost_filters())
}

fn to_sdk(filters: &BTreeSet<Filter>) -> HashMap<String, Vec<String>> {
    let mut sent: HashMap<String, Vec<String>> = HashMap::new();
    for (name, value) in filters.iter().map(Filter::parts) {
        sent.entry(name.to_owned()).or_default().push(value);
    }
    sent
}

fn from_sdk(live: Option<&HashMap<String, Vec<String>>>) -> BTreeSet<Filter> {
    let named: BTreeMap<_, _> = live.into_iter().flatten().collect();
    named.into_iter().flat_map(|(name, values)| values.iter().map(|value| Filter::of(name, value))).collect()
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, value) = self.parts();
        write!(f, "{name}={value}")
    }
}

impl From<String> for Filter {
    fn from(text: String) -> Filter {
        let (name, value) = text.split_once('=').unwrap_or((&text, ""));
        Filter::of(name, value)
    }
}

impl From<Filter> for String {
    fn from(filter: Filter) -> String {
        filter.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_survive_the_way_to_aws_and_into_a_plan() {
        let filters = BTreeSet::from([
            Filter::tag("Project", "shop"),
            Filter::tag("Project", "shop$2=b"),
            Filter::Service("AmazonCloudWatch".into()),
            Filter::Region("eu-west-1".parse().unwrap()),
            Filter::Account("123456789012".parse().unwrap()),
            Filter::Other { name: "UsageType".into(), value: "BoxUsage:t3.micro".into() },
        ]);
        let sent = to_sdk(&filters);
        assert_eq!(sent["TagKeyValue"], ["user:Project$shop", "user:Project$shop$2=b"]);
        assert_eq!(from_sdk(Some(&sent)), filters);
        assert_eq!(from_sdk(None), BTreeSet::new());
        for filter in filters {
            assert_eq!(Filter::from(filter.to_string()), filter);
        }
    }

    #[test]
    fn a_tag_of_another_form_is_kept_as_it_is() {
        let odd = Filter::of("TagKeyValue", "aws:createdBy$root");
        assert_eq!(odd, Filter::Other { name: "TagKeyValue".into(), value: "aws:createdBy$root".into() });
    }
}
