//! The content delivery network: whom it asks and how, what it keeps, and whom it refuses.

use serde_json::{Value, json};

use super::named;
use crate::support::{Comparison, items, texts};

const BALANCER: &str = "ALB-django-microservices";

pub fn compare(all: &mut Comparison<'_>) {
    let distribution = all.the_only("distributions");
    let config = &distribution["Config"];
    let firewall = all.the("web acls", "Name", &named("cdn"));
    let plain = json!({
        "Enabled": true, "IsIPV6Enabled": true, "DefaultRootObject": "index.html", "PriceClass": "PriceClass_All",
        "Comment": "django-microservices CDN", "Restrictions": {"GeoRestriction": {"RestrictionType": "none"}},
        "ViewerCertificate": {"CloudFrontDefaultCertificate": true}, "Aliases": {"Quantity": 0},
        "WebACLId": firewall["ARN"],
    });
    all.has("distribution", config, &plain);
    origins(all, config);
    behaviours(all, config);
    headers(all, config);
    limits(all, firewall);
    assets(all, distribution);
}

fn origins(all: &mut Comparison<'_>, config: &Value) {
    let live = &config["Origins"]["Items"];
    all.lines("origins", items(live).filter_map(|origin| origin["Id"].as_str()), [BALANCER, "assets"]);
    let origin = |id: &str| items(live).find(|origin| origin["Id"] == id).unwrap_or(&Value::Null);
    let balancer = json!({
        "DomainName": "origin.example.com",
        "CustomOriginConfig": {
            "HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only",
            "OriginSslProtocols": {"Quantity": 1, "Items": ["TLSv1.2"]},
        },
    });
    all.has("origin of the load balancer", origin(BALANCER), &balancer);
    let access = all.the("origin access controls", "Name", &named("assets"));
    let signs = json!({"OriginAccessControlOriginType": "s3", "SigningBehavior": "always", "SigningProtocol": "sigv4"});
    all.has("access of the origin", access, &signs);
    all.has("origin of the assets", origin("assets"), &json!({"OriginAccessControlId": access["Id"]}));
}

fn behaviours(all: &mut Comparison<'_>, config: &Value) {
    let every = json!(["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]);
    let reading = json!(["GET", "HEAD"]);
    let none = || json!({"Quantity": 0});
    let paths = &config["CacheBehaviors"]["Items"];
    let order = items(paths).filter_map(|behaviour| behaviour["PathPattern"].as_str());
    all.has("paths in their order", &order.collect::<Value>(), &json!(["/api/*", "/static/*"]));
    for (what, live, origin, methods, headers, cookies, query, ttl) in [
        (
            "everything else",
            &config["DefaultCacheBehavior"],
            BALANCER,
            &every,
            json!({"Quantity": 2, "Items": ["Authorization", "Host"]}),
            "none",
            true,
            [0, 300, 86_400],
        ),
        ("/api/*", &paths[0], BALANCER, &every, json!({"Quantity": 1, "Items": ["*"]}), "all", true, [0, 0, 0]),
        ("/static/*", &paths[1], "assets", &reading, none(), "none", false, [86_400, 2_592_000, 31_536_000]),
    ] {
        let [least, usual, most] = ttl;
        let required = json!({
            "TargetOriginId": origin, "Compress": true, "ViewerProtocolPolicy": "redirect-to-https",
            "AllowedMethods": {"Items": methods, "CachedMethods": {"Items": reading}},
            "ForwardedValues": {"QueryString": query, "Headers": headers, "Cookies": {"Forward": cookies}},
            "MinTTL": least, "DefaultTTL": usual, "MaxTTL": most,
        });
        all.has(what, live, &required);
    }
}

fn headers(all: &mut Comparison<'_>, config: &Value) {
    let policy = &all.the_only("response headers policies")["ResponseHeadersPolicy"];
    let required = json!({
        "Name": named("security-headers"),
        "SecurityHeadersConfig": {
            "StrictTransportSecurity": {"Override": true, "AccessControlMaxAgeSec": 63_072_000, "IncludeSubdomains": true},
            "ContentTypeOptions": {"Override": true},
            "FrameOptions": {"Override": true, "FrameOption": "DENY"},
            "ReferrerPolicy": {"Override": true, "ReferrerPolicy": "strict-origin-when-cross-origin"},
        },
    });
    all.has("security headers", &policy["ResponseHeadersPolicyConfig"], &required);
    let of_paths = items(&config["CacheBehaviors"]["Items"]);
    for behaviour in of_paths.chain([&config["DefaultCacheBehavior"]]) {
        all.has("headers of answers", behaviour, &json!({"ResponseHeadersPolicyId": policy["Id"]}));
    }
}

/// 100 and 10 requests a second, in WAF's windows of a minute.
fn limits(all: &mut Comparison<'_>, firewall: &Value) {
    all.has("firewall", firewall, &json!({"DefaultAction": {"Allow": {}}}));
    let groups = items(&firewall["Rules"]).filter(|rule| !rule["OverrideAction"].is_null()).map(|rule| {
        let group = &rule["Statement"]["ManagedRuleGroupStatement"];
        format!(
            "{} by {} as it says: {}",
            group["Name"],
            group["VendorName"],
            rule["OverrideAction"]["None"].is_object()
        )
    });
    let required = ["AmazonIpReputationList", "KnownBadInputsRuleSet", "CommonRuleSet"];
    all.lines(
        "groups of rules",
        groups,
        required.map(|name| format!(r#""AWSManagedRules{name}" by "AWS" as it says: true"#)),
    );
    let log = items(&firewall["log"]["LogDestinationConfigs"]).filter_map(Value::as_str);
    let log = log.filter_map(|arn| arn.split_once(":log-group:")).map(|(_, name)| name);
    all.lines("log of the firewall", log, ["aws-waf-logs-django-microservices-cdn"]);
    let redacted = items(&firewall["log"]["RedactedFields"]).filter_map(|field| field["SingleHeader"]["Name"].as_str());
    all.lines("what the log leaves out", redacted, ["authorization", "cookie"]);
    let live = items(&firewall["Rules"]).filter(|rule| rule["OverrideAction"].is_null()).map(|rule| {
        let rate = &rule["Statement"]["RateBasedStatement"];
        let path = &rate["ScopeDownStatement"]["ByteMatchStatement"];
        let blocks = rule["Action"]["Block"].is_object();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        format!(
            "{} of {} in {} s of one {} block: {blocks}",
            rate["Limit"],
            text(&path["SearchString"]),
            rate["EvaluationWindowSec"],
            text(&rate["AggregateKeyType"])
        )
    });
    let required = ["600 of /auth in 60 s of one IP block: true", "6000 of /api/ in 60 s of one IP block: true"];
    all.lines("limits", live, required);
}

/// A closed bucket that this distribution alone may read.
fn assets(all: &mut Comparison<'_>, distribution: &Value) {
    let name = all.live.all("buckets").iter().filter_map(|bucket| bucket["Name"].as_str());
    let name = name.into_iter().find(|name| name.contains("-assets-")).unwrap_or("the assets' bucket");
    let bucket = all.the("buckets", "Name", name);
    super::closed(all, bucket);
    let policy = bucket["policy"]["Policy"].as_str().unwrap_or_default();
    let policy: Value = serde_json::from_str(policy).unwrap_or_default();
    let statement = &policy["Statement"][0];
    all.lines("what may be done with the assets", texts(&statement["Action"]), ["s3:GetObject"]);
    all.lines("who may read the assets", texts(&statement["Principal"]["Service"]), ["cloudfront.amazonaws.com"]);
    let source = texts(&statement["Condition"]["StringEquals"]["AWS:SourceArn"]).next().unwrap_or_default();
    let own = distribution["Id"].as_str().is_some_and(|id| source.ends_with(&format!(":distribution/{id}")));
    all.has("read by this distribution", &json!(own), &json!(true));
}
