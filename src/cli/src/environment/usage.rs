//! Usage files: what is used of each kind, or of one resource, for what it costs. Checked whole, like an environment.

use infra_operate::cost::{Usage, UsageKey, costs_of_kinds};
use serde_json::{Map, Value, json};

use super::schema;
use infra_toml::{Problem, Problems};

/// The JSON Schema of usage files. With resources, each by its address and its kind, it knows these alone; without, any
/// address.
pub fn usage_schema<'a>(resources: Option<impl Iterator<Item = (&'a str, &'a str)>>) -> Value {
    let mut properties = Map::new();
    let keyed = || costs_of_kinds().filter(|(_, keys)| !keys.is_empty());
    for (kind, keys) in keyed() {
        properties.insert(kind.to_owned(), table(format!("Of each resource of the kind {kind}."), keys));
    }
    let mut whole = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Usage",
        "description": "What is used of each kind of resource, or of one resource alone: what its cost depends on.",
        "type": "object",
    });
    match resources {
        Some(resources) => {
            for (address, kind) in resources {
                if let Some((_, keys)) = keyed().find(|(keyed, _)| *keyed == kind) {
                    properties.insert(address.to_owned(), table(format!("Of {address} alone, a {kind}."), keys));
                }
            }
            whole["additionalProperties"] = false.into();
        }
        None => {
            let all: Vec<&UsageKey> = keyed().flat_map(|(_, keys)| keys.iter().copied()).collect();
            let one = table("Of the resource at this address alone.".to_owned(), &all);
            whole["patternProperties"] = json!({ "^[a-z0-9-]+\\.[A-Za-z0-9_-]+$": one });
            whole["additionalProperties"] = false.into();
        }
    }
    whole["properties"] = Value::Object(properties);
    whole
}

fn table(about: String, keys: &[&UsageKey]) -> Value {
    let key = |key: &&UsageKey| {
        let number =
            json!({ "type": "number", "minimum": 0, "maximum": 999_999_999_999_u64, "description": key.about });
        (key.name.to_owned(), number)
    };
    let properties: Map<String, Value> = keys.iter().map(key).collect();
    json!({ "type": "object", "description": about, "properties": properties, "additionalProperties": false })
}

/// Reads usage from a file's text, or tells everything that is wrong with it.
pub fn parse_usage(text: &str, file: &str, schema: &Value) -> Result<Usage, Problems> {
    let wrong = |problems| Problems::new(file, text, problems);
    let (tree, mut problems) = infra_toml::parse(text);
    if problems.is_empty() {
        problems = schema::check(&tree, schema, None);
    }
    if !problems.is_empty() {
        return Err(wrong(problems));
    }
    let mut usage = Usage::default();
    for (of, keys) in tree.get_ref() {
        for (key, value) in keys.get_ref().as_table().into_iter().flatten() {
            let number = value.get_ref();
            let digits = number.as_integer().map(|number| number.as_str());
            let digits = digits.or_else(|| number.as_float().map(|number| number.as_str())).unwrap_or_default();
            match digits.parse() {
                Ok(number) => usage.set(of.get_ref(), key.get_ref(), number),
                Err(error) => problems.push(Problem::at(value.span(), error.to_string())),
            }
        }
    }
    if problems.is_empty() { Ok(usage) } else { Err(wrong(problems)) }
}

#[cfg(test)]
mod tests {
    use infra_operate::cost::{Fraction, UsageKey};

    use super::*;

    const THROUGH: UsageKey = UsageKey { name: "gb_through_per_month", about: "" };

    fn schema() -> Value {
        let resources = [("network.nat-a", "ec2/nat-gateway"), ("network.vpc", "ec2/vpc")];
        usage_schema(Some(resources.into_iter()))
    }

    #[test]
    fn what_is_said_of_one_goes_before_what_is_said_of_its_kind() {
        let text = "[\"ec2/nat-gateway\"]\ngb_through_per_month = 100\n\n[\"network.nat-a\"]\ngb_through_per_month = 2_000.5\n";
        let usage = parse_usage(text, "usage.toml", &schema()).unwrap();
        let of = |address| usage.get(address, "ec2/nat-gateway", &THROUGH);
        assert_eq!(
            (of("network.nat-b"), of("network.nat-a")),
            (Some(Fraction::whole(100)), Some(Fraction::of(4001, 2)))
        );
    }

    #[test]
    fn every_problem_is_told_with_its_line() {
        let text = "[\"ec2/nat-gatway\"]\ngb = 1\n\n[\"network.nat-a\"]\ngb_trough_per_month = 1\n\n[\"ec2/nat-gateway\"]\n\
                    gb_through_per_month = -3\n";
        insta::assert_snapshot!(parse_usage(text, "usage.toml", &schema()).unwrap_err().to_string());
        let exact = "[\"ec2/nat-gateway\"]\ngb_through_per_month = 1e3\n";
        let told = parse_usage(exact, "usage.toml", &schema()).unwrap_err().to_string();
        assert!(told.contains("`1e3` is not a number that is counted with here"), "{told}");
    }

    #[test]
    fn without_an_environment_any_address_may_have_any_key() {
        let anywhere = usage_schema(None::<std::iter::Empty<(&str, &str)>>);
        assert!(parse_usage("[\"a.b\"]\ntasks = 3.5\n", "usage.toml", &anywhere).is_ok());
        assert!(parse_usage("[\"a.b\"]\ntaks = 3.5\n", "usage.toml", &anywhere).is_err());
    }
}
