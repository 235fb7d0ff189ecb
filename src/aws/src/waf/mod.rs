//! WAF: web ACLs, which let requests to a distribution through or do not.
//!
//! Here are only those of the scope CLOUDFRONT, which are there once for all regions, in us-east-1.

mod web_acl;

pub use web_acl::{
    Answer, Inspection, LoggingConfiguration, ManagedGroup, RateRule, RedactedField, Verdict, WebAcl, WebAclArn,
    WebAclId, WebAclRule, Window,
};
