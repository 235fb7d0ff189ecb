//! A distribution: what stands between viewers all over the world and the origins.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_cloudfront::types::{
    Distribution as Live, DistributionConfig, DistributionConfigWithTags, TagKeys, Tags as SdkTags,
};
use infra_derive::Resource;
use infra_engine::check::Rule;
use infra_engine::live::{Ask, Behaviour, Fault, FaultKind, Found, Order, Retag, State, Waits};
use infra_engine::model::{Ref, Tags};
use serde::{Deserialize, Serialize};

use self::headers::Noted;
use super::fault::{CloudFrontFault, gone, nameless};
use crate::again::made_before;
use crate::iam::Arn;
use crate::pages::each;
use crate::tags::{from_sdk, to_sdk};
use crate::unreadable::or_stand_in;
use crate::waf::WebAclArn;
use crate::{Aws, Sorted, index};

mod behavior;
mod headers;
mod origin;
mod rules;
mod wire;

pub use behavior::{
    Behavior, Cache, CachePolicyId, CachedMethods, Cookies, Headers, Methods, OriginRequestPolicyId, PathBehavior,
    QueryStrings, Ttl, ViewerProtocol,
};
pub use origin::{Origin, OriginDomain, OriginProtocol, OriginSource, TlsVersion, WebOrigin};

/// What stands between viewers all over the world and the origins.
///
/// ```
/// use infra_aws::cloudfront::{Behavior, Cache, Distribution, Origin, OriginDomain, PathBehavior, Ttl};
/// use infra_engine::model::Ref;
///
/// let balancer: Ref<OriginDomain> = Ref::known("shop-123.eu-central-1.elb.amazonaws.com");
/// let pages = Cache::forwarding(["Host", "Authorization"], Ttl { min: 0, default: 300, max: 86_400 });
/// let api = PathBehavior { path: "/api/*".into(), behavior: Behavior::of("web", Cache::nothing()) };
/// let cdn = Distribution {
///     origins: [("web".into(), Origin::web(balancer))].into(),
///     behaviors: vec![api],
///     ..Distribution::of("The shop", Behavior::of("web", pages))
/// };
/// ```
///
/// What it has beside this is left as it is. Functions at the edge, logs and groups of origins are told in each plan:
/// whoever adds one sees or changes what viewers and origins say to each other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "cloudfront/distribution", id = DistributionId, after = ["elb/listener-rule"])]
#[resource(outputs(
    /// Its Amazon Resource Name: for the policy of a bucket that only it may read.
    ARN: new DistributionArn,
    /// Its own domain name: `d111111abcdef8.cloudfront.net`.
    DOMAIN: new DistributionDomain,
    /// Its own address: `https://d111111abcdef8.cloudfront.net/`.
    URL: new DistributionUrl,
))]
pub struct Distribution {
    /// What it is for.
    pub comment: String,
    /// Whether it answers.
    pub enabled: bool,
    /// The domain names under which it answers, beside its own. Each is one distribution's in the world.
    pub aliases: BTreeSet<String>,
    /// By which certificate viewers know it.
    pub certificate: Certificate,
    /// Where it gets what it answers, by name.
    pub origins: BTreeMap<String, Origin>,
    /// What happens to requests that no path below fits.
    pub default_behavior: Behavior,
    /// What happens to requests by path: the first that fits.
    pub behaviors: Vec<PathBehavior>,
    /// What is answered for `/`. Empty is whatever the origin answers.
    pub root_object: String,
    /// From where in the world it answers.
    pub price_class: PriceClass,
    /// Which versions of HTTP it speaks with viewers.
    pub http: HttpVersion,
    /// Whether it has IPv6 addresses.
    pub ipv6: bool,
    /// From which countries it can be reached.
    pub countries: Countries,
    /// The firewall in front of it.
    pub web_acl: Option<Ref<WebAclArn>>,
}

/// By which certificate viewers know a distribution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Certificate {
    /// CloudFront's own, which fits its own domain name alone.
    CloudFront,
    /// One of AWS Certificate Manager, in us-east-1.
    Acm {
        /// Which.
        certificate: Ref<CertificateArn>,
        /// From which version of TLS on.
        tls: TlsFrom,
    },
    /// One that was uploaded to IAM.
    Iam {
        /// Its identifier.
        id: String,
        /// From which version of TLS on.
        tls: TlsFrom,
    },
}

/// A certificate of AWS Certificate Manager: `arn:aws:acm:us-east-1:…:certificate/…`.
pub enum CertificateArn {}

/// From which version of TLS on, and with which ciphers: AWS's security policies by their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TlsFrom {
    /// TLS 1.0, as old as can be.
    #[serde(rename = "TLSv1")]
    Tls10,
    /// TLS 1.0, without RC4.
    #[serde(rename = "TLSv1_2016")]
    Tls10Of2016,
    /// TLS 1.1.
    #[serde(rename = "TLSv1.1_2016")]
    Tls11Of2016,
    /// TLS 1.2.
    #[serde(rename = "TLSv1.2_2018")]
    Tls12Of2018,
    /// TLS 1.2, with fewer ciphers.
    #[serde(rename = "TLSv1.2_2019")]
    Tls12Of2019,
    /// TLS 1.2, with the ciphers that are held for good: what AWS recommends.
    #[serde(rename = "TLSv1.2_2021")]
    Tls12Of2021,
    /// TLS 1.2, with still fewer ciphers.
    #[serde(rename = "TLSv1.2_2025")]
    Tls12Of2025,
    /// TLS 1.3.
    #[serde(rename = "TLSv1.3_2025")]
    Tls13Of2025,
}

/// From where in the world a distribution answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PriceClass {
    /// Europe and North America.
    Class100,
    /// All but South America, Australia and New Zealand.
    Class200,
    /// Everywhere.
    All,
}

/// Which versions of HTTP a distribution speaks with viewers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HttpVersion {
    /// HTTP/1.1.
    Http1,
    /// HTTP/2 too.
    Http2,
    /// HTTP/3 too, but not HTTP/2.
    Http3,
    /// All of them.
    Http2And3,
}

/// From which countries a distribution can be reached. Countries are written as ISO 3166 does: `DE`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Countries {
    /// From all.
    Everywhere,
    /// From these.
    Only(BTreeSet<String>),
    /// From all but these.
    Except(BTreeSet<String>),
}

impl Distribution {
    /// True when an origin is sent headers of its own.
    fn sends_headers(&self) -> bool {
        self.origins.values().any(|origin| !origin.custom_headers.is_empty())
    }

    /// A distribution with a default behavior, without origins yet: enabled, everywhere, by HTTP/1.1, 2 and 3 and by
    /// IPv6, under CloudFront's own name.
    pub fn of(comment: impl Into<String>, default_behavior: Behavior) -> Distribution {
        Distribution {
            comment: comment.into(),
            enabled: true,
            aliases: BTreeSet::new(),
            certificate: Certificate::CloudFront,
            origins: BTreeMap::new(),
            default_behavior,
            behaviors: Vec::new(),
            root_object: String::new(),
            price_class: PriceClass::All,
            http: HttpVersion::Http2And3,
            ipv6: true,
            countries: Countries::Everywhere,
            web_acl: None,
        }
    }
}

impl Arn for DistributionArn {}

const CREATE: &str = "cloudfront:CreateDistributionWithTags";
const UPDATE: &str = "cloudfront:UpdateDistribution";
const DELETE: &str = "cloudfront:DeleteDistribution";

impl Behaviour for Distribution {
    type Cloud = Aws;

    const WAITS: Waits = Waits {
        usual: Duration::from_secs(5 * 60),
        create: Duration::from_secs(90 * 60),
        update: Duration::from_secs(90 * 60),
        delete: Duration::from_secs(90 * 60),
    };

    const INDEXED: bool = true;

    const ACTIONS: &'static [&'static str] = &[
        "acm:ListCertificates",
        "cloudfront:CreateDistribution",
        "cloudfront:DeleteDistribution",
        "cloudfront:GetDistribution",
        "cloudfront:GetDistributionConfig",
        "cloudfront:ListDistributions",
        "cloudfront:ListTagsForResource",
        "cloudfront:TagResource",
        "cloudfront:UntagResource",
        "cloudfront:UpdateDistribution",
        "secretsmanager:GetSecretValue",
        "wafv2:GetWebACL",
    ];

    fn rules() -> &'static [Rule<Distribution>] {
        rules::ALL
    }

    /// The list has neither tags nor the whole configuration: a call for the tags of each in the account, since none
    /// has a name that would tell, and another for each of those that are ours.
    async fn read(aws: &Aws, ask: &Ask) -> Result<Vec<Found<Distribution>>, Fault> {
        let mut ids = ask.only.clone();
        if ask.only.is_empty() {
            let mut pages = aws.cloudfront().list_distributions().into_paginator().send();
            let mut listed = Vec::new();
            while let Some(page) = pages.next().await {
                let list = page.sorted("cloudfront:ListDistributions")?.distribution_list;
                listed.extend(list.and_then(|list| list.items).unwrap_or_default());
            }
            let wanted = each(listed, async |live| {
                let tags = index::tags(aws, ask, live.arn(), tags(aws, live.arn())).await?;
                Ok(tags.filter(|tags| ask.wants(live.id(), None, tags)).map(|_| live.id))
            });
            ids.extend(wanted.await?.into_iter().flatten());
        }
        Ok(each(ids, async |id: String| one(aws, ask, &id).await).await?.into_iter().flatten().collect())
    }

    async fn create(aws: &Aws, order: &Order<Distribution>) -> Result<String, Fault> {
        let (sent, notes) = headers::sent(aws, &order.definition).await?;
        let config = wire::new(&order.definition, &sent, &order.token, CREATE)?;
        let tags: Tags = order.tags.iter().chain(&notes).map(|(key, value)| (key.clone(), value.clone())).collect();
        let tags = SdkTags::builder().set_items(Some(to_sdk(&tags))).build();
        let both = DistributionConfigWithTags::builder().distribution_config(config).tags(tags).build();
        let call = aws.cloudfront().create_distribution_with_tags().distribution_config_with_tags(both);
        match call.send().await.sorted(CREATE).changing() {
            Ok(answer) => answer.distribution.map(|made| made.id).ok_or_else(|| nameless(CREATE)),
            Err(fault) => made_before(aws, order, None, fault).await,
        }
    }

    /// The whole configuration is written, so what somebody else has changed since it was read would be lost: then
    /// nothing is written.
    async fn update(aws: &Aws, found: &Found<Distribution>, wanted: &Distribution) -> Result<(), Fault> {
        let Some((mut config, etag)) = configuration(aws, &found.id).await? else { return Err(gone(UPDATE)) };
        let (sent, notes) = headers::sent(aws, wanted).await?;
        let mut told = if found.definition.sends_headers() || wanted.sends_headers() {
            let arn = &found.outputs[Distribution::ARN.name];
            tags(aws, arn).await?.ok_or_else(|| gone(UPDATE))?
        } else {
            Tags::new()
        };
        let renoted = headers::renoted(&told, &notes);
        let now = wire::read(&config, &Noted::take(&mut told))?;
        if now == *wanted {
            return Ok(());
        }
        if now != found.definition {
            let message = "somebody has changed it since it was read: plan again";
            return Err(Fault::new(FaultKind::Refused, UPDATE, message));
        }
        wire::write(wanted, &sent, &mut config, UPDATE)?;
        // What is to be there is noted first: cut off after that, it is not what was noted, and the next plan sees it.
        if renoted != Retag::default() {
            Distribution::retag(aws, found, &renoted).await?;
        }
        put(aws, &found.id, config, etag).await
    }

    async fn retag(aws: &Aws, found: &Found<Distribution>, retag: &Retag) -> Result<(), Fault> {
        let Retag { set, remove } = retag;
        let arn = &found.outputs[Distribution::ARN.name];
        if !set.is_empty() {
            let tags = SdkTags::builder().set_items(Some(to_sdk(set))).build();
            let call = aws.cloudfront().tag_resource().resource(arn).tags(tags);
            call.send().await.sorted("cloudfront:TagResource").changing()?;
        }
        if !remove.is_empty() {
            let keys = TagKeys::builder().set_items(Some(remove.clone())).build();
            let call = aws.cloudfront().untag_resource().resource(arn).tag_keys(keys);
            call.send().await.sorted("cloudfront:UntagResource").changing()?;
        }
        Ok(())
    }

    /// It is disabled first, with all that it is; when the whole world knows that, it can go.
    async fn delete(aws: &Aws, found: &Found<Distribution>) -> Result<(), Fault> {
        let Some((live, etag)) = get(aws, &found.id).await? else { return Ok(()) };
        let deployed = is_deployed(&live);
        let enabled = live.distribution_config.filter(|config| config.enabled);
        if let Some(mut config) = enabled {
            config.enabled = false;
            put(aws, &found.id, config, etag).await?;
            return Err(Fault::new(FaultKind::Busy, DELETE, "it is being disabled everywhere"));
        }
        if !deployed {
            return Err(Fault::new(FaultKind::Busy, DELETE, "that it is disabled is not known everywhere yet"));
        }
        let call = aws.cloudfront().delete_distribution().id(&found.id).set_if_match(etag);
        call.send().await.sorted(DELETE).deleting()
    }
}

async fn put(aws: &Aws, id: &str, config: DistributionConfig, etag: Option<String>) -> Result<(), Fault> {
    let call = aws.cloudfront().update_distribution().id(id).set_if_match(etag).distribution_config(config);
    call.send().await.sorted(UPDATE).changing().map(drop)
}

async fn get(aws: &Aws, id: &str) -> Result<Option<(Live, Option<String>)>, Fault> {
    let answer = aws.cloudfront().get_distribution().id(id).send().await.sorted("cloudfront:GetDistribution");
    Ok(answer.reading()?.and_then(|answer| Some((answer.distribution?, answer.e_tag))))
}

async fn configuration(aws: &Aws, id: &str) -> Result<Option<(DistributionConfig, Option<String>)>, Fault> {
    let answer = aws.cloudfront().get_distribution_config().id(id).send().await;
    let answer = answer.sorted("cloudfront:GetDistributionConfig").reading()?;
    Ok(answer.and_then(|answer| Some((answer.distribution_config?, answer.e_tag))))
}

async fn tags(aws: &Aws, arn: &str) -> Result<Option<Tags>, Fault> {
    let answer = aws.cloudfront().list_tags_for_resource().resource(arn).send().await;
    let answer = answer.sorted("cloudfront:ListTagsForResource").reading()?;
    Ok(answer.map(|answer| answer.tags.as_ref().map(|tags| from_sdk(tags.items())).unwrap_or_default()))
}

async fn one(aws: &Aws, ask: &Ask, id: &str) -> Result<Option<Found<Distribution>>, Fault> {
    let Some((live, _)) = get(aws, id).await? else { return Ok(None) };
    let Some(mut tags) = index::tags(aws, ask, live.arn(), tags(aws, live.arn())).await? else { return Ok(None) };
    let noted = Noted::take(&mut tags);
    let Some(config) = live.distribution_config() else { return Err(nameless("cloudfront:GetDistribution")) };
    let understood = wire::read(config, &noted).map(|definition| Found::ready(id, definition, tags.clone()));
    let found = or_stand_in(understood, || {
        let plain = Behavior::of("unreadable", Cache::nothing());
        Found::ready(id, Distribution::of(config.comment(), plain), tags)
    })?;
    let found = found.with_others(wire::others(config));
    let found = found.with(Distribution::ARN.name, live.arn()).with(Distribution::DOMAIN.name, live.domain_name());
    let found = found.with(Distribution::URL.name, format!("https://{}/", live.domain_name()));
    Ok(Some(match &found.state {
        State::Ready if !is_deployed(&live) => found.in_state(State::Pending("being deployed".to_owned())),
        _ => found,
    }))
}

/// True when the whole world knows the newest configuration.
fn is_deployed(live: &Live) -> bool {
    live.status() == "Deployed"
}
