//! JSON as people lay it out: what fits on a line stays on it.

use serde_json::Value;

/// How far each level stands in.
const STEP: usize = 2;

/// A value on as few lines of at most `width` characters as it can be; the last one ends too.
pub(super) fn laid_out(value: &Value, width: usize) -> String {
    let mut out = String::new();
    lay_out(value, width, 0, 0, &mut out);
    out + "\n"
}

/// `beside` is how much else stands on the value's line.
fn lay_out(value: &Value, width: usize, indent: usize, beside: usize, out: &mut String) {
    let short = on_a_line(value);
    if indent + beside + short.chars().count() <= width {
        *out += &short;
        return;
    }
    let (open, close, entries): (_, _, Vec<(String, &Value)>) = match value {
        Value::Object(map) => {
            ('{', '}', map.iter().map(|(key, value)| (format!("{}: ", Value::from(key.as_str())), value)).collect())
        }
        Value::Array(items) => ('[', ']', items.iter().map(|item| (String::new(), item)).collect()),
        _ => {
            *out += &short;
            return;
        }
    };
    out.push(open);
    for (place, (key, inner)) in entries.iter().enumerate() {
        let comma = if place + 1 < entries.len() { "," } else { "" };
        *out += &format!("\n{}{key}", " ".repeat(indent + STEP));
        lay_out(inner, width, indent + STEP, key.chars().count() + comma.len(), out);
        *out += comma;
    }
    *out += &format!("\n{}{close}", " ".repeat(indent));
}

fn on_a_line(value: &Value) -> String {
    match value {
        Value::Object(map) if map.is_empty() => "{}".to_owned(),
        Value::Object(map) => {
            let entry =
                |(key, value): (&String, &Value)| format!("{}: {}", Value::from(key.as_str()), on_a_line(value));
            format!("{{ {} }}", map.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(on_a_line).collect::<Vec<_>>().join(", ")),
        plain => plain.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_fits_stays_on_its_line() {
        let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["sts:AssumeRole"]}]});
        assert_eq!(
            laid_out(&policy, 50),
            "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    {\n      \"Effect\": \"Allow\",\n      \
             \"Action\": [\"sts:AssumeRole\"]\n    }\n  ]\n}\n"
        );
        assert_eq!(laid_out(&json!([1, {}]), 50), "[1, {}]\n");
        assert_eq!(serde_json::from_str::<Value>(&laid_out(&policy, 10)).unwrap(), policy);
    }
}
