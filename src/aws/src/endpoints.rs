//! Where a service answers, when not at AWS: four sources, one order. Pure.
//!
//! The order is the AWS CLI's, with the environment's file put between the caller's shell and the shared configuration:
//!
//! 1. `--endpoint`, for every service;
//! 2. `AWS_ENDPOINT_URL_<SERVICE>` and then `AWS_ENDPOINT_URL`, unless `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS` is `true`;
//! 3. the environment's file: the service's own endpoint, then the one for all;
//! 4. `endpoint_url` of the profile, which the SDK reads by itself.

use std::collections::BTreeMap;
use std::net::IpAddr;

/// Endpoints that were given, by where they were given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Endpoints {
    /// `--endpoint`: over everything else.
    pub flag: Option<String>,
    /// The environment's file, for every service.
    pub file: Option<String>,
    /// The environment's file, for one service each: `s3`, `ec2`, `iam`, ….
    pub services: BTreeMap<String, String>,
}

/// An endpoint that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// It is no address.
    #[error("`{0}` is not an endpoint: it is `http://` or `https://`, a host, and a port if it is not the usual one")]
    Address(String),
    /// It is of a service that nothing here calls.
    #[error("`endpoints` has `{0}`, which is no service that is called: there are {1}")]
    Service(String, String),
}

/// The value of a variable of the caller's shell.
pub(crate) type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

impl Endpoints {
    /// Where one service answers; `None` when the SDK is to decide. `name` is the service's name in this program,
    /// `id` its name in variables: `logs` and `CLOUDWATCH_LOGS`.
    pub(crate) fn of(&self, name: &str, id: &str, variables: Variables<'_>) -> Option<String> {
        let shell = |variable: &str| variables(variable).filter(|url| !url.is_empty() && !ignored(variables));
        self.flag
            .clone()
            .or_else(|| shell(&format!("AWS_ENDPOINT_URL_{id}")))
            .or_else(|| shell("AWS_ENDPOINT_URL"))
            .or_else(|| self.services.get(name).cloned())
            .or_else(|| self.file.clone())
    }

    /// True for a local cloud: the environment's own endpoint is on this machine, and so is the one that is called.
    pub(crate) fn are_local(&self, variables: Variables<'_>) -> bool {
        let called = self.of("", "", variables);
        [self.file.as_deref(), called.as_deref()].into_iter().all(|url| url.is_some_and(is_loopback))
    }

    /// Refuses what is no address, and what is no service, before anything is called.
    pub(crate) fn check(&self, known: &[&str]) -> Result<(), EndpointError> {
        let Endpoints { flag, file, services } = self;
        if let Some(service) = services.keys().find(|service| !known.contains(&service.as_str())) {
            return Err(EndpointError::Service(service.clone(), known.join(", ")));
        }
        let bad = flag.iter().chain(file).chain(services.values()).find(|url| host(url).is_none());
        bad.map_or(Ok(()), |url| Err(EndpointError::Address(url.clone())))
    }
}

fn ignored(variables: Variables<'_>) -> bool {
    variables("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS").is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

fn is_loopback(url: &str) -> bool {
    host(url).is_some_and(|host| {
        let host = host.trim_matches(['[', ']']);
        host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
    })
}

/// The host of an address, without its port.
fn host(url: &str) -> Option<&str> {
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"))?;
    let authority = rest.split('/').next()?;
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.parse::<u16>().is_ok() => host,
        Some(_) if !authority.ends_with(']') => return None,
        _ => authority,
    };
    let plain = |character: char| character.is_ascii_alphanumeric() || "-._[]:".contains(character);
    (!host.is_empty() && host.chars().all(plain)).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoints() -> Endpoints {
        Endpoints {
            flag: None,
            file: Some("http://localhost:4566".into()),
            services: BTreeMap::from([("s3".into(), "http://localhost:9000".into())]),
        }
    }

    fn shell<'a>(set: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
        |name| set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
    }

    #[test]
    fn the_flag_comes_before_the_shell_and_the_shell_before_the_file() {
        let all = shell(&[("AWS_ENDPOINT_URL", "http://all"), ("AWS_ENDPOINT_URL_S3", "http://one")]);
        let flag = Endpoints { flag: Some("http://flag".into()), ..endpoints() };
        assert_eq!(flag.of("s3", "S3", &all).as_deref(), Some("http://flag"));
        assert_eq!(endpoints().of("s3", "S3", &all).as_deref(), Some("http://one"));
        assert_eq!(endpoints().of("ec2", "EC2", &all).as_deref(), Some("http://all"));
        assert_eq!(endpoints().of("s3", "S3", &shell(&[])).as_deref(), Some("http://localhost:9000"));
        assert_eq!(endpoints().of("ec2", "EC2", &shell(&[])).as_deref(), Some("http://localhost:4566"));
        assert_eq!(Endpoints::default().of("ec2", "EC2", &shell(&[])), None);
    }

    #[test]
    fn a_service_that_nothing_calls_is_refused() {
        let services = BTreeMap::from([("s33".to_owned(), "http://localhost:9000".to_owned())]);
        let refused = Endpoints { services, ..endpoints() }.check(&["ec2", "s3"]).unwrap_err().to_string();
        assert_eq!(refused, "`endpoints` has `s33`, which is no service that is called: there are ec2, s3");
    }

    #[test]
    fn the_shell_can_be_told_to_keep_out() {
        let set = shell(&[("AWS_ENDPOINT_URL", "http://all"), ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")]);
        assert_eq!(endpoints().of("ec2", "EC2", &set).as_deref(), Some("http://localhost:4566"));
        assert_eq!(
            endpoints().of("ec2", "EC2", &shell(&[("AWS_ENDPOINT_URL", "")])).as_deref(),
            Some("http://localhost:4566")
        );
    }

    #[test]
    fn only_an_environment_that_lives_on_this_machine_is_local() {
        let quiet = shell(&[]);
        assert!(endpoints().are_local(&quiet));
        assert!(!Endpoints::default().are_local(&quiet));
        // A flag alone makes no environment local: its file may be that of a real account.
        assert!(!Endpoints { flag: Some("http://127.0.0.1:1".into()), ..Endpoints::default() }.are_local(&quiet));
        assert!(Endpoints { flag: Some("http://[::1]:1".into()), ..endpoints() }.are_local(&quiet));
        assert!(!Endpoints { flag: Some("https://ec2.example.com".into()), ..endpoints() }.are_local(&quiet));
        assert!(!endpoints().are_local(&shell(&[("AWS_ENDPOINT_URL", "https://example.com")])));
        assert!(
            !Endpoints { file: Some("http://localhost.example.com".into()), ..Endpoints::default() }.are_local(&quiet)
        );
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for good in ["http://localhost:4566", "https://vpce-1.s3.eu-west-1.vpce.amazonaws.com", "http://[::1]:80/"] {
            assert_eq!(
                Endpoints { flag: Some(good.into()), ..Endpoints::default() }.check(&["s3", "ec2"]),
                Ok(()),
                "{good}"
            );
        }
        for bad in ["localhost:4566", "http://", "ftp://host", "http://host:port", "http://a b"] {
            assert!(
                Endpoints { flag: Some(bad.into()), ..Endpoints::default() }.check(&["s3", "ec2"]).is_err(),
                "{bad}"
            );
        }
    }
}
