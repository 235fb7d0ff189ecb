//! What is live against what is required: all that differs is told at once, at the end.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::inventory::Inventory;

/// A comparison of what boto3 sees with what is required.
pub struct Comparison<'a> {
    /// What boto3 sees.
    pub live: &'a Inventory,
    differences: Vec<String>,
}

/// What there is of what is not there.
static NOTHING: Value = Value::Null;

impl<'a> Comparison<'a> {
    /// Nothing has been compared yet.
    pub fn of(live: &'a Inventory) -> Comparison<'a> {
        Comparison { live, differences: Vec::new() }
    }

    /// The one resource of a kind of which a member has that value: `("target groups", "TargetGroupName", "tg-web")`.
    pub fn the(&mut self, kind: &str, member: &str, value: &str) -> &'a Value {
        self.only(kind, &format!("with {member} = {value}"), |item| item[member] == value)
    }

    /// The one resource of a kind that has that name in its tag `Name`.
    pub fn named(&mut self, kind: &str, name: &str) -> &'a Value {
        self.only(kind, &format!("called {name}"), |item| tag(item, "Name") == Some(name))
    }

    /// The only resource of a kind.
    pub fn the_only(&mut self, kind: &str) -> &'a Value {
        self.only(kind, "there", |_| true)
    }

    fn only(&mut self, kind: &str, which: &str, is_it: impl Fn(&Value) -> bool) -> &'a Value {
        let found: Vec<&Value> = self.live.all(kind).iter().filter(|item| is_it(item)).collect();
        match found[..] {
            [one] => one,
            _ => {
                self.differences.push(format!("of the {kind}, {} are {which}, and one is required", found.len()));
                &NOTHING
            }
        }
    }

    /// A resource has these members. It may have more: objects are looked into, everything else is the same.
    pub fn has(&mut self, what: &str, live: &Value, required: &Value) {
        match required {
            Value::Object(members) => {
                for (name, member) in members {
                    self.has(&format!("{what} · {name}"), &live[name], member);
                }
            }
            Value::Number(number) if number.as_f64() == live.as_f64() => {}
            plain if plain == live => {}
            plain => self.differences.push(format!("{what} is {live}, and {plain} is required")),
        }
    }

    /// These lines and no others, in whatever order.
    pub fn lines<A: Into<String>, B: Into<String>>(
        &mut self,
        what: &str,
        live: impl IntoIterator<Item = A>,
        required: impl IntoIterator<Item = B>,
    ) {
        let live: BTreeSet<String> = live.into_iter().map(Into::into).collect();
        let required: BTreeSet<String> = required.into_iter().map(Into::into).collect();
        let missing = required.difference(&live).map(|line| format!("{what}: there is no {line}"));
        let beyond = live.difference(&required).map(|line| format!("{what}: nobody asked for {line}"));
        self.differences.extend(missing.chain(beyond));
    }

    /// What the resources of a kind are called, by identifier: their tags `Name`.
    pub fn names(&self, kind: &str, identifier: &str) -> BTreeMap<&'a str, &'a str> {
        let named = |item: &'a Value| Some((item[identifier].as_str()?, tag(item, "Name")?));
        self.live.all(kind).iter().filter_map(named).collect()
    }

    /// Ends it; everything must have been as it is required.
    #[track_caller]
    pub fn finish(self) {
        let Comparison { live: _, differences } = self;
        assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), differences.join("\n"));
    }
}

/// A tag of a resource, however its service writes tags.
pub fn tag<'a>(resource: &'a Value, key: &str) -> Option<&'a str> {
    let ways = ["Tags", "tags", "TagList"].into_iter().map(|member| &resource[member]);
    let ways = ways.chain([&resource["tagging"]["TagSet"], &resource["Tags"]["TagList"]]);
    let value = ways.filter_map(|tags| match tags {
        Value::Array(tags) => {
            let of_key = tags.iter().find(|tag| tag["Key"] == key || tag["key"] == key)?;
            of_key["Value"].as_str().or(of_key["value"].as_str())
        }
        tags => tags[key].as_str(),
    });
    value.into_iter().next()
}

/// The texts of a list.
pub fn texts(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// The members of a list, or none where there is none.
pub fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}
