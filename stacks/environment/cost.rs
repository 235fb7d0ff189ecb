//! `[cost]`: how much may be spent, who is told, and where the bill is kept line by line.

use std::collections::BTreeSet;

use super::written::Arn;
use infra_aws::Decimal;
use infra_cli::environment::Conflict;
use infra_values::Email;
use schemars::JsonSchema;
use serde::Deserialize;

/// How much may be spent, and who is told.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    /// What may be spent in a month, in dollars: `"2000"`. Nobody is stopped: somebody is told.
    #[schemars(with = "String")]
    pub limit: Decimal,
    /// How much spend that is out of the ordinary must come to before it is told, in dollars: `"50"`.
    #[schemars(with = "String")]
    pub unusual: Decimal,
    /// Who is told by e-mail.
    #[schemars(length(min = 1, max = 10))]
    pub addresses: BTreeSet<Email>,
    /// A topic of SNS that is told as well, and of what is out of the ordinary at once: its ARN. Its policy lets
    /// `budgets.amazonaws.com` and `costalerts.amazonaws.com` publish.
    #[schemars(regex(pattern = r"^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}$"))]
    pub topic: Option<String>,
    /// Whether the tags `Project` and `Environment` are activated, so that bills are divided by them and the budget can
    /// tell the project's. In an organization only the account that pays can do that: elsewhere, ask there and write
    /// `false`.
    pub divided_by_tags: bool,
    /// Every line of the bill, in a bucket. Without the table there is none.
    pub report: Option<Report>,
}

/// Every line of the bill, in a bucket.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// After how many days a line is thrown away.
    #[schemars(range(min = 1, max = 36_500))]
    pub kept_days: u32,
    /// After how many days without a reader it is archived: it then takes hours to read. Left out, never.
    #[schemars(range(min = 90, max = 730))]
    pub archived_days: Option<u32>,
}

impl Cost {
    /// Values that do not go together.
    pub(super) fn conflicts(&self) -> Vec<Conflict> {
        let Cost { limit, topic, report, .. } = self;
        let mut conflicts = Vec::new();
        let mut conflict = |at: &str, wrong: String, way_out: &str| {
            conflicts.push(Conflict { at: format!("cost.{at}"), wrong, way_out: way_out.to_owned() });
        };
        if limit.is_zero() {
            conflict("limit", "nothing may be spent".into(), "write dollars for a month, such as \"2000\"");
        }
        if let Some(topic) = topic.as_ref().filter(|topic| Arn::of(topic).is_none_or(|arn| arn.service != "sns")) {
            conflict("topic", format!("`{topic}` is no topic"), "write its ARN: `arn:aws:sns:us-east-1:…:costs`");
        }
        if let Some(Report { kept_days, archived_days: Some(archived) }) = report
            && archived >= kept_days
        {
            let wrong = format!("it is archived after {archived} days, and thrown away after {kept_days}");
            conflict("report.archived_days", wrong, "keep it for longer, or leave this out");
        }
        conflicts
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::problems;

    #[test]
    fn what_is_told_can_be_told() {
        let said = problems("prod", &[("limit = \"2000\"", "limit = \"0\"\ntopic = \"costs\"")]);
        assert!(said.contains("nothing may be spent") && said.contains("`costs` is no topic"), "{said}");
    }

    #[test]
    fn what_is_archived_is_kept_for_a_while() {
        let said = problems("prod", &[("kept_days = 730", "kept_days = 90")]);
        assert!(said.contains("archived after 180 days, and thrown away after 90"), "{said}");
    }
}
