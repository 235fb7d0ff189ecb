//! The edge: the load balancer, those that answer, and which requests are whose.

use serde_json::{Value, json};

use super::named;
use crate::support::{Comparison, items};

const CERTIFICATE: &str = "arn:aws:acm:us-east-1:333333333333:certificate/00000000-0000-0000-0000-000000000000";

pub fn compare(all: &mut Comparison<'_>) {
    let balancer = all.the("load balancers", "LoadBalancerName", &named("alb"));
    let required = json!({"Scheme": "internet-facing", "Type": "application", "State": {"Code": "active"}});
    all.has("load balancer", balancer, &required);
    let subnets = all.names("subnets", "SubnetId");
    let stands =
        items(&balancer["AvailabilityZones"]).filter_map(|zone| subnets.get(zone["SubnetId"].as_str()?).copied());
    all.lines("load balancer's subnets", stands, ["a", "b", "c"].map(|zone| named(&format!("public-{zone}"))));
    let groups = all.names("security groups", "GroupId");
    let groups = items(&balancer["SecurityGroups"]).filter_map(|id| groups.get(id.as_str()?).copied());
    all.lines("load balancer's security groups", groups, [named("alb")]);

    target_groups(all);
    listeners(all);
}

fn target_groups(all: &mut Comparison<'_>) {
    for (service, balancing, sticky) in [
        ("api-gateway", "least_outstanding_requests", None),
        ("user-service", "round_robin", Some("3600")),
        ("product-service", "weighted_random", None),
        ("order-service", "least_outstanding_requests", None),
        ("notification-service", "round_robin", None),
    ] {
        let group = all.the("target groups", "TargetGroupName", &format!("tg-{service}"));
        let required = json!({
            "TargetType": "ip", "Protocol": "HTTP", "Port": 8000, "HealthCheckEnabled": true,
            "HealthCheckPath": "/health", "Matcher": {"HttpCode": "200"},
        });
        all.has(&format!("target group of {service}"), group, &required);
        let mut required = vec![
            "deregistration_delay.timeout_seconds=30".to_owned(),
            format!("load_balancing.algorithm.type={balancing}"),
            format!("stickiness.enabled={}", sticky.is_some()),
        ];
        required.extend(sticky.map(|seconds| format!("stickiness.lb_cookie.duration_seconds={seconds}")));
        let shown = |line: &String| {
            let name = line.split('=').next();
            required.iter().any(|required| required.split('=').next() == name)
        };
        let live: Vec<String> = attributes(group).filter(shown).collect();
        all.lines(&format!("target group of {service}"), live, required);
    }
    let required = ["api-gateway", "user-service", "product-service", "order-service", "notification-service"];
    let live = all.live.all("target groups").iter().filter_map(|group| group["TargetGroupName"].as_str());
    all.lines("target groups", live, required.map(|service| format!("tg-{service}")));
}

fn attributes(of: &Value) -> impl Iterator<Item = String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    items(&of["Attributes"]["Attributes"]).map(move |one| format!("{}={}", text(&one["Key"]), text(&one["Value"])))
}

/// HTTP sends to HTTPS; there, each service has its paths, and the rest is the front's.
fn listeners(all: &mut Comparison<'_>) {
    let ports = all.live.all("listeners").iter().map(|listener| listener["Port"].to_string());
    all.lines("ports", ports, ["80", "443"]);
    let at =
        |port: u16| all.live.all("listeners").iter().find(|listener| listener["Port"] == port).unwrap_or(&Value::Null);
    let (http, https) = (at(80), at(443));

    all.has("HTTP listener", http, &json!({"Protocol": "HTTP"}));
    let redirect = json!({"Type": "redirect", "RedirectConfig": {
        "Protocol": "HTTPS", "Port": "443", "Host": "#{host}", "Path": "/#{path}", "Query": "#{query}",
        "StatusCode": "HTTP_301",
    }});
    all.has("HTTP listener's action", &http["DefaultActions"][0], &redirect);
    let tls = json!({"Protocol": "HTTPS", "SslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06"});
    all.has("HTTPS listener", https, &tls);
    all.has("HTTPS listener's certificate", &https["Certificates"][0]["CertificateArn"], &json!(CERTIFICATE));

    let groups: Vec<(&Value, &str)> = all
        .live
        .all("target groups")
        .iter()
        .filter_map(|group| Some((&group["TargetGroupArn"], group["TargetGroupName"].as_str()?)))
        .collect();
    let answers = |action: &Value| {
        let group = groups.iter().find(|(arn, _)| **arn == action["TargetGroupArn"]);
        group.map_or("nobody", |(_, name)| *name)
    };
    // What has not come through the content delivery network is answered by nobody: each rule wants what it shows.
    let refused = json!({"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "403"}});
    all.has("HTTPS listener's own action", &https["DefaultActions"][0], &refused);
    let shown = all.the_only("distributions")["Config"]["Origins"]["Items"].clone();
    let shown = items(&shown).flat_map(|origin| items(&origin["CustomHeaders"]["Items"]).cloned().collect::<Vec<_>>());
    let shown: Vec<Value> = shown.collect();
    let mut live = Vec::new();
    for rule in all.live.all("listener rules") {
        let priority = rule["Priority"].as_str().unwrap_or_default();
        let conditions: Vec<&Value> = items(&rule["Conditions"]).collect();
        let of = |field: &str| conditions.iter().find(|condition| condition["Field"] == field);
        let proof = of("http-header").map(|proof| &proof["HttpHeaderConfig"]).unwrap_or(&Value::Null);
        let wanted = json!([{"HeaderName": proof["HttpHeaderName"], "HeaderValue": proof["Values"][0]}]);
        all.has(&format!("what rule {priority} is shown"), &json!(shown), &wanted);
        let paths = of("path-pattern")
            .map_or("everything".to_owned(), |paths| paths["PathPatternConfig"]["Values"].to_string());
        live.push(format!("{priority}: {paths} to {}", answers(&rule["Actions"][0])));
    }
    all.lines(
        "what HTTPS does",
        live,
        [
            "50000: everything to tg-api-gateway",
            r#"100: ["/user-service/*"] to tg-user-service"#,
            r#"101: ["/product-service/*"] to tg-product-service"#,
            r#"102: ["/order-service/*"] to tg-order-service"#,
            r#"103: ["/notification-service/*"] to tg-notification-service"#,
            r#"104: ["/api/*"] to tg-api-gateway"#,
        ],
    );
    let listener = https["ListenerArn"].as_str().unwrap_or_default().replace(":listener/", ":listener-rule/");
    for rule in all.live.all("listener rules") {
        let of_https = rule["RuleArn"].as_str().is_some_and(|arn| arn.starts_with(&listener));
        all.has("rule of the HTTPS listener", &json!(of_https), &json!(true));
    }
}
