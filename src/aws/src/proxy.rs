//! Which calls go through the proxy that the shell names (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, less `NO_PROXY`), and
//! which never do.
//!
//! What answers on this machine, and what hands out its credentials, is called in plain HTTP, the session token included.
//! A proxy would read it, and could not reach what was meant in any case. So they are called directly, whatever the shell
//! says; the AWS CLI does the same for the addresses of credentials.

use std::net::IpAddr;

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

use crate::endpoints::host;

/// A client that asks the shell's proxy for what is far away, and calls directly what is near.
pub(crate) fn client() -> SharedHttpClient {
    SharedHttpClient::new(Ways { proxied: over(ProxyConfig::from_env), direct: over(ProxyConfig::disabled) })
}

fn over(proxy: fn() -> ProxyConfig) -> SharedHttpClient {
    Builder::new().build_with_connector_fn(move |settings, components| {
        let mut connector = Connector::builder().proxy_config(proxy());
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
        connector.tls_provider(Provider::Rustls(CryptoMode::Ring)).build()
    })
}

#[derive(Debug)]
struct Ways<Way> {
    proxied: Way,
    direct: Way,
}

impl HttpClient for Ways<SharedHttpClient> {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let connector = |way: &SharedHttpClient| way.http_connector(settings, components);
        SharedHttpConnector::new(Ways { proxied: connector(&self.proxied), direct: connector(&self.direct) })
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.proxied.connector_metadata()
    }
}

impl HttpConnector for Ways<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let way = if is_near(request.uri()) { &self.direct } else { &self.proxied };
        way.call(request)
    }
}

/// True for an address of this machine, and for those by which AWS hands out the credentials of machines and containers.
fn is_near(url: &str) -> bool {
    let before_the_query = url.split('?').next().unwrap_or_default();
    let Some(host) = host(before_the_query) else { return false };
    let host = host.trim_matches(['[', ']']);
    host.eq_ignore_ascii_case("localhost")
        || host.parse().is_ok_and(|address: IpAddr| match address {
            IpAddr::V4(address) => address.is_loopback() || address.is_link_local(),
            // fd00:ec2::254 of machines, fd00:ec2::23 of pods.
            IpAddr::V6(address) => address.is_loopback() || address.segments()[..2] == [0xfd00, 0x0ec2],
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_on_this_machine_or_hands_out_credentials_is_near() {
        for near in [
            "http://127.0.0.1:4566/?Action=ListRoles",
            "http://localhost:4566/bucket/key",
            "http://127.0.0.1:4566?Action=ListRoles",
            "http://LOCALHOST",
            "http://[::1]:4566/",
            "http://169.254.169.254/latest/api/token",
            "http://169.254.170.2/v2/credentials",
            "http://[fd00:ec2::254]/latest/meta-data",
        ] {
            assert!(is_near(near), "{near}");
        }
    }

    #[test]
    fn what_has_such_a_name_and_is_elsewhere_is_not() {
        for far in [
            "https://ec2.us-east-1.amazonaws.com/",
            "https://localhost.example.com/",
            "https://127.0.0.1.example.com/",
            "https://example.com/127.0.0.1",
            "https://10.0.0.1/",
            "https://[fd00::1]/",
        ] {
            assert!(!is_near(far), "{far}");
        }
    }
}
