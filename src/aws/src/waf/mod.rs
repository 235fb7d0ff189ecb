//! WAF: web ACLs, which let requests to a distribution or a load balancer through or do not.
//!
//! Those of the scope CLOUDFRONT are there once for all regions, in us-east-1; those of the scope REGIONAL in each.

mod web_acl;
mod web_acl_association;

pub use web_acl::{
    Answer, Inspection, LoggingConfiguration, ManagedGroup, RateRule, RedactedField, Scope, Verdict, WebAcl, WebAclArn,
    WebAclId, WebAclRule, Window,
};
pub use web_acl_association::{WebAclAssociation, WebAclAssociationId};
