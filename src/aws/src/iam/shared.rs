//! Policies that others write in too, such as a bucket's: which of its statements are ours, and how ours are written so
//! that theirs stay. Pure.
//!
//! A statement is ours by its name, which begins with [`OURS`]. One that a definition gives no name gets one that is made
//! of what it says, and loses it again when it is read: whoever changes what it says and leaves the name has changed a
//! statement of ours.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::policy::{Effect, Policy, Statement};

/// What the names of our statements begin with.
pub(crate) const OURS: &str = "Infra";

/// A live policy, as far as it is ours and as far as it is not.
#[derive(Debug, PartialEq)]
pub(crate) struct Shares {
    /// Our statements. What is no policy at all is ours, since nobody else can have anything in it.
    pub(crate) ours: Policy,
    /// The statements of others, as they were found.
    pub(crate) others: Vec<Value>,
}

impl Shares {
    /// The shares of a live policy. Beside what is ours by its name, what `also` says is.
    pub(crate) fn of(text: &str, also: impl Fn(&Value) -> bool) -> Shares {
        let Some(statements) = statements(text) else {
            return Shares { ours: Policy::parse(text), others: Vec::new() };
        };
        let (ours, others) = statements.into_iter().partition(|statement| is_ours(statement) || also(statement));
        let ours: Vec<Value> = ours;
        let unnamed: Vec<Value> = ours.into_iter().map(without_made_name).collect();
        Shares { ours: Policy::parse(&document(unnamed, None)), others }
    }

    /// What others have said, each in a few words.
    pub(crate) fn told(&self) -> Vec<String> {
        self.others.iter().map(in_words).collect()
    }
}

/// The policy with these statements of ours, and with what a live one has of others. A statement of theirs that says what
/// one of ours says is not written twice: it is from before it had our name.
pub(crate) fn written(ours: &Policy, live: Option<&str>, also: impl Fn(&Value) -> bool) -> Option<String> {
    let ours: Vec<Value> = match statements(&ours.document()) {
        Some(ours) => ours.into_iter().map(named).collect(),
        None => return Some(ours.document()),
    };
    let said: Vec<String> = ours.iter().map(meaning).collect();
    let others = live.map(|text| Shares::of(text, also).others).unwrap_or_default();
    let others = others.into_iter().filter(|other| !said.contains(&meaning(other)));
    let all: Vec<Value> = others.chain(ours).collect();
    let id = live.and_then(|text| serde_json::from_str::<Value>(text).ok()?.get("Id").cloned());
    (!all.is_empty()).then(|| document(all, id))
}

/// The names of a policy's statements that ours cannot have.
pub(crate) fn strange_names(policy: &Policy) -> Vec<String> {
    let statements = statements(&policy.document()).unwrap_or_default();
    let names = statements.iter().filter_map(|statement| statement["Sid"].as_str());
    names.filter(|name| !name.starts_with(OURS)).map(str::to_owned).collect()
}

fn document(statements: Vec<Value>, id: Option<Value>) -> String {
    let mut policy = Map::from_iter([("Version".to_owned(), json!("2012-10-17"))]);
    policy.extend(id.map(|id| ("Id".to_owned(), id)));
    policy.insert("Statement".to_owned(), Value::Array(statements));
    Value::Object(policy).to_string()
}

/// The statements of a policy; nothing where it is none.
fn statements(text: &str) -> Option<Vec<Value>> {
    let policy: Value = serde_json::from_str(text).ok()?;
    match policy.as_object()?.get("Statement") {
        None => Some(Vec::new()),
        Some(Value::Array(statements)) => Some(statements.clone()),
        Some(one) => Some(vec![one.clone()]),
    }
}

fn is_ours(statement: &Value) -> bool {
    statement["Sid"].as_str().is_some_and(|name| name.starts_with(OURS))
}

/// A statement with a name: its own, or one made of what it says.
fn named(mut statement: Value) -> Value {
    let made = made_name(&statement);
    if let Some(fields) = statement.as_object_mut() {
        fields.entry("Sid").or_insert(Value::String(made));
    }
    statement
}

/// A statement without the name that was made for it.
fn without_made_name(mut statement: Value) -> Value {
    if statement["Sid"] == made_name(&statement)
        && let Some(fields) = statement.as_object_mut()
    {
        fields.shift_remove("Sid");
    }
    statement
}

fn made_name(statement: &Value) -> String {
    let digest = Sha256::digest(meaning(statement));
    let digits: String = digest.iter().take(8).map(|byte| format!("{byte:02X}")).collect();
    format!("{OURS}{digits}")
}

/// What a statement says, whatever its name is and however it is written.
fn meaning(statement: &Value) -> String {
    let mut bare = statement.clone();
    if let Some(fields) = bare.as_object_mut() {
        fields.shift_remove("Sid");
    }
    let whole = serde_json::from_value::<Statement>(bare.clone()).ok();
    whole.and_then(|statement| serde_json::to_string(&statement).ok()).unwrap_or_else(|| sorted(&bare).to_string())
}

/// The same value, whatever order it was written in.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(sorted).collect();
            items.sort_by_key(Value::to_string);
            Value::Array(items)
        }
        Value::Object(fields) => {
            let mut fields: Vec<(String, Value)> =
                fields.iter().map(|(key, field)| (key.clone(), sorted(field))).collect();
            fields.sort_by(|one, other| one.0.cmp(&other.0));
            Value::Object(fields.into_iter().collect())
        }
        other => other.clone(),
    }
}

/// A statement in a few words: `statement AuditReads, which allows s3:GetObject to arn:aws:iam::123456789012:root`.
fn in_words(statement: &Value) -> String {
    let name = statement["Sid"].as_str().unwrap_or("without a name");
    let effect = match serde_json::from_value(statement["Effect"].clone()) {
        Ok(Effect::Deny) => "denies",
        Ok(Effect::Allow) => "allows",
        Err(_) => "says something of",
    };
    let either = |is: &str, is_not: &str| match (words(&statement[is]), words(&statement[is_not])) {
        (some, _) if !some.is_empty() => some,
        (_, all_but) if !all_but.is_empty() => format!("all but {all_but}"),
        _ => "nothing".to_owned(),
    };
    let (what, whom) = (either("Action", "NotAction"), either("Principal", "NotPrincipal"));
    format!("statement {name}, which {effect} {what} to {whom}")
}

/// Every text that is in a value.
fn words(value: &Value) -> String {
    let of = |inner: &mut dyn Iterator<Item = &Value>| inner.map(words).collect::<Vec<_>>().join(", ");
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => of(&mut items.iter()),
        Value::Object(fields) => of(&mut fields.values()),
        Value::Null | Value::Bool(_) | Value::Number(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iam::Service;

    fn nothing(_: &Value) -> bool {
        false
    }

    fn read() -> Statement {
        Statement::allow(["s3:GetObject"]).on(["arn:aws:s3:::shop/*"]).to(Service::CloudFront)
    }

    fn theirs() -> Value {
        json!({
            "Sid": "AuditReads", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
            "NotAction": "s3:PutObject", "Resource": ["arn:aws:s3:::shop/b", "arn:aws:s3:::shop/a"],
        })
    }

    fn of_others_alone(others: Vec<Value>) -> Shares {
        Shares { ours: Policy::of([]), others }
    }

    fn names(policy: &str) -> Vec<String> {
        let statements = statements(policy).unwrap();
        statements.iter().map(|statement| statement["Sid"].as_str().unwrap_or("-").to_owned()).collect()
    }

    #[test]
    fn what_is_written_is_read_and_what_others_have_said_stays() {
        let ours = Policy::of([read(), read().named("InfraRead")]);
        let live = json!({"Version": "2012-10-17", "Id": "audit", "Statement": theirs()}).to_string();
        let written = written(&ours, Some(&live), nothing).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&written).unwrap()["Id"], "audit");
        let shares = Shares::of(&written, nothing);
        assert_eq!((&shares.ours, &shares.others), (&ours, &vec![theirs()]));
        let told = ["statement AuditReads, which allows all but s3:PutObject to \
                     arn:aws:iam::123456789012:root"];
        assert_eq!(shares.told(), told);
        // Once more, and it is the same.
        assert_eq!(super::written(&ours, Some(&written), nothing).unwrap(), written);
    }

    #[test]
    fn ours_go_and_theirs_stay_and_nothing_is_no_policy() {
        let with_both = written(&read().into(), Some(&document(vec![theirs()], None)), nothing).unwrap();
        let without = written(&Policy::of([]), Some(&with_both), nothing).unwrap();
        assert_eq!(names(&without), ["AuditReads"]);
        assert_eq!(Shares::of(&without, nothing), of_others_alone(vec![theirs()]));
        let ours_alone = written(&read().into(), None, nothing).unwrap();
        assert_eq!(written(&Policy::of([]), Some(&ours_alone), nothing), None);
    }

    #[test]
    fn a_statement_that_has_been_changed_under_our_name_is_a_change_to_ours() {
        let live = written(&read().into(), None, nothing).unwrap();
        let opened = live.replace("s3:GetObject", "s3:*");
        let shares = Shares::of(&opened, nothing);
        assert_eq!(shares.others, Vec::<Value>::new());
        assert_ne!(shares.ours, read().into());
        assert_eq!(written(&read().into(), Some(&opened), nothing).unwrap(), live);
        // One that the types here cannot say is ours as well, and is mended too.
        let strange = live.replace("\"Action\"", "\"NotAction\"");
        assert!(matches!(Shares::of(&strange, nothing).ours, Policy::Raw(_)));
        assert_eq!(written(&read().into(), Some(&strange), nothing).unwrap(), live);
    }

    #[test]
    fn what_says_the_same_under_another_name_becomes_ours() {
        let before = Policy::from(read().named("Allow CloudFront")).document();
        assert_eq!(Shares::of(&before, nothing).ours, Policy::of([]));
        let now = written(&read().into(), Some(&before), nothing).unwrap();
        assert_eq!(now, written(&read().into(), None, nothing).unwrap());
    }

    #[test]
    fn a_policy_in_its_own_words_is_named_too() {
        let raw = Policy::Raw(json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Deny", "Principal": "*", "NotAction": "s3:Get*", "Resource": "*"},
        ]}));
        let live = written(&raw, None, nothing).unwrap();
        assert!(names(&live)[0].starts_with(OURS), "{live}");
        assert_eq!(Shares::of(&live, nothing).ours, raw);
        assert_eq!(strange_names(&read().named("Read").into()), ["Read"]);
        assert_eq!(strange_names(&Policy::of([read(), read().named("InfraRead")])), [""; 0]);
    }
}
