//! What a live role tells, and what its rules say.

use aws_sdk_iam::primitives::DateTime;
use aws_sdk_iam::types::PolicyDetail;
use infra_engine::check::{Severity, Surroundings};
use infra_engine::model::Address;

use super::*;
use crate::iam::{Service, Statement};

fn role() -> Role {
    Role {
        name: "shop-web".into(),
        path: "/shop/".into(),
        description: "What the web service may do".into(),
        longest_session: 7200,
        trust: Policy::trust(Service::EcsTasks),
        inline: [("logs".to_owned(), Statement::allow(["logs:PutLogEvents"]).on(["arn:aws:logs:*"]).into())].into(),
        attached: [Ref::known("arn:aws:iam::aws:policy/ReadOnlyAccess")].into(),
        boundary: Some(Ref::known("arn:aws:iam::123456789012:policy/bound")),
    }
}

fn encoded(policy: &Policy) -> String {
    percent_encoding::utf8_percent_encode(&policy.document(), percent_encoding::NON_ALPHANUMERIC).to_string()
}

#[test]
fn the_two_lists_together_tell_what_a_role_is() {
    let Role { name, path, description, longest_session, trust, inline, attached, boundary } = role();
    let live = Live::builder()
        .role_name(&name)
        .role_id("AROA1")
        .arn("arn:role")
        .path(&path)
        .create_date(DateTime::from_secs(0))
        .description(description)
        .max_session_duration(seconds(longest_session))
        .assume_role_policy_document(encoded(&trust))
        .build()
        .unwrap();
    let policy = |(name, policy): (&String, &Policy)| {
        PolicyDetail::builder().policy_name(name).policy_document(encoded(policy)).build()
    };
    let attachment = |policy: &Ref<ManagedPolicyArn>| AttachedPolicy::builder().policy_arn(policy.value()).build();
    let bound = boundary.as_ref().map(|policy| policy.value());
    let detail = RoleDetail::builder()
        .role_name(&name)
        .set_role_policy_list(Some(inline.iter().map(policy).collect()))
        .set_attached_managed_policies(Some(attached.iter().map(attachment).collect()))
        .permissions_boundary(AttachedPermissionsBoundary::builder().set_permissions_boundary_arn(bound).build())
        .build();

    let found = understand(&live, &detail, Tags::new());
    assert_eq!((found.id.as_str(), found.outputs["arn"].as_str()), ("shop-web", "arn:role"));
    assert_eq!(found.definition, role());
}

fn codes(change: impl FnOnce(&mut Role)) -> Vec<&'static str> {
    let mut changed = role();
    change(&mut changed);
    let address = Address::new("cluster", "web").unwrap();
    let around = Surroundings::new(&[], &address);
    rules::ALL.iter().flat_map(|rule| rule.violations(&changed, &around)).map(|violation| violation.code).collect()
}

#[test]
fn a_role_as_it_should_be_breaks_no_rule() {
    assert_eq!(codes(|_| {}), Vec::<&str>::new());
}

#[test]
fn names_and_paths_are_checked() {
    assert_eq!(codes(|role| role.name = "n".repeat(65)), ["V36"]);
    assert_eq!(codes(|role| role.path = "shop".into()), ["V36"]);
    assert_eq!(codes(|role| role.inline = [("a b".to_owned(), role.inline["logs"].clone())].into()), ["V36"]);
}

#[test]
fn sessions_have_a_least_and_a_greatest_length() {
    for (seconds, broken) in [(3599, &["V37"][..]), (3600, &[]), (43200, &[]), (43201, &["V37"])] {
        assert_eq!(codes(|role| role.longest_session = seconds), broken, "{seconds}");
    }
}

#[test]
fn each_sort_of_policy_says_its_own_parts() {
    let say = |action: &str| Statement::allow([action]);
    assert_eq!(codes(|role| role.trust = say("sts:AssumeRole").into()), ["V38"]);
    assert_eq!(codes(|role| role.trust = say("sts:AssumeRole").to(Service::Ec2).on(["*"]).into()), ["V38"]);
    assert_eq!(codes(|role| role.inline = [("logs".to_owned(), say("logs:*").into())].into()), ["V38"]);
    let to_ec2 = say("logs:*").on(["*"]).to(Service::Ec2);
    assert_eq!(codes(|role| role.inline = [("logs".to_owned(), to_ec2.into())].into()), ["V38"]);
}

#[test]
fn quotas_are_warned_of() {
    let long = |characters: usize| Statement::allow(["logs:*"]).on([format!("arn:{}", "x".repeat(characters))]);
    let named = |characters| [("logs".to_owned(), Policy::from(long(characters)))].into();
    assert_eq!(codes(|role| role.inline = named(10_000)), Vec::<&str>::new());
    assert_eq!(codes(|role| role.inline = named(10_300)), ["V39"]);
    let trusting = |accounts: u64| {
        let account = |number| crate::iam::Principal::account(100_000_000_000 + number);
        (0..accounts).map(account).fold(Statement::allow(["sts:AssumeRole"]), Statement::to)
    };
    assert_eq!(codes(|role| role.trust = trusting(100).into()), Vec::<&str>::new());
    assert_eq!(codes(|role| role.trust = trusting(200).into()), ["V39"]);
    let attached = |policies: usize| (0..policies).map(|number| Ref::known(format!("arn:{number}"))).collect();
    assert_eq!(codes(|role| role.attached = attached(10)), Vec::<&str>::new());
    assert_eq!(codes(|role| role.attached = attached(11)), ["V39"]);
    let all_warn = rules::ALL.iter().filter(|rule| rule.code == "V39").all(|rule| rule.severity == Severity::Warning);
    assert!(all_warn, "a quota may have been raised");
}
