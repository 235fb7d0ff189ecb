//! Web ACLs in a real WAF: the local cloud's.

mod common;

use aws_sdk_wafv2::types::{BlockAction, DefaultAction, Scope};
use common::{Walk, aws, project};
use infra_aws::waf::{Answer, Inspection, RateRule, WebAcl, WebAclRule, Window};
use infra_engine::live::{Ask, Behaviour, FaultKind};

fn rate(priority: u32, window: Window, path: Option<&str>) -> WebAclRule {
    let rate = RateRule { requests: window.at(10), window, path: path.map(str::to_owned) };
    WebAclRule { priority, inspection: Inspection::Rate(rate), answer: Answer::Block }
}

fn acl(name: &str) -> WebAcl {
    let rules = [
        ("auth".into(), rate(0, Window::OneMinute, Some("/auth"))),
        ("all".into(), rate(1, Window::FiveMinutes, None)),
    ];
    WebAcl { rules: rules.into(), ..WebAcl::open(name, "What the shop answers") }
}

#[tokio::test]
async fn a_web_acl_walks() {
    let (aws, project) = (aws().await, project());
    let name = format!("{project}-firewall");
    let walk = Walk::begin(&aws, &project, acl(&name)).await;
    walk.order_again().await;
    walk.order_by_another().await;
    let live = WebAcl::read(&aws, &Ask::only([walk.id.clone()])).await.unwrap().pop().unwrap();
    assert!(live.outputs["arn"].contains(":us-east-1:"), "{:?}", live.outputs);
    assert!(live.outputs["arn"].contains(&format!(":global/webacl/{name}/")), "{:?}", live.outputs);

    let get = || aws.wafv2().get_web_acl().name(&name).scope(Scope::Cloudfront).id(&walk.id).send();
    let theirs = get().await.unwrap();
    let web_acl = theirs.web_acl.unwrap();
    let update = aws.wafv2().update_web_acl().name(&name).scope(Scope::Cloudfront).id(&walk.id);
    let block = DefaultAction::builder().block(BlockAction::builder().build()).build();
    let update = update.default_action(block).set_lock_token(theirs.lock_token).set_rules(web_acl.rules);
    update.set_visibility_config(web_acl.visibility_config).send().await.unwrap();

    // What was read before that is not written over what was changed since.
    let fault = WebAcl::update(&aws, &live, &WebAcl::open(&name, "Another")).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Refused, "{fault}");
    walk.mend().await;

    walk.end().await;
}
