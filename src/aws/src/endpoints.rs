//! Where a service answers, when not at AWS: four sources, one order, and whether that is AWS after all. Pure.
//!
//! The order is the AWS CLI's, with the environment's file put between the caller's shell and the shared configuration:
//!
//! 1. `--endpoint`, for every service;
//! 2. `AWS_ENDPOINT_URL_<SERVICE>` and then `AWS_ENDPOINT_URL`, unless `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS` is `true`;
//! 3. the environment's file: the service's own endpoint, then the one for all;
//! 4. `endpoint_url` of the profile, which the SDK reads.
//!
//! Whoever answers there is sent secrets and believed in everything, so every [`Detour`] is for people to see.

use std::collections::BTreeMap;
use std::fmt;
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

/// Who said where a service answers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// `--endpoint`.
    Flag,
    /// A variable of the caller's shell, by its name.
    Variable(String),
    /// The environment's file.
    File,
    /// The profile of the shared configuration.
    Profile,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Flag => f.write_str("--endpoint"),
            Source::Variable(name) => f.write_str(name),
            Source::File => f.write_str("the environment's file"),
            Source::Profile => f.write_str("the profile"),
        }
    }
}

/// Where one service answers, and who said so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Given {
    pub url: String,
    pub source: Source,
}

/// An address that is called in place of AWS's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detour {
    /// The services that are called there.
    pub services: Vec<&'static str>,
    /// True when these are all that there are.
    pub everything: bool,
    /// The address.
    pub url: String,
    /// Who said so.
    pub source: Source,
    /// True when the address is one that AWS has for these services: a region's, a FIPS or dual-stack one, or an
    /// interface endpoint of a VPC.
    pub at_aws: bool,
}

/// An endpoint that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// It is no address.
    #[error("`{0}` ({1}) is not an endpoint: it is `https://`, a host, and a port if it is not the usual one")]
    Address(String, Source),
    /// It is of a service that nothing here calls.
    #[error("`endpoints` has `{0}`, which is no service that is called: there are {1}")]
    Service(String, String),
    /// Everybody on the way could read and change what is said.
    #[error(
        "`{0}` ({1}) would be called in the clear: session tokens and secrets could be read, and answers changed, by \
         anybody on the way. Write `https://`; only this machine itself (localhost) may be called over http"
    )]
    Clear(String, Source),
}

/// The value of a variable of the caller's shell.
pub(crate) type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

impl Endpoints {
    /// Where one service answers; `None` when that is AWS's own address. `name` is the service's name in this program,
    /// `id` its name in variables: `logs` and `CLOUDWATCH_LOGS`; `profile` is what the profile says.
    pub(crate) fn of(
        &self,
        name: &str,
        id: &str,
        variables: Variables<'_>,
        profile: impl Fn() -> Option<String>,
    ) -> Option<Given> {
        let given = |source: Source| move |url: String| Given { url, source };
        let shell = |variable: String| {
            let url = variables(&variable).filter(|url| !url.is_empty() && !ignored(variables))?;
            Some(Given { url, source: Source::Variable(variable) })
        };
        let flag = self.flag.clone().map(given(Source::Flag));
        flag.or_else(|| shell(format!("AWS_ENDPOINT_URL_{id}")))
            .or_else(|| shell("AWS_ENDPOINT_URL".to_owned()))
            .or_else(|| self.services.get(name).or(self.file.as_ref()).cloned().map(given(Source::File)))
            .or_else(|| profile().map(given(Source::Profile)))
    }

    /// True for a local cloud: the environment's own endpoint is on this machine, and so is the one that is called.
    pub(crate) fn are_local(&self, variables: Variables<'_>) -> bool {
        let called = self.of("", "", variables, || None).map(|given| given.url);
        [self.file.as_deref(), called.as_deref()].into_iter().all(|url| url.is_some_and(is_loopback))
    }

    /// Refuses what is no address, and what is no service, before anything is called.
    pub(crate) fn check(&self, known: &[&str]) -> Result<(), EndpointError> {
        let Endpoints { flag, file, services } = self;
        if let Some(service) = services.keys().find(|service| !known.contains(&service.as_str())) {
            return Err(EndpointError::Service(service.clone(), known.join(", ")));
        }
        let written = file.iter().chain(services.values()).map(|url| (url, Source::File));
        flag.iter().map(|url| (url, Source::Flag)).chain(written).try_for_each(|(url, source)| check(url, &source))
    }
}

impl Given {
    /// Refuses what is no address, and what would be called in the clear.
    pub(crate) fn check(&self) -> Result<(), EndpointError> {
        check(&self.url, &self.source)
    }
}

/// The detours of services, each address once. `all` is how many services there are.
pub(crate) fn detours<'a>(given: impl Iterator<Item = (&'static str, &'a Given)>, all: usize) -> Vec<Detour> {
    let mut detours: Vec<Detour> = Vec::new();
    for (service, Given { url, source }) in given {
        let at_aws = is_at_aws(url, service);
        match detours.iter_mut().find(|detour| detour.url == *url && detour.source == *source) {
            Some(detour) => {
                detour.services.push(service);
                detour.at_aws &= at_aws;
            }
            None => {
                let (url, source) = (url.clone(), source.clone());
                detours.push(Detour { services: vec![service], everything: false, url, source, at_aws });
            }
        }
    }
    detours.iter_mut().for_each(|detour| detour.everything = detour.services.len() == all);
    detours
}

fn check(url: &str, source: &Source) -> Result<(), EndpointError> {
    match host(url) {
        None => Err(EndpointError::Address(url.to_owned(), source.clone())),
        Some(_) if url.starts_with("http://") && !is_loopback(url) => {
            Err(EndpointError::Clear(url.to_owned(), source.clone()))
        }
        Some(_) => Ok(()),
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

/// True for an address that AWS has for a service. That it ends as AWS's names do is not enough: a bucket, a machine, a
/// load balancer and an API of anybody's have such names too.
fn is_at_aws(url: &str, service: &str) -> bool {
    let Some(host) = host(url).filter(|_| url.starts_with("https://")) else { return false };
    let host = host.to_ascii_lowercase();
    let ends = ["amazonaws.com", "amazonaws.com.cn", "api.aws", "api.amazonwebservices.com.cn"];
    let Some(rest) = ends.iter().find_map(|end| host.strip_suffix(end)?.strip_suffix('.')) else { return false };
    let labels: Vec<&str> = rest.split('.').collect();
    let own = host_of(service);
    let is_own = |label: &str| label == own || label.strip_suffix("-fips") == Some(own);
    match labels[..] {
        [first] => is_own(first),
        [first, region] => is_own(first) && is_region(region),
        [first, "dualstack", region] => is_own(first) && is_region(region),
        [endpoint, first, region, "vpce"] => endpoint.starts_with("vpce-") && is_own(first) && is_region(region),
        // S3's interface endpoints say beside it what is asked for.
        ["bucket", endpoint, "s3", region, "vpce"] => {
            service == "s3" && endpoint.starts_with("vpce-") && is_region(region)
        }
        _ => false,
    }
}

/// What a service is called in the names of its hosts, where that is another name than here.
fn host_of(service: &str) -> &str {
    match service {
        "autoscaling" => "application-autoscaling",
        "cloudwatch" => "monitoring",
        "costexplorer" => "ce",
        "costreports" => "cur",
        "elb" => "elasticloadbalancing",
        same => same,
    }
}

/// `eu-central-1`, `us-gov-west-1`.
fn is_region(label: &str) -> bool {
    let parts: Vec<&str> = label.split('-').collect();
    let word = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    match parts[..] {
        [ref words @ .., number] => {
            words.len() >= 2
                && words.iter().all(word)
                && !number.is_empty()
                && number.bytes().all(|byte| byte.is_ascii_digit())
        }
        [] => false,
    }
}

/// The host of an address, without its port.
pub(crate) fn host(url: &str) -> Option<&str> {
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

    /// Where a service answers and who said so, with a profile that says something too.
    fn of(endpoints: &Endpoints, name: &str, set: &[(&str, &str)]) -> String {
        let profile = || Some("https://profile".to_owned());
        let Given { url, source } = endpoints.of(name, &name.to_uppercase(), &shell(set), profile).unwrap();
        format!("{url} from {source}")
    }

    #[test]
    fn the_flag_comes_before_the_shell_and_the_shell_before_the_file_and_the_file_before_the_profile() {
        let all = [("AWS_ENDPOINT_URL", "http://all"), ("AWS_ENDPOINT_URL_S3", "http://one")];
        let flag = Endpoints { flag: Some("http://flag".into()), ..endpoints() };
        assert_eq!(of(&flag, "s3", &all), "http://flag from --endpoint");
        assert_eq!(of(&endpoints(), "s3", &all), "http://one from AWS_ENDPOINT_URL_S3");
        assert_eq!(of(&endpoints(), "ec2", &all), "http://all from AWS_ENDPOINT_URL");
        assert_eq!(of(&endpoints(), "s3", &[]), "http://localhost:9000 from the environment's file");
        assert_eq!(of(&endpoints(), "ec2", &[]), "http://localhost:4566 from the environment's file");
        assert_eq!(of(&Endpoints::default(), "ec2", &[]), "https://profile from the profile");
        assert_eq!(Endpoints::default().of("ec2", "EC2", &shell(&[]), || None), None);
    }

    #[test]
    fn a_service_that_nothing_calls_is_refused() {
        let services = BTreeMap::from([("s33".to_owned(), "http://localhost:9000".to_owned())]);
        let refused = Endpoints { services, ..endpoints() }.check(&["ec2", "s3"]).unwrap_err().to_string();
        assert_eq!(refused, "`endpoints` has `s33`, which is no service that is called: there are ec2, s3");
    }

    #[test]
    fn the_shell_can_be_told_to_keep_out() {
        let set = [("AWS_ENDPOINT_URL", "http://all"), ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")];
        let file = "http://localhost:4566 from the environment's file";
        assert_eq!(of(&endpoints(), "ec2", &set), file);
        assert_eq!(of(&endpoints(), "ec2", &[("AWS_ENDPOINT_URL", "")]), file);
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

    fn refusal(url: &str) -> Option<EndpointError> {
        Endpoints { flag: Some(url.into()), ..Endpoints::default() }.check(&["s3", "ec2"]).err()
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for good in ["http://localhost:4566", "https://vpce-1.s3.eu-west-1.vpce.amazonaws.com", "http://[::1]:80/"] {
            assert_eq!(refusal(good), None, "{good}");
        }
        for bad in ["localhost:4566", "https://", "ftp://host", "https://host:port", "https://a b", "https://a@b"] {
            assert!(matches!(refusal(bad), Some(EndpointError::Address(..))), "{bad}");
        }
    }

    #[test]
    fn nothing_is_called_in_the_clear_but_this_machine() {
        for good in ["http://127.0.0.1:4566", "http://127.9.9.9", "http://localhost", "https://example.com"] {
            assert_eq!(refusal(good), None, "{good}");
        }
        for bad in ["http://example.com", "http://10.0.0.1:4566", "http://localhost.example.com", "http://0.0.0.0"] {
            assert!(matches!(refusal(bad), Some(EndpointError::Clear(..))), "{bad}");
        }
        let said = refusal("http://example.com").unwrap().to_string();
        assert!(said.starts_with("`http://example.com` (--endpoint) would be called in the clear"), "{said}");
        // What the shell says is looked at when it is what counts.
        let given = Given { url: "http://example.com".into(), source: Source::Variable("AWS_ENDPOINT_URL_S3".into()) };
        assert!(given.check().unwrap_err().to_string().contains("(AWS_ENDPOINT_URL_S3)"));
    }

    #[test]
    fn only_hosts_that_aws_has_for_a_service_are_at_aws() {
        for (service, host) in [
            ("ec2", "ec2.eu-central-1.amazonaws.com"),
            ("ec2", "ec2-fips.us-gov-west-1.amazonaws.com"),
            ("ec2", "ec2.eu-central-1.api.aws"),
            ("sts", "sts.amazonaws.com"),
            ("s3", "s3.dualstack.eu-west-1.amazonaws.com"),
            ("s3", "bucket.vpce-1a2b-3c4d.s3.us-east-1.vpce.amazonaws.com"),
            ("secretsmanager", "vpce-1a2b-3c4d.secretsmanager.us-east-1.vpce.amazonaws.com"),
            ("cloudwatch", "monitoring.cn-north-1.amazonaws.com.cn"),
        ] {
            assert!(is_at_aws(&format!("https://{host}"), service), "{host}");
        }
        for (service, host) in [
            ("ec2", "amazonaws.com.example.com"),
            ("ec2", "evilamazonaws.com"),
            ("ec2", "ec2.example.com"),
            // What anybody may have.
            ("s3", "my-bucket.s3.amazonaws.com"),
            ("ec2", "ec2.s3.amazonaws.com"),
            ("ec2", "ec2-203-0-113-1.compute-1.amazonaws.com"),
            ("ec2", "abcdef.execute-api.us-east-1.amazonaws.com"),
            ("ec2", "web-1.us-east-1.elb.amazonaws.com"),
            // Another service is not this one.
            ("secretsmanager", "s3.us-east-1.amazonaws.com"),
        ] {
            assert!(!is_at_aws(&format!("https://{host}"), service), "{host}");
        }
        assert!(!is_at_aws("http://sts.amazonaws.com", "sts"));
    }

    #[test]
    fn an_address_is_one_detour_however_many_services_are_called_there() {
        let (all, one) = ("http://localhost:1".to_owned(), "https://s3.eu-west-1.amazonaws.com".to_owned());
        let all = Given { url: all, source: Source::Flag };
        let one = Given { url: one, source: Source::File };
        let found = detours([("ec2", &all), ("s3", &one), ("sts", &all)].into_iter(), 3);
        let told: Vec<_> = found.iter().map(|one| (one.services.join(" "), one.everything, one.at_aws)).collect();
        assert_eq!(told, [("ec2 sts".to_owned(), false, false), ("s3".to_owned(), false, true)]);
        assert!(detours([("ec2", &all)].into_iter(), 1)[0].everything);
    }
}
