//! What AWS would refuse of a usage report, and why none would ever arrive.

use infra_engine::check::{Rule, Severity, Surroundings, Violation};
use infra_engine::model::Address;

use super::{Companion, Layout, UsageReport, Versions};
use crate::iam::{Effect, Policy, Principal, Principals, Service, Statement};
use crate::s3::{Bucket, BucketPolicy};

pub(super) static ALL: &[Rule<UsageReport>] = &[
    Rule {
        code: "V221",
        says: "a usage report has a name of 1 to 256 characters without spaces, and a prefix without slashes at its ends",
        source: "Cost and Usage Report API: ReportDefinition",
        severity: Severity::Error,
        check: is_named,
    },
    Rule {
        code: "V222",
        says: "a usage report for Athena is in Parquet, overwritten, under a prefix and for nobody else; one for QuickSight \
               or Redshift is not in Parquet",
        source: "Cost and Usage Report User Guide: report delivery options; AWS answers ValidationException, without a word",
        severity: Severity::Error,
        check: fits_its_companions,
    },
    Rule {
        code: "V223",
        says: "the bucket of a usage report lets the service of reports write into it",
        source: "Cost and Usage Report User Guide: setting up an Amazon S3 bucket",
        severity: Severity::Error,
        check: may_be_put,
    },
];

fn is_named(report: &UsageReport, _: &Surroundings<'_>) -> Vec<Violation> {
    let UsageReport { name, prefix, .. } = report;
    let mut violations = Vec::new();
    let plain = |c: char| c.is_ascii_alphanumeric() || "!-_.*'()".contains(c);
    if !(1..=256).contains(&name.len()) || !name.chars().all(plain) {
        let wrong = "it is empty, longer than 256 characters, or has others than letters, digits and `!-_.*'()`";
        violations.push(Violation::of("name", name, wrong, "write a name such as `shop-prod`"));
    }
    if prefix.len() > 256 || prefix.contains(char::is_whitespace) || prefix.trim_matches('/') != prefix {
        let wrong = "it is longer than 256 characters, has white space in it, or a slash at an end";
        violations.push(Violation::of("prefix", prefix, wrong, "write a prefix such as `usage`"));
    }
    violations
}

fn fits_its_companions(report: &UsageReport, _: &Surroundings<'_>) -> Vec<Violation> {
    let UsageReport { prefix, layout, companions, versions, .. } = report;
    let parquet = *layout == Layout::Parquet;
    let mut violations = Vec::new();
    if !companions.contains(&Companion::Athena) {
        if !companions.is_empty() && parquet {
            let wrong = "QuickSight and Redshift do not take it";
            violations.push(Violation::of("layout", layout, wrong, "write `Layout::CsvInGzip`"));
        }
        return violations;
    }
    if companions.len() > 1 {
        let wrong = "what is for Athena is for nobody else";
        violations.push(Violation::of("companions", companions, wrong, "write a report of its own for the others"));
    }
    if !parquet {
        violations.push(Violation::of("layout", layout, "Athena does not take it", "write `Layout::Parquet`"));
    }
    if *versions != Versions::Overwritten {
        let wrong = "Athena would count every line once for each version";
        violations.push(Violation::of("versions", versions, wrong, "write `Versions::Overwritten`"));
    }
    if prefix.is_empty() {
        violations.push(Violation::of("prefix", prefix, "Athena needs one", "write a prefix such as `usage`"));
    }
    violations
}

fn may_be_put(report: &UsageReport, around: &Surroundings<'_>) -> Vec<Violation> {
    let bucket = report.bucket.value();
    let given_by = |address: &Address| format!("{address}.{}", BucketPolicy::BUCKET.name) == bucket;
    let policies = around.all::<BucketPolicy>();
    let policies: Vec<_> = policies.filter(|(at, policy)| given_by(at) || policy.bucket == report.bucket).collect();
    let in_code = !policies.is_empty() || around.of::<Bucket, _>(&report.bucket).is_some();
    let lets = |policy: &Policy| matches!(policy, Policy::Raw(_)) || policy.statements().any(lets_put);
    if !in_code || policies.iter().any(|(_, policy)| lets(&policy.policy)) {
        return Vec::new();
    }
    let service = Service::CostReports;
    let wrong = format!("no policy of it lets {service} write into it, and AWS refuses the report");
    let way_out = "add a `BucketPolicy` that allows `s3:PutObject` on its objects, and `s3:GetBucketAcl` and \
                   `s3:GetBucketPolicy` on itself, to `Service::CostReports`";
    vec![Violation::of("bucket", &report.bucket, wrong, way_out)]
}

fn lets_put(statement: &Statement) -> bool {
    let whom = match &statement.principals {
        Some(Principals::Everyone) => true,
        Some(Principals::Only(principals)) => principals.contains(&Principal::Service(Service::CostReports)),
        None => false,
    };
    let puts = |action: &String| matches!(action.as_str(), "s3:PutObject" | "s3:Put*" | "s3:*" | "*");
    statement.effect == Effect::Allow && whom && statement.actions.iter().any(puts)
}

#[cfg(test)]
mod tests {
    use infra_engine::model::{Platform, Ref};

    use super::*;

    fn codes(report: UsageReport, policy: Option<Statement>) -> Vec<&'static str> {
        let mut platform = Platform::new();
        let mut stack = platform.stack("cost");
        let bucket = stack.add("bucket", Bucket::closed("shop-reports")).id();
        let given = policy.map(|statement| {
            let policy = BucketPolicy { bucket: bucket.clone(), policy: statement.into() };
            stack.add("policy", policy).output(BucketPolicy::BUCKET)
        });
        let report = UsageReport { bucket: given.unwrap_or(bucket), ..report };
        let address = stack.add("report", report.clone()).address().clone();
        let definitions = platform.finish().unwrap();
        let around = Surroundings::new(&definitions, &address);
        ALL.iter().flat_map(|rule| rule.violations(&report, &around)).map(|violation| violation.code).collect()
    }

    fn report() -> UsageReport {
        UsageReport::for_athena("shop", Ref::known("shop-reports"), "eu-central-1".parse().unwrap())
    }

    fn put() -> Statement {
        Statement::allow(["s3:PutObject"]).on(["arn:aws:s3:::shop-reports/*"]).to(Service::CostReports)
    }

    #[test]
    fn v221_names_and_prefixes_are_plain() {
        let check = |name: &str, prefix: &str| {
            codes(UsageReport { name: name.into(), prefix: prefix.into(), ..report() }, Some(put()))
        };
        assert_eq!(check("shop-prod_1.(a)", "usage/all"), [""; 0]);
        for (name, prefix) in [("", "usage"), ("shop prod", "usage"), ("shop", "/usage"), ("shop", "us age")] {
            assert_eq!(check(name, prefix), ["V221"], "{name} {prefix}");
        }
    }

    #[test]
    fn v222_each_reader_has_what_it_can_read() {
        let csv = UsageReport { layout: Layout::CsvInGzip, companions: [Companion::QuickSight].into(), ..report() };
        for good in [report(), csv.clone(), UsageReport { companions: [].into(), prefix: String::new(), ..report() }] {
            assert_eq!(codes(good, Some(put())), [""; 0]);
        }
        let both = [Companion::Athena, Companion::Redshift].into();
        for bad in [
            UsageReport { companions: both, ..report() },
            UsageReport { layout: Layout::CsvInZip, ..report() },
            UsageReport { versions: Versions::Kept, ..report() },
            UsageReport { prefix: String::new(), ..report() },
            UsageReport { layout: Layout::Parquet, ..csv },
        ] {
            assert_eq!(codes(bad, Some(put())), ["V222"]);
        }
    }

    #[test]
    fn v223_the_service_of_reports_may_write() {
        assert_eq!(codes(report(), None), ["V223"]);
        let read = Statement::allow(["s3:GetObject"]).on(["arn:aws:s3:::shop-reports/*"]).to(Service::CostReports);
        assert_eq!(codes(report(), Some(read)), ["V223"]);
        assert_eq!(codes(report(), Some(Statement { effect: Effect::Deny, ..put() })), ["V223"]);
        assert_eq!(codes(report(), Some(put())), [""; 0]);
    }

    #[test]
    fn v223_a_bucket_that_is_not_in_the_code_is_nobodys_to_judge() {
        let address = Address::new("cost", "report").unwrap();
        assert!(may_be_put(&report(), &Surroundings::new(&[], &address)).is_empty());
    }
}
