//! The canonical form of a dashboard's body. AWS's console writes the same thing in more than one way.
//!
//! In a list of metrics, `"."` stands for what is in the same place above, and `"..."` for all that is there up to what
//! follows. A number may or may not have a point. And a text that was made of several pieces is one text.

use serde_json::Value;

/// The body with all of that written out.
pub(super) fn expanded(mut body: Value) -> Value {
    for widget in body.get_mut("widgets").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(metrics) = widget.pointer_mut("/properties/metrics").and_then(Value::as_array_mut) {
            expand(metrics);
        }
    }
    plain_numbers(&mut body);
    body
}

/// Writes out the lists of a graph's metrics, each by the one above it.
fn expand(metrics: &mut [Value]) {
    let mut above: Vec<Value> = Vec::new();
    for metric in metrics {
        let Some(list) = metric.as_array_mut() else { continue };
        // What is no text and no reference stands last: the rest of what is said of the metric.
        let rest = list.pop_if(|last| last.is_object() && !is_reference(last));
        for item in list.iter_mut() {
            join(item);
        }
        if let Some(place) = list.iter().position(|item| item == "...") {
            let after = list.len() - place - 1;
            let until = above.len().saturating_sub(after).max(place);
            let repeated = above.get(place..until).unwrap_or_default().to_vec();
            list.splice(place..=place, repeated);
        }
        for (item, same) in list.iter_mut().zip(&above) {
            if item == "." {
                *item = same.clone();
            }
        }
        if !list.is_empty() {
            above.clone_from(list);
        }
        list.extend(rest);
    }
}

fn is_reference(value: &Value) -> bool {
    value.get("$ref").is_some()
}

/// Makes one text of pieces, as soon as all of them are known.
fn join(item: &mut Value) {
    let Some(pieces) = item.as_array() else { return };
    let texts: Option<Vec<&str>> = pieces.iter().map(Value::as_str).collect();
    if let Some(texts) = texts {
        *item = Value::String(texts.concat());
    }
}

/// Writes whole numbers without a point.
fn plain_numbers(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(plain_numbers),
        Value::Object(fields) => fields.values_mut().for_each(plain_numbers),
        Value::Number(number) if number.is_f64() => {
            let whole = number.as_f64().filter(|number| number.fract() == 0.0).map(|number| format!("{number}"));
            if let Some(whole) = whole.and_then(|digits| digits.parse::<i64>().ok()) {
                *value = whole.into();
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(written: Value, expected: Value) {
        let body = |metrics| json!({"widgets": [{"type": "metric", "properties": {"metrics": metrics}}]});
        assert_eq!(expanded(body(written)), body(expected));
    }

    #[test]
    fn dots_stand_for_what_is_above() {
        check(
            json!([
                ["AWS/ECS", "CPUUtilization", "ClusterName", "shop", "ServiceName", "web", {"stat": "Average"}],
                ["...", "api", {"stat": "Maximum"}],
                [".", "MemoryUtilization", ".", ".", ".", "."],
            ]),
            json!([
                ["AWS/ECS", "CPUUtilization", "ClusterName", "shop", "ServiceName", "web", {"stat": "Average"}],
                ["AWS/ECS", "CPUUtilization", "ClusterName", "shop", "ServiceName", "api", {"stat": "Maximum"}],
                ["AWS/ECS", "MemoryUtilization", "ClusterName", "shop", "ServiceName", "api"],
            ]),
        );
    }

    #[test]
    fn expressions_between_metrics_are_looked_over() {
        check(
            json!([["Shop", "Hits", {"id": "h"}], [{"expression": "h * 2"}], [".", "Misses"]]),
            json!([["Shop", "Hits", {"id": "h"}], [{"expression": "h * 2"}], ["Shop", "Misses"]]),
        );
    }

    #[test]
    fn dots_with_nothing_above_stay_and_odd_lists_do_no_harm() {
        for odd in [json!([[".", "a"]]), json!([["a", "b"], 1, []])] {
            check(odd.clone(), odd);
        }
        check(json!([["...", "a"]]), json!([["a"]]));
        assert_eq!(expanded(json!("no JSON")), json!("no JSON"));
        assert_eq!(expanded(json!({"widgets": 1})), json!({"widgets": 1}));
    }

    #[test]
    fn pieces_become_one_text_when_they_are_known() {
        let unknown = json!([{"$ref": "cache.redis", "output": "id"}, "-001"]);
        check(json!([["N", "M", "D", ["shop", "-001"]]]), json!([["N", "M", "D", "shop-001"]]));
        check(json!([["N", "M", "D", unknown]]), json!([["N", "M", "D", unknown]]));
        let reference = json!({"$ref": "cdn.shop", "output": "id"});
        check(json!([["N", "M", "D", reference]]), json!([["N", "M", "D", reference]]));
    }

    #[test]
    fn whole_numbers_have_no_point() {
        assert_eq!(expanded(json!({"a": [80.0, 0.5, 2, -1.0]})), json!({"a": [80, 0.5, 2, -1]}));
    }
}
