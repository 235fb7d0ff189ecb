//! How texts are written that AWS reads: ARNs, host names, images, names of metrics. Whether they are there is not known
//! here.

/// The parts of an ARN that tell what it is of.
pub(super) struct Arn<'a> {
    pub(super) service: &'a str,
    pub(super) region: &'a str,
    pub(super) resource: &'a str,
}

impl<'a> Arn<'a> {
    /// `arn:aws:sns:us-east-1:123456789012:costs`, taken apart.
    pub(super) fn of(text: &'a str) -> Option<Arn<'a>> {
        let mut parts = text.splitn(6, ':');
        let mut next = || parts.next();
        let (start, partition, service, region) = (next()?, next()?, next()?, next()?);
        let (account, resource) = (next()?, next()?);
        let number = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        let plain = !resource.is_empty() && resource.bytes().all(|byte| byte.is_ascii_graphic());
        let fits = start == "arn" && partition.starts_with("aws") && number && plain;
        fits.then_some(Arn { service, region, resource })
    }

    /// Whether it is of a certificate of the Certificate Manager in that region.
    pub(super) fn is_certificate_of(&self, region: &str) -> bool {
        let Arn { service, region: its_own, resource } = self;
        let named = resource.strip_prefix("certificate/").is_some_and(|id| !id.is_empty());
        *service == "acm" && *its_own == region && named
    }
}

/// Whether it is the name of one machine: `origin.example.com`, and neither `*.example.com` nor an address.
pub(super) fn is_host(text: &str) -> bool {
    let label = |label: &str| {
        let plain = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        plain && (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
    };
    let last = text.rsplit('.').next().unwrap_or_default();
    let named = last.bytes().any(|byte| byte.is_ascii_alphabetic());
    text.len() <= 253 && text.contains('.') && text.split('.').all(label) && named
}

/// Whether it can be the image of a container: `registry.example.com/web:1.0.0`.
pub(super) fn is_image(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:@#".contains(&byte);
    text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.len() <= 512 && text.bytes().all(plain)
}

/// Whether it is the ARN of a secret.
pub(super) fn is_secret(text: &str) -> bool {
    Arn::of(text).is_some_and(|arn| arn.service == "secretsmanager" && arn.resource.starts_with("secret:"))
}

/// Whether CloudWatch takes it as the name of a metric.
pub(super) fn is_metric(text: &str) -> bool {
    let plain = text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    (1..=255).contains(&text.len()) && plain && !text.starts_with(':') && text.trim() == text
}

/// Whether it is the name of a variable that a shell and a program can ask for.
pub(super) fn is_variable(text: &str) -> bool {
    let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    plain && text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
}

/// Whether a load balancer takes it as a pattern of paths.
pub(super) fn is_path(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.$/~\"'@:+&*?".contains(&byte);
    text.starts_with(['/', '*']) && text.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_of_its_service_and_its_region() {
        let is = |text: &str| Arn::of(text).is_some_and(|arn| arn.is_certificate_of("us-east-1"));
        assert!(is("arn:aws:acm:us-east-1:123456789012:certificate/0000-1111"));
        for wrong in [
            "arn:",
            "arn:aws:s3:::bucket",
            "arn:aws:acm:us-east-1:12:certificate/1",
            "arn:aws:acm:us-east-1:123456789012:certificate/",
            "arn:aws:acm:us-east-1:123456789012:certificate/a b",
            "arn:aws:acm:eu-west-1:123456789012:certificate/1",
            "arn:aws:iam:us-east-1:123456789012:certificate/1",
        ] {
            assert!(!is(wrong), "{wrong}");
        }
    }

    #[test]
    fn each_text_is_written_as_aws_reads_it() {
        let check = |fits: fn(&str) -> bool, right: &[&str], wrong: &[&str]| {
            right.iter().for_each(|text| assert!(fits(text), "{text:?}"));
            wrong.iter().for_each(|text| assert!(!fits(text), "{text:?}"));
        };
        check(
            is_host,
            &["origin.example.com", "a.b"],
            &["", ".", "a b.c", "*.example.com", "1.2.3.4", "örigin.de", "a"],
        );
        check(is_image, &["web", "a.b:5000/web@sha256:0f"], &["", "web 1", "/web", "wéb"]);
        check(is_metric, &["QueueLength", "a b"], &["", " a", ":a", "Länge", "a\nb"]);
        check(is_variable, &["A", "_a1"], &["", "1A", "A-B", "A=B", "A B"]);
        check(is_path, &["/", "/api/*", "*.html", "/a?c"], &["", "api", "/a b", "/ü", "/a#b"]);
        assert!(!is_metric(&"a".repeat(256)));
    }
}
