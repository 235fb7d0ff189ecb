//! A permission: who else may call a function.

use std::collections::BTreeMap;

use infra_derive::Resource;
use infra_engine::check::{Rule, Severity, Surroundings, Violation};
use infra_engine::live::{Ask, Behaviour, Fault, FaultKind, Found, GoneIsFine, Order, Retag};
use infra_engine::model::{Ref, Tags};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::fault::sorted;
use super::function::FunctionName;
use crate::iam::{Pattern, Service};
use crate::pages::each;
use crate::swap::or_back;
use crate::{Aws, Sorted};

/// A permission: who else may call a function.
///
/// ```
/// use infra_aws::iam::Service;
/// use infra_aws::lambda::Permission;
/// use infra_engine::model::Ref;
///
/// let permission = Permission {
///     function: Ref::known("shop-load-test"),
///     statement: "AllowEventBridge".into(),
///     action: "lambda:InvokeFunction".into(),
///     principal: Service::Events,
///     source: Some("arn:aws:events:us-east-1:123456789012:rule/shop-load-test".into()),
///     source_account: None,
/// };
/// ```
///
/// It is a statement in the function's policy, and so is ours when the function is. AWS can change nothing of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "lambda/permission", id = PermissionId)]
#[resource(parent(field = "function", kind = "lambda/function"))]
pub struct Permission {
    /// Which function may be called.
    #[key]
    pub function: Ref<FunctionName>,
    /// Its name among the function's permissions.
    #[key]
    pub statement: String,
    /// What is allowed: `lambda:InvokeFunction`.
    #[replace]
    pub action: String,
    /// Who may: a service, or an account by its number.
    #[replace]
    pub principal: Service,
    /// On whose behalf: the rule, the bucket, the topic.
    #[replace]
    pub source: Option<Pattern>,
    /// Whose that must be: for sources whose ARN names no account.
    #[replace]
    pub source_account: Option<String>,
}

const GET: &str = "lambda:GetPolicy";

impl Behaviour for Permission {
    type Cloud = Aws;

    const ACTIONS: &'static [&'static str] = &["lambda:AddPermission", GET, "lambda:RemovePermission"];

    fn rules() -> &'static [Rule<Permission>] {
        RULES
    }

    /// One policy holds all permissions of a function.
    async fn read(aws: &Aws, ask: &Ask) -> Result<Vec<Found<Permission>>, Fault> {
        let of_ids = ask.only.iter().filter_map(|id| id.split_once('/')).map(|(function, _)| function.to_owned());
        let mut functions: Vec<String> = ask.parents.iter().cloned().chain(of_ids).collect();
        functions.sort();
        functions.dedup();
        let found = each(functions, async |function: String| {
            let answer = aws.lambda().get_policy().function_name(&function).send().await.sorted(GET);
            let policy = answer.map(|answer| answer.policy).gone_is_fine()?;
            Ok(policy.map(|policy| understand(&function, &policy)).unwrap_or_default())
        });
        let mut found: Vec<Found<Permission>> = found.await?.into_iter().flatten().collect();
        found.retain(|permission| ask.only.is_empty() || ask.only.contains(&permission.id));
        Ok(found)
    }

    async fn create(aws: &Aws, order: &Order<Permission>) -> Result<String, Fault> {
        add(aws, &order.definition).await?;
        Ok(id(&order.definition.function.value(), &order.definition.statement))
    }

    /// A statement that is there already, and says something else, is taken away and written anew: AWS changes none, and
    /// its name is the same. Where the new one is refused, the former is put back.
    async fn update(aws: &Aws, found: &Found<Permission>, wanted: &Permission) -> Result<(), Fault> {
        if *wanted == found.definition {
            return Ok(());
        }
        Permission::delete(aws, found).await?;
        or_back(add(aws, wanted).await, || add(aws, &found.definition)).await
    }

    async fn retag(_: &Aws, _: &Found<Permission>, _: &Retag) -> Result<(), Fault> {
        Ok(())
    }

    async fn delete(aws: &Aws, found: &Found<Permission>) -> Result<(), Fault> {
        let Permission { function, statement, .. } = &found.definition;
        let call = aws.lambda().remove_permission().function_name(function.value()).statement_id(statement);
        call.send().await.sorted("lambda:RemovePermission").map_err(sorted).map(drop).gone_is_fine()
    }
}

async fn add(aws: &Aws, permission: &Permission) -> Result<(), Fault> {
    let Permission { function, statement, action, principal, source, source_account } = permission;
    let call = aws
        .lambda()
        .add_permission()
        .function_name(function.value())
        .statement_id(statement)
        .action(action)
        .principal(principal.principal())
        .set_source_arn(source.as_ref().map(Pattern::value))
        .set_source_account(source_account.clone());
    let answer = call.send().await.sorted("lambda:AddPermission").map_err(sorted);
    // The function was made a moment ago and is not seen everywhere.
    answer.map_err(|fault| fault.when(FaultKind::NotYet, &["ResourceNotFoundException"], "")).map(drop)
}

fn id(function: &str, statement: &str) -> String {
    format!("{function}/{statement}")
}

/// A function's policy, as far as permissions make it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    #[serde(default)]
    statement: Vec<Said>,
}

/// One statement of it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Said {
    #[serde(default)]
    sid: String,
    #[serde(default)]
    principal: Value,
    #[serde(default)]
    action: Value,
    #[serde(default)]
    condition: BTreeMap<String, BTreeMap<String, Value>>,
}

impl Said {
    /// What a condition compares this key with, whatever its case.
    fn condition(&self, wanted: &str) -> Option<&str> {
        let mut conditions = self.condition.values().flatten();
        conditions.find(|(key, _)| key.eq_ignore_ascii_case(wanted)).and_then(|(_, value)| first(value))
    }
}

/// The text that a value is, or the first one of its list, or the only one of its map.
fn first(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => Some(text),
        Value::Array(items) => items.first().and_then(first),
        Value::Object(map) => map.values().next().and_then(first),
        _ => None,
    }
}

/// The definitions that would have produced a live policy. A policy that is none has no permissions.
fn understand(function: &str, policy: &str) -> Vec<Found<Permission>> {
    let document: Document = serde_json::from_str(policy).unwrap_or(Document { statement: Vec::new() });
    let permission = |said: Said| {
        let principal = first(&said.principal).unwrap_or_default();
        // AWS writes an account as `arn:aws:iam::123456789012:root`; it is given by its number.
        let account = principal.strip_suffix(":root").and_then(|arn| arn.rsplit(':').next());
        let definition = Permission {
            function: Ref::known(function),
            statement: said.sid.clone(),
            action: first(&said.action).unwrap_or_default().to_owned(),
            principal: Service::from(account.unwrap_or(principal).to_owned()),
            source: said.condition("aws:SourceArn").map(Pattern::from),
            source_account: said.condition("aws:SourceAccount").map(str::to_owned),
        };
        Found::ready(id(function, &said.sid), definition, Tags::new())
    };
    document.statement.into_iter().map(permission).collect()
}

static RULES: &[Rule<Permission>] = &[
    Rule {
        code: "V139",
        says: "a permission has a name of 1 to 100 letters, digits, `-` and `_`, and allows an action of Lambda",
        source: "Lambda API model: AddPermission",
        severity: Severity::Error,
        check: named,
    },
    Rule {
        code: "V139b",
        says: "a permission for EventBridge names the rule, one for S3 the bucket and its account",
        source: "Lambda developer guide: resource-based policies; the confused deputy",
        severity: Severity::Warning,
        check: on_whose_behalf,
    },
];

fn named(permission: &Permission, _: &Surroundings<'_>) -> Vec<Violation> {
    let statement = &permission.statement;
    let plain = statement.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    let name = (!plain || !(1..=100).contains(&statement.len())).then(|| {
        let wrong = "it is empty, too long, or has other characters in it";
        Violation::of("statement", statement, wrong, "write 1 to 100 letters, digits, `-` and `_`")
    });
    let foreign = !permission.action.starts_with("lambda:") && permission.action != "*";
    let action = foreign.then(|| {
        let way_out = "write `lambda:InvokeFunction`";
        Violation::of("action", &permission.action, "it is no action of Lambda", way_out)
    });
    name.into_iter().chain(action).collect()
}

fn on_whose_behalf(permission: &Permission, _: &Surroundings<'_>) -> Vec<Violation> {
    let source = permission.source.as_ref().map(Pattern::value);
    let (wrong, way_out) = match (&permission.principal, source.as_deref()) {
        (Service::Events, None) => {
            ("any rule of anybody could call it", "name the rule: `Some(rule.output(Rule::ARN).into())`")
        }
        (Service::Events, Some(arn)) if arn.starts_with("arn:") && !arn.contains(":rule/") => {
            ("EventBridge calls on behalf of a rule", "name the rule by its ARN")
        }
        (Service::Other(name), _) if name == "s3.amazonaws.com" && permission.source_account.is_none() => {
            ("a bucket's ARN names no account, and a bucket may become somebody else's", "name the account too")
        }
        _ => return Vec::new(),
    };
    vec![Violation::of("source", source, wrong, way_out)]
}

#[cfg(test)]
mod tests {
    use infra_engine::model::Address;

    use super::*;

    const RULE: &str = "arn:aws:events:us-east-1:123456789012:rule/shop-load-test";

    fn permission() -> Permission {
        Permission {
            function: Ref::known("shop-load-test"),
            statement: "AllowEventBridge".into(),
            action: "lambda:InvokeFunction".into(),
            principal: Service::Events,
            source: Some(RULE.into()),
            source_account: None,
        }
    }

    #[test]
    fn a_policy_tells_its_permissions() {
        let policy = format!(
            r#"{{"Version":"2012-10-17","Id":"default","Statement":[{{"Sid":"AllowEventBridge","Effect":"Allow",
            "Principal":{{"Service":"events.amazonaws.com"}},"Action":"lambda:InvokeFunction","Resource":"arn:f",
            "Condition":{{"ArnLike":{{"AWS:SourceArn":"{RULE}"}}}}}},
            {{"Sid":"account","Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::123456789012:root"}},
            "Action":"lambda:GetFunction","Resource":"arn:f",
            "Condition":{{"StringEquals":{{"AWS:SourceAccount":"123456789012"}}}}}}]}}"#
        );
        let found = understand("shop-load-test", &policy);
        let [ours, other] = &found[..] else { panic!("two statements: {found:?}") };
        assert_eq!((ours.id.as_str(), &ours.definition), ("shop-load-test/AllowEventBridge", &permission()));
        assert_eq!(other.definition.principal, Service::Other("123456789012".into()));
        assert_eq!(other.definition.source_account.as_deref(), Some("123456789012"));
        assert_eq!(other.definition.source, None);
    }

    fn codes(change: impl FnOnce(&mut Permission)) -> Vec<&'static str> {
        let mut changed = permission();
        change(&mut changed);
        let address = Address::new("loadtest", "permission").unwrap();
        let around = Surroundings::new(&[], &address);
        RULES.iter().flat_map(|rule| rule.violations(&changed, &around)).map(|violation| violation.code).collect()
    }

    #[test]
    fn v139_names_and_actions_are_checked() {
        assert_eq!(codes(|_| ()), Vec::<&str>::new());
        for bad in ["", "a b", "a/b", &"n".repeat(101)] {
            assert_eq!(codes(|permission| permission.statement = bad.into()), ["V139"], "{bad}");
        }
        assert_eq!(codes(|permission| permission.action = "sns:Publish".into()), ["V139"]);
    }

    #[test]
    fn v139b_a_service_calls_on_behalf_of_somebody() {
        assert_eq!(codes(|permission| permission.source = None), ["V139b"]);
        assert_eq!(codes(|permission| permission.source = Some("arn:aws:s3:::bucket".into())), ["V139b"]);
        let s3 = |account: Option<String>| {
            codes(|permission| {
                permission.principal = Service::Other("s3.amazonaws.com".into());
                permission.source_account = account;
            })
        };
        assert_eq!((s3(None), s3(Some("123456789012".into()))), (vec!["V139b"], vec![]));
    }
}
