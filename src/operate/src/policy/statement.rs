//! A statement of a policy before it is written down: statements that differ in their actions alone are one.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

/// Under which conditions: by operator, by key, the values of which one must be it.
pub(super) type Conditions = BTreeMap<String, BTreeMap<String, Vec<String>>>;

/// What an action may be done to, and when.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reach {
    /// The name of its statement.
    pub sid: String,
    /// The ARNs.
    pub resources: Vec<String>,
    /// Under which conditions.
    pub conditions: Conditions,
}

impl Reach {
    /// On these resources, without a condition.
    pub(super) fn on(sid: impl Into<String>, resources: Vec<String>) -> Reach {
        Reach { sid: sid.into(), resources, conditions: Conditions::new() }
    }

    /// On everything, without a condition.
    pub(super) fn anything(sid: impl Into<String>) -> Reach {
        Reach::on(sid, vec!["*".to_owned()])
    }

    /// The same under one more condition.
    pub(super) fn when(mut self, operator: &str, key: impl Into<String>, values: &[&str]) -> Reach {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        self.conditions.entry(operator.to_owned()).or_default().insert(key.into(), values);
        self
    }
}

/// Statements in the making: what is allowed, or denied, by what it may be done to.
#[derive(Default)]
pub(super) struct Statements {
    allowed: BTreeMap<Reach, BTreeSet<String>>,
    denied: BTreeMap<Reach, BTreeSet<String>>,
}

impl Statements {
    /// Allows an action, wherever it reaches.
    pub(super) fn allow(&mut self, action: &str, reaches: impl IntoIterator<Item = Reach>) {
        for reach in reaches.into_iter().filter(|reach| !reach.resources.is_empty()) {
            self.allowed.entry(reach).or_default().insert(action.to_owned());
        }
    }

    /// Denies actions, whatever else allows them.
    pub(super) fn deny(&mut self, actions: &[&str], reach: Reach) {
        self.denied.entry(reach).or_default().extend(actions.iter().map(|action| (*action).to_owned()));
    }

    /// As IAM reads them: what is denied goes first, where nobody overlooks it.
    pub(super) fn written(self) -> Vec<Value> {
        let denied = self.denied.into_iter().map(|(reach, actions)| ("Deny", reach, actions));
        let allowed = self.allowed.into_iter().map(|(reach, actions)| ("Allow", reach, actions));
        let mut told: BTreeMap<String, usize> = BTreeMap::new();
        let one = |(effect, mut reach, actions): (&str, Reach, BTreeSet<String>)| {
            // A name is a statement's own.
            let times = told.entry(reach.sid.clone()).or_default();
            *times += 1;
            if *times > 1 {
                reach.sid += &format!("No{times}");
            }
            written(effect, reach, &actions)
        };
        denied.chain(allowed).map(one).collect()
    }
}

fn written(effect: &str, reach: Reach, actions: &BTreeSet<String>) -> Value {
    let Reach { sid, resources, conditions } = reach;
    let mut statement = Map::new();
    statement.insert("Sid".into(), sid.into());
    statement.insert("Effect".into(), effect.into());
    statement.insert("Action".into(), json!(actions));
    statement.insert("Resource".into(), one_or_many(&resources));
    if !conditions.is_empty() {
        let keys = |keys: BTreeMap<String, Vec<String>>| -> Map<String, Value> {
            keys.into_iter().map(|(key, values)| (key, one_or_many(&values))).collect()
        };
        let conditions: Map<String, Value> =
            conditions.into_iter().map(|(operator, of)| (operator, Value::Object(keys(of)))).collect();
        statement.insert("Condition".into(), Value::Object(conditions));
    }
    Value::Object(statement)
}

fn one_or_many(texts: &[String]) -> Value {
    match texts {
        [one] => one.clone().into(),
        several => json!(several),
    }
}
