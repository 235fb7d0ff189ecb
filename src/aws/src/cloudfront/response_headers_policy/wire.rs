//! A response-headers policy on its way to CloudFront and back.

use aws_sdk_cloudfront::types::{
    FrameOptionsList, ReferrerPolicyList, ResponseHeadersPolicyConfig as Config,
    ResponseHeadersPolicyContentSecurityPolicy as SdkContent, ResponseHeadersPolicyContentTypeOptions as SdkNoSniff,
    ResponseHeadersPolicyCustomHeader as SdkHeader, ResponseHeadersPolicyCustomHeadersConfig as SdkHeaders,
    ResponseHeadersPolicyFrameOptions as SdkFrames, ResponseHeadersPolicyReferrerPolicy as SdkReferrer,
    ResponseHeadersPolicySecurityHeadersConfig as SdkSecurity, ResponseHeadersPolicyStrictTransportSecurity as SdkHsts,
};
use infra_engine::live::{Fault, FaultKind};

use super::{
    ContentSecurity, CustomHeader, FrameOption, Frames, Hsts, NoSniff, Referrer, ReferrerPolicy, ResponseHeadersPolicy,
    SecurityHeaders,
};
use crate::Sorted;

/// Writes what a definition says over what a policy says, and leaves the rest.
pub(super) fn write(wanted: &ResponseHeadersPolicy, config: &mut Config, operation: &'static str) -> Result<(), Fault> {
    let ResponseHeadersPolicy { name: _, security, headers } = wanted;
    let SecurityHeaders { hsts, nosniff, frames, referrer, content } = security.clone();
    let hsts = hsts.map(|Hsts { max_age, subdomains, preload, overrides }| {
        SdkHsts::builder()
            .access_control_max_age_sec(i32::try_from(max_age).unwrap_or(i32::MAX))
            .include_subdomains(subdomains)
            .preload(preload)
            .r#override(overrides)
            .build()
    });
    let nosniff = nosniff.map(|NoSniff { overrides }| SdkNoSniff::builder().r#override(overrides).build());
    let frames = frames.map(|Frames { option, overrides }| {
        SdkFrames::builder().frame_option(option.into()).r#override(overrides).build()
    });
    let referrer = referrer.map(|Referrer { policy, overrides }| {
        SdkReferrer::builder().referrer_policy(policy.into()).r#override(overrides).build()
    });
    let content = content.map(|ContentSecurity { policy, overrides }| {
        SdkContent::builder().content_security_policy(policy).r#override(overrides).build()
    });
    let mut live = config.security_headers_config.take().unwrap_or_else(|| SdkSecurity::builder().build());
    live.strict_transport_security = hsts.transpose().sorted(operation)?;
    live.content_type_options = nosniff.transpose().sorted(operation)?;
    live.frame_options = frames.transpose().sorted(operation)?;
    live.referrer_policy = referrer.transpose().sorted(operation)?;
    live.content_security_policy = content.transpose().sorted(operation)?;
    config.security_headers_config = Some(live.clone()).filter(|live| *live != SdkSecurity::builder().build());

    let headers = headers.iter().map(|(name, CustomHeader { value, overrides })| {
        SdkHeader::builder().header(name).value(value).r#override(*overrides).build()
    });
    let headers: Vec<SdkHeader> = headers.collect::<Result<_, _>>().sorted(operation)?;
    let quantity = i32::try_from(headers.len()).unwrap_or(i32::MAX);
    let headers = SdkHeaders::builder().quantity(quantity).set_items(Some(headers)).build().sorted(operation)?;
    config.custom_headers_config = Some(headers).filter(|_| quantity > 0);
    Ok(())
}

/// The definition that would have produced a policy.
pub(super) fn read(config: &Config) -> Result<ResponseHeadersPolicy, Fault> {
    let empty = SdkSecurity::builder().build();
    let security = config.security_headers_config().unwrap_or(&empty);
    let headers = config.custom_headers_config().map(SdkHeaders::items).unwrap_or_default().iter();
    Ok(ResponseHeadersPolicy {
        name: config.name().to_owned(),
        security: SecurityHeaders {
            hsts: security.strict_transport_security().map(|hsts| Hsts {
                max_age: u32::try_from(hsts.access_control_max_age_sec()).unwrap_or_default(),
                subdomains: hsts.include_subdomains().unwrap_or(false),
                preload: hsts.preload().unwrap_or(false),
                overrides: hsts.r#override(),
            }),
            nosniff: security.content_type_options().map(|nosniff| NoSniff { overrides: nosniff.r#override() }),
            frames: security
                .frame_options()
                .map(|frames| {
                    Ok(Frames { option: frame_option(frames.frame_option())?, overrides: frames.r#override() })
                })
                .transpose()?,
            referrer: security
                .referrer_policy()
                .map(|referrer| {
                    Ok(Referrer { policy: policy(referrer.referrer_policy())?, overrides: referrer.r#override() })
                })
                .transpose()?,
            content: security.content_security_policy().map(|content| ContentSecurity {
                policy: content.content_security_policy().to_owned(),
                overrides: content.r#override(),
            }),
        },
        headers: headers
            .map(|header| {
                let value = header.value().to_owned();
                (header.header().to_owned(), CustomHeader { value, overrides: header.r#override() })
            })
            .collect(),
    })
}

impl From<FrameOption> for FrameOptionsList {
    fn from(option: FrameOption) -> FrameOptionsList {
        match option {
            FrameOption::Deny => FrameOptionsList::Deny,
            FrameOption::SameOrigin => FrameOptionsList::Sameorigin,
        }
    }
}

fn frame_option(option: &FrameOptionsList) -> Result<FrameOption, Fault> {
    match option {
        FrameOptionsList::Deny => Ok(FrameOption::Deny),
        FrameOptionsList::Sameorigin => Ok(FrameOption::SameOrigin),
        other => Err(unknown(other.as_str())),
    }
}

impl From<ReferrerPolicy> for ReferrerPolicyList {
    fn from(policy: ReferrerPolicy) -> ReferrerPolicyList {
        match policy {
            ReferrerPolicy::NoReferrer => ReferrerPolicyList::NoReferrer,
            ReferrerPolicy::NoReferrerWhenDowngrade => ReferrerPolicyList::NoReferrerWhenDowngrade,
            ReferrerPolicy::Origin => ReferrerPolicyList::Origin,
            ReferrerPolicy::OriginWhenCrossOrigin => ReferrerPolicyList::OriginWhenCrossOrigin,
            ReferrerPolicy::SameOrigin => ReferrerPolicyList::SameOrigin,
            ReferrerPolicy::StrictOrigin => ReferrerPolicyList::StrictOrigin,
            ReferrerPolicy::StrictOriginWhenCrossOrigin => ReferrerPolicyList::StrictOriginWhenCrossOrigin,
            ReferrerPolicy::UnsafeUrl => ReferrerPolicyList::UnsafeUrl,
        }
    }
}

fn policy(policy: &ReferrerPolicyList) -> Result<ReferrerPolicy, Fault> {
    match policy {
        ReferrerPolicyList::NoReferrer => Ok(ReferrerPolicy::NoReferrer),
        ReferrerPolicyList::NoReferrerWhenDowngrade => Ok(ReferrerPolicy::NoReferrerWhenDowngrade),
        ReferrerPolicyList::Origin => Ok(ReferrerPolicy::Origin),
        ReferrerPolicyList::OriginWhenCrossOrigin => Ok(ReferrerPolicy::OriginWhenCrossOrigin),
        ReferrerPolicyList::SameOrigin => Ok(ReferrerPolicy::SameOrigin),
        ReferrerPolicyList::StrictOrigin => Ok(ReferrerPolicy::StrictOrigin),
        ReferrerPolicyList::StrictOriginWhenCrossOrigin => Ok(ReferrerPolicy::StrictOriginWhenCrossOrigin),
        ReferrerPolicyList::UnsafeUrl => Ok(ReferrerPolicy::UnsafeUrl),
        other => Err(unknown(other.as_str())),
    }
}

fn unknown(word: &str) -> Fault {
    let message = format!("a policy says `{word}`, which is not known here");
    Fault::new(FaultKind::Broken, "cloudfront:GetResponseHeadersPolicy", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_survives_the_way_and_back() {
        let content = Some(ContentSecurity { policy: "default-src 'self'".into(), overrides: false });
        let header = CustomHeader { value: "1".into(), overrides: true };
        for (security, headers) in [
            (SecurityHeaders::strict(), [].into()),
            (SecurityHeaders { content, ..SecurityHeaders::strict() }, [("X-Shop".to_owned(), header)].into()),
            (SecurityHeaders { nosniff: Some(NoSniff { overrides: false }), ..Default::default() }, [].into()),
        ] {
            let policy = ResponseHeadersPolicy { name: "shop".into(), security, headers };
            let mut config = Config::builder().name("shop").build().unwrap();
            write(&policy, &mut config, "x:Y").unwrap();
            assert_eq!(read(&config).unwrap(), policy);
        }
    }

    #[test]
    fn what_the_definition_does_not_say_is_left() {
        let mut config = Config::builder().name("shop").comment("note").build().unwrap();
        let strict =
            ResponseHeadersPolicy { name: "shop".into(), security: SecurityHeaders::strict(), headers: [].into() };
        write(&strict, &mut config, "x:Y").unwrap();
        let none = ResponseHeadersPolicy { security: SecurityHeaders::default(), ..strict };
        write(&none, &mut config, "x:Y").unwrap();
        assert_eq!(config, Config::builder().name("shop").comment("note").build().unwrap());
    }
}
