//! Who may come to the records: nobody but this account, and nobody without TLS. Pure.
//!
//! Statements of others stay where they only take something away, or give it to this account: a company may have its
//! own. What lets others in goes.

use serde_json::{Value, json};

/// Whose bucket a policy is of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub(super) account: &'a str,
    pub(super) bucket: &'a str,
    pub(super) region: &'a str,
}

/// The names of our statements.
const OURS: [&str; 2] = ["InfraTlsOnly", "InfraThisAccountOnly"];

/// The policy that a bucket needs, if what it has is another.
pub(super) fn mended(found: Option<&str>, place: &Place<'_>) -> Option<String> {
    let found: Value = found.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let statements = match &found["Statement"] {
        Value::Array(statements) => statements.clone(),
        Value::Null => Vec::new(),
        one => vec![one.clone()],
    };
    let others = statements.iter().filter(|statement| {
        let ours = statement["Sid"].as_str().is_some_and(|sid| OURS.contains(&sid));
        !ours && may_stay(statement, place.account)
    });
    let wanted: Vec<Value> = others.cloned().chain(ours(place)).collect();
    let same = |statement: &Value| wanted.iter().any(|other| plain(other) == plain(statement));
    let stands = statements.len() == wanted.len() && statements.iter().all(same);
    (!stands).then(|| json!({ "Version": "2012-10-17", "Statement": wanted }).to_string())
}

fn ours(place: &Place<'_>) -> [Value; 2] {
    let Place { account, bucket, region } = place;
    let partition = match region {
        region if region.starts_with("cn-") => "aws-cn",
        region if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    };
    let resources = [format!("arn:{partition}:s3:::{bucket}"), format!("arn:{partition}:s3:::{bucket}/*")];
    let deny = |sid: &str, condition: Value| {
        json!({
            "Sid": sid, "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": resources,
            "Condition": condition,
        })
    };
    [
        deny(OURS[0], json!({ "Bool": { "aws:SecureTransport": "false" } })),
        // Services of AWS and callers without a name are of no account: they are kept out with all others.
        deny(OURS[1], json!({ "StringNotEquals": { "aws:PrincipalAccount": account } })),
    ]
}

/// Whether a statement of somebody else's lets in nobody but this account.
fn may_stay(statement: &Value, account: &str) -> bool {
    statement["Effect"] == "Deny" || {
        let AwsPrincipals(all) = principals(&statement["Principal"]) else { return false };
        !all.is_empty() && all.iter().all(|one| *one == account || one.split(':').nth(4) == Some(account))
    }
}

/// The principals of a statement that names those of accounts and no others.
enum Principals<'a> {
    AwsPrincipals(Vec<&'a str>),
    Others,
}
use Principals::AwsPrincipals;

fn principals(principal: &Value) -> Principals<'_> {
    match principal.as_object().map(|named| (named.len(), named.get("AWS"))) {
        Some((1, Some(Value::String(one)))) => AwsPrincipals(vec![one]),
        Some((1, Some(Value::Array(several)))) => {
            AwsPrincipals(several.iter().map(|one| one.as_str().unwrap_or_default()).collect())
        }
        _ => Principals::Others,
    }
}

/// A statement as it means the same: AWS writes a list of one as the one, and lists in another order.
fn plain(value: &Value) -> Value {
    match value {
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(plain).collect();
            items.sort_by_key(Value::to_string);
            if items.len() == 1 { items.remove(0) } else { Value::Array(items) }
        }
        Value::Object(fields) => fields.iter().map(|(key, field)| (key.clone(), plain(field))).collect(),
        Value::Bool(_) | Value::Number(_) => Value::String(value.to_string()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place<'_> = Place { account: "111111111111", bucket: "records", region: "eu-west-1" };

    fn statements(policy: &str) -> Vec<String> {
        let policy: Value = serde_json::from_str(policy).unwrap();
        let sids = policy["Statement"].as_array().unwrap().iter();
        sids.map(|statement| statement["Sid"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// A policy with ours and one more statement.
    fn with(statement: Value) -> String {
        let [tls, account] = ours(&PLACE);
        json!({ "Version": "2012-10-17", "Statement": [tls, statement, account] }).to_string()
    }

    #[test]
    fn a_bucket_without_a_policy_or_with_nonsense_gets_ours_and_then_nothing_is_amiss() {
        for found in [None, Some(""), Some("{}"), Some("{\"Statement\": []}")] {
            let policy = mended(found, &PLACE).unwrap();
            assert_eq!(statements(&policy), OURS);
            assert_eq!(mended(Some(&policy), &PLACE), None);
        }
        let chinese = mended(None, &Place { region: "cn-north-1", ..PLACE }).unwrap();
        assert!(chinese.contains("\"arn:aws-cn:s3:::records/*\""), "{chinese}");
    }

    #[test]
    fn it_does_not_matter_how_aws_writes_it() {
        let policy = mended(None, &PLACE).unwrap();
        let mut written: Value = serde_json::from_str(&policy).unwrap();
        for statement in written["Statement"].as_array_mut().unwrap() {
            statement["Action"] = json!(["s3:*"]);
            statement["Resource"].as_array_mut().unwrap().reverse();
        }
        written["Statement"].as_array_mut().unwrap().reverse();
        assert_eq!(mended(Some(&written.to_string()), &PLACE), None);
    }

    #[test]
    fn what_lets_others_in_goes_and_what_does_not_stays() {
        let allow = |principal: Value| json!({ "Sid": "Theirs", "Effect": "Allow", "Principal": principal, "Action": "s3:*", "Resource": "*" });
        let foreign = [
            json!("*"),
            json!({ "AWS": "*" }),
            json!({ "AWS": "222222222222" }),
            json!({ "AWS": ["arn:aws:iam::111111111111:root", "arn:aws:iam::222222222222:role/eve"] }),
            json!({ "AWS": "111111111111", "Service": "logging.s3.amazonaws.com" }),
            json!({ "CanonicalUser": "abc" }),
            json!({ "Service": "logging.s3.amazonaws.com" }),
            json!({ "AWS": [] }),
        ];
        for principal in foreign {
            let policy = mended(Some(&with(allow(principal.clone()))), &PLACE);
            assert_eq!(statements(&policy.unwrap()), OURS, "{principal}");
        }
        let own = [json!({ "AWS": "111111111111" }), json!({ "AWS": ["arn:aws:iam::111111111111:role/audit"] })];
        for principal in own {
            assert_eq!(mended(Some(&with(allow(principal.clone()))), &PLACE), None, "{principal}");
        }
        let deny = json!({ "Sid": "Theirs", "Effect": "Deny", "Principal": "*", "Action": "s3:Put*", "Resource": "*" });
        assert_eq!(mended(Some(&with(deny.clone())), &PLACE), None);
        let alone = json!({ "Statement": deny }).to_string();
        assert_eq!(statements(&mended(Some(&alone), &PLACE).unwrap()), ["Theirs", OURS[0], OURS[1]]);
    }

    #[test]
    fn a_statement_that_only_bears_our_name_is_written_over() {
        let mut policy: Value = serde_json::from_str(&mended(None, &PLACE).unwrap()).unwrap();
        policy["Statement"][1]["Condition"]["StringNotEquals"]["aws:PrincipalAccount"] = json!("222222222222");
        let policy = mended(Some(&policy.to_string()), &PLACE).unwrap();
        assert_eq!(statements(&policy), OURS);
        assert!(!policy.contains("222222222222"));
    }
}
