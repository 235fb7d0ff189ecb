//! The result as it is, and its schema.

use crate::result::RunResult;

/// The result as JSON, with its histograms.
pub fn json(result: &RunResult) -> String {
    serde_json::to_string_pretty(result).expect("a result has only texts and numbers for keys") + "\n"
}

/// The JSON Schema of results.
pub fn json_schema() -> serde_json::Value {
    schemars::schema_for!(RunResult).to_value()
}
