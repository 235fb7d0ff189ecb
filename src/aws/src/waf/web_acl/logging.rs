//! Where a web ACL writes down what it has decided: a setting of its own, made and read by calls of its own.

use std::collections::BTreeSet;

use aws_sdk_wafv2::types::{FieldToMatch, LoggingConfiguration as Live, Method, QueryString, SingleHeader, UriPath};
use infra_engine::live::{Fault, FaultKind, GoneIsFine};
use infra_engine::model::Ref;
use serde::{Deserialize, Serialize};

use super::Scope;
use crate::logs::LogGroupArn;
use crate::{Aws, Sorted};

/// Where a web ACL writes down each request that it has looked at, and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoggingConfiguration {
    /// The log group. Its name begins with `aws-waf-logs-`, and that of a distribution's web ACL is in us-east-1.
    pub log_destination: Ref<LogGroupArn>,
    /// What of a request is written as `REDACTED`.
    pub redacted_fields: BTreeSet<RedactedField>,
}

/// A part of a request that is not written down.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RedactedField {
    /// The method.
    Method,
    /// All that follows a `?`.
    QueryString,
    /// The path.
    UriPath,
    /// A header, by its name in small letters.
    SingleHeader(String),
}

const GET: &str = "wafv2:GetLoggingConfiguration";
const PUT: &str = "wafv2:PutLoggingConfiguration";
const DELETE: &str = "wafv2:DeleteLoggingConfiguration";

/// What is live; none where nothing is written down.
pub(super) async fn get(aws: &Aws, arn: &str) -> Result<Option<LoggingConfiguration>, Fault> {
    let answer = Scope::of(arn).client(aws).get_logging_configuration().resource_arn(arn).send().await.sorted(GET);
    match answer {
        Err(fault) if fault.kind == FaultKind::Gone => Ok(None),
        answer => answer?.logging_configuration.as_ref().map(understand).transpose(),
    }
}

/// Writes it over what is live. What no definition says (which requests are left out) stays.
pub(super) async fn put(aws: &Aws, arn: &str, wanted: &LoggingConfiguration) -> Result<(), Fault> {
    let LoggingConfiguration { log_destination, redacted_fields } = wanted;
    let filter = match Scope::of(arn).client(aws).get_logging_configuration().resource_arn(arn).send().await.sorted(GET)
    {
        Err(fault) if fault.kind == FaultKind::Gone => None,
        answer => answer?.logging_configuration.and_then(|live| live.logging_filter),
    };
    let fields = redacted_fields.iter().map(|field| field.written(PUT)).collect::<Result<Vec<_>, _>>()?;
    let config = Live::builder()
        .resource_arn(arn)
        .log_destination_configs(log_destination.value())
        .set_redacted_fields(Some(fields).filter(|fields| !fields.is_empty()))
        .set_logging_filter(filter)
        .build()
        .sorted(PUT)?;
    let sent = Scope::of(arn).client(aws).put_logging_configuration().logging_configuration(config).send().await;
    sent.sorted(PUT).map_err(group_not_seen).map(drop)
}

/// Nothing is written down any more.
pub(super) async fn delete(aws: &Aws, arn: &str) -> Result<(), Fault> {
    let call = Scope::of(arn).client(aws).delete_logging_configuration().resource_arn(arn);
    call.send().await.sorted(DELETE).map(drop).gone_is_fine()
}

/// What a definition would say of a live one. WAF writes to one place at a time.
fn understand(live: &Live) -> Result<LoggingConfiguration, Fault> {
    let destination = live.log_destination_configs().first().map(String::as_str).unwrap_or_default();
    Ok(LoggingConfiguration {
        // Some answers name the streams of the group.
        log_destination: Ref::known(destination.strip_suffix(":*").unwrap_or(destination)),
        redacted_fields: live.redacted_fields().iter().map(RedactedField::of).collect::<Result<_, _>>()?,
    })
}

/// The group was made a moment ago. If it stays so, the limit of the wait ends it.
fn group_not_seen(fault: Fault) -> Fault {
    fault.when(FaultKind::NotYet, &["WAFLogDestinationPermissionIssueException"], "")
}

impl RedactedField {
    fn written(&self, operation: &'static str) -> Result<FieldToMatch, Fault> {
        let field = FieldToMatch::builder();
        Ok(match self {
            RedactedField::Method => field.method(Method::builder().build()),
            RedactedField::QueryString => field.query_string(QueryString::builder().build()),
            RedactedField::UriPath => field.uri_path(UriPath::builder().build()),
            RedactedField::SingleHeader(name) => {
                field.single_header(SingleHeader::builder().name(name).build().sorted(operation)?)
            }
        }
        .build())
    }

    fn of(live: &FieldToMatch) -> Result<RedactedField, Fault> {
        if let Some(header) = live.single_header() {
            return Ok(RedactedField::SingleHeader(header.name().to_ascii_lowercase()));
        }
        match (live.method(), live.query_string(), live.uri_path()) {
            (Some(_), ..) => Ok(RedactedField::Method),
            (_, Some(_), _) => Ok(RedactedField::QueryString),
            (.., Some(_)) => Ok(RedactedField::UriPath),
            _ => Err(Fault::new(FaultKind::Broken, GET, "the log of a web ACL leaves out what is not known here")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_survives_the_way_and_back() {
        for field in [
            RedactedField::Method,
            RedactedField::QueryString,
            RedactedField::UriPath,
            RedactedField::SingleHeader("authorization".into()),
        ] {
            assert_eq!(RedactedField::of(&field.written("x:Y").unwrap()).unwrap(), field);
        }
        assert!(RedactedField::of(&FieldToMatch::builder().build()).is_err());
    }

    #[test]
    fn the_streams_of_a_group_are_the_group() {
        let group = "arn:aws:logs:us-east-1:123456789012:log-group:aws-waf-logs-shop";
        let live = |destination: &str| {
            understand(&Live::builder().resource_arn("acl").log_destination_configs(destination).build().unwrap())
        };
        assert_eq!(live(&format!("{group}:*")).unwrap(), live(group).unwrap());
        assert_eq!(live(group).unwrap().log_destination.value(), group);
    }
}
