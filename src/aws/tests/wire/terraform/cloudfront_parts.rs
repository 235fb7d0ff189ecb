//! What distributions refer to: how they prove who asks, and which headers they add.

use std::collections::BTreeMap;

use infra_aws::cloudfront::{
    FrameOption, Frames, Hsts, NoSniff, OriginAccessControl, OriginType, Referrer, ReferrerPolicy,
    ResponseHeadersPolicy, SecurityHeaders, Signing,
};
use infra_engine::live::Behaviour;

use super::Difference::Other;
use super::{Recorded, found, order};
use crate::server::{Reply, Server, aws};

const NOTED: &str = "it cannot have tags, so whose it is stands here";

fn policy(max_age: u32) -> ResponseHeadersPolicy {
    let security = SecurityHeaders {
        hsts: Some(Hsts { max_age, subdomains: true, preload: true, overrides: true }),
        nosniff: Some(NoSniff { overrides: true }),
        frames: Some(Frames { option: FrameOption::Deny, overrides: true }),
        referrer: Some(Referrer { policy: ReferrerPolicy::StrictOriginWhenCrossOrigin, overrides: true }),
        content: None,
    };
    ResponseHeadersPolicy { name: "shop-secure".into(), security, headers: BTreeMap::new() }
}

/// CloudFront, which has made what was asked for as Terraform asks for it.
async fn server() -> Server {
    let inside = |message: &'static str| message.split_once('\n').unwrap().1;
    let answer = |kind: &str, config: &str, message| {
        let body = format!(
            "<{kind}><Id>P1</Id><LastModifiedTime>2026-01-01T00:00:00Z</LastModifiedTime><{config}>{}</{kind}>",
            inside(message)
        );
        Reply::Answer(200, &[("content-type", "text/xml"), ("etag", "E1")], body)
    };
    let control =
        answer("OriginAccessControl", "OriginAccessControlConfig", include_str!("recorded/access-control-create.xml"));
    let policy = answer(
        "ResponseHeadersPolicy",
        "ResponseHeadersPolicyConfig",
        include_str!("recorded/headers-policy-create.xml"),
    );
    Server::answering([("/origin-access-control", control), ("/response-headers-policy", policy)]).await
}

#[tokio::test]
async fn creating_an_origin_access_control() {
    let server = server().await;
    let control = OriginAccessControl { name: "shop-assets".into(), origin: OriginType::S3, signing: Signing::Always };
    OriginAccessControl::create(&aws(&server.url).await, &order(control)).await.unwrap();
    Recorded {
        call: "POST /2020-05-31/origin-access-control HTTP",
        body: include_str!("recorded/access-control-create.xml"),
        sets: &[],
        differences: &[Other("Description", NOTED)],
    }
    .check(&server);
}

#[tokio::test]
async fn creating_a_policy_of_headers() {
    let server = server().await;
    ResponseHeadersPolicy::create(&aws(&server.url).await, &order(policy(31_536_000))).await.unwrap();
    Recorded {
        call: "POST /2020-05-31/response-headers-policy HTTP",
        body: include_str!("recorded/headers-policy-create.xml"),
        sets: &[],
        differences: &[Other("Comment", NOTED)],
    }
    .check(&server);
}

#[tokio::test]
async fn changing_a_policy_of_headers() {
    let server = server().await;
    let live = found("P1", policy(31_536_000), &[]);
    ResponseHeadersPolicy::update(&aws(&server.url).await, &live, &policy(63_072_000)).await.unwrap();
    Recorded {
        call: "PUT /2020-05-31/response-headers-policy/P1 HTTP",
        body: include_str!("recorded/headers-policy-update.xml"),
        sets: &[],
        differences: &[],
    }
    .check(&server);
}
