//! A response-headers policy: which headers a distribution adds to what it answers.

use std::collections::BTreeMap;

use aws_sdk_cloudfront::types::{ResponseHeadersPolicyConfig as Config, ResponseHeadersPolicyType};
use infra_derive::Resource;
use infra_engine::check::Rule;
use infra_engine::live::{Ask, Behaviour, Fault, Found, Order, Retag};
use serde::{Deserialize, Serialize};

use super::fault::{CloudFrontFault, gone, nameless};
use super::noted;
use crate::again::made_before;
use crate::pages::each;
use crate::unreadable::or_stand_in;
use crate::{Aws, Sorted};

mod rules;
mod wire;

/// Which headers a distribution adds to what it answers.
///
/// ```
/// use infra_aws::cloudfront::{ResponseHeadersPolicy, SecurityHeaders};
///
/// let policy = ResponseHeadersPolicy {
///     name: "shop-prod-security".into(),
///     security: SecurityHeaders::strict(),
///     headers: Default::default(),
/// };
/// ```
///
/// It cannot have tags: they are noted in its comment, which is nobody else's to write. What it says of CORS, server
/// timing and headers to remove is left as it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "cloudfront/response-headers-policy", id = ResponseHeadersPolicyId, replacement = "create_first")]
pub struct ResponseHeadersPolicy {
    /// Its name, unique in the account.
    #[key]
    pub name: String,
    /// The headers that keep browsers from what is not safe.
    pub security: SecurityHeaders,
    /// Headers of one's own, by name, and no others.
    pub headers: BTreeMap<String, CustomHeader>,
}

/// The headers that keep browsers from what is not safe. Each may override what the origin answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityHeaders {
    /// `Strict-Transport-Security`: only by HTTPS from now on.
    pub hsts: Option<Hsts>,
    /// `X-Content-Type-Options: nosniff`: no guessing of what a file is.
    pub nosniff: Option<NoSniff>,
    /// `X-Frame-Options`: who may show a page in a frame.
    pub frames: Option<Frames>,
    /// `Referrer-Policy`: what is told of the page that one comes from.
    pub referrer: Option<Referrer>,
    /// `Content-Security-Policy`: what a page may load.
    pub content: Option<ContentSecurity>,
}

/// `Strict-Transport-Security`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hsts {
    /// For how many seconds.
    pub max_age: u32,
    /// For all subdomains too.
    pub subdomains: bool,
    /// Browsers may hold the domain on their list of those that are never called by HTTP.
    pub preload: bool,
    /// It overrides what the origin answers.
    pub overrides: bool,
}

/// `X-Content-Type-Options: nosniff`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoSniff {
    /// It overrides what the origin answers.
    pub overrides: bool,
}

/// `X-Frame-Options`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frames {
    /// Who may.
    pub option: FrameOption,
    /// It overrides what the origin answers.
    pub overrides: bool,
}

/// Who may show a page in a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FrameOption {
    /// Nobody.
    Deny,
    /// Pages of the same origin.
    SameOrigin,
}

/// `Referrer-Policy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Referrer {
    /// What is told.
    pub policy: ReferrerPolicy,
    /// It overrides what the origin answers.
    pub overrides: bool,
}

/// What is told of the page that one comes from. The names are those of the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReferrerPolicy {
    /// Nothing.
    NoReferrer,
    /// All, but nothing from HTTPS to HTTP.
    NoReferrerWhenDowngrade,
    /// The origin.
    Origin,
    /// All within the origin, and the origin to others.
    OriginWhenCrossOrigin,
    /// All within the origin, and nothing to others.
    SameOrigin,
    /// The origin, but nothing from HTTPS to HTTP.
    StrictOrigin,
    /// All within the origin, the origin to others, and nothing from HTTPS to HTTP.
    StrictOriginWhenCrossOrigin,
    /// All.
    UnsafeUrl,
}

/// `Content-Security-Policy`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContentSecurity {
    /// The policy, as the header says it: `default-src 'self'`.
    pub policy: String,
    /// It overrides what the origin answers.
    pub overrides: bool,
}

/// A header of one's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomHeader {
    /// What it says. Empty is a header without a value.
    pub value: String,
    /// It overrides what the origin answers.
    pub overrides: bool,
}

impl SecurityHeaders {
    /// HTTPS for two years, no guessing, no frames, no more than the origin told to others; whatever the origin answers.
    pub fn strict() -> SecurityHeaders {
        let overrides = true;
        SecurityHeaders {
            hsts: Some(Hsts { max_age: 2 * 365 * 24 * 60 * 60, subdomains: true, preload: false, overrides }),
            nosniff: Some(NoSniff { overrides }),
            frames: Some(Frames { option: FrameOption::Deny, overrides }),
            referrer: Some(Referrer { policy: ReferrerPolicy::StrictOriginWhenCrossOrigin, overrides }),
            content: None,
        }
    }
}

/// How long a comment may be.
const COMMENT: usize = 128;

const CREATE: &str = "cloudfront:CreateResponseHeadersPolicy";
const UPDATE: &str = "cloudfront:UpdateResponseHeadersPolicy";

impl Behaviour for ResponseHeadersPolicy {
    type Cloud = Aws;

    const HELD_BY: &'static [&'static str] = &["cloudfront/distribution"];

    const ACTIONS: &'static [&'static str] = &[
        "cloudfront:CreateResponseHeadersPolicy",
        "cloudfront:DeleteResponseHeadersPolicy",
        "cloudfront:GetResponseHeadersPolicy",
        "cloudfront:ListResponseHeadersPolicies",
        "cloudfront:UpdateResponseHeadersPolicy",
    ];

    fn rules() -> &'static [Rule<ResponseHeadersPolicy>] {
        rules::ALL
    }

    async fn read(aws: &Aws, ask: &Ask) -> Result<Vec<Found<ResponseHeadersPolicy>>, Fault> {
        if !ask.only.is_empty() {
            let one = async |id: String| get(aws, &id).await?.map(|(config, _)| understand(&id, &config)).transpose();
            return Ok(each(ask.only.clone(), one).await?.into_iter().flatten().collect());
        }
        let mut found = Vec::new();
        let mut next = None;
        loop {
            let call = aws.cloudfront().list_response_headers_policies().r#type(ResponseHeadersPolicyType::Custom);
            let page = call.set_marker(next).send().await.sorted("cloudfront:ListResponseHeadersPolicies")?;
            let Some(list) = page.response_headers_policy_list else { break };
            for policy in list.items().iter().filter_map(|summary| summary.response_headers_policy()) {
                found.extend(
                    policy.response_headers_policy_config().map(|config| (policy.id().to_owned(), config.clone())),
                );
            }
            next = list.next_marker.filter(|marker| !marker.is_empty());
            if next.is_none() {
                break;
            }
        }
        let wanted = |(id, config): &(String, Config)| {
            ask.wants(id, Some(config.name()), &noted::tags(config.name(), config.comment().unwrap_or_default()))
        };
        found.iter().filter(|one| wanted(one)).map(|(id, config)| understand(id, config)).collect()
    }

    async fn create(aws: &Aws, order: &Order<ResponseHeadersPolicy>) -> Result<String, Fault> {
        let name = &order.definition.name;
        let comment = noted::note(CREATE, name, &order.tags, COMMENT)?;
        let mut config = Config::builder().name(name).comment(comment).build().sorted(CREATE)?;
        wire::write(&order.definition, &mut config, CREATE)?;
        let call = aws.cloudfront().create_response_headers_policy().response_headers_policy_config(config);
        match call.send().await.sorted(CREATE).changing() {
            Ok(answer) => answer.response_headers_policy.map(|made| made.id).ok_or_else(|| nameless(CREATE)),
            Err(fault) => made_before(aws, order, Some(name), fault).await,
        }
    }

    async fn update(
        aws: &Aws,
        found: &Found<ResponseHeadersPolicy>,
        wanted: &ResponseHeadersPolicy,
    ) -> Result<(), Fault> {
        put(aws, &found.id, |config| wire::write(wanted, config, UPDATE)).await
    }

    async fn retag(aws: &Aws, found: &Found<ResponseHeadersPolicy>, retag: &Retag) -> Result<(), Fault> {
        put(aws, &found.id, |config| {
            let tags = noted::tags(&config.name, config.comment().unwrap_or_default());
            config.comment = Some(noted::note(UPDATE, &config.name, &noted::changed(tags, retag), COMMENT)?);
            Ok(())
        })
        .await
    }

    async fn delete(aws: &Aws, found: &Found<ResponseHeadersPolicy>) -> Result<(), Fault> {
        let Some((_, etag)) = get(aws, &found.id).await? else { return Ok(()) };
        let call = aws.cloudfront().delete_response_headers_policy().id(&found.id).set_if_match(etag);
        call.send().await.sorted("cloudfront:DeleteResponseHeadersPolicy").deleting()
    }
}

/// Changes a part of it by writing all of it, as it is now: there is no call for a part.
async fn put(aws: &Aws, id: &str, change: impl FnOnce(&mut Config) -> Result<(), Fault>) -> Result<(), Fault> {
    let Some((mut config, etag)) = get(aws, id).await? else { return Err(gone(UPDATE)) };
    change(&mut config)?;
    let call = aws.cloudfront().update_response_headers_policy().id(id).set_if_match(etag);
    call.response_headers_policy_config(config).send().await.sorted(UPDATE).changing().map(drop)
}

async fn get(aws: &Aws, id: &str) -> Result<Option<(Config, Option<String>)>, Fault> {
    let call = aws.cloudfront().get_response_headers_policy().id(id);
    let answer = call.send().await.sorted("cloudfront:GetResponseHeadersPolicy").reading()?;
    Ok(answer.and_then(|answer| Some((answer.response_headers_policy?.response_headers_policy_config?, answer.e_tag))))
}

fn understand(id: &str, config: &Config) -> Result<Found<ResponseHeadersPolicy>, Fault> {
    let tags = noted::tags(config.name(), config.comment().unwrap_or_default());
    let understood = wire::read(config).map(|definition| Found::ready(id, definition, tags.clone()));
    or_stand_in(understood, || {
        let (name, security) = (config.name().to_owned(), SecurityHeaders::strict());
        Found::ready(id, ResponseHeadersPolicy { name, security, headers: BTreeMap::new() }, tags)
    })
}
