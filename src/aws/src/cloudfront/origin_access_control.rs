//! An origin access control: how a distribution proves to a closed origin that it is the one who asks.

use aws_sdk_cloudfront::types::{
    OriginAccessControlConfig, OriginAccessControlOriginTypes as SdkType,
    OriginAccessControlSigningBehaviors as SdkSigning, OriginAccessControlSigningProtocols as Protocol,
    OriginAccessControlSummary,
};
use infra_derive::Resource;
use infra_engine::check::{Rule, Severity, Surroundings, Violation};
use infra_engine::live::{Ask, Behaviour, Fault, Found, Order, Retag};
use infra_engine::model::Tags;
use serde::{Deserialize, Serialize};

use super::fault::{CloudFrontFault, gone, nameless};
use super::noted;
use crate::again::made_before;
use crate::pages::each;
use crate::{Aws, Sorted};

/// How a distribution proves to a closed origin that it is the one who asks.
///
/// ```
/// use infra_aws::cloudfront::{OriginAccessControl, OriginType, Signing};
///
/// let access =
///     OriginAccessControl { name: "shop-prod-assets".into(), origin: OriginType::S3, signing: Signing::Always };
/// ```
///
/// It cannot have tags: they are noted in its description, which is nobody else's to write.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "cloudfront/origin-access-control", id = OriginAccessControlId, replacement = "create_first")]
pub struct OriginAccessControl {
    /// Its name, unique in the account.
    #[key]
    pub name: String,
    /// What stands at the origin.
    pub origin: OriginType,
    /// Which requests are signed.
    pub signing: Signing,
}

/// What stands at an origin that can be closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OriginType {
    /// A bucket.
    S3,
    /// The address of a Lambda function.
    Lambda,
    /// A store of media.
    MediaStore,
    /// A package of media.
    MediaPackage,
}

/// Which requests are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signing {
    /// All of them.
    Always,
    /// Those that the viewer has not signed.
    UnlessSigned,
    /// None: the control is there and does nothing.
    Never,
}

/// How long a description may be.
const DESCRIPTION: usize = 256;

impl Behaviour for OriginAccessControl {
    type Cloud = Aws;

    const HELD_BY: &'static [&'static str] = &["cloudfront/distribution"];

    const ACTIONS: &'static [&'static str] = &[
        "cloudfront:CreateOriginAccessControl",
        "cloudfront:DeleteOriginAccessControl",
        "cloudfront:GetOriginAccessControl",
        "cloudfront:ListOriginAccessControls",
        "cloudfront:UpdateOriginAccessControl",
    ];

    fn rules() -> &'static [Rule<OriginAccessControl>] {
        RULES
    }

    async fn read(aws: &Aws, ask: &Ask) -> Result<Vec<Found<OriginAccessControl>>, Fault> {
        if !ask.only.is_empty() {
            let one = async |id: String| {
                let live = get(aws, &id).await?;
                Ok(live.map(|(config, _)| {
                    let description = config.description().unwrap_or_default();
                    let (signing, origin) = (config.signing_behavior(), config.origin_access_control_origin_type());
                    understand(&id, config.name(), description, signing, origin)
                }))
            };
            return Ok(each(ask.only.clone(), one).await?.into_iter().flatten().collect());
        }
        let mut pages = aws.cloudfront().list_origin_access_controls().into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            let list = page.sorted("cloudfront:ListOriginAccessControls")?.origin_access_control_list;
            found.extend(list.and_then(|list| list.items).unwrap_or_default().iter().map(|live| {
                let OriginAccessControlSummary { id, description, name, .. } = live;
                understand(id, name, description, live.signing_behavior(), live.origin_access_control_origin_type())
            }));
        }
        found.retain(|found| ask.wants(&found.id, Some(&found.definition.name), &found.tags));
        Ok(found)
    }

    async fn create(aws: &Aws, order: &Order<OriginAccessControl>) -> Result<String, Fault> {
        const OPERATION: &str = "cloudfront:CreateOriginAccessControl";
        let config = order.definition.to_sdk(OPERATION, &order.tags)?;
        let call = aws.cloudfront().create_origin_access_control().origin_access_control_config(config);
        match call.send().await.sorted(OPERATION).changing() {
            Ok(answer) => match answer.origin_access_control {
                Some(made) => Ok(made.id),
                None => Err(nameless(OPERATION)),
            },
            Err(fault) => made_before(aws, order, Some(&order.definition.name), fault).await,
        }
    }

    async fn update(aws: &Aws, found: &Found<OriginAccessControl>, wanted: &OriginAccessControl) -> Result<(), Fault> {
        let OriginAccessControl { name: _, origin, signing } = wanted.clone();
        put(aws, &found.id, |config| {
            config.origin_access_control_origin_type = origin.into();
            config.signing_behavior = signing.into();
            Ok(())
        })
        .await
    }

    async fn retag(aws: &Aws, found: &Found<OriginAccessControl>, retag: &Retag) -> Result<(), Fault> {
        put(aws, &found.id, |config| {
            let tags = noted::tags(&config.name, config.description().unwrap_or_default());
            let tags = noted::changed(tags, retag);
            config.description = Some(noted::note(UPDATE, &config.name, &tags, DESCRIPTION)?);
            Ok(())
        })
        .await
    }

    async fn delete(aws: &Aws, found: &Found<OriginAccessControl>) -> Result<(), Fault> {
        let Some((_, etag)) = get(aws, &found.id).await? else { return Ok(()) };
        let call = aws.cloudfront().delete_origin_access_control().id(&found.id).set_if_match(etag);
        call.send().await.sorted("cloudfront:DeleteOriginAccessControl").deleting()
    }
}

const UPDATE: &str = "cloudfront:UpdateOriginAccessControl";

/// Changes a part of it by writing all of it, as it is now: there is no call for a part.
async fn put(
    aws: &Aws,
    id: &str,
    change: impl FnOnce(&mut OriginAccessControlConfig) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let Some((mut config, etag)) = get(aws, id).await? else { return Err(gone(UPDATE)) };
    change(&mut config)?;
    let call = aws.cloudfront().update_origin_access_control().id(id).set_if_match(etag);
    call.origin_access_control_config(config).send().await.sorted(UPDATE).changing().map(drop)
}

async fn get(aws: &Aws, id: &str) -> Result<Option<(OriginAccessControlConfig, Option<String>)>, Fault> {
    let call = aws.cloudfront().get_origin_access_control().id(id);
    let answer = call.send().await.sorted("cloudfront:GetOriginAccessControl").reading()?;
    Ok(answer.and_then(|answer| Some((answer.origin_access_control?.origin_access_control_config?, answer.e_tag))))
}

impl OriginAccessControl {
    fn to_sdk(&self, operation: &'static str, tags: &Tags) -> Result<OriginAccessControlConfig, Fault> {
        let OriginAccessControl { name, origin, signing } = self;
        OriginAccessControlConfig::builder()
            .name(name)
            .description(noted::note(operation, name, tags, DESCRIPTION)?)
            .signing_protocol(Protocol::Sigv4)
            .signing_behavior((*signing).into())
            .origin_access_control_origin_type((*origin).into())
            .build()
            .sorted(operation)
    }
}

impl From<OriginType> for SdkType {
    fn from(origin: OriginType) -> SdkType {
        match origin {
            OriginType::S3 => SdkType::S3,
            OriginType::Lambda => SdkType::Lambda,
            OriginType::MediaStore => SdkType::Mediastore,
            OriginType::MediaPackage => SdkType::Mediapackagev2,
        }
    }
}

impl From<Signing> for SdkSigning {
    fn from(signing: Signing) -> SdkSigning {
        match signing {
            Signing::Always => SdkSigning::Always,
            Signing::UnlessSigned => SdkSigning::NoOverride,
            Signing::Never => SdkSigning::Never,
        }
    }
}

/// The definition that would have produced a live one.
fn understand(
    id: &str,
    name: &str,
    description: &str,
    signing: &SdkSigning,
    origin: &SdkType,
) -> Found<OriginAccessControl> {
    let definition = OriginAccessControl {
        name: name.to_owned(),
        origin: match origin {
            SdkType::Lambda => OriginType::Lambda,
            SdkType::Mediastore => OriginType::MediaStore,
            SdkType::Mediapackagev2 => OriginType::MediaPackage,
            _ => OriginType::S3,
        },
        signing: match signing {
            SdkSigning::Never => Signing::Never,
            SdkSigning::NoOverride => Signing::UnlessSigned,
            _ => Signing::Always,
        },
    };
    Found::ready(id, definition, noted::tags(name, description))
}

static RULES: &[Rule<OriginAccessControl>] = &[Rule {
    code: "V92a",
    says: "an origin access control's name has 1 to 64 characters",
    source: "CloudFront API model: OriginAccessControlConfig",
    severity: Severity::Error,
    check: name_fits,
}];

fn name_fits(access: &OriginAccessControl, _: &Surroundings<'_>) -> Vec<Violation> {
    let length = access.name.len();
    if (1..=64).contains(&length) {
        return Vec::new();
    }
    vec![Violation::of("name", &access.name, format!("it has {length} characters"), "write 1 to 64")]
}

#[cfg(test)]
mod tests {
    use infra_engine::model::Address;

    use super::*;

    fn access(name: &str) -> OriginAccessControl {
        OriginAccessControl { name: name.into(), origin: OriginType::S3, signing: Signing::Always }
    }

    #[test]
    fn each_origin_and_each_signing_comes_back_with_the_tags() {
        let tags = Tags::from([("Name".into(), "shop".into()), ("infra:owner".into(), "shop/prod".into())]);
        for origin in [OriginType::S3, OriginType::Lambda, OriginType::MediaStore, OriginType::MediaPackage] {
            for signing in [Signing::Always, Signing::UnlessSigned, Signing::Never] {
                let access = OriginAccessControl { origin, signing, ..access("shop") };
                let sdk = access.to_sdk("x:Y", &tags).unwrap();
                let description = sdk.description().unwrap();
                let (signing, origin) = (sdk.signing_behavior(), sdk.origin_access_control_origin_type());
                let found = understand("E1", sdk.name(), description, signing, origin);
                assert_eq!((found.definition, found.tags), (access, tags.clone()));
            }
        }
    }

    #[test]
    fn v92a_a_name_is_not_too_long() {
        let address = Address::new("cdn", "assets").unwrap();
        let around = Surroundings::new(&[], &address);
        assert!(RULES[0].violations(&access(&"n".repeat(64)), &around).is_empty());
        for bad in ["", &*"n".repeat(65)] {
            assert_eq!(RULES[0].violations(&access(bad), &around).len(), 1, "{bad}");
        }
    }
}
