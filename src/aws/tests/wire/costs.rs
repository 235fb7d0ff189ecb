//! What the services of cost say, in the shapes of their APIs; the refusals are quoted. The local cloud has seen every tag on a
//! bill, and puts reports into any bucket.

use infra_aws::costs::{Activation, AllocationTag, AnomalyMonitor, AnomalySubscription, Detail, UsageReport, Watch};
use infra_engine::live::{Ask, Behaviour, FaultKind, Found, Order};
use infra_engine::model::{Address, Ref, Tags};

use crate::server::{Server, aws, json};

#[tokio::test]
async fn a_key_that_was_not_billed_yet_is_not_listed() {
    let one = r#"{"TagKey": "Project", "Type": "UserDefined", "Status": "Active", "LastUpdatedDate": "2026-01-01T00:00:00Z"}"#;
    let first = format!(r#"{{"CostAllocationTags": [{one}], "NextToken": "more"}}"#);
    let server = Server::start([json(200, &first), json(200, r#"{"CostAllocationTags": []}"#)]).await;
    let ask = Ask { names: ["Environment".to_owned(), "Project".to_owned()].into(), ..Ask::default() };
    let found = AllocationTag::read(&aws(&server.url).await, &ask).await.unwrap();
    let read: Vec<_> = found.iter().map(|tag| (tag.id.as_str(), tag.definition.activation)).collect();
    assert_eq!(read, [("Environment", Activation::Unseen), ("Project", Activation::Active)]);
    let requests = server.requests();
    assert!(requests[0].contains("AWSInsightsIndexService.ListCostAllocationTags"), "{}", requests[0]);
    assert!(requests[0].contains(r#""TagKeys":["Environment","Project"]"#), "{}", requests[0]);
    assert!(requests[1].contains(r#""NextToken":"more""#), "{}", requests[1]);
}

#[tokio::test]
async fn a_key_that_cannot_be_activated_is_told_in_an_answer_that_is_no_error() {
    let trouble = r#"{"TagKey": "Project", "Code": "TagKeysNotFound", "Message": "Tag keys not found."}"#;
    let server = Server::start([json(200, &format!(r#"{{"Errors": [{trouble}]}}"#))]).await;
    let wanted = AllocationTag::active("Project");
    let inactive = AllocationTag { activation: Activation::Inactive, ..wanted.clone() };
    let live = Found::ready("Project", inactive, Tags::new());
    let fault = AllocationTag::update(&aws(&server.url).await, &live, &wanted).await.unwrap_err();
    assert_eq!((fault.kind, fault.code.as_deref()), (FaultKind::Refused, Some("TagKeysNotFound")));
    assert!(fault.message.contains("Tag keys not found. AWS offers a key about a day after"), "{fault}");
    let sent = r#"{"CostAllocationTagsStatus":[{"TagKey":"Project","Status":"Active"}]}"#;
    assert!(server.requests()[0].ends_with(sent), "{}", server.requests()[0]);
}

#[tokio::test]
async fn an_account_of_an_organization_is_told_that_another_one_has_them() {
    let message = "Failed to list Cost Allocation Tags: Linked account doesn't have access to cost allocation tags.";
    let body = format!(r#"{{"__type": "AccessDeniedException", "message": "{message}"}}"#);
    let server = Server::start([json(400, &body)]).await;
    let ask = Ask { names: ["Project".to_owned()].into(), ..Ask::default() };
    let fault = AllocationTag::read(&aws(&server.url).await, &ask).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Refused, "{fault}");
    assert!(fault.message.contains("leave them out here"), "{fault}");
}

/// Until somebody opens Cost Explorer in the console, every call about costs is denied, to administrators as well.
#[tokio::test]
async fn where_nobody_has_opened_cost_explorer_there_is_nothing_to_find_and_that_is_said_when_something_is_made() {
    let body = r#"{"__type": "AccessDeniedException", "message": "User not enabled for cost explorer access"}"#;
    let server = Server::start([json(400, body)]).await;
    let clients = aws(&server.url).await;
    let ask = Ask { owner: "shop/prod".parse().ok(), names: ["Project".to_owned()].into(), ..Ask::default() };
    let found = AllocationTag::read(&clients, &ask).await.unwrap();
    assert_eq!(found[0].definition.activation, Activation::Unseen);
    assert!(AnomalyMonitor::read(&clients, &ask).await.unwrap().is_empty());
    assert!(AnomalySubscription::read(&clients, &ask).await.unwrap().is_empty());
    // As a plan looks for what the ledger knows.
    let only = Ask::only(["arn:aws:ce::123456789012:anomalymonitor/1".to_owned()]);
    assert!(AnomalyMonitor::read(&clients, &only).await.unwrap().is_empty());
    assert!(AnomalySubscription::read(&clients, &only).await.unwrap().is_empty());
    let watches = Watch::Tag { key: "Project".into(), values: ["shop".to_owned()].into() };
    let order = Order {
        address: Address::new("cost", "monitor").unwrap(),
        definition: AnomalyMonitor { name: "shop".into(), watches },
        tags: Tags::new(),
        token: "0".repeat(32),
    };
    let fault = AnomalyMonitor::create(&clients, &order).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Refused, "no permission would help: {fault}");
    assert!(fault.message.contains("open it once in the console"), "{fault}");
}

#[tokio::test]
async fn a_report_is_ordered_whole_and_waits_for_the_policy_of_its_bucket() {
    let message = "Failed to verify customer bucket permission. accountId: 123456789012, bucket name: shop-reports";
    let refusal = format!(r#"{{"__type": "ValidationException", "Message": "{message}"}}"#);
    let server = Server::start([json(400, &refusal), json(200, "{}")]).await;
    let report = UsageReport::for_athena("shop", Ref::known("shop-reports"), "eu-central-1".parse().unwrap());
    let order = Order {
        address: Address::new("cost", "report").unwrap(),
        definition: UsageReport { details: [Detail::Resources].into(), ..report },
        tags: Tags::from([("Project".into(), "shop".into())]),
        token: "0".repeat(32),
    };
    let aws = aws(&server.url).await;
    let fault = UsageReport::create(&aws, &order).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::NotYet, "{fault}");
    assert_eq!(UsageReport::create(&aws, &order).await.unwrap(), "shop");
    let request = &server.requests()[1];
    assert!(request.contains("AWSOrigamiServiceGatewayService.PutReportDefinition"), "{request}");
    let body: serde_json::Value = serde_json::from_str(request.split("\r\n\r\n").nth(1).unwrap()).unwrap();
    let definition = serde_json::json!({
        "ReportName": "shop", "TimeUnit": "HOURLY", "Format": "Parquet", "Compression": "Parquet",
        "AdditionalSchemaElements": ["RESOURCES"], "S3Bucket": "shop-reports", "S3Prefix": "usage",
        "S3Region": "eu-central-1", "AdditionalArtifacts": ["ATHENA"], "RefreshClosedReports": true,
        "ReportVersioning": "OVERWRITE_REPORT",
    });
    let tags = serde_json::json!([{"Key": "Project", "Value": "shop"}]);
    assert_eq!(body, serde_json::json!({"ReportDefinition": definition, "Tags": tags}));
}
