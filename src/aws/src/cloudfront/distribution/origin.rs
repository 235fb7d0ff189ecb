//! Where a distribution gets what it answers.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudfront::types::{
    CustomHeaders, CustomOriginConfig, Origin as Live, OriginCustomHeader, OriginProtocolPolicy, OriginShield,
    OriginSslProtocols, S3OriginConfig, SslProtocol,
};
use infra_engine::live::Fault;
use infra_engine::model::Ref;
use serde::{Deserialize, Serialize};

use super::headers::{Noted, Sent};
use super::wire::{quantity, unknown};
use crate::Sorted;
use crate::cloudfront::OriginAccessControlId;
use crate::secretsmanager::SecretValue;

/// Where a distribution gets what it answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Origin {
    /// Its domain name: a load balancer's, or a bucket's. Such an output is given another mark: `.marked()`.
    pub domain: Ref<OriginDomain>,
    /// What is put before the path of every request. Empty is nothing.
    pub path: String,
    /// What sort of origin it is, and how it is spoken with.
    pub source: OriginSource,
    /// How requests prove to it that they are the distribution's.
    pub access: Option<Ref<OriginAccessControlId>>,
    /// How often a connection is tried: 1 to 3 times.
    pub attempts: u32,
    /// How many seconds each try may take: 1 to 10.
    pub connect_timeout: u32,
    /// Headers that every request to it has, whatever the viewer sends, and no others: by which an origin knows that it is
    /// asked by this distribution. Their values are secrets', and those that somebody else has added are not shown.
    pub custom_headers: BTreeMap<String, SecretValue>,
}

/// The domain name of an origin.
pub enum OriginDomain {}

/// What sort of origin it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OriginSource {
    /// A bucket, spoken with in S3's own way.
    Bucket,
    /// A server that speaks HTTP.
    Web(WebOrigin),
}

/// How an origin that speaks HTTP is spoken with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebOrigin {
    /// In the clear or encrypted.
    pub protocol: OriginProtocol,
    /// Its port for HTTP.
    pub http_port: u16,
    /// Its port for HTTPS.
    pub https_port: u16,
    /// The versions of TLS that it may speak.
    pub tls: BTreeSet<TlsVersion>,
    /// How many seconds an answer may take.
    pub read_timeout: u32,
    /// How many seconds an idle connection is kept.
    pub keep_alive: u32,
}

/// In the clear or encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OriginProtocol {
    /// HTTP, whatever the viewer speaks.
    HttpOnly,
    /// HTTPS, whatever the viewer speaks.
    HttpsOnly,
    /// What the viewer speaks.
    AsViewer,
}

/// A version of TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum TlsVersion {
    /// SSL 3.0, broken.
    #[serde(rename = "SSLv3")]
    Ssl30,
    /// TLS 1.0.
    #[serde(rename = "TLSv1")]
    Tls10,
    /// TLS 1.1.
    #[serde(rename = "TLSv1.1")]
    Tls11,
    /// TLS 1.2.
    #[serde(rename = "TLSv1.2")]
    Tls12,
}

impl Origin {
    /// A server that speaks HTTPS with TLS 1.2 on the usual port, such as a load balancer with a certificate.
    pub fn web(domain: Ref<OriginDomain>) -> Origin {
        let web = WebOrigin {
            protocol: OriginProtocol::HttpsOnly,
            http_port: 80,
            https_port: 443,
            tls: BTreeSet::from([TlsVersion::Tls12]),
            read_timeout: 30,
            keep_alive: 5,
        };
        Origin {
            domain,
            path: String::new(),
            source: OriginSource::Web(web),
            access: None,
            attempts: 3,
            connect_timeout: 10,
            custom_headers: BTreeMap::new(),
        }
    }

    /// A closed bucket, which only answers what is signed.
    pub fn bucket(domain: Ref<OriginDomain>, access: Ref<OriginAccessControlId>) -> Origin {
        Origin { source: OriginSource::Bucket, access: Some(access), ..Origin::web(domain) }
    }

    /// Writes the origin over a live one of the same name, or anew.
    pub(super) fn write(
        &self,
        id: &str,
        live: Option<Live>,
        sent: &Sent,
        operation: &'static str,
    ) -> Result<Live, Fault> {
        let Origin { domain, path, source, access, attempts, connect_timeout, custom_headers } = self;
        let mut origin = match live {
            Some(live) => live,
            None => Live::builder()
                .id(id)
                .domain_name(domain.value())
                .custom_headers(CustomHeaders::builder().quantity(0).build().sorted(operation)?)
                .origin_shield(OriginShield::builder().enabled(false).build().sorted(operation)?)
                .build()
                .sorted(operation)?,
        };
        let header = |name: &String| {
            let header = OriginCustomHeader::builder().header_name(name).header_value(sent.value(id, name));
            header.build().sorted(operation)
        };
        let headers: Vec<OriginCustomHeader> = custom_headers.keys().map(header).collect::<Result<_, _>>()?;
        let headers = CustomHeaders::builder()
            .quantity(quantity(&headers))
            .set_items(Some(headers).filter(|headers| !headers.is_empty()));
        origin.custom_headers = Some(headers.build().sorted(operation)?);
        origin.domain_name = domain.value();
        origin.origin_path = Some(path.clone());
        origin.origin_access_control_id = access.as_ref().map(Ref::value);
        origin.connection_attempts = Some(number(*attempts));
        origin.connection_timeout = Some(number(*connect_timeout));
        match source {
            OriginSource::Bucket => {
                let bucket = origin.s3_origin_config.take();
                let mut bucket = bucket.unwrap_or_else(|| S3OriginConfig::builder().origin_access_identity("").build());
                if access.is_some() {
                    // One way to prove it or the other, never both.
                    bucket.origin_access_identity = String::new();
                }
                (origin.s3_origin_config, origin.custom_origin_config) = (Some(bucket), None);
            }
            OriginSource::Web(web) => {
                let custom = web.write(origin.custom_origin_config.take(), operation)?;
                (origin.s3_origin_config, origin.custom_origin_config) = (None, Some(custom));
            }
        }
        Ok(origin)
    }

    /// The origin that would have produced a live one.
    pub(super) fn read(live: &Live, noted: &Noted) -> Result<Origin, Fault> {
        let source = match (live.s3_origin_config(), live.custom_origin_config()) {
            (Some(_), _) => OriginSource::Bucket,
            (None, Some(custom)) => OriginSource::Web(WebOrigin::read(custom)?),
            (None, None) => return Err(unknown(&format!("an origin inside of a network: `{}`", live.id()))),
        };
        let headers = live.custom_headers().map(CustomHeaders::items).unwrap_or_default();
        let header = |header: &OriginCustomHeader| {
            let name = header.header_name();
            (name.to_owned(), noted.told(live.id(), name, header.header_value()))
        };
        let access = live.origin_access_control_id().filter(|id| !id.is_empty());
        Ok(Origin {
            domain: Ref::known(live.domain_name()),
            path: live.origin_path().unwrap_or_default().to_owned(),
            source,
            access: access.map(Ref::known),
            attempts: count(live.connection_attempts(), 3),
            connect_timeout: count(live.connection_timeout(), 10),
            custom_headers: headers.iter().map(header).collect(),
        })
    }
}

impl WebOrigin {
    fn write(&self, live: Option<CustomOriginConfig>, operation: &'static str) -> Result<CustomOriginConfig, Fault> {
        let WebOrigin { protocol, http_port, https_port, tls, read_timeout, keep_alive } = self;
        let policy = OriginProtocolPolicy::from(*protocol);
        let (http_port, https_port) = (i32::from(*http_port), i32::from(*https_port));
        let versions: Vec<SslProtocol> = tls.iter().map(|version| SslProtocol::from(*version)).collect();
        let quantity = i32::try_from(versions.len()).unwrap_or(i32::MAX);
        let versions = OriginSslProtocols::builder().quantity(quantity).set_items(Some(versions));
        let mut custom = match live {
            Some(live) => live,
            None => {
                let new = CustomOriginConfig::builder().http_port(http_port).https_port(https_port);
                new.origin_protocol_policy(policy.clone()).build().sorted(operation)?
            }
        };
        custom.http_port = http_port;
        custom.https_port = https_port;
        custom.origin_protocol_policy = policy;
        custom.origin_ssl_protocols = Some(versions.build().sorted(operation)?);
        custom.origin_read_timeout = Some(number(*read_timeout));
        custom.origin_keepalive_timeout = Some(number(*keep_alive));
        Ok(custom)
    }

    fn read(live: &CustomOriginConfig) -> Result<WebOrigin, Fault> {
        let port = |port: i32| u16::try_from(port).unwrap_or_default();
        let versions = live.origin_ssl_protocols().map(OriginSslProtocols::items).unwrap_or_default();
        Ok(WebOrigin {
            protocol: match live.origin_protocol_policy() {
                OriginProtocolPolicy::HttpOnly => OriginProtocol::HttpOnly,
                OriginProtocolPolicy::HttpsOnly => OriginProtocol::HttpsOnly,
                OriginProtocolPolicy::MatchViewer => OriginProtocol::AsViewer,
                other => return Err(unknown(other.as_str())),
            },
            http_port: port(live.http_port()),
            https_port: port(live.https_port()),
            tls: versions.iter().map(version).collect::<Result<_, _>>()?,
            read_timeout: count(live.origin_read_timeout(), 30),
            keep_alive: count(live.origin_keepalive_timeout(), 5),
        })
    }
}

impl From<OriginProtocol> for OriginProtocolPolicy {
    fn from(protocol: OriginProtocol) -> OriginProtocolPolicy {
        match protocol {
            OriginProtocol::HttpOnly => OriginProtocolPolicy::HttpOnly,
            OriginProtocol::HttpsOnly => OriginProtocolPolicy::HttpsOnly,
            OriginProtocol::AsViewer => OriginProtocolPolicy::MatchViewer,
        }
    }
}

impl From<TlsVersion> for SslProtocol {
    fn from(version: TlsVersion) -> SslProtocol {
        match version {
            TlsVersion::Ssl30 => SslProtocol::SsLv3,
            TlsVersion::Tls10 => SslProtocol::TlSv1,
            TlsVersion::Tls11 => SslProtocol::TlSv11,
            TlsVersion::Tls12 => SslProtocol::TlSv12,
        }
    }
}

fn version(live: &SslProtocol) -> Result<TlsVersion, Fault> {
    match live {
        SslProtocol::SsLv3 => Ok(TlsVersion::Ssl30),
        SslProtocol::TlSv1 => Ok(TlsVersion::Tls10),
        SslProtocol::TlSv11 => Ok(TlsVersion::Tls11),
        SslProtocol::TlSv12 => Ok(TlsVersion::Tls12),
        other => Err(unknown(other.as_str())),
    }
}

/// A number as the API takes it. One that does not fit is refused by a rule before.
fn number(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}

fn count(value: Option<i32>, usual: u32) -> u32 {
    value.and_then(|value| u32::try_from(value).ok()).unwrap_or(usual)
}
