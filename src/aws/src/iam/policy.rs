//! Policies of access as values: who may do what with which resources, under which conditions.
//!
//! A policy is written down as AWS's own JSON in one canonical form, so that two policies are equal exactly when they
//! say the same: lists have no order, one thing is a list of one, an account is its number. What the types here cannot
//! say is kept whole as [`Policy::Raw`], never dropped. Nothing here judges what a policy allows.

use std::collections::{BTreeMap, BTreeSet};

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::principal::{Principal, Principals, Service};
use super::term::{OneOrMany, Operand, Pattern, one_or_many};

/// A policy of access.
///
/// ```
/// use infra_aws::iam::{Policy, RoleArn, Service, Statement};
/// use infra_engine::model::Ref;
///
/// let trust = Policy::trust(Service::EcsTasks);
///
/// let other: Ref<RoleArn> = Ref::known("arn:aws:iam::123456789012:role/shop-reader");
/// let logs = Policy::of([
///     Statement::allow(["logs:CreateLogStream", "logs:PutLogEvents"]).on(["arn:aws:logs:*:*:log-group:/ecs/shop:*"]),
///     Statement::allow(["sts:AssumeRole"]).on([other]).named("Read"),
/// ]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Policy {
    /// What it says, in no order.
    Statements(BTreeSet<Statement>),
    /// A policy that uses more of AWS's language than there is here (`NotAction`, an old version), as it was found.
    Raw(Value),
}

/// One thing that a policy says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Statement {
    /// Its name, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// Whether it allows or denies.
    pub effect: Effect,
    /// Who; not there in a policy of an identity, which is about that identity.
    #[serde(rename = "Principal", default, skip_serializing_if = "Option::is_none")]
    pub principals: Option<Principals>,
    /// What: `s3:GetObject`, `s3:*`.
    #[serde(rename = "Action", deserialize_with = "one_or_many")]
    pub actions: BTreeSet<String>,
    /// With which resources; not there in a trust policy, which is about its role.
    #[serde(
        rename = "Resource",
        default,
        deserialize_with = "one_or_many",
        skip_serializing_if = "BTreeSet::is_empty"
    )]
    pub resources: BTreeSet<Pattern>,
    /// Under which conditions: the test, the key, the values of which one must match.
    #[serde(
        rename = "Condition",
        default,
        deserialize_with = "conditions",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub conditions: Conditions,
}

/// Conditions: by test (`StringEquals`), by key (`aws:SourceAccount`), the values.
pub type Conditions = BTreeMap<String, BTreeMap<String, BTreeSet<Operand>>>;

/// Whether a statement allows or denies. What is denied once stays denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Effect {
    /// It allows.
    Allow,
    /// It denies.
    Deny,
}

impl Policy {
    /// A policy that says these things.
    pub fn of(statements: impl IntoIterator<Item = Statement>) -> Policy {
        Policy::Statements(statements.into_iter().collect())
    }

    /// The policy of a role that a service may take on.
    pub fn trust(service: Service) -> Policy {
        Policy::of([Statement::allow([ASSUME]).to(service)])
    }

    /// Understands a policy as AWS gives it: JSON, often URL-encoded.
    pub fn parse(text: &str) -> Policy {
        let decoded = match text.trim_start().starts_with('{') {
            true => text.into(),
            false => percent_decode_str(text).decode_utf8_lossy(),
        };
        serde_json::from_str(&decoded).unwrap_or_else(|_| Policy::Raw(Value::String(text.to_owned())))
    }

    /// The policy as it is sent: JSON without white space.
    pub fn document(&self) -> String {
        serde_json::to_string(self).expect("a policy is made of texts and lists, which JSON can write")
    }

    /// What it says, as far as the types here can say it.
    pub fn statements(&self) -> impl Iterator<Item = &Statement> {
        match self {
            Policy::Statements(statements) => Some(statements),
            Policy::Raw(_) => None,
        }
        .into_iter()
        .flatten()
    }

    /// False when the service certainly may not take on a role with this trust policy.
    pub fn trusts(&self, service: &Service) -> bool {
        let Policy::Statements(statements) = self else { return true };
        statements.iter().any(|statement| {
            let principal = match &statement.principals {
                Some(Principals::Everyone) => true,
                Some(Principals::Only(principals)) => principals.contains(&Principal::Service(service.clone())),
                None => false,
            };
            let assumes = |action: &String| matches!(action.as_str(), ASSUME | "sts:*" | "*");
            statement.effect == Effect::Allow && principal && statement.actions.iter().any(assumes)
        })
    }
}

/// What taking on a role is called.
const ASSUME: &str = "sts:AssumeRole";

impl Statement {
    /// Allows these actions.
    pub fn allow<A: Into<String>>(actions: impl IntoIterator<Item = A>) -> Statement {
        Statement::new(Effect::Allow, actions)
    }

    /// Denies these actions.
    pub fn deny<A: Into<String>>(actions: impl IntoIterator<Item = A>) -> Statement {
        Statement::new(Effect::Deny, actions)
    }

    fn new<A: Into<String>>(effect: Effect, actions: impl IntoIterator<Item = A>) -> Statement {
        Statement {
            sid: None,
            effect,
            principals: None,
            actions: actions.into_iter().map(Into::into).collect(),
            resources: BTreeSet::new(),
            conditions: BTreeMap::new(),
        }
    }

    /// On these resources too: patterns (`"arn:aws:s3:::shop-*"`) or ARNs of other definitions.
    pub fn on<P: Into<Pattern>>(mut self, resources: impl IntoIterator<Item = P>) -> Statement {
        self.resources.extend(resources.into_iter().map(Into::into));
        self
    }

    /// For this one too. Who is for everyone already stays so.
    pub fn to(mut self, principal: impl Into<Principal>) -> Statement {
        match self.principals.get_or_insert_with(|| Principals::Only(BTreeSet::new())) {
            Principals::Everyone => {}
            Principals::Only(principals) => {
                principals.insert(principal.into());
            }
        }
        self
    }

    /// For everyone.
    pub fn to_everyone(mut self) -> Statement {
        self.principals = Some(Principals::Everyone);
        self
    }

    /// Only when the test of the key meets one of these values: `.when("ArnLike", "aws:SourceArn", [topic])`.
    pub fn when<V: Into<Operand>>(mut self, test: &str, key: &str, values: impl IntoIterator<Item = V>) -> Statement {
        let keys = self.conditions.entry(test.to_owned()).or_default();
        keys.entry(key.to_owned()).or_default().extend(values.into_iter().map(Into::into));
        self
    }

    /// With a name.
    pub fn named(mut self, sid: &str) -> Statement {
        self.sid = Some(sid.to_owned());
        self
    }
}

impl From<Statement> for Policy {
    fn from(statement: Statement) -> Policy {
        Policy::of([statement])
    }
}

/// A policy in the form in which it is written.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Written<S> {
    version: Version,
    statement: S,
}

#[derive(Serialize, Deserialize)]
enum Version {
    #[serde(rename = "2012-10-17")]
    Current,
}

impl Serialize for Policy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Policy::Statements(statement) => Written { version: Version::Current, statement }.serialize(serializer),
            Policy::Raw(value) => value.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Policy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Policy, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Ok(match Written::<OneOrMany<Statement>>::deserialize(&value) {
            Ok(Written { version: Version::Current, statement }) => Policy::Statements(statement.into()),
            Err(_) => Policy::Raw(value),
        })
    }
}

fn conditions<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Conditions, D::Error> {
    let said = BTreeMap::<String, BTreeMap<String, OneOrMany<Operand>>>::deserialize(deserializer)?;
    let values = |(key, values): (String, OneOrMany<Operand>)| (key, values.into());
    Ok(said.into_iter().map(|(test, keys)| (test, keys.into_iter().map(values).collect())).collect())
}

#[cfg(test)]
mod tests;
