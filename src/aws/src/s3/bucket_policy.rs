//! Who may do what with a bucket and with what is in it.

use std::collections::BTreeSet;

use infra_derive::Resource;
use infra_engine::check::{Rule, Severity, Surroundings, Violation};
use infra_engine::live::{Ask, Behaviour, Fault, Found, GoneIsFine, Order, Retag};
use infra_engine::model::{Handle, Ref, Tags};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::bucket::{Bucket, BucketName};
use super::fault::{S3Fault, missing};
use crate::iam::{Effect, Operand, Policy, Principals, Shares, Statement, strange_names, written};
use crate::pages::each;
use crate::{Aws, Sorted};

/// Who may do what with a bucket and with what is in it.
///
/// ```
/// use infra_aws::iam::{Policy, Service, Statement};
/// use infra_aws::s3::{BucketName, BucketPolicy};
/// use infra_engine::model::Ref;
///
/// let (bucket, distribution): (Ref<BucketName>, &str) = (Ref::known("shop-assets"), "arn:aws:cloudfront::…");
/// let read = Statement::allow(["s3:GetObject"]).on(["arn:aws:s3:::shop-assets/*"]).to(Service::CloudFront);
/// let policy =
///     BucketPolicy { bucket, policy: read.when("StringEquals", "AWS:SourceArn", [distribution]).into() };
/// ```
///
/// It is apart from the bucket because it may name what itself names the bucket: a distribution, a report.
///
/// Others may write in it too: only statements whose names begin with `Infra` are ours. A statement without a name is
/// given one; what others have written stays, whatever becomes of ours, and is told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "s3/bucket-policy", id = BucketPolicyId)]
#[resource(parent(field = "bucket", kind = "s3/bucket"))]
#[resource(outputs(
    /// The bucket's name, once the policy stands: for what AWS makes only where it does.
    BUCKET: BucketName,
))]
pub struct BucketPolicy {
    /// Whose policy.
    #[key]
    pub bucket: Ref<BucketName>,
    /// What it says, beside what others have it say.
    #[json]
    pub policy: Policy,
}

/// What is ours beside our names: nothing.
fn nothing_else(_: &Value) -> bool {
    false
}

/// The name of the statement that refuses plain HTTP.
const TLS_ONLY: &str = "InfraTlsOnly";

impl BucketPolicy {
    /// The policy that says these things, and that nobody is answered in the clear: neither who asks nor what is in the
    /// bucket can be read on the way.
    pub fn over_tls(bucket: &Handle<Bucket>, statements: impl IntoIterator<Item = Statement>) -> BucketPolicy {
        let refuses = Statement::deny(["s3:*"])
            .to_everyone()
            .on([bucket.output(Bucket::ARN)])
            .on([bucket.output(Bucket::OBJECTS)])
            .when("Bool", "aws:SecureTransport", [false])
            .named(TLS_ONLY);
        BucketPolicy { bucket: bucket.id(), policy: Policy::of(statements.into_iter().chain([refuses])) }
    }

    /// True where it refuses what comes in the clear.
    pub(super) fn refuses_plain_http(&self) -> bool {
        let insecure = Operand::from(false);
        matches!(self.policy, Policy::Raw(_))
            || self.policy.statements().any(|statement| {
                let tests = statement.conditions.get("Bool");
                let transport = tests.and_then(|keys| keys.get("aws:SecureTransport"));
                statement.effect == Effect::Deny
                    && statement.principals == Some(Principals::Everyone)
                    && statement.actions.iter().any(|action| matches!(action.as_str(), "s3:*" | "*"))
                    && transport.is_some_and(|values| values.contains(&insecure))
            })
    }
}

impl Behaviour for BucketPolicy {
    type Cloud = Aws;

    const WRITES_OVER: bool = true;

    const ACTIONS: &'static [&'static str] = &["s3:DeleteBucketPolicy", "s3:GetBucketPolicy", "s3:PutBucketPolicy"];

    fn rules() -> &'static [Rule<BucketPolicy>] {
        RULES
    }

    async fn read(aws: &Aws, ask: &Ask) -> Result<Vec<Found<BucketPolicy>>, Fault> {
        let buckets: BTreeSet<String> = if ask.only.is_empty() { &ask.parents | &ask.names } else { ask.only.clone() };
        let found =
            each(buckets, async |bucket: String| Ok(live(aws, &bucket).await?.map(|text| understand(&bucket, &text))));
        Ok(found.await?.into_iter().flatten().collect())
    }

    async fn create(aws: &Aws, order: &Order<BucketPolicy>) -> Result<String, Fault> {
        put(aws, &order.definition).await?;
        Ok(order.definition.bucket.value())
    }

    async fn update(aws: &Aws, _: &Found<BucketPolicy>, wanted: &BucketPolicy) -> Result<(), Fault> {
        put(aws, wanted).await
    }

    /// It has no tags: it is ours when its bucket is.
    async fn retag(_: &Aws, _: &Found<BucketPolicy>, _: &Retag) -> Result<(), Fault> {
        Ok(())
    }

    /// One in which only others have something to say stays.
    fn goes_by_itself(found: &Found<BucketPolicy>) -> bool {
        !found.others.is_empty() && found.definition.policy == Policy::of([])
    }

    async fn delete(aws: &Aws, found: &Found<BucketPolicy>) -> Result<(), Fault> {
        let without = BucketPolicy { policy: Policy::of([]), ..found.definition.clone() };
        put(aws, &without).await.gone_is_fine()
    }
}

/// The policy of a bucket, as it stands.
async fn live(aws: &Aws, bucket: &str) -> Result<Option<String>, Fault> {
    let answer = aws.s3().get_bucket_policy().bucket(bucket).send().await;
    Ok(missing(answer.sorted("s3:GetBucketPolicy").unset())?.flatten().and_then(|answer| answer.policy))
}

fn understand(bucket: &str, text: &str) -> Found<BucketPolicy> {
    let shares = Shares::of(text, nothing_else);
    let others = shares.told();
    let definition = BucketPolicy { bucket: Ref::known(bucket), policy: shares.ours };
    Found::ready(bucket, definition, Tags::new()).with(BucketPolicy::BUCKET.name, bucket).with_others(others)
}

/// Writes our statements beside those of others: S3 knows a policy only whole. What is left of nothing is no policy.
async fn put(aws: &Aws, wanted: &BucketPolicy) -> Result<(), Fault> {
    let BucketPolicy { bucket, policy } = wanted;
    let bucket = bucket.value();
    let found = live(aws, &bucket).await?;
    match written(policy, found.as_deref(), nothing_else) {
        Some(whole) => {
            let call = aws.s3().put_bucket_policy().bucket(&bucket).policy(whole);
            call.send().await.sorted("s3:PutBucketPolicy").changing().map(drop)
        }
        None => {
            let call = aws.s3().delete_bucket_policy().bucket(&bucket);
            call.send().await.sorted("s3:DeleteBucketPolicy").map(drop)
        }
    }
}

static RULES: &[Rule<BucketPolicy>] = &[
    Rule {
        code: "V96a",
        says: "a bucket's policy says who and which resources in each of its statements",
        source: "S3 User Guide: bucket policies",
        severity: Severity::Error,
        check: says_who_and_what,
    },
    Rule {
        code: "V96d",
        says: "statements have no name, or one that begins with `Infra`: by it they are told from those of others",
        source: "this program: what others write into a bucket's policy stays",
        severity: Severity::Error,
        check: names_are_ours,
    },
];

fn names_are_ours(policy: &BucketPolicy, _: &Surroundings<'_>) -> Vec<Violation> {
    let names = strange_names(&policy.policy).into_iter();
    names
        .map(|name| {
            let wrong = format!("the statement `{name}` would be taken for somebody else's");
            Violation::of("policy", &policy.policy, wrong, format!("leave its name out, or write `Infra{name}`"))
        })
        .collect()
}

fn says_who_and_what(policy: &BucketPolicy, _: &Surroundings<'_>) -> Vec<Violation> {
    let mut violations = Vec::new();
    for statement in policy.policy.statements() {
        if statement.principals.is_none() {
            let way_out = "say who: `.to(Service::CloudFront)`";
            violations.push(Violation::of("policy", &policy.policy, "a statement does not say who", way_out));
        }
        if statement.resources.is_empty() {
            let way_out = "say which: `.on([\"arn:aws:s3:::shop-assets/*\"])`";
            violations.push(Violation::of("policy", &policy.policy, "a statement says no resource", way_out));
        }
    }
    violations
}

#[cfg(test)]
mod tests {
    use infra_engine::model::Address;

    use super::*;
    use crate::iam::{Service, Statement};

    fn wrong(statement: Statement) -> Vec<String> {
        let policy = BucketPolicy { bucket: Ref::known("shop-assets"), policy: statement.into() };
        let address = Address::new("cdn", "assets").unwrap();
        let around = Surroundings::new(&[], &address);
        let all = RULES.iter().flat_map(|rule| rule.violations(&policy, &around));
        all.map(|violation| violation.wrong).collect()
    }

    #[test]
    fn v96a_a_statement_says_who_and_on_what() {
        let read = || Statement::allow(["s3:GetObject"]);
        assert_eq!(wrong(read().on(["arn:aws:s3:::shop-assets/*"]).to(Service::CloudFront)), [""; 0]);
        assert_eq!(wrong(read().on(["arn:aws:s3:::shop-assets/*"])), ["a statement does not say who"]);
        assert_eq!(wrong(read().to(Service::CloudFront)), ["a statement says no resource"]);
    }
    #[test]
    fn v96b_names_are_ours_or_none() {
        let read = || Statement::allow(["s3:GetObject"]).on(["arn:aws:s3:::shop-assets/*"]).to(Service::CloudFront);
        assert_eq!(wrong(read().named("InfraReads")), [""; 0]);
        assert_eq!(wrong(read().named("Reads")), ["the statement `Reads` would be taken for somebody else's"]);
    }
}
