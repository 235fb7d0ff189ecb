//! Distributions, and what they refer to.

use infra_aws::cloudfront::{
    Behavior, Cache, CachedMethods, Certificate, Cookies, Countries, Distribution, Headers, HttpVersion, Methods,
    Origin, OriginAccessControl, OriginAccessControlId, OriginProtocol, OriginSource, OriginType, PathBehavior,
    PriceClass, QueryStrings, ResponseHeadersPolicy, ResponseHeadersPolicyId, SecurityHeaders, Signing, TlsFrom,
    TlsVersion, Ttl, ViewerProtocol, WebOrigin,
};
use infra_aws::secretsmanager::SecretValue;
use infra_aws::waf::WebAclArn;
use infra_engine::model::{Platform, Ref};
use infra_testkit::laws::Sample;

use crate::ground::{Ground, secret};

mod headers;

const CERTIFICATE: &str = "arn:aws:acm:us-east-1:000000000000:certificate/12345678-1234-1234-1234-123456789012";
const CACHE_POLICY: &str = "658327ea-f89d-4fab-a63d-7e88639e58f6";
const REQUEST_POLICY: &str = "216adef6-5c7f-47e4-b989-5492eafa07d3";
const CDN: &str = "cdn.cdn";

/// What a distribution may refer to.
struct Others {
    access: [Ref<OriginAccessControlId>; 2],
    headers: Ref<ResponseHeadersPolicyId>,
}

fn cdn(project: &str, access: &Ref<OriginAccessControlId>, shown: &SecretValue) -> Distribution {
    let pages = Cache::forwarding(["Host", "Authorization"], Ttl { min: 0, default: 300, max: 86_400 });
    let web = |name: &str| Origin::web(Ref::known(format!("{name}.example.com")));
    let told = Origin { custom_headers: [("X-Origin-Verify".into(), shown.clone())].into(), ..web("told") };
    let assets = Origin::bucket(Ref::known("shop.s3.us-east-1.amazonaws.com"), access.clone());
    let path = |path: &str, origin, cache| PathBehavior { path: path.into(), behavior: Behavior::of(origin, cache) };
    let policies = Cache::Policies { cache: Ref::known(CACHE_POLICY), origin_request: None };
    Distribution {
        origins: [("web".into(), web("lb")), ("assets".into(), assets), ("shown".into(), told)].into(),
        behaviors: vec![path("/api/*", "web", Cache::nothing()), path("/static/*", "assets", policies)],
        ..Distribution::of(format!("{project} CDN"), Behavior::of("web", pages))
    }
}

fn stack(platform: &mut Platform, project: &str, shown: &SecretValue) -> Others {
    let mut stack = platform.stack("cdn");
    let access = ["access", "other"].map(|name| {
        let access =
            OriginAccessControl { name: format!("{project}-{name}"), origin: OriginType::S3, signing: Signing::Always };
        stack.add(name, access).id()
    });
    let security = SecurityHeaders::strict();
    let headers = ResponseHeadersPolicy { name: format!("{project}-headers"), security, headers: [].into() };
    let headers = stack.add("headers", headers).id();
    stack.add("cdn", cdn(project, &access[0], shown));
    Others { access, headers }
}

/// A web ACL that the sample stands on.
async fn web_acl(ground: &Ground) -> Ref<WebAclArn> {
    use aws_sdk_wafv2::types::{AllowAction, DefaultAction, Scope, VisibilityConfig};
    let visibility = VisibilityConfig::builder().sampled_requests_enabled(true).cloud_watch_metrics_enabled(true);
    let call = ground.aws.wafv2().create_web_acl().name(&ground.project).scope(Scope::Cloudfront);
    let call = call.default_action(DefaultAction::builder().allow(AllowAction::builder().build()).build());
    let call = call.visibility_config(visibility.metric_name("firewall").build().unwrap());
    Ref::known(call.send().await.unwrap().summary.unwrap().arn.unwrap())
}

#[tokio::test]
async fn cloudfront() {
    let around = Ground::new().await;
    let (acl, shown) = (web_acl(&around).await, secret(&around).await);
    // A distribution takes its time for each change.
    Ground::obeys_in_parts(6, |ground| sample(&ground.project, acl.clone(), &shown)).await;
}

fn sample(project: &str, acl: Ref<WebAclArn>, shown: &[SecretValue; 2]) -> Sample {
    let (sample, others) = Sample::with(|platform| stack(platform, project, &shown[0]));
    let sample = sample
        .change("cdn.access", |it: &mut OriginAccessControl| it.name.push('2'))
        .change("cdn.access", |it: &mut OriginAccessControl| it.origin = OriginType::Lambda)
        .change("cdn.access", |it: &mut OriginAccessControl| it.signing = Signing::UnlessSigned)
        .change("cdn.access", |it: &mut OriginAccessControl| it.signing = Signing::Never);
    let sample = distributions(headers::policies(sample), project, acl);
    behaviors(origins(sample, &others, &shown[1]), &others)
}

fn distributions(sample: Sample, project: &str, acl: Ref<WebAclArn>) -> Sample {
    let acm = |tls| Certificate::Acm { certificate: Ref::known(CERTIFICATE), tls };
    let mut sample = sample
        .change(CDN, |it: &mut Distribution| it.comment.push('!'))
        .change(CDN, |it: &mut Distribution| it.enabled = false)
        .change(CDN, |it: &mut Distribution| it.root_object = "index.html".into())
        .change(CDN, |it: &mut Distribution| it.price_class = PriceClass::Class100)
        .change(CDN, |it: &mut Distribution| it.price_class = PriceClass::Class200)
        .change(CDN, |it: &mut Distribution| it.http = HttpVersion::Http1)
        .change(CDN, |it: &mut Distribution| it.http = HttpVersion::Http2)
        .change(CDN, |it: &mut Distribution| it.http = HttpVersion::Http3)
        .change(CDN, |it: &mut Distribution| it.ipv6 = false)
        .change(CDN, |it: &mut Distribution| it.countries = Countries::Only(["DE".into()].into()))
        .change(CDN, |it: &mut Distribution| it.countries = Countries::Except(["AQ".into(), "BV".into()].into()))
        .change(CDN, |it: &mut Distribution| it.web_acl = Some(acl))
        .change(CDN, |it: &mut Distribution| it.certificate = acm(TlsFrom::Tls12Of2021))
        .change(CDN, |it: &mut Distribution| {
            it.certificate = Certificate::Iam { id: "ASCAEXAMPLE".into(), tls: TlsFrom::Tls10Of2016 };
        });
    for tls in [TlsFrom::Tls12Of2019, TlsFrom::Tls13Of2025] {
        sample = sample.change(CDN, |it: &mut Distribution| it.certificate = acm(tls));
    }
    // A name of one's own needs a certificate that fits it.
    sample.change_together(CDN, |it: &mut Distribution| {
        (it.aliases, it.certificate) = ([format!("{project}.example.com")].into(), acm(TlsFrom::Tls12Of2021));
    })
}

fn origins(mut sample: Sample, others: &Others, newest: &SecretValue) -> Sample {
    let other = Origin::web(Ref::known("other.example.com"));
    sample = sample
        .change(CDN, |it: &mut Distribution| drop(it.origins.insert("other".into(), other)))
        .change(CDN, |it: &mut Distribution| origin(it, "assets").access = Some(others.access[1].clone()))
        .change(CDN, |it: &mut Distribution| origin(it, "assets").access = None)
        .change(CDN, |it: &mut Distribution| origin(it, "web").domain = Ref::known("lb2.example.com"))
        .change(CDN, |it: &mut Distribution| origin(it, "web").path = "/shop".into())
        .change(CDN, |it: &mut Distribution| origin(it, "web").attempts = 2)
        .change(CDN, |it: &mut Distribution| {
            origin(it, "web").custom_headers = [("X-Origin-Verify".into(), newest.clone())].into();
        })
        .change(CDN, |it: &mut Distribution| {
            origin(it, "shown").custom_headers = [("X-Origin-Verify".into(), newest.clone())].into();
        })
        .change(CDN, |it: &mut Distribution| origin(it, "shown").custom_headers.clear())
        .change(CDN, |it: &mut Distribution| origin(it, "web").connect_timeout = 5)
        .change(CDN, |it: &mut Distribution| web(it).protocol = OriginProtocol::HttpOnly)
        .change(CDN, |it: &mut Distribution| web(it).protocol = OriginProtocol::AsViewer)
        .change(CDN, |it: &mut Distribution| web(it).http_port = 8080)
        .change(CDN, |it: &mut Distribution| web(it).https_port = 8443)
        .change(CDN, |it: &mut Distribution| web(it).tls = [TlsVersion::Tls11, TlsVersion::Tls12].into())
        .change(CDN, |it: &mut Distribution| web(it).tls = [TlsVersion::Ssl30, TlsVersion::Tls10].into())
        .change(CDN, |it: &mut Distribution| web(it).read_timeout = 60)
        .change(CDN, |it: &mut Distribution| web(it).keep_alive = 30);
    // Another sort of origin under the same name.
    sample.change(CDN, |it: &mut Distribution| {
        it.origins.insert("assets".into(), Origin::web(Ref::known("assets.example.com")));
    })
}

fn origin<'a>(cdn: &'a mut Distribution, name: &str) -> &'a mut Origin {
    cdn.origins.get_mut(name).unwrap()
}

fn web(cdn: &mut Distribution) -> &mut WebOrigin {
    match &mut origin(cdn, "web").source {
        OriginSource::Web(web) => web,
        OriginSource::Bucket => unreachable!("it speaks HTTP"),
    }
}

fn behaviors(mut sample: Sample, others: &Others) -> Sample {
    sample = sample
        .change(CDN, |it: &mut Distribution| it.behaviors.reverse())
        .change(CDN, |it: &mut Distribution| it.behaviors.clear())
        .change(CDN, |it: &mut Distribution| it.behaviors[0].path = "/v2/*".into());
    // The same for the default behavior and for one of a path.
    sample = behavior(sample, |it| it.origin = "assets".into());
    for viewers in [ViewerProtocol::Any, ViewerProtocol::HttpsOnly] {
        sample = behavior(sample, |it| it.viewers = viewers);
    }
    for methods in [Methods::Read, Methods::ReadAndOptions] {
        sample = behavior(sample, |it| it.methods = methods);
    }
    sample = behavior(sample, |it| it.cached_methods = CachedMethods::ReadAndOptions);
    sample = behavior(sample, |it| it.compress = false);
    sample = behavior(sample, |it| it.response_headers = Some(others.headers.clone()));
    let (cookies, query) = (|name: &str| [name.to_owned()].into(), |name: &str| [name.to_owned()].into());
    let here = |headers, cookies, query| Cache::Here {
        headers,
        cookies,
        query,
        ttl: Ttl { min: 0, default: 300, max: 86_400 },
    };
    let host = || Headers::Only(["Host".to_owned()].into());
    let caches = [
        here(host(), Cookies::None, QueryStrings::All),
        here(Headers::Only([].into()), Cookies::None, QueryStrings::None),
        here(host(), Cookies::All, QueryStrings::All),
        here(host(), Cookies::Only(cookies("session")), QueryStrings::KeptBy(query("page"))),
        Cache::forwarding(["Host"], Ttl { min: 1, default: 2, max: 3 }),
        Cache::Policies { cache: Ref::known(CACHE_POLICY), origin_request: Some(Ref::known(REQUEST_POLICY)) },
    ];
    for cache in caches {
        sample = behavior(sample, |it| it.cache = cache.clone());
    }
    sample
}

/// A change of the default behavior, and the same of one of a path.
fn behavior(sample: Sample, edit: impl Fn(&mut Behavior)) -> Sample {
    sample.change_together(CDN, |it: &mut Distribution| {
        edit(&mut it.default_behavior);
        edit(&mut it.behaviors[0].behavior);
    })
}
