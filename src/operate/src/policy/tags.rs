//! A service control policy by which only the program's roles write its tags: whoever may write them decides what is
//! ours, and so what is deleted.

use infra_engine::model::keys;
use serde_json::{Value, json};

/// Denies everybody but these principals to write or remove a tag of ours, in calls that tag and in calls that make
/// something with tags. The ARNs may hold `*`: `arn:aws:iam::*:role/infra-*`.
///
/// It is about all actions: a call that says no keys of tags does not meet the first condition, and is left alone. Two
/// calls touch tags without saying which; they are denied on what is ours.
pub fn keeps_tags(principals: &[String]) -> Value {
    let ours = json!({ format!("aws:ResourceTag/{}", keys::OWNER): "false" });
    let others = json!({ "aws:PrincipalArn": principals });
    let deny = |sid: &str, actions: Value, mut condition: Value| {
        condition["ArnNotLike"] = others.clone();
        json!({ "Sid": sid, "Effect": "Deny", "Action": actions, "Resource": "*", "Condition": condition })
    };
    let mut all_keys = ours.clone();
    all_keys["aws:TagKeys"] = "true".into();
    json!({
        "Version": "2012-10-17",
        "Statement": [
            deny("OursToWrite", json!("*"), json!({ "ForAnyValue:StringLike": { "aws:TagKeys": "infra:*" } })),
            deny("OursAmongAllTags", json!("ec2:DeleteTags"), json!({ "Null": all_keys })),
            deny("OursAmongTagsOfBuckets", json!("s3:PutBucketTagging"), json!({ "Null": ours })),
        ],
    })
}
