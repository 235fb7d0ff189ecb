//! What is to be done about a living database's password.

use aws_sdk_rds::operation::modify_db_instance::builders::ModifyDBInstanceFluentBuilder as Modify;
use aws_sdk_rds::types::DbInstance as Live;
use infra_engine::live::Fault;
use infra_engine::model::Secret as Hidden;

use super::super::password::{Note, Standing};
use super::{Password, password_note};
use crate::Aws;
use crate::secretsmanager::{self, Versions};

/// What is to be done about a password.
pub(super) enum PasswordStep {
    /// Nothing.
    None,
    /// AWS takes it over.
    Manage,
    /// It becomes this value, and the note says so.
    Set { note: Note, value: Hidden },
    /// The value that was set is handed out, and its rotation ended.
    End { secret: String, versions: Versions },
}

/// What is to be done about a living database's password. A value is fetched only where it is about to be sent.
pub(super) async fn password_step(aws: &Aws, live: &Live, wanted: &Password) -> Result<PasswordStep, Fault> {
    let secret = match wanted {
        Password::FromSecret(secret) => secret.value(),
        Password::ManagedByAws if !managed(live) => return Ok(PasswordStep::Manage),
        Password::ManagedByAws | Password::SetElsewhere => return Ok(PasswordStep::None),
    };
    let versions = secretsmanager::versions(aws, &secret).await?;
    let note = password_note(live).filter(|note| note.secret == secret);
    match note.map_or(Standing::Behind, |note| note.standing(&versions)) {
        Standing::Settled => Ok(PasswordStep::None),
        Standing::Unended => Ok(PasswordStep::End { secret, versions }),
        Standing::Behind => {
            let (version, value) = secretsmanager::version(aws, &secret, versions.newest()).await?;
            Ok(PasswordStep::Set { note: Note { secret, version }, value })
        }
    }
}

/// True where AWS keeps the password.
pub(super) fn managed(live: &Live) -> bool {
    live.master_user_secret().is_some()
}

impl PasswordStep {
    /// True where RDS is told something.
    pub(super) fn sets(&self) -> bool {
        matches!(self, PasswordStep::Manage | PasswordStep::Set { .. })
    }

    /// Says it in a call. RDS wants a password from whom it gives its own back.
    pub(super) fn say(&self, call: Modify, managed: bool) -> Modify {
        match self {
            PasswordStep::Manage => call.manage_master_user_password(true),
            PasswordStep::Set { value, note: _ } => {
                call.set_manage_master_user_password(managed.then_some(false)).master_user_password(value.expose())
            }
            PasswordStep::None | PasswordStep::End { .. } => call,
        }
    }
}
