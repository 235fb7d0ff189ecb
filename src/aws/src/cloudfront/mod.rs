//! CloudFront: distributions, and what they refer to. One file for each kind.
//!
//! It is there once for all regions. What has no tags (access controls, policies) bears them in its description, by
//! `noted`. What the calls have in common is in `fault`.

mod distribution;
mod fault;
mod noted;
mod origin_access_control;
mod response_headers_policy;

pub use distribution::{
    Behavior, Cache, CachePolicyId, CachedMethods, Certificate, CertificateArn, Cookies, Countries, Distribution,
    DistributionArn, DistributionDomain, DistributionId, DistributionUrl, Headers, HttpVersion, Methods, Origin,
    OriginDomain, OriginProtocol, OriginRequestPolicyId, OriginSource, PathBehavior, PriceClass, QueryStrings, TlsFrom,
    TlsVersion, Ttl, ViewerProtocol, WebOrigin,
};
pub use origin_access_control::{OriginAccessControl, OriginAccessControlId, OriginType, Signing};
pub use response_headers_policy::{
    ContentSecurity, CustomHeader, FrameOption, Frames, Hsts, NoSniff, Referrer, ReferrerPolicy, ResponseHeadersPolicy,
    ResponseHeadersPolicyId, SecurityHeaders,
};
