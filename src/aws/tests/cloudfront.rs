//! Distributions and what they refer to in a real CloudFront: the local cloud's.

mod common;

use common::{Walk, aws, project};
use infra_aws::Aws;
use infra_aws::cloudfront::{
    Behavior, Cache, CustomHeader, Distribution, DistributionId, Origin, OriginAccessControl, OriginType, PathBehavior,
    ResponseHeadersPolicy, SecurityHeaders, Signing, Ttl,
};
use infra_aws::waf::WebAcl;
use infra_engine::live::{Ask, Behaviour, FaultKind, Found, State};
use infra_engine::model::Ref;

fn shop(project: &str) -> Distribution {
    let pages = Cache::forwarding(["Host", "Authorization"], Ttl { min: 0, default: 300, max: 86_400 });
    Distribution {
        origins: [("web".into(), Origin::web(Ref::known("lb.example.com")))].into(),
        behaviors: vec![PathBehavior { path: "/api/*".into(), behavior: Behavior::of("web", Cache::nothing()) }],
        ..Distribution::of(format!("{project} CDN"), Behavior::of("web", pages))
    }
}

#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
async fn one<R: Behaviour<Cloud = Aws>>(aws: &Aws, id: &str) -> Option<Found<R>> {
    R::read(aws, &Ask::only([id.to_owned()])).await.unwrap().pop()
}

/// Disables and deletes as the engine does: again and again, while it is busy.
async fn delete(aws: &Aws, id: &str) -> Vec<String> {
    let mut said = Vec::new();
    for _ in 0..100 {
        let Some(live) = one::<Distribution>(aws, id).await else { return said };
        match Distribution::delete(aws, &live).await {
            Ok(()) => {}
            Err(fault) => {
                assert_eq!(fault.kind, FaultKind::Busy, "{fault}");
                said.push(fault.message);
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
        }
    }
    panic!("{id} is still there: {said:?}")
}

#[tokio::test]
async fn a_distribution_walks() {
    let (aws, project) = (aws().await, project());
    let walk = Walk::begin(&aws, &project, shop(&project)).await;
    walk.order_again().await;
    let live = one::<Distribution>(&aws, &walk.id).await.unwrap();
    assert!(live.outputs["arn"].ends_with(&format!(":distribution/{}", walk.id)), "{:?}", live.outputs);
    assert!(live.outputs["domain"].contains("cloudfront"), "{:?}", live.outputs);

    let answer = aws.cloudfront().get_distribution_config().id(&walk.id).send().await.unwrap();
    let mut config = answer.distribution_config.unwrap();
    config.comment = "Somebody else's".into();
    config.cache_behaviors = None;
    let update = aws.cloudfront().update_distribution().id(&walk.id).set_if_match(answer.e_tag);
    update.distribution_config(config).send().await.unwrap();
    // What was read before that is not written over what was changed since.
    let fault = Distribution::update(&aws, &live, &Distribution { ipv6: false, ..shop(&project) }).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Refused, "{fault}");
    walk.mend().await;
    walk.turn_into(Distribution { enabled: false, ..shop(&project) }).await;
    walk.end().await;
}

#[tokio::test]
async fn a_distribution_is_disabled_everywhere_before_it_goes() {
    let (aws, project) = (aws().await, project());
    let walk = Walk::begin(&aws, &project, shop(&project)).await;
    let said = delete(&aws, &walk.id).await;
    assert_eq!(said[0], "it is being disabled everywhere");
    assert_eq!(said[1], "that it is disabled is not known everywhere yet", "{said:?}");
    Distribution::delete(&aws, &Found::ready(&walk.id, shop(&project), Default::default())).await.unwrap();
}

#[tokio::test]
async fn a_new_distribution_is_waited_for() {
    let (aws, project) = (aws().await, project());
    let walk = Walk::begin(&aws, &project, shop(&project)).await;
    let live = walk.settled().await;
    Distribution::update(&aws, &live, &Distribution { ipv6: false, ..shop(&project) }).await.unwrap();
    let changed = one::<Distribution>(&aws, &walk.id).await.unwrap();
    assert_eq!(changed.state, State::Pending("being deployed".into()));
    delete(&aws, &walk.id).await;
}

#[tokio::test]
async fn what_a_distribution_refers_to_stays_as_long_as_it_does() {
    let (aws, project) = (aws().await, project());
    let access = OriginAccessControl { name: project.clone(), origin: OriginType::S3, signing: Signing::Always };
    let access = Walk::begin(&aws, &project, access).await;
    let security = SecurityHeaders::strict();
    let headers = ResponseHeadersPolicy { name: project.clone(), security, headers: [].into() };
    let headers = Walk::begin(&aws, &project, headers).await;
    let acl = Walk::begin(&aws, &project, WebAcl::open(&project, "The firewall")).await;

    let assets = Origin::bucket(Ref::known("shop.s3.us-east-1.amazonaws.com"), Ref::known(&access.id));
    let live_acl = one::<WebAcl>(&aws, &acl.id).await.unwrap();
    let mut cdn = shop(&project);
    cdn.origins.insert("assets".into(), assets);
    cdn.default_behavior.response_headers = Some(Ref::known(&headers.id));
    cdn.web_acl = Some(Ref::known(&live_acl.outputs["arn"]));
    let cdn = Walk::begin(&aws, &project, cdn).await;
    let _: Ref<DistributionId> = Ref::known(&cdn.id);

    let busy = [
        OriginAccessControl::delete(&aws, &one(&aws, &access.id).await.unwrap()).await.unwrap_err(),
        ResponseHeadersPolicy::delete(&aws, &one(&aws, &headers.id).await.unwrap()).await.unwrap_err(),
        WebAcl::delete(&aws, &live_acl).await.unwrap_err(),
    ];
    for fault in busy {
        assert_eq!(fault.kind, FaultKind::Busy, "{fault}");
    }
    delete(&aws, &cdn.id).await;
    access.end().await;
    headers.end().await;
    acl.end().await;
}

#[tokio::test]
async fn an_origin_access_control_walks() {
    let (aws, project) = (aws().await, project());
    let access = OriginAccessControl { name: project.clone(), origin: OriginType::S3, signing: Signing::Always };
    let walk = Walk::begin(&aws, &project, access).await;
    walk.order_again().await;
    walk.order_by_another().await;
    walk.end().await;
}

#[tokio::test]
async fn a_response_headers_policy_walks() {
    let (aws, project) = (aws().await, project());
    let policy = ResponseHeadersPolicy {
        name: project.clone(),
        security: SecurityHeaders::strict(),
        headers: [("X-Shop".to_owned(), CustomHeader { value: "1".into(), overrides: true })].into(),
    };
    let walk = Walk::begin(&aws, &project, policy).await;
    walk.order_again().await;
    walk.order_by_another().await;
    walk.end().await;
}
