//! Statements put together into documents that IAM takes: a managed policy has 6144 characters at most, spaces aside.

use serde_json::{Value, json};

/// How long a managed policy may be. <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
pub const LONGEST: usize = 6144;

/// As few documents as the statements fit into, in their order.
pub(super) fn parts(statements: Vec<Value>) -> Vec<Value> {
    let mut parts: Vec<Vec<Value>> = vec![Vec::new()];
    for statement in statements.into_iter().flat_map(halved) {
        let last = parts.last_mut().expect("there is one from the beginning");
        last.push(statement);
        if length(last) > LONGEST && last.len() > 1 {
            let over = last.pop().expect("there are two");
            parts.push(vec![over]);
        }
    }
    parts.into_iter().map(document).collect()
}

/// A statement that is too long for a document of its own is said in two: its actions are divided.
fn halved(statement: Value) -> Vec<Value> {
    let actions = statement["Action"].as_array().cloned().unwrap_or_default();
    if length(std::slice::from_ref(&statement)) <= LONGEST || actions.len() < 2 {
        return vec![statement];
    }
    let sid = statement["Sid"].as_str().unwrap_or_default().to_owned();
    let (first, second) = actions.split_at(actions.len() / 2);
    let half = |actions: &[Value], place: usize| {
        let mut half = statement.clone();
        half["Action"] = actions.into();
        half["Sid"] = format!("{sid}{place}").into();
        halved(half)
    };
    [half(first, 1), half(second, 2)].concat()
}

fn document(statements: Vec<Value>) -> Value {
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// As IAM counts: without spaces.
fn length(statements: &[Value]) -> usize {
    document(statements.to_vec()).to_string().chars().filter(|c| !c.is_whitespace()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(sid: &str, actions: usize) -> Value {
        let actions: Vec<String> = (0..actions).map(|number| format!("service:ActionNumber{number:04}")).collect();
        json!({ "Sid": sid, "Effect": "Allow", "Action": actions, "Resource": "*" })
    }

    #[test]
    fn what_fits_is_one_document() {
        let parts = parts(vec![statement("a", 10), statement("b", 10)]);
        assert_eq!(parts.len(), 1);
        assert_eq!(parts[0]["Statement"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn what_does_not_is_several_and_nothing_is_lost() {
        let whole = [statement("a", 100), statement("b", 700), statement("c", 100)];
        let parts = parts(whole.to_vec());
        let count = |documents: &[Value]| -> usize {
            let statements = documents.iter().flat_map(|document| document["Statement"].as_array().unwrap());
            statements.map(|statement| statement["Action"].as_array().unwrap().len()).sum()
        };
        assert_eq!(count(&parts), 900);
        for part in &parts {
            assert!(part.to_string().len() <= LONGEST, "{}", part.to_string().len());
        }
        let sids: Vec<&Value> =
            parts.iter().flat_map(|part| part["Statement"].as_array().unwrap()).map(|one| &one["Sid"]).collect();
        let mut once = sids.clone();
        once.dedup();
        assert_eq!(sids, once, "a name is borne once");
    }
}
