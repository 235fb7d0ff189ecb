//! IAM: nothing of it costs anything.

use infra_aws::iam::{InstanceProfile, Role, ServiceLinkedRole};

use super::free;

free!(
    InstanceProfile: "a setting",
    Role: "a setting",
    ServiceLinkedRole: "a setting",
);
