//! The records: the bucket is the account's, and an environment has its own prefix of it.

use infra_aws::store;
use infra_engine::record;

use super::home::Home;
use super::statement::{Reach, Statements};

/// Reading the records: the lock, the ledger, the history.
pub(super) fn reading(home: &Home<'_>, statements: &mut Statements) {
    let prefix = record::prefix(home.owner);
    statements.allow("s3:GetObject", [objects(home, "recordsRead", &prefix)]);
    // S3 says of a record that is not there that it is not there only to somebody who may list, and asks for that
    // without a prefix: so where the request has one, it must be ours.
    let list = bucket(home, "recordsList").when("StringLikeIfExists", "s3:prefix", &[&format!("{prefix}*")]);
    statements.allow("s3:ListBucket", [list]);
    // Whether this environment has records in another region: there its region was mistyped, or it has moved.
    for action in store::ACTIONS_ELSEWHERE {
        statements.allow(action, [Reach::on("recordsElsewhere", vec!["*".to_owned()])]);
    }
    let own =
        |arn: String, sid: &str| Reach::on(sid, vec![arn]).when("StringEquals", "aws:ResourceAccount", &[home.account]);
    let all = home.arn(&format!("s3:::infra-{}-*", home.account));
    statements.allow("s3:GetObject", [own(format!("{all}/{prefix}*"), "recordsOfRegions")]);
    statements.allow("s3:ListBucket", [own(all, "recordsOfRegionsList")]);
}

/// Writing them. What was written into the history stays: it can be added to, and not taken away.
pub(super) fn writing(home: &Home<'_>, statements: &mut Statements) {
    let prefix = record::prefix(home.owner);
    for action in ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutObject", "s3:PutObjectTagging"] {
        statements.allow(action, [objects(home, "recordsWrite", &prefix)]);
    }
    let list = bucket(home, "recordsList").when("StringLikeIfExists", "s3:prefix", &[&format!("{prefix}*")]);
    statements.allow("s3:ListBucketVersions", [list]);
    let history = objects(home, "historyStays", &format!("{prefix}history/"));
    let history = Reach { conditions: Default::default(), ..history };
    statements.deny(&["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutObjectRetention"], history.clone());
    // The program writes each part on the condition that there is none of its name.
    let over = Reach { sid: "historyIsNotWrittenOver".into(), ..history }.when("Null", "s3:if-none-match", &["true"]);
    statements.deny(&["s3:PutObject"], over);
    // Each run that writes looks at all of its settings first.
    let looks = |action: &&&str| action.starts_with("s3:Get") && !action.contains("Object");
    for action in store::ACTIONS.iter().filter(looks) {
        statements.allow(action, [bucket(home, "recordsBucket")]);
    }
}

/// Making the bucket, which happens once in the life of an account, and taking it away when it is empty.
pub(super) fn making(home: &Home<'_>, statements: &mut Statements) {
    let of_bucket = |action: &&&str| !action.contains("Object") && !action.starts_with("s3:List");
    for action in store::ACTIONS.iter().filter(of_bucket) {
        statements.allow(action, [bucket(home, "recordsBucket")]);
    }
}

fn bucket(home: &Home<'_>, sid: &str) -> Reach {
    let bucket = home.arn(&format!("s3:::{}", home.bucket));
    Reach::on(sid, vec![bucket]).when("StringEquals", "aws:ResourceAccount", &[home.account])
}

fn objects(home: &Home<'_>, sid: &str, prefix: &str) -> Reach {
    let objects = home.arn(&format!("s3:::{}/{prefix}*", home.bucket));
    Reach::on(sid, vec![objects]).when("StringEquals", "aws:ResourceAccount", &[home.account])
}
