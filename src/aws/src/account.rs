//! Whose credentials they are: nothing is changed in an account that was not meant.

use infra_engine::live::{Fault, FaultKind};
use infra_values::AccountId;

use crate::{Aws, Sorted};

const WHO: &str = "sts:GetCallerIdentity";

/// Who is calling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The account's number.
    pub account: String,
    /// The user or role.
    pub arn: String,
}

impl Aws {
    /// Who is calling, as AWS sees it: asked once. Needs credentials, and no permission.
    pub async fn identity(&self) -> Result<Identity, Fault> {
        self.who.get_or_try_init(|| self.ask_who()).await.cloned()
    }

    async fn ask_who(&self) -> Result<Identity, Fault> {
        let answer = self.sts().get_caller_identity().send().await.sorted(WHO)?;
        match (answer.account, answer.arn) {
            (Some(account), Some(arn)) => Ok(Identity { account, arn }),
            _ => Err(Fault::new(FaultKind::Broken, WHO, "the answer names no account")),
        }
    }

    /// Refuses to go on with the credentials of another account than the expected one.
    pub async fn guard(&self, expected: Option<&AccountId>) -> Result<Identity, Fault> {
        let identity = self.identity().await?;
        match expected.map(AccountId::to_string) {
            Some(expected) if expected != identity.account => Err(stranger(&expected, &identity, self.profile())),
            _ => Ok(identity),
        }
    }
}

fn stranger(expected: &str, identity: &Identity, profile: Option<&str>) -> Fault {
    let Identity { account, arn } = identity;
    let whose = profile
        .map_or_else(|| "the credentials".to_owned(), |profile| format!("the credentials of profile `{profile}`"));
    let message = format!(
        "the environment is in account {expected}, but {whose} are for account {account} ({arn}); nothing has been done. \
         Take credentials of account {expected} (AWS_PROFILE, or --profile), or correct `account` in the environment's file"
    );
    Fault::new(FaultKind::Refused, WHO, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stranger_is_told_which_account_was_meant_whose_credentials_came_and_what_to_do() {
        let identity = Identity { account: "222222222222".into(), arn: "arn:aws:iam::222222222222:user/eve".into() };
        let fault = stranger("111111111111", &identity, Some("work"));
        assert_eq!(fault.kind, FaultKind::Refused);
        for said in [
            "in account 111111111111",
            "profile `work`",
            "account 222222222222",
            "user/eve",
            "nothing has been done",
            "--profile",
        ] {
            assert!(fault.message.contains(said), "{said}: {}", fault.message);
        }
    }
}
