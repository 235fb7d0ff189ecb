//! Distributions.

use std::collections::{BTreeMap, BTreeSet};

use infra_aws::cloudfront::{
    Behavior, Cache, CachedMethods, Certificate, Cookies, Countries, Distribution, Headers, HttpVersion, Methods,
    Origin, OriginProtocol, OriginSource, PathBehavior, PriceClass, QueryStrings, TlsFrom, TlsVersion, Ttl,
    ViewerProtocol, WebOrigin,
};
use infra_engine::live::Behaviour;
use infra_engine::model::Ref;

use super::Difference::{Other, Ours, Theirs};
use super::{Difference, OWNERSHIP, Recorded, found, order};
use crate::server::{Reply, Server, aws};

fn names<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
    names.map(str::to_owned).into()
}

fn path(path: &str, behavior: Behavior) -> PathBehavior {
    PathBehavior { path: path.into(), behavior }
}

fn distribution() -> Distribution {
    let web = Origin::web(Ref::known("shop-123.eu-central-1.elb.amazonaws.com"));
    let bucket = Ref::known("shop-assets.s3.eu-central-1.amazonaws.com");
    let assets = Origin { path: "/public".into(), ..Origin::bucket(bucket, Ref::known("E2QWRUHAPOMQZL")) };
    let pages = Cache::forwarding(["Host", "Authorization"], Ttl { min: 0, default: 300, max: 86_400 });
    let api = Behavior { viewers: ViewerProtocol::HttpsOnly, ..Behavior::of("balancer", Cache::nothing()) };
    let policies = Cache::Policies {
        cache: Ref::known("658327ea-f89d-4fab-a63d-7e88639e58f6"),
        origin_request: Some(Ref::known("88a5eaf4-2fd4-4709-b370-b4c650ea3fcf")),
    };
    let fixed = Behavior {
        methods: Methods::ReadAndOptions,
        cached_methods: CachedMethods::ReadAndOptions,
        compress: false,
        ..Behavior::of("assets", policies)
    };
    let default = Behavior {
        response_headers: Some(Ref::known("67f7725c-6f97-4210-82d7-5512b31e9d03")),
        ..Behavior::of("balancer", pages)
    };
    let certificate = "arn:aws:acm:us-east-1:123456789012:certificate/3e1f5c4a-9d8b-4b57-8d5e-0c6a1b2c3d4e";
    let acl = "arn:aws:wafv2:us-east-1:123456789012:global/webacl/shop/473e64fd-f30b-4765-81a0-62ad96dd167a";
    Distribution {
        aliases: names(["shop.example.com", "www.shop.example.com"]),
        certificate: Certificate::Acm { certificate: Ref::known(certificate), tls: TlsFrom::Tls12Of2021 },
        origins: [("balancer".into(), web), ("assets".into(), assets)].into(),
        behaviors: vec![path("/api/*", api), path("/static/*", fixed)],
        root_object: "index.html".into(),
        price_class: PriceClass::Class100,
        web_acl: Some(Ref::known(acl)),
        ..Distribution::of("The shop", default)
    }
}

fn changed() -> Distribution {
    let mut changed = distribution();
    let search = Cache::Here {
        headers: Headers::Only(BTreeSet::new()),
        cookies: Cookies::Only(names(["language", "session"])),
        query: QueryStrings::KeptBy(names(["page", "q"])),
        ttl: Ttl { min: 1, default: 10, max: 60 },
    };
    let search = Behavior { viewers: ViewerProtocol::Any, methods: Methods::Read, ..Behavior::of("balancer", search) };
    changed.behaviors.push(path("/search/*", search));
    if let Some(Origin { source: OriginSource::Web(web), .. }) = changed.origins.get_mut("balancer") {
        web.read_timeout = 45;
    }
    Distribution { aliases: names(["shop.example.com"]), price_class: PriceClass::All, ..changed }
}

fn plain() -> Distribution {
    let web = WebOrigin {
        protocol: OriginProtocol::AsViewer,
        http_port: 8080,
        https_port: 8443,
        tls: BTreeSet::from([TlsVersion::Tls11, TlsVersion::Tls12]),
        read_timeout: 30,
        keep_alive: 10,
    };
    let origin = Origin { source: OriginSource::Web(web), ..Origin::web(Ref::known("web.example.com")) };
    let cache = Cache::Here {
        headers: Headers::Only(BTreeSet::new()),
        cookies: Cookies::None,
        query: QueryStrings::None,
        ttl: Ttl { min: 0, default: 60, max: 600 },
    };
    let default = Behavior {
        viewers: ViewerProtocol::Any,
        methods: Methods::Read,
        compress: false,
        ..Behavior::of("web", cache)
    };
    Distribution {
        origins: BTreeMap::from([("web".into(), origin)]),
        http: HttpVersion::Http2,
        ipv6: false,
        countries: Countries::Only(names(["AT", "CH", "DE"])),
        ..Distribution::of("Plain", default)
    }
}

/// CloudFront as it is after Terraform has made a distribution.
async fn server(created: &str) -> Server {
    let (_, rest) = created.split_once("<DistributionConfig>").unwrap();
    let (inside, _) = rest.split_once("</DistributionConfig>").unwrap();
    let config = format!("<DistributionConfig>{inside}</DistributionConfig>");
    let whole = format!(
        "<Distribution><Id>E1</Id><ARN>arn:aws:cloudfront::123456789012:distribution/E1</ARN><Status>Deployed</Status>\
         <LastModifiedTime>2026-01-01T00:00:00Z</LastModifiedTime><DomainName>d1.cloudfront.net</DomainName>\
         <InProgressInvalidationBatches>0</InProgressInvalidationBatches>{config}</Distribution>"
    );
    let headers = &[("content-type", "text/xml"), ("etag", "E2QWRUHAPOMQZL")];
    let reply = |body: &str| Reply::Answer(200, headers, body.to_owned());
    Server::answering([("GET /2020-05-31/distribution/E1/config", reply(&config)), ("", reply(&whole))]).await
}

const CREATE: &str = "POST /2020-05-31/distribution?WithTags";
const UPDATE: &str = "PUT /2020-05-31/distribution/E1/config";

const SETS: &[&str] = &["AllowedMethods.Items", "GeoRestriction.Items", "Headers.Items", "Origins.Items"];

const EMPTY: &str = "an empty text says as much as nothing";
const OFF: &str = "that it is off is said: AWS says it too, and does not start from anything else";

/// How the messages that make a distribution differ, whatever it is.
const CREATING: &[Difference] = &[
    Other("CallerReference", "ours is the order's own, so that an order that is repeated makes no second one"),
    Ours("Tags.Items", OWNERSHIP),
    Ours("OriginGroups.Quantity", OFF),
    Ours("OriginShield.Enabled", OFF),
    Theirs("Staging", "only the call that copies a distribution makes one that is staged"),
    Theirs("ContinuousDeploymentPolicyId", EMPTY),
];

/// How all messages with a distribution in them differ.
const ALWAYS: &[Difference] = &[
    Theirs("CachePolicyId", EMPTY),
    Theirs("OriginRequestPolicyId", EMPTY),
    Theirs("ResponseHeadersPolicyId", EMPTY),
    Theirs("OriginAccessControlId", EMPTY),
    Theirs("WhitelistedNames", "cookies are named where they are told apart by name, and not otherwise"),
];

#[tokio::test]
async fn creating() {
    let body = include_str!("recorded/distribution-create.xml");
    let server = server(body).await;
    Distribution::create(&aws(&server.url).await, &order(distribution())).await.unwrap();
    let differences = [ALWAYS, CREATING, &[Ours("CloudFrontDefaultCertificate", OFF)]].concat();
    Recorded { call: CREATE, body, sets: SETS, differences: &differences }.check(&server);
}

#[tokio::test]
async fn creating_a_plain_one() {
    let body = include_str!("recorded/distribution-plain.xml");
    let server = server(body).await;
    Distribution::create(&aws(&server.url).await, &order(plain())).await.unwrap();
    let differences = [ALWAYS, CREATING, &[Theirs("Tags", "nothing of ours is without tags")]].concat();
    Recorded { call: CREATE, body, sets: SETS, differences: &differences }.check(&server);
}

/// What Terraform has made is changed here, and what Terraform has said of it beside that stays.
#[tokio::test]
async fn changing() {
    let server = server(include_str!("recorded/distribution-create.xml")).await;
    let live = found("E1", distribution(), &[]);
    Distribution::update(&aws(&server.url).await, &live, &changed()).await.unwrap();
    Recorded {
        call: UPDATE,
        body: include_str!("recorded/distribution-update.xml"),
        sets: SETS,
        differences: &[ALWAYS, &[Ours("CloudFrontDefaultCertificate", OFF)]].concat(),
    }
    .check(&server);
    let request = server.requests().into_iter().find(|request| request.starts_with("PUT ")).unwrap();
    assert!(request.to_lowercase().contains("\r\nif-match: e2qwruhapomqzl\r\n"), "{request}");
}

/// It is disabled before it is deleted.
#[tokio::test]
async fn disabling() {
    let server = server(include_str!("recorded/distribution-plain.xml")).await;
    let live = found("E1", plain(), &[]);
    Distribution::delete(&aws(&server.url).await, &live).await.unwrap_err();
    Recorded {
        call: UPDATE,
        body: include_str!("recorded/distribution-plain-disable.xml"),
        sets: SETS,
        // Where nothing was said of it, CloudFront tells that there are none; the server of this test does not.
        differences: &[Theirs("OriginGroups.Quantity", "it is sent back as it was read")],
    }
    .check(&server);
}
