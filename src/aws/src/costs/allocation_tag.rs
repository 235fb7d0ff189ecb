//! A cost allocation tag: a key of tags by which bills can be divided and budgets be filtered.

use std::collections::BTreeMap;

use aws_sdk_costexplorer::types::{
    CostAllocationTag as Live, CostAllocationTagStatus as Status, CostAllocationTagStatusEntry,
};
use infra_derive::Resource;
use infra_engine::check::{Rule, Severity, Surroundings, Violation};
use infra_engine::live::{Ask, Behaviour, Fault, FaultKind, Found, Order, Retag};
use infra_engine::model::Tags;
use serde::{Deserialize, Serialize};

use super::shared::{is_not_enabled, sorted};
use crate::pages::batches;
use crate::{Aws, Sorted};

/// A cost allocation tag: a key of tags by which bills can be divided and budgets be filtered.
///
/// ```
/// use infra_aws::costs::AllocationTag;
///
/// let project = AllocationTag::active("Project");
/// ```
///
/// The whole account shares it, and in an organization only the account that pays has it. AWS offers a key for activation
/// about a day after something that bears it was first billed: until then it reads as [`Activation::Unseen`], plans say
/// so, and a later apply activates it. What was billed before is not divided by it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "costs/allocation-tag", id = AllocationTagKey, shared)]
pub struct AllocationTag {
    /// The key, as it stands on what bears it.
    #[key]
    pub key: String,
    /// Whether bills are divided by it.
    pub activation: Activation,
}

/// Whether bills are divided by a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// They are.
    Active,
    /// They are not.
    Inactive,
    /// AWS has not found the key on any bill yet, and does not offer it; only ever read.
    Unseen,
}

impl AllocationTag {
    /// A key by which bills are divided.
    pub fn active(key: impl Into<String>) -> AllocationTag {
        AllocationTag { key: key.into(), activation: Activation::Active }
    }
}

const LIST: &str = "ce:ListCostAllocationTags";
const UPDATE: &str = "ce:UpdateCostAllocationTagsStatus";

/// How many keys AWS takes in one question.
const KEYS_AT_ONCE: usize = 100;

impl Behaviour for AllocationTag {
    type Cloud = Aws;

    const ACTIONS: &'static [&'static str] = &[LIST, UPDATE];

    fn rules() -> &'static [Rule<AllocationTag>] {
        RULES
    }

    /// Nobody can activate what AWS has not seen. It is told, and no difference: nothing is there to be done about it.
    fn moved_by(field: &str, live: &Found<AllocationTag>, _: &AllocationTag) -> Option<&'static str> {
        let unseen = field == "activation" && live.definition.activation == Activation::Unseen;
        unseen.then_some(
            "AWS until the key has been on a bill for about a day; what filters by it counts nothing until then",
        )
    }

    /// Every key is there: one that AWS does not list is one that it has not seen.
    async fn read(aws: &Aws, ask: &Ask) -> Result<Vec<Found<AllocationTag>>, Fault> {
        let keys: Vec<String> = if ask.only.is_empty() { &ask.names } else { &ask.only }.iter().cloned().collect();
        let listed = batches(&keys, KEYS_AT_ONCE, async |keys: Vec<String>| list(aws, keys).await).await?;
        let listed: BTreeMap<&str, &Live> = listed.iter().map(|live| (live.tag_key(), live)).collect();
        Ok(keys.iter().map(|key| understand(key, listed.get(key.as_str()).copied())).collect())
    }

    async fn create(aws: &Aws, order: &Order<AllocationTag>) -> Result<String, Fault> {
        change(aws, &order.definition).await?;
        Ok(order.definition.key.clone())
    }

    async fn update(aws: &Aws, _: &Found<AllocationTag>, wanted: &AllocationTag) -> Result<(), Fault> {
        change(aws, wanted).await
    }

    async fn retag(_: &Aws, _: &Found<AllocationTag>, _: &Retag) -> Result<(), Fault> {
        Ok(())
    }

    async fn delete(_: &Aws, found: &Found<AllocationTag>) -> Result<(), Fault> {
        let message = format!("the bills of the whole account are divided by `{}`", found.id);
        Err(Fault::new(FaultKind::Refused, UPDATE, message))
    }
}

async fn list(aws: &Aws, keys: Vec<String>) -> Result<Vec<Live>, Fault> {
    let call = aws.costexplorer().list_cost_allocation_tags().set_tag_keys(Some(keys)).max_results(1000);
    let mut pages = call.into_paginator().send();
    let mut listed = Vec::new();
    while let Some(page) = pages.next().await {
        let page = match page.sorted(LIST) {
            // AWS has not seen any key then.
            Err(fault) if is_not_enabled(&fault) => return Ok(Vec::new()),
            page => page.map_err(sorted).map_err(not_here)?,
        };
        listed.extend(page.cost_allocation_tags.unwrap_or_default());
    }
    Ok(listed)
}

/// Says whether bills are divided by a key. A key that cannot be is told in an answer that is no error.
async fn change(aws: &Aws, wanted: &AllocationTag) -> Result<(), Fault> {
    let AllocationTag { key, activation } = wanted;
    let status = match activation {
        Activation::Active => Status::Active,
        Activation::Inactive => Status::Inactive,
        Activation::Unseen => return Err(Fault::new(FaultKind::Refused, UPDATE, "this can only be read")),
    };
    let entry = CostAllocationTagStatusEntry::builder().tag_key(key).status(status).build().sorted(UPDATE)?;
    let call = aws.costexplorer().update_cost_allocation_tags_status().cost_allocation_tags_status(entry);
    let answer = call.send().await.sorted(UPDATE).map_err(sorted).map_err(not_here)?;
    let Some(trouble) = answer.errors().first() else { return Ok(()) };
    let message = format!(
        "`{key}` cannot be changed: {}. AWS offers a key about a day after it was first billed: apply again then",
        trouble.message().unwrap_or("AWS does not say why").trim_end_matches('.')
    );
    Err(Fault { code: trouble.code().map(str::to_owned), ..Fault::new(FaultKind::Refused, UPDATE, message) })
}

/// In an organization, permissions do not help: another account has the tags.
fn not_here(fault: Fault) -> Fault {
    let code = &["AccessDeniedException"];
    if !fault.has_code(code) || !fault.message.contains("Linked account") {
        return fault;
    }
    let message = format!("{} The account that pays for the organization has them: leave them out here", fault.message);
    Fault { message, ..fault.sorted(FaultKind::Refused) }
}

fn understand(key: &str, listed: Option<&Live>) -> Found<AllocationTag> {
    let activation = match listed.map(Live::status) {
        Some(Status::Active) => Activation::Active,
        Some(_) => Activation::Inactive,
        None => Activation::Unseen,
    };
    Found::ready(key, AllocationTag { key: key.to_owned(), activation }, Tags::new())
}

static RULES: &[Rule<AllocationTag>] = &[Rule {
    code: "V220",
    says: "a cost allocation tag has a key of 1 to 128 characters, and is active or inactive",
    source: "Tagging best practices: tag naming limits; Cost Explorer API: CostAllocationTagStatusEntry",
    severity: Severity::Error,
    check: can_be_activated,
}];

fn can_be_activated(tag: &AllocationTag, _: &Surroundings<'_>) -> Vec<Violation> {
    let AllocationTag { key, activation } = tag;
    let mut violations = Vec::new();
    if !(1..=128).contains(&key.chars().count()) {
        let wrong = format!("it has {} characters", key.chars().count());
        violations.push(Violation::of("key", key, wrong, "write the key as it stands on what bears it"));
    }
    if *activation == Activation::Unseen {
        let way_out = "write `Activation::Active`";
        violations.push(Violation::of("activation", activation, "this can only be read", way_out));
    }
    violations
}

#[cfg(test)]
mod tests {
    use aws_sdk_costexplorer::types::CostAllocationTagType;
    use infra_engine::model::Platform;

    use super::*;

    fn listed(status: Status) -> Live {
        let tag = Live::builder().tag_key("Project").r#type(CostAllocationTagType::UserDefined);
        tag.status(status).build().unwrap()
    }

    #[test]
    fn a_key_that_is_not_listed_is_unseen_and_nobodys_fault() {
        let read = |listed: Option<&Live>| understand("Project", listed).definition.activation;
        assert_eq!(read(Some(&listed(Status::Active))), Activation::Active);
        assert_eq!(read(Some(&listed(Status::Inactive))), Activation::Inactive);
        assert_eq!(read(None), Activation::Unseen);
        let wanted = AllocationTag::active("Project");
        let whose = |live: Option<&Live>| AllocationTag::moved_by("activation", &understand("Project", live), &wanted);
        assert!(whose(None).is_some_and(|owner| owner.contains("bill")));
        assert_eq!(whose(Some(&listed(Status::Inactive))), None, "that one can be activated now");
    }

    #[test]
    fn another_account_has_the_tags_of_an_organization() {
        let denied = |message: &str| {
            let fault = Fault::new(FaultKind::Denied, LIST, message);
            not_here(Fault { code: Some("AccessDeniedException".into()), ..fault })
        };
        let linked = denied("Failed to list tags: Linked account doesn't have access to cost allocation tags.");
        assert_eq!(linked.kind, FaultKind::Refused);
        assert!(linked.message.ends_with("leave them out here"), "{linked}");
        assert_eq!(denied("User is not authorized to perform ce:ListCostAllocationTags").kind, FaultKind::Denied);
    }

    #[test]
    fn v220_a_key_is_written_and_activated_or_not() {
        let codes = |tag: AllocationTag| {
            let mut platform = Platform::new();
            let address = platform.stack("cost").add("tag", tag.clone()).address().clone();
            let definitions = platform.finish().unwrap();
            let around = Surroundings::new(&definitions, &address);
            let violations = RULES.iter().flat_map(|rule| rule.violations(&tag, &around));
            violations.map(|violation| violation.code).collect::<Vec<_>>()
        };
        let inactive = AllocationTag { activation: Activation::Inactive, ..AllocationTag::active("Project") };
        for good in [AllocationTag::active("Project"), AllocationTag::active("k".repeat(128)), inactive] {
            assert_eq!(codes(good), Vec::<&str>::new());
        }
        let unseen = AllocationTag { activation: Activation::Unseen, ..AllocationTag::active("Project") };
        for bad in [AllocationTag::active(""), AllocationTag::active("k".repeat(129)), unseen] {
            assert_eq!(codes(bad), ["V220"]);
        }
    }
}
