//! What IAM would refuse of a role.

use infra_engine::check::{Rule, Severity, Surroundings, Violation};

use super::Role;
use crate::iam::{Policy, names};

pub(super) static ALL: &[Rule<Role>] = &[
    Rule {
        code: "V36",
        says: "a role's name has at most 64 characters, an inline policy's at most 128; a path starts and ends with `/`",
        source: names::SOURCE,
        severity: Severity::Error,
        check: names_fit,
    },
    Rule {
        code: "V37",
        says: "a session lasts from one hour to twelve",
        source: "IAM API model: MaxSessionDuration",
        severity: Severity::Error,
        check: session_fits,
    },
    Rule {
        code: "V38",
        says: "a trust policy says who and no resource; a role's own policies say resources and not who",
        source: "IAM User Guide: identity-based policies and resource-based policies",
        severity: Severity::Error,
        check: policies_say_their_parts,
    },
    Rule {
        code: "V39",
        says: "a trust policy has at most 2048 characters, the inline policies together 10240, attachments are 10",
        source: "IAM quotas, which the account may have had raised",
        severity: Severity::Warning,
        check: quotas_hold,
    },
];

fn names_fit(role: &Role, _: &Surroundings<'_>) -> Vec<Violation> {
    let own = [names::name("name", &role.name, 64), names::path("path", &role.path)];
    let inline = role.inline.keys().map(|name| names::name("inline", name, 128));
    own.into_iter().chain(inline).flatten().collect()
}

fn session_fits(role: &Role, _: &Surroundings<'_>) -> Vec<Violation> {
    let length = role.longest_session;
    let wrong = match length {
        3600..=43200 => return Vec::new(),
        0..3600 => "it is shorter than one hour",
        _ => "it is longer than twelve hours",
    };
    vec![Violation::of("longest_session", length, wrong, "write seconds from 3600 to 43200")]
}

fn policies_say_their_parts(role: &Role, _: &Surroundings<'_>) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut wrong = |field: &str, policy: &Policy, wrong: String, way_out: &str| {
        violations.push(Violation::of(field, policy, wrong, way_out));
    };
    for statement in role.trust.statements() {
        if statement.principals.is_none() {
            wrong(
                "trust",
                &role.trust,
                "a statement does not say who".into(),
                "say who may play the role: `.to(Service::Lambda)`",
            );
        }
        if !statement.resources.is_empty() {
            wrong(
                "trust",
                &role.trust,
                "a statement says resources".into(),
                "leave them out: it is about the role itself",
            );
        }
    }
    for (name, policy) in &role.inline {
        for statement in policy.statements() {
            if statement.principals.is_some() {
                wrong(
                    "inline",
                    policy,
                    format!("a statement of `{name}` says who"),
                    "leave it out: it is about whoever plays the role",
                );
            }
            if statement.resources.is_empty() {
                wrong(
                    "inline",
                    policy,
                    format!("a statement of `{name}` says no resource"),
                    "say which: `.on([\"arn:aws:s3:::shop-*\"])`",
                );
            }
        }
    }
    violations
}

fn quotas_hold(role: &Role, _: &Surroundings<'_>) -> Vec<Violation> {
    let trust = role.trust.document().len();
    let inline: usize = role.inline.values().map(|policy| policy.document().len()).sum();
    let split = "say it shorter, or move a part into a managed policy";
    let mut violations = Vec::new();
    if trust > 2048 {
        violations.push(Violation::of("trust", &role.trust, format!("it has {trust} characters"), "say it shorter"));
    }
    if inline > 10240 {
        let wrong = format!("together they have {inline} characters");
        violations.push(Violation::of("inline", role.inline.keys().collect::<Vec<_>>(), wrong, split));
    }
    if role.attached.len() > 10 {
        let wrong = format!("there are {}", role.attached.len());
        violations.push(Violation::of(
            "attached",
            &role.attached,
            wrong,
            "attach fewer, or have the quota raised (to 20)",
        ));
    }
    violations
}
