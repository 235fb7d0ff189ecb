//! A distribution's configuration on its way to CloudFront and back. What a definition does not say is left.

use aws_sdk_cloudfront::types::{
    Aliases, CacheBehavior, CacheBehaviors, CustomErrorResponses, DefaultCacheBehavior, DistributionConfig,
    GeoRestriction, GeoRestrictionType, HttpVersion as SdkHttp, LoggingConfig, MinimumProtocolVersion as Minimum,
    Origin as SdkOrigin, OriginGroups, Origins, PriceClass as SdkPrice, Restrictions, SslSupportMethod,
    ViewerCertificate,
};
use infra_engine::live::{Fault, FaultKind};
use infra_engine::model::Ref;

use super::behavior::SdkBehavior;
use super::headers::{Noted, Sent};
use super::{Certificate, Countries, Distribution, HttpVersion, Origin, PathBehavior, PriceClass, TlsFrom};
use crate::Sorted;

/// A new configuration.
pub(super) fn new(
    wanted: &Distribution,
    sent: &Sent,
    token: &str,
    operation: &'static str,
) -> Result<DistributionConfig, Fault> {
    let mut config = DistributionConfig::builder()
        .caller_reference(token)
        .comment(&wanted.comment)
        .enabled(wanted.enabled)
        .origin_groups(OriginGroups::builder().quantity(0).build().sorted(operation)?)
        .custom_error_responses(CustomErrorResponses::builder().quantity(0).build().sorted(operation)?)
        .logging(LoggingConfig::builder().enabled(false).include_cookies(false).bucket("").prefix("").build())
        .build()
        .sorted(operation)?;
    write(wanted, sent, &mut config, operation)?;
    Ok(config)
}

/// Writes what a definition says over a configuration.
pub(super) fn write(
    wanted: &Distribution,
    sent: &Sent,
    config: &mut DistributionConfig,
    operation: &'static str,
) -> Result<(), Fault> {
    let Distribution {
        comment,
        enabled,
        aliases,
        certificate,
        origins,
        default_behavior,
        behaviors,
        root_object,
        price_class,
        http,
        ipv6,
        countries,
        web_acl,
    } = wanted;
    config.comment = comment.clone();
    config.enabled = *enabled;
    let aliases: Vec<String> = aliases.iter().cloned().collect();
    let aliases =
        Aliases::builder().quantity(quantity(&aliases)).set_items(Some(aliases).filter(|all| !all.is_empty()));
    config.aliases = Some(aliases.build().sorted(operation)?);
    config.viewer_certificate = Some(certificate.write(config.viewer_certificate.as_ref()));
    config.default_root_object = Some(root_object.clone());
    config.price_class = Some((*price_class).into());
    config.http_version = Some((*http).into());
    config.is_ipv6_enabled = Some(*ipv6);
    config.restrictions = Some(countries.write(operation)?);
    config.web_acl_id = Some(web_acl.as_ref().map(Ref::value).unwrap_or_default());

    let live: Vec<SdkOrigin> = config.origins.take().map(|origins| origins.items).unwrap_or_default();
    let find = |id: &String| live.iter().find(|origin| origin.id() == id).cloned();
    let origins = origins.iter().map(|(id, origin)| origin.write(id, find(id), sent, operation));
    let origins: Vec<SdkOrigin> = origins.collect::<Result<_, _>>()?;
    let origins = Origins::builder().quantity(quantity(&origins)).set_items(Some(origins));
    config.origins = Some(origins.build().sorted(operation)?);

    let mut default = match config.default_cache_behavior.take() {
        Some(live) => live,
        None => DefaultCacheBehavior::builder()
            .target_origin_id(&default_behavior.origin)
            .viewer_protocol_policy(default_behavior.viewers.into())
            .build()
            .sorted(operation)?
            .bare(operation)?,
    };
    default.write(default_behavior, operation)?;
    config.default_cache_behavior = Some(default);

    let live: Vec<CacheBehavior> = config.cache_behaviors.take().and_then(|all| all.items).unwrap_or_default();
    let behaviors = behaviors.iter().map(|PathBehavior { path, behavior }| {
        let mut sdk = match live.iter().find(|live| live.path_pattern() == path) {
            Some(live) => live.clone(),
            None => CacheBehavior::builder()
                .path_pattern(path)
                .target_origin_id(&behavior.origin)
                .viewer_protocol_policy(behavior.viewers.into())
                .build()
                .sorted(operation)?
                .bare(operation)?,
        };
        sdk.write(behavior, operation)?;
        Ok(sdk)
    });
    let behaviors: Vec<CacheBehavior> = behaviors.collect::<Result<_, Fault>>()?;
    let all = CacheBehaviors::builder().quantity(quantity(&behaviors));
    let all = all.set_items(Some(behaviors).filter(|behaviors| !behaviors.is_empty()));
    config.cache_behaviors = Some(all.build().sorted(operation)?);
    Ok(())
}

/// The definition that would have produced a configuration.
pub(super) fn read(config: &DistributionConfig, noted: &Noted) -> Result<Distribution, Fault> {
    let origins = config.origins().map(Origins::items).unwrap_or_default();
    let origins = origins.iter().map(|origin| Ok((origin.id().to_owned(), Origin::read(origin, noted)?)));
    let behaviors = config.cache_behaviors().map(CacheBehaviors::items).unwrap_or_default();
    let behaviors =
        behaviors.iter().map(|live| Ok(PathBehavior { path: live.path_pattern().to_owned(), behavior: live.read()? }));
    let Some(default) = config.default_cache_behavior() else { return Err(unknown("no default behavior")) };
    Ok(Distribution {
        comment: config.comment().to_owned(),
        enabled: config.enabled(),
        aliases: config.aliases().map(Aliases::items).unwrap_or_default().iter().cloned().collect(),
        certificate: Certificate::read(config.viewer_certificate())?,
        origins: origins.collect::<Result<_, Fault>>()?,
        default_behavior: default.read()?,
        behaviors: behaviors.collect::<Result<_, Fault>>()?,
        root_object: config.default_root_object().unwrap_or_default().to_owned(),
        price_class: match config.price_class() {
            Some(SdkPrice::PriceClass100) => PriceClass::Class100,
            Some(SdkPrice::PriceClass200) => PriceClass::Class200,
            None | Some(SdkPrice::PriceClassAll) => PriceClass::All,
            Some(other) => return Err(unknown(other.as_str())),
        },
        http: match config.http_version() {
            Some(SdkHttp::Http11) => HttpVersion::Http1,
            None | Some(SdkHttp::Http2) => HttpVersion::Http2,
            Some(SdkHttp::Http3) => HttpVersion::Http3,
            Some(SdkHttp::Http2and3) => HttpVersion::Http2And3,
            Some(other) => return Err(unknown(other.as_str())),
        },
        ipv6: config.is_ipv6_enabled().unwrap_or(false),
        countries: Countries::read(config.restrictions())?,
        web_acl: config.web_acl_id().filter(|id| !id.is_empty()).map(Ref::known),
    })
}

/// What stands between viewers and origins, or is told of them, and no definition says: each in a few words.
pub(super) fn others(config: &DistributionConfig) -> Vec<String> {
    let mut others = Vec::new();
    if let Some(default) = config.default_cache_behavior() {
        others.extend(default.others("*"));
    }
    for live in config.cache_behaviors().map(CacheBehaviors::items).unwrap_or_default() {
        others.extend(live.others(live.path_pattern()));
    }
    if let Some(log) = config.logging().filter(|log| log.enabled()) {
        let cookies = if log.include_cookies() { ", with cookies" } else { "" };
        others.push(format!("a log{cookies}: {}", log.bucket()));
    }
    let groups = config.origin_groups().map(OriginGroups::items).unwrap_or_default();
    others.extend(groups.iter().map(|group| format!("a group of origins: {}", group.id())));
    others
}

impl Certificate {
    /// How names are told apart is nobody's definition: it stays as it is, and is by name where it is new.
    fn write(&self, live: Option<&ViewerCertificate>) -> ViewerCertificate {
        let by_name = || {
            let method = live.and_then(ViewerCertificate::ssl_support_method).cloned();
            ViewerCertificate::builder()
                .cloud_front_default_certificate(false)
                .ssl_support_method(method.unwrap_or(SslSupportMethod::SniOnly))
        };
        match self {
            // It comes with this version, whatever one would say.
            Certificate::CloudFront => ViewerCertificate::builder()
                .cloud_front_default_certificate(true)
                .minimum_protocol_version(Minimum::TlSv1)
                .build(),
            Certificate::Acm { certificate, tls } => {
                let arn = certificate.value();
                by_name().acm_certificate_arn(arn).minimum_protocol_version((*tls).into()).build()
            }
            Certificate::Iam { id, tls } => {
                by_name().iam_certificate_id(id).minimum_protocol_version((*tls).into()).build()
            }
        }
    }

    fn read(live: Option<&ViewerCertificate>) -> Result<Certificate, Fault> {
        let Some(live) = live else { return Ok(Certificate::CloudFront) };
        let tls = || tls(live.minimum_protocol_version());
        let acm = live.acm_certificate_arn().filter(|arn| !arn.is_empty());
        let iam = live.iam_certificate_id().filter(|id| !id.is_empty());
        match (acm, iam) {
            (Some(arn), _) => Ok(Certificate::Acm { certificate: Ref::known(arn), tls: tls()? }),
            (None, Some(id)) => Ok(Certificate::Iam { id: id.to_owned(), tls: tls()? }),
            (None, None) => Ok(Certificate::CloudFront),
        }
    }
}

impl Countries {
    fn write(&self, operation: &'static str) -> Result<Restrictions, Fault> {
        let (sort, countries) = match self {
            Countries::Everywhere => (GeoRestrictionType::None, None),
            Countries::Only(countries) => (GeoRestrictionType::Whitelist, Some(countries)),
            Countries::Except(countries) => (GeoRestrictionType::Blacklist, Some(countries)),
        };
        let countries: Vec<String> = countries.into_iter().flatten().cloned().collect();
        let geo = GeoRestriction::builder().restriction_type(sort).quantity(quantity(&countries));
        let geo = geo.set_items(Some(countries).filter(|countries| !countries.is_empty()));
        Ok(Restrictions::builder().geo_restriction(geo.build().sorted(operation)?).build())
    }

    fn read(live: Option<&Restrictions>) -> Result<Countries, Fault> {
        let Some(geo) = live.and_then(Restrictions::geo_restriction) else { return Ok(Countries::Everywhere) };
        let countries = || geo.items().iter().cloned().collect();
        match geo.restriction_type() {
            GeoRestrictionType::None => Ok(Countries::Everywhere),
            GeoRestrictionType::Whitelist => Ok(Countries::Only(countries())),
            GeoRestrictionType::Blacklist => Ok(Countries::Except(countries())),
            other => Err(unknown(other.as_str())),
        }
    }
}

impl From<PriceClass> for SdkPrice {
    fn from(class: PriceClass) -> SdkPrice {
        match class {
            PriceClass::Class100 => SdkPrice::PriceClass100,
            PriceClass::Class200 => SdkPrice::PriceClass200,
            PriceClass::All => SdkPrice::PriceClassAll,
        }
    }
}

impl From<HttpVersion> for SdkHttp {
    fn from(version: HttpVersion) -> SdkHttp {
        match version {
            HttpVersion::Http1 => SdkHttp::Http11,
            HttpVersion::Http2 => SdkHttp::Http2,
            HttpVersion::Http3 => SdkHttp::Http3,
            HttpVersion::Http2And3 => SdkHttp::Http2and3,
        }
    }
}

impl From<TlsFrom> for Minimum {
    fn from(tls: TlsFrom) -> Minimum {
        match tls {
            TlsFrom::Tls10 => Minimum::TlSv1,
            TlsFrom::Tls10Of2016 => Minimum::TlSv12016,
            TlsFrom::Tls11Of2016 => Minimum::TlSv112016,
            TlsFrom::Tls12Of2018 => Minimum::TlSv122018,
            TlsFrom::Tls12Of2019 => Minimum::TlSv122019,
            TlsFrom::Tls12Of2021 => Minimum::TlSv122021,
            TlsFrom::Tls12Of2025 => Minimum::TlSv122025,
            TlsFrom::Tls13Of2025 => Minimum::TlSv132025,
        }
    }
}

fn tls(live: Option<&Minimum>) -> Result<TlsFrom, Fault> {
    match live {
        None | Some(Minimum::TlSv1) => Ok(TlsFrom::Tls10),
        Some(Minimum::TlSv12016) => Ok(TlsFrom::Tls10Of2016),
        Some(Minimum::TlSv112016) => Ok(TlsFrom::Tls11Of2016),
        Some(Minimum::TlSv122018) => Ok(TlsFrom::Tls12Of2018),
        Some(Minimum::TlSv122019) => Ok(TlsFrom::Tls12Of2019),
        Some(Minimum::TlSv122021) => Ok(TlsFrom::Tls12Of2021),
        Some(Minimum::TlSv122025) => Ok(TlsFrom::Tls12Of2025),
        Some(Minimum::TlSv132025) => Ok(TlsFrom::Tls13Of2025),
        Some(other) => Err(unknown(other.as_str())),
    }
}

/// How many there are: every list of CloudFront's says it.
pub(super) fn quantity<T>(items: &[T]) -> i32 {
    i32::try_from(items.len()).unwrap_or(i32::MAX)
}

/// Of what a live distribution says and a definition cannot.
pub(super) fn unknown(what: &str) -> Fault {
    let message = format!("a distribution has something that is not known here: {what}");
    Fault::new(FaultKind::Broken, "cloudfront:GetDistribution", message)
}

#[cfg(test)]
mod tests;
