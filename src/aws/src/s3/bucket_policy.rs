//! Who may do what with a bucket and with what is in it.

use std::collections::BTreeSet;

use infra_derive::Resource;
use infra_engine::check::{Rule, Severity, Surroundings, Violation};
use infra_engine::live::{Ask, Behaviour, Fault, Found, GoneIsFine, Order, Retag};
use infra_engine::model::{Ref, Tags};
use serde::{Deserialize, Serialize};

use super::bucket::BucketName;
use super::fault::{S3Fault, missing};
use crate::iam::Policy;
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
/// It is apart from the bucket because it may name what itself names the bucket: a distribution, a report. A bucket
/// of ours without such a definition has no policy: one that somebody else writes is removed.
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
    /// What it says.
    #[json]
    pub policy: Policy,
}

impl Behaviour for BucketPolicy {
    type Cloud = Aws;

    const ACTIONS: &'static [&'static str] = &["s3:DeleteBucketPolicy", "s3:GetBucketPolicy", "s3:PutBucketPolicy"];

    fn rules() -> &'static [Rule<BucketPolicy>] {
        RULES
    }

    async fn read(aws: &Aws, ask: &Ask) -> Result<Vec<Found<BucketPolicy>>, Fault> {
        let buckets: BTreeSet<String> = if ask.only.is_empty() { &ask.parents | &ask.names } else { ask.only.clone() };
        let found = each(buckets, async |bucket: String| {
            let answer = aws.s3().get_bucket_policy().bucket(&bucket).send().await;
            let answer = missing(answer.sorted("s3:GetBucketPolicy").unset())?.flatten();
            Ok(answer.and_then(|answer| answer.policy).map(|text| {
                let definition = BucketPolicy { bucket: Ref::known(&bucket), policy: Policy::parse(&text) };
                Found::ready(&bucket, definition, Tags::new()).with(BucketPolicy::BUCKET.name, &bucket)
            }))
        });
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

    async fn delete(aws: &Aws, found: &Found<BucketPolicy>) -> Result<(), Fault> {
        let call = aws.s3().delete_bucket_policy().bucket(&found.id);
        call.send().await.sorted("s3:DeleteBucketPolicy").map(drop).gone_is_fine()
    }
}

async fn put(aws: &Aws, wanted: &BucketPolicy) -> Result<(), Fault> {
    let BucketPolicy { bucket, policy } = wanted;
    let call = aws.s3().put_bucket_policy().bucket(bucket.value()).policy(policy.document());
    call.send().await.sorted("s3:PutBucketPolicy").changing().map(drop)
}

static RULES: &[Rule<BucketPolicy>] = &[Rule {
    code: "V96a",
    says: "a bucket's policy says who and which resources in each of its statements",
    source: "S3 User Guide: bucket policies",
    severity: Severity::Error,
    check: says_who_and_what,
}];

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
        RULES[0].violations(&policy, &around).into_iter().map(|violation| violation.wrong).collect()
    }

    #[test]
    fn v96a_a_statement_says_who_and_on_what() {
        let read = || Statement::allow(["s3:GetObject"]);
        assert_eq!(wrong(read().on(["arn:aws:s3:::shop-assets/*"]).to(Service::CloudFront)), [""; 0]);
        assert_eq!(wrong(read().on(["arn:aws:s3:::shop-assets/*"])), ["a statement does not say who"]);
        assert_eq!(wrong(read().to(Service::CloudFront)), ["a statement says no resource"]);
    }
}
