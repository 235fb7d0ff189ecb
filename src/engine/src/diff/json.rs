//! JSON compared as what it means: the order of keys and white space do not count.

use serde_json::Value;

/// True when two values mean the same. A text that holds JSON is compared as the JSON in it.
pub fn same_json(left: &Value, right: &Value) -> bool {
    meaning(left) == meaning(right)
}

fn meaning(value: &Value) -> Value {
    match value {
        Value::String(text) => match serde_json::from_str::<Value>(text) {
            Ok(inner @ (Value::Object(_) | Value::Array(_))) => inner,
            _ => value.clone(),
        },
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_and_spaces_do_not_count_and_values_do() {
        assert!(same_json(&json!(r#"{"a": 1, "b": [2]}"#), &json!({"b": [2], "a": 1})));
        assert!(!same_json(&json!(r#"{"a": 1}"#), &json!(r#"{"a": 2}"#)));
        assert!(!same_json(&json!("1"), &json!(1)), "a plain text is not a number");
    }
}
