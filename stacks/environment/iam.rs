//! `[iam]`: what bounds the roles of the platform.

use infra_cli::environment::Conflict;
use schemars::JsonSchema;
use serde::Deserialize;

/// What bounds the roles of the platform.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Iam {
    /// The managed policy beyond which no role of the platform may do anything, whatever its own policies say. It is
    /// made by whoever answers for the account, and not here: docs/permissions.md.
    #[serde(default)]
    #[schemars(regex(pattern = r"^arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/[\w+=,.@/-]+$"))]
    pub permissions_boundary: Option<String>,
}

impl Iam {
    /// What is wrong with it.
    pub(super) fn conflicts(&self) -> Vec<Conflict> {
        let wrong = self.permissions_boundary.iter().filter(|arn| !is_policy(arn));
        let conflict = |arn: &String| Conflict {
            at: "iam.permissions_boundary".into(),
            wrong: format!("`{arn}` is not the ARN of a managed policy"),
            way_out: "write it whole: `arn:aws:iam::123456789012:policy/NAME`".into(),
        };
        wrong.map(conflict).collect()
    }
}

/// Whether it is the ARN of a managed policy, of an account or of AWS.
fn is_policy(text: &str) -> bool {
    let [start, partition, service, region, account, resource] = text.splitn(6, ':').collect::<Vec<_>>()[..] else {
        return false;
    };
    let number = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    let name = resource.strip_prefix("policy/").is_some_and(|name| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@/-".contains(&byte))
    });
    start == "arn"
        && partition.starts_with("aws")
        && service == "iam"
        && region.is_empty()
        && name
        && (number || account == "aws")
}

#[cfg(test)]
mod tests {
    use infra_aws::iam::Role;

    use super::*;
    use crate::testing::{changed, definitions, environment};

    #[test]
    fn every_role_has_the_boundary_that_is_given_and_none_without() {
        let arn = "arn:aws:iam::333333333333:policy/boundary";
        let table = format!("[iam]\npermissions_boundary = \"{arn}\"\n\n[network]");
        for (environment, expected) in
            [(changed("prod", &[("[network]", &table)]), Some(arn)), (environment("prod"), None)]
        {
            let roles = definitions(&environment).into_iter().filter(|one| one.schema.kind == "iam/role");
            let roles: Vec<Role> = roles.map(|role| role.document.reveal().unwrap()).collect();
            assert!(roles.len() > 12, "{} roles", roles.len());
            for role in roles {
                assert_eq!(role.boundary.map(|boundary| boundary.value()).as_deref(), expected, "{}", role.name);
            }
        }
    }

    #[test]
    fn a_boundary_is_a_managed_policy() {
        let conflicts = |arn: &str| Iam { permissions_boundary: Some(arn.to_owned()) }.conflicts().len();
        assert_eq!(conflicts("arn:aws:iam::123456789012:policy/shop/boundary"), 0);
        assert_eq!(conflicts("arn:aws:iam::aws:policy/PowerUserAccess"), 0);
        for wrong in
            ["boundary", "arn:aws:iam::123456789012:role/x", "arn:aws:iam::1:policy/x", "arn:aws:iam::aws:policy/"]
        {
            assert_eq!(conflicts(wrong), 1, "{wrong}");
        }
    }
}
