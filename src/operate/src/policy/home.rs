//! Where an environment is, and whose everything in it is.

use infra_engine::model::{Owner, keys};

/// Where an environment is.
#[derive(Clone, Copy, Debug)]
pub struct Home<'a> {
    /// Whose its resources are.
    pub owner: &'a Owner,
    /// Its account.
    pub account: &'a str,
    /// Its region.
    pub region: &'a str,
    /// The bucket of its records.
    pub bucket: &'a str,
}

impl Home<'_> {
    /// The part of AWS that it is in.
    pub(super) fn partition(&self) -> &'static str {
        match self.region.split('-').next() {
            Some("cn") => "aws-cn",
            _ if self.region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        }
    }

    /// An ARN after its partition, with the region and the account filled in.
    pub(super) fn arn(&self, rest: &str) -> String {
        let rest = rest.replace("{region}", self.region).replace("{account}", self.account);
        format!("arn:{}:{rest}", self.partition())
    }
}

/// The condition key of the tag of ownership on a resource.
pub(super) fn on_resource() -> String {
    format!("aws:ResourceTag/{}", keys::OWNER)
}

/// The condition key of the tag of ownership in a request.
pub(super) fn in_request() -> String {
    format!("aws:RequestTag/{}", keys::OWNER)
}
