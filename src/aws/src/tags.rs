//! Tags on their way to AWS and back: every service has a `Tag` type of its own, all of one shape.
//!
//! Keys that start with `aws:` belong to AWS: they are never read, compared, or written.

use std::collections::HashMap;

use infra_engine::model::Tags;

/// A service's own tag type.
pub trait Tag: Sized {
    /// The service's tag of a key and a value.
    fn of(key: &str, value: &str) -> Self;
    /// Its key.
    fn name(&self) -> &str;
    /// Its value; empty when it has none.
    fn content(&self) -> &str;
}

/// Tags as a service takes them.
pub fn to_sdk<T: Tag>(tags: &Tags) -> Vec<T> {
    tags.iter().map(|(key, value)| T::of(key, value)).collect()
}

/// Tags as a service gives them.
pub fn from_sdk<T: Tag>(tags: &[T]) -> Tags {
    tags.iter().map(|tag| (tag.name().to_owned(), tag.content().to_owned())).filter(is_ours).collect()
}

/// Tags of a service that takes a map.
pub fn to_map(tags: &Tags) -> HashMap<String, String> {
    tags.clone().into_iter().collect()
}

/// Tags of a service that gives a map, if it gives one.
pub fn from_map(tags: Option<&HashMap<String, String>>) -> Tags {
    tags.into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())).filter(is_ours).collect()
}

fn is_ours((key, _): &(String, String)) -> bool {
    !key.starts_with("aws:")
}

/// Services differ in whether a tag's key and value may be missing: `optional` or `required`.
macro_rules! tag {
    ($service:ident optional) => {
        tag!($service Tag optional);
    };
    ($service:ident required) => {
        tag!($service Tag required);
    };
    ($service:ident $tag:ident optional) => {
        impl Tag for $service::types::$tag {
            fn of(key: &str, value: &str) -> Self {
                Self::builder().key(key).value(value).build()
            }

            fn name(&self) -> &str {
                self.key().unwrap_or_default()
            }

            fn content(&self) -> &str {
                self.value().unwrap_or_default()
            }
        }
    };
    ($service:ident $tag:ident required) => {
        impl Tag for $service::types::$tag {
            fn of(key: &str, value: &str) -> Self {
                Self::builder()
                    .key(key)
                    .value(value)
                    .build()
                    .expect("a tag is its key and its value, and both are there")
            }

            fn name(&self) -> &str {
                self.key()
            }

            fn content(&self) -> &str {
                self.value()
            }
        }
    };
}

impl Tag for aws_sdk_cloudfront::types::Tag {
    fn of(key: &str, value: &str) -> Self {
        Self::builder().key(key).value(value).build().expect("a tag is its key, and it is there")
    }

    fn name(&self) -> &str {
        self.key()
    }

    fn content(&self) -> &str {
        self.value().unwrap_or_default()
    }
}

tag!(aws_sdk_cloudwatch optional);
tag!(aws_sdk_ec2 optional);
tag!(aws_sdk_ecs optional);
tag!(aws_sdk_elasticache optional);
tag!(aws_sdk_elasticloadbalancingv2 optional);
tag!(aws_sdk_rds optional);
tag!(aws_sdk_budgets ResourceTag required);
tag!(aws_sdk_costandusagereport required);
tag!(aws_sdk_costexplorer ResourceTag required);
tag!(aws_sdk_eventbridge required);
tag!(aws_sdk_iam required);
tag!(aws_sdk_resourcegroupstagging required);
tag!(aws_sdk_s3 required);
tag!(aws_sdk_wafv2 required);
tag!(aws_sdk_secretsmanager optional);
tag!(aws_sdk_sns required);

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_way_and_back<T: Tag>() {
        let tags = Tags::from([("infra:owner".into(), "shop/dev".into()), ("empty".into(), String::new())]);
        let mut sent: Vec<T> = to_sdk(&tags);
        sent.push(T::of("aws:cloudformation:stack-name", "another"));
        assert_eq!(from_sdk(&sent), tags);
    }

    #[test]
    fn tags_survive_the_way_and_back_and_those_of_aws_are_left_out() {
        check_way_and_back::<aws_sdk_cloudfront::types::Tag>();
        check_way_and_back::<aws_sdk_ec2::types::Tag>();
        check_way_and_back::<aws_sdk_ecs::types::Tag>();
        check_way_and_back::<aws_sdk_iam::types::Tag>();
        check_way_and_back::<aws_sdk_s3::types::Tag>();
    }

    #[test]
    fn a_map_of_tags_is_the_same_and_none_is_empty() {
        let tags = Tags::from([("infra:owner".into(), "shop/dev".into())]);
        let mut sent = to_map(&tags);
        sent.insert("aws:ecs:clusterName".into(), "main".into());
        assert_eq!((from_map(Some(&sent)), from_map(None)), (tags, Tags::new()));
    }
}
