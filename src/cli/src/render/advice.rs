//! Stops and notes of a plan: what is so, what to do, and the command on a line of its own.

use infra_engine::model::Address;
use infra_engine::plan::{Note, Stop};

use super::report::Advice;
use super::values::inline;
use crate::failure::Failure;

/// Why nothing may be applied, and the way on.
pub(super) fn of_stop(stop: &Stop, environment: &str) -> Advice {
    match stop {
        Stop::Foreign { address, kind, id, owner: None } => Advice {
            about: "foreign".into(),
            address: address.to_string(),
            says: format!("{kind} {id} already uses the name of {address} but has no `infra:owner` tag"),
            way_out: Some("take it over, or give the definition another name".into()),
            command: Some(format!("infra adopt {address} {id} --env {environment}", id = word(id))),
        },
        Stop::Foreign { address, kind, id, owner: Some(owner) } => Advice {
            about: "foreign".into(),
            address: address.to_string(),
            says: format!("{kind} {id}, which {address} would be, belongs to {owner}"),
            way_out: Some(format!(
                "give the definition another name, or take it over from {owner}, which then loses it:"
            )),
            command: Some(format!(
                "infra adopt {address} {id} --from {owner} --env {environment}",
                id = word(id),
                owner = word(owner)
            )),
        },
        Stop::TwoClaims { address, kind, ids } => Advice {
            about: "two_claims".into(),
            address: address.to_string(),
            says: format!("{} live resources say that they are {address}: {kind} {}", ids.len(), ids.join(" and ")),
            way_out: Some("see which one is in use, then release the other, which leaves it unchanged:".into()),
            command: Some(format!("infra forget {kind}/ID --env {environment}")),
        },
        Stop::Protected { address, kind, id, replaced, guard } => Advice {
            about: "protected".into(),
            address: address.to_string(),
            says: format!(
                "{kind} {id} would be {}, and {}",
                if *replaced { "replaced by a new one" } else { "deleted" },
                match guard {
                    None => "is protected".to_owned(),
                    Some(field) => format!("AWS refuses that as long as its `{field}` is true"),
                }
            ),
            way_out: Some(match guard {
                None => format!("to delete it, remove `.protected()` from {address}, apply, and plan again"),
                Some(field) => format!("to delete it, let the code say `{field}: false` of {address}, apply, and plan again"),
            }),
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
        Stop::Unreadable { address, kind, id, fields, why } => Advice {
            about: "unreadable".into(),
            address: address.to_string(),
            says: format!(
                "{address} has changed in the code ({}), but {kind} {id} cannot be compared with it: {why}",
                fields.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
            ),
            way_out: Some(
                "remove by hand what this program does not understand, take the change back, or replace it by what the \
                 code says:"
                    .into(),
            ),
            command: Some(format!("infra apply --replace {address} --env {environment}")),
        },
        Stop::NothingToAdopt { address, kind, id } => Advice {
            about: "nothing_to_adopt".into(),
            address: address.to_string(),
            says: match id {
                Some(id) => format!("there is no {kind} {id} that {address} could adopt"),
                None => format!("there is no {kind} that {address} could adopt"),
            },
            way_out: Some("give the identifier of the live resource as AWS writes it".into()),
            command: Some(format!("infra adopt {address} ID --env {environment}")),
        },
        Stop::HasAnother { address, kind, id, given } => Advice {
            about: "has_another".into(),
            address: address.to_string(),
            says: format!("{address} already is {kind} {id}, not {given}"),
            way_out: Some("to exchange it, release the one it has first, which leaves that unchanged:".into()),
            command: Some(format!("infra forget {address} --env {environment}")),
        },
        Stop::LostTag { address, kind, id, holds: _, instead: _, in_code: false } => Advice {
            about: "lost_tag".into(),
            address: address.to_string(),
            says: format!(
                "{kind} {id} was created as {address}, is no longer in the code, and has lost its `infra:owner` tag: it is \
                 not deleted, as somebody may have meant to keep it"
            ),
            way_out: Some(
                "to have it deleted, put its definition back, adopt it, and remove it again; to release it:".into(),
            ),
            command: Some(format!("infra forget {kind}/{id} --env {environment}", id = word(id))),
        },
        Stop::LostTag { address, kind, id, holds, instead, in_code: true } => {
            let holds = match holds.as_slice() {
                [] => String::new(),
                some => format!("; it is used by {}", listed(some)),
            };
            Advice {
                about: "lost_tag".into(),
                address: address.to_string(),
                says: match instead {
                    None => format!("{kind} {id} is {address}, but has lost its `infra:owner` tag{holds}"),
                    Some(other) => format!(
                        "{kind} {id} is {address}, but has lost its `infra:owner` tag, and {other}, which this \
                         environment did not create, claims to be it{holds}"
                    ),
                },
                way_out: Some("find out who removed the tag, then put it back:".into()),
                command: Some(format!("infra adopt {address} {id} --env {environment}", id = word(id))),
            }
        }
        Stop::Unproven { address, kind, id, replaced } => Advice {
            about: "unproven".into(),
            address: address.to_string(),
            says: format!(
                "{kind} {id} would be {}, but nothing proves that this environment created it: it has our tags, and \
                 the ledger does not know it",
                if *replaced { "replaced" } else { "deleted" }
            ),
            way_out: Some("if it is ours (the ledger was lost, say), confirm that; otherwise remove its tags:".into()),
            command: Some(format!("infra confirm {kind}/{id} --env {environment}", id = word(id))),
        },
        Stop::StillReferred { address, kind, id, by, name } => Advice {
            about: "still_referred".into(),
            address: address.to_string(),
            says: format!(
                "{kind} {id} would have to be deleted before its successor is created, and AWS refuses that while {} \
                 {} it",
                listed(by),
                if by.len() == 1 { "uses" } else { "use" }
            ),
            way_out: Some(match name {
                Some(name) => format!(
                    "change the `{name}` of {address}: the new one is then created first, and what uses the old one \
                     moves over"
                ),
                None => format!(
                    "let {} use another one first, in an apply of its own, or change {address} so that the old and the \
                     new one can exist side by side",
                    listed(by)
                ),
            }),
            command: None,
        },
        Stop::OtherHome { made, this } if (&made.account, &made.region) != (&this.account, &this.region) => Advice {
            about: "other_home".into(),
            address: String::new(),
            says: format!(
                "this environment stands in {} of account {}, and `{environment}` says {} of account {}",
                made.region, made.account, this.region, this.account
            ),
            way_out: Some(
                "check `region` and `account` in the environment file; to create a second one, give it a name of its \
                 own; if it really moves, and what stands there is left to itself:"
                    .into(),
            ),
            command: Some(format!("infra plan --env {environment} --take-over")),
        },
        Stop::OtherHome { made, this } => Advice {
            about: "other_home".into(),
            address: String::new(),
            says: format!(
                "this environment was created by the program `{}`, and this is `{}`",
                made.program, this.program
            ),
            way_out: Some(
                "a copied project needs a name of its own (`project` in the environment file); if this program really \
                 takes over from the other:"
                    .into(),
            ),
            command: Some(format!("infra plan --env {environment} --take-over")),
        },
        Stop::OtherPlatform { leave, come } => Advice {
            about: "other_platform".into(),
            address: String::new(),
            says: format!(
                "this looks like another platform: {leave} resources, nearly all that this environment has, would be \
                 deleted, and nearly all of the code ({come}) would be new"
            ),
            way_out: Some(
                "check `project` and `name` in the environment file, and renames (`.renamed_from`); if the one really \
                 takes the place of the other:"
                    .into(),
            ),
            command: Some(format!("infra plan --env {environment} --take-over")),
        },
        Stop::StandsElsewhere { places } => Advice {
            about: "stands_elsewhere".into(),
            address: String::new(),
            says: format!("this environment already exists in {}, and nothing of it exists here", places.join(", ")),
            way_out: Some(
                "check `region` in the environment file; to create a second one, give it a name of its own; if it \
                 really moves here:"
                    .into(),
            ),
            command: Some(format!("infra plan --env {environment} --take-over")),
        },
        Stop::UnknownKinds { kinds } => Advice {
            about: "unknown_kinds".into(),
            address: String::new(),
            says: format!(
                "the ledger names kinds that this version of the program does not know: {}",
                kinds.join(", ")
            ),
            way_out: Some("destroy with the version that created them; to delete all the rest and leave them:".into()),
            command: Some(format!("infra destroy --env {environment} --leave-unknown")),
        },
        Stop::NoOrder { addresses } => Advice {
            about: "no_order".into(),
            address: addresses.first().map(ToString::to_string).unwrap_or_default(),
            says: format!("these changes wait for each other, so none of them can be first: {}", listed(addresses)),
            way_out: Some("make them in two steps: apply a part of them with --target first".into()),
            command: None,
        },
    }
}

/// The same as a failure, where there is no plan to tell it in.
pub(crate) fn refusal(stop: &Stop, environment: &str) -> Failure {
    let Advice { about: _, address: _, says, way_out, command } = of_stop(stop, environment);
    let failure = Failure::new(says).because("nothing was changed");
    let failure = way_out.into_iter().fold(failure, Failure::way_out);
    command.into_iter().fold(failure, Failure::command)
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
            command: Some(format!("infra forget {kind}/{id} --env {environment}", id = word(id))),
        },
        Note::LosesProtection { address, kind, id } => Advice {
            about: "loses_protection".into(),
            address: address.to_string(),
            says: format!("{address}: {kind} {id} is no longer protected: later plans can delete or replace it"),
            way_out: None,
            command: None,
        },
        Note::KeptShared { address, kind, id } => Advice {
            about: "kept_shared".into(),
            address: address.to_string(),
            says: format!("{address}: {kind} {id} stays: the whole account shares it"),
            way_out: None,
            command: None,
        },
        Note::SharedDiffers { address, kind, id, fields } => Advice {
            about: "shared_differs".into(),
            address: address.to_string(),
            says: format!(
                "{address}: {kind} {id} differs from the code in {fields}, and is left alone: the whole account shares it, \
                 and somebody else has changed it since this environment last did",
                fields = fields.iter().map(|path| format!("`{path}`")).collect::<Vec<_>>().join(", ")
            ),
            way_out: Some("to set it as the code says all the same:".into()),
            command: Some(format!("infra apply --replace {address} --env {environment}")),
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
            command: Some(format!("infra adopt ADDRESS {id} --env {environment}", id = word(id))),
        },
        Note::Stranger { kind, id, parent } => Advice {
            about: "stranger".into(),
            address: format!("{kind}/{id}"),
            says: format!("{kind} {id} on {parent} was not created by this environment and is left alone"),
            way_out: Some("define it to manage it; if this environment created it and it should go:".into()),
            command: Some(format!("infra confirm {kind}/{id} --env {environment}", id = word(id))),
        },
        Note::Pretender { address, kind, id } => Advice {
            about: "pretender".into(),
            address: address.to_string(),
            says: format!(
                "{kind} {id} claims to be {address} by its tags, but is not the one that was created; it is left alone"
            ),
            way_out: Some("find out who tagged it; to remove our tags from it:".into()),
            command: Some(format!("infra forget {kind}/{id} --env {environment}", id = word(id))),
        },
        Note::NotInForce { address, kind, id, awaited } => Advice {
            about: "not_in_force".into(),
            address: address.to_string(),
            says: format!("{address}: {kind} {id}: {}", awaited.what),
            way_out: Some("in a quiet moment:".into()),
            command: Some(awaited.command.iter().map(String::as_str).map(word).collect::<Vec<_>>().join(" ")),
        },
        Note::AddedByOthers { address, kind, id, what } => Advice {
            about: "added_by_others".into(),
            address: address.to_string(),
            says: format!("{address}: others have added to {kind} {id}, and that is left alone: {}", what.join(", ")),
            way_out: None,
            command: None,
        },
        Note::UnknownKinds { kinds } => Advice {
            about: "unknown_kinds".into(),
            address: String::new(),
            says: format!(
                "this environment has resources of kinds that this version of the program does not know, and they are \
                 left alone: {}",
                kinds.join(", ")
            ),
            way_out: Some("use the version that created them to change them".into()),
            command: None,
        },
        Note::Unproven { count, some } => Advice {
            about: "unproven".into(),
            address: String::new(),
            says: format!(
                "{count} with our tags {} not in the ledger ({}{}) and will not be deleted or replaced",
                if *count == 1 { "is" } else { "are" },
                some.join(", "),
                if *count > some.len() { ", …" } else { "" }
            ),
            way_out: Some("if they are ours:".into()),
            command: Some(format!("infra confirm --env {environment}")),
        },
        Note::Dangling { address, kind: _, refers_to } => Advice {
            about: "dangling".into(),
            address: address.to_string(),
            says: format!("{address} is not part of this plan and refers to {refers_to}, which goes"),
            way_out: Some("plan it too, or it is left referring to nothing".into()),
            command: None,
        },
        Note::StillUsed { address, kind, id, by } => Advice {
            about: "still_used".into(),
            address: address.to_string(),
            says: format!("{address}: {kind} {id} was replaced, and stays for now because {by} still refers to it"),
            way_out: Some("an apply of everything moves that over and deletes it".into()),
            command: Some(format!("infra apply --env {environment}")),
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

/// A few addresses, and how many more there are.
fn listed(addresses: &[Address]) -> String {
    let some: Vec<String> = addresses.iter().take(4).map(ToString::to_string).collect();
    match addresses.len().saturating_sub(some.len()) {
        0 => some.join(", "),
        more => format!("{} and {more} more", some.join(", ")),
    }
}

/// A word of a command that people copy into their shell. Names of others stand in it: a shell must see one word.
pub(crate) fn word(text: impl std::fmt::Display) -> String {
    let text = text.to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@=+,".contains(c);
    match !text.is_empty() && text.chars().all(plain) {
        true => text,
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::word;

    #[test]
    fn a_shell_sees_one_word() {
        assert_eq!(word("arn:aws:s3:::shop-1_a@b"), "arn:aws:s3:::shop-1_a@b");
        assert_eq!(word("shop/dev; rm -rf $HOME"), "'shop/dev; rm -rf $HOME'");
        assert_eq!(word("it's"), r"'it'\''s'");
        assert_eq!(word(""), "''");
    }
}
