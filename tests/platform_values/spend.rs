//! The spend: the budget and what is out of the ordinary, who is told, and every line of the bill.

use serde_json::{Value, json};

use super::named;
use crate::support::{Comparison, items, texts};

const ADDRESSES: [&str; 2] = ["finance@example.com", "ops@example.com"];

pub fn compare(all: &mut Comparison<'_>) {
    let budget = all.the_only("budgets");
    let required = json!({
        "BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": {"Unit": "USD"},
        "CostFilters": {"TagKeyValue": ["user:Project$django-microservices"]},
    });
    all.has("budget", budget, &required);
    let limit = budget["BudgetLimit"]["Amount"].as_str().and_then(|limit| limit.parse::<f64>().ok());
    all.has("budget's limit", &json!(limit), &json!(2000.0));
    let name = budget["BudgetName"].as_str().unwrap_or_default().starts_with(&named(""));
    all.has("the budget's name is the project's", &json!(name), &json!(true));
    let told = items(&budget["Notifications"]).flat_map(|notification| {
        let text = |member: &str| notification[member].as_str().unwrap_or_default().to_owned();
        let when = format!("{} {} {}", text("NotificationType"), text("ComparisonOperator"), notification["Threshold"]);
        let kind = text("ThresholdType");
        items(&notification["Subscribers"])
            .map(move |who| format!("{when} {kind} {}", who["Address"].as_str().unwrap_or_default()))
    });
    let required = ADDRESSES.into_iter().flat_map(|address| {
        ["ACTUAL GREATER_THAN 80.0", "FORECASTED GREATER_THAN 100.0"].map(|when| format!("{when} PERCENTAGE {address}"))
    });
    all.lines("who hears of the budget", told, required);
    anomalies(all);
    let tags = all.live.all("cost allocation tags").iter().filter_map(|tag| tag["TagKey"].as_str());
    all.lines("tags that bills are divided by", tags, ["Project", "Environment"]);
    report(all);
}

fn anomalies(all: &mut Comparison<'_>) {
    let monitor = all.the_only("anomaly monitors");
    let watches = json!({
        "MonitorType": "CUSTOM",
        "MonitorSpecification": {"Tags": {"Key": "Project", "Values": ["django-microservices"]}},
    });
    all.has("monitor", monitor, &watches);
    let subscription = all.the_only("anomaly subscriptions");
    let required = json!({
        "Frequency": "DAILY", "MonitorArnList": [monitor["MonitorArn"]],
        "ThresholdExpression": {"Dimensions": {
            "Key": "ANOMALY_TOTAL_IMPACT_ABSOLUTE", "MatchOptions": ["GREATER_THAN_OR_EQUAL"], "Values": ["100"],
        }},
    });
    all.has("subscription", subscription, &required);
    let told = items(&subscription["Subscribers"]).filter_map(|who| who["Address"].as_str());
    all.lines("who hears of anomalies", told, ADDRESSES);
}

/// Into a closed bucket whose objects move to where they are cheaper.
fn report(all: &mut Comparison<'_>) {
    let report = all.the_only("usage reports");
    let name = report["S3Bucket"].as_str().unwrap_or_default();
    let bucket = all.the("buckets", "Name", name);
    super::closed(all, bucket);
    let rule = json!({"Status": "Enabled", "Expiration": {"Days": 730}});
    all.has("lines of the bill", &bucket["lifecycle_configuration"]["Rules"][0], &rule);
    let moves = json!([{"Days": 0, "StorageClass": "INTELLIGENT_TIERING"}]);
    all.has("lines of the bill move", &bucket["lifecycle_configuration"]["Rules"][0]["Transitions"], &moves);
    let tiers = &bucket["tiering"]["IntelligentTieringConfigurationList"][0];
    all.has("tiers", tiers, &json!({"Status": "Enabled", "Tierings": [{"AccessTier": "ARCHIVE_ACCESS", "Days": 180}]}));
    let policy = bucket["policy"]["Policy"].as_str().unwrap_or_default();
    let policy: Value = serde_json::from_str(policy).unwrap_or_default();
    let writes =
        items(&policy["Statement"]).filter(|statement| texts(&statement["Action"]).any(|done| done == "s3:PutObject"));
    let who = writes.flat_map(|statement| texts(&statement["Principal"]["Service"]));
    all.lines("who writes the lines", who, ["billingreports.amazonaws.com"]);
}
