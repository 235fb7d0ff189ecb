//! Stops and notes of a plan: what is so, what to do, and the command on a line of its own.

use infra_engine::plan::{Note, Stop};

use super::report::Advice;
use super::values::inline;

/// Why nothing may be applied, and the way on.
pub(super) fn of_stop(stop: &Stop, environment: &str) -> Advice {
    match stop {
        Stop::Foreign { address, kind, id, owner: None } => Advice {
            about: "foreign".into(),
            address: address.to_string(),
            says: format!("{kind} {id} already has the name of {address}, and is not ours: nobody's tag is on it"),
            way_out: Some("take it over, or give the definition another name".into()),
            command: Some(format!("infra adopt {address} {id} --env {environment}")),
        },
        Stop::Foreign { address, kind, id, owner: Some(owner) } => Advice {
            about: "foreign".into(),
            address: address.to_string(),
            says: format!("{kind} {id} already has the name of {address}, and belongs to {owner}"),
            way_out: Some(format!("give the definition another name, or let {owner} forget it first")),
            command: None,
        },
        Stop::TwoClaims { address, kind, ids } => Advice {
            about: "two_claims".into(),
            address: address.to_string(),
            says: format!("{} live resources say that they are {address}: {kind} {}", ids.len(), ids.join(" and ")),
            way_out: Some("keep one; release the other, which leaves it standing".into()),
            command: ids.last().map(|id| format!("infra forget {kind}/{id} --env {environment}")),
        },
        Stop::Protected { address, kind, id, replaced } => Advice {
            about: "protected".into(),
            address: address.to_string(),
            says: format!(
                "{kind} {id} would be {}, and is protected",
                if *replaced { "replaced by a new one" } else { "deleted" }
            ),
            way_out: Some(format!(
                "if it is meant to go: take `.protected()` off {address} in the code, apply that, then plan again"
            )),
            command: None,
        },
        Stop::UnknownAddress { address, nearest } => Advice {
            about: "unknown_address".into(),
            address: address.clone(),
            says: format!("`{address}` is neither in the code nor live"),
            way_out: Some(match nearest {
                Some(nearest) => format!("did you mean `{nearest}`?"),
                None => "`infra owned` lists what is live, `infra graph` what is in the code".into(),
            }),
            command: None,
        },
        Stop::CannotRotate { address, kind: _, why } => Advice {
            about: "cannot_rotate".into(),
            address: address.to_string(),
            says: format!("{address} cannot be given a new value now: {why}"),
            way_out: Some("leave --rotate out; an apply without it goes on with what was begun".into()),
            command: Some(format!("infra apply --env {environment}")),
        },
        Stop::Refused { address, kind: _, violation } => Advice {
            about: "refused".into(),
            address: address.to_string(),
            says: format!(
                "{address} cannot change so: {}: {} ({}: {})",
                violation.field, violation.wrong, violation.code, violation.rule
            ),
            way_out: Some(violation.way_out.clone()),
            command: None,
        },
        Stop::FailedWithData { address, kind, id, why } => Advice {
            about: "failed_with_data".into(),
            address: address.to_string(),
            says: format!("{kind} {id} has failed ({why}), and a new one in its place would lose the data it holds"),
            way_out: Some("repair or restore it; to give it up and create a new, empty one:".into()),
            command: Some(format!("infra apply --replace {address} --env {environment}")),
        },
        Stop::NothingToAdopt { address, kind } => Advice {
            about: "nothing_to_adopt".into(),
            address: address.to_string(),
            says: format!("there is no {kind} that {address} could take over"),
            way_out: Some("give the identifier of the live resource, or leave the adoption out".into()),
            command: Some(format!("infra adopt {address} ID --env {environment}")),
        },
    }
}

/// What a reader should know, and the way on where there is one.
pub(super) fn of_note(note: &Note, environment: &str) -> Advice {
    match note {
        Note::OwnedElsewhere { address, path, owner, live, wanted } => Advice {
            about: "owned_elsewhere".into(),
            address: address.to_string(),
            says: format!("{address}: {path} is {}, the code says {}: owned by {owner}", inline(live), inline(wanted)),
            way_out: None,
            command: None,
        },
        Note::KeptProtected { address, kind, id } => Advice {
            about: "kept_protected".into(),
            address: address.to_string(),
            says: format!("{address}: {kind} {id} is no longer in the code, and stays: it is protected"),
            way_out: Some("to release it, which leaves it standing:".into()),
            command: Some(format!("infra forget {kind}/{id} --env {environment}")),
        },
        Note::KeptShared { address, kind, id } => Advice {
            about: "kept_shared".into(),
            address: address.to_string(),
            says: format!("{address}: {kind} {id} stays: the whole account shares it"),
            way_out: None,
            command: None,
        },
        Note::Over { address } => Advice {
            about: "over".into(),
            address: address.to_string(),
            says: format!("{address} happens once, and its time is past: it is not made any more"),
            way_out: Some("it can be taken out of the code".into()),
            command: None,
        },
        Note::LikelyRename { from, to } => Advice {
            about: "likely_rename".into(),
            address: to.to_string(),
            says: format!("{from} goes and an equal {to} comes: if that is a new name, nothing needs to be replaced"),
            way_out: Some(format!("add to the definition of {to}:")),
            command: Some(format!(".renamed_from(\"{from}\")")),
        },
        Note::StillPending { address, doing } => Advice {
            about: "still_pending".into(),
            address: address.to_string(),
            says: format!("{address} is still busy ({doing}): apply waits for it"),
            way_out: None,
            command: None,
        },
        Note::Unreadable { address, kind, id, why } => Advice {
            about: "unreadable".into(),
            address: address.to_string(),
            says: format!("{address}: {kind} {id} cannot be compared with the code and is left as it is: {why}"),
            way_out: Some("to replace it by what the code says:".into()),
            command: Some(format!("infra apply --replace {address} --env {environment}")),
        },
        Note::Unclaimed { kind, id } => Advice {
            about: "unclaimed".into(),
            address: format!("{kind}/{id}"),
            says: format!("{kind} {id} bears the tags of this environment, is nobody's, and fits nothing in the code"),
            way_out: Some("leave it to whoever made it, or take it over for a definition of its kind:".into()),
            command: Some(format!("infra adopt ADDRESS {id} --env {environment}")),
        },
        Note::FoundByName { address, from } => Advice {
            about: "found_by_name".into(),
            address: address.to_string(),
            says: format!("{address} was found by its name under its old address {from}: it is renamed"),
            way_out: None,
            command: None,
        },
    }
}
