//! The whole platform, all of its stacks: from nothing to nothing, what it costs to look at, and what a death leaves.

use std::collections::BTreeSet;

use crate::support::{Call, Project, Treatment, difference, inventory_lines, together};

/// As many calls as a plan that finds nothing to do may need.
const CALLS: usize = 112;

/// How many changing calls of an apply are followed by a death.
const DEATHS: usize = 12;

#[test]
fn it_stands_after_one_apply_and_leaves_nothing_when_it_goes() {
    let project = Project::of_the_platform();
    let before = inventory_lines(&project.client);
    // The tags that bills are divided by are the account's, and there already: they are activated.
    project.apply().ended(0).saying("2 changed, 0 destroyed.");
    let stands = inventory_lines(&project.client);
    project.proxy.forget();
    project.plan().ended(0).saying("No changes.");
    let calls = project.proxy.calls();
    assert!(calls.len() <= CALLS, "{} calls:\n{}", calls.len(), told(&calls));
    project.apply().ended(0).saying("Apply complete! Resources: 0 added, 0 changed, 0 destroyed.");
    assert_eq!(difference(&stands, &inventory_lines(&project.client)), "");
    project.destroy().ended(0).saying("Destroy complete!");
    let left = difference(&before, &inventory_lines(&project.client));
    // What the whole account has is left to it: others may use it by now.
    let shared = |line: &&str| line.starts_with("+ cost allocation tags:") || line.contains(":role/aws-service-role/");
    assert_eq!(left.lines().filter(|line| !shared(line)).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn each_resource_is_owned_and_shown_under_an_address_of_its_own() {
    let project = Project::of_the_platform();
    project.apply().ended(0);
    let owned = project.run(&["owned", "--env", "test", "--json"]).ended(0).lines();
    let owned = owned.iter().filter(|line| line["type"] == "owned").map(|line| &line["resource"]);
    let mut addresses = BTreeSet::new();
    for one in owned {
        let address = one["address"].as_str().unwrap_or_else(|| panic!("it has no address: {one}"));
        assert!(addresses.insert(address.to_owned()), "{address} is there twice");
    }
    // What can bear no tags is found by its address all the same.
    let run = project.run(&["show", "scaling.order-service-memory", "--env", "test"]).ended(0);
    run.saying("shop-order-service-memory-scaling").not_saying("-cpu-scaling");
}

#[test]
fn twenty_more_services_cost_at_most_four_calls_each() {
    let project = Project::of_the_platform();
    let few = project.environment();
    project.apply().ended(0);
    project.proxy.forget();
    project.plan().ended(0).saying("No changes.");
    let of_few = project.proxy.calls();
    project.write(&with_more_services(&few, 20));
    project.apply().ended(0);
    project.proxy.forget();
    project.plan().ended(0).saying("No changes.");
    let of_many = project.proxy.calls();
    let more = of_many.len() - of_few.len();
    assert!(more <= 80, "{more} more calls:\n{}\nwhere there were\n{}", told(&of_many), told(&of_few));
}

/// The environment with copies of one of its services, each with a name and a path of its own.
fn with_more_services(environment: &str, number: usize) -> String {
    let begin = environment.find("[services.user-service]").unwrap();
    let end = begin + environment[begin..].find("\n\n").unwrap();
    let service = &environment[begin..end];
    let copies = (0..number).map(|number| {
        let copy = service.replace("user-service", &format!("extra-{number}"));
        format!("\n\n{}", copy.replace("priority = 100", &format!("priority = {}", 200 + number)))
    });
    format!("{}{}{}", &environment[..end], copies.collect::<String>(), &environment[end..])
}

#[test]
fn killed_anywhere_the_next_run_leads_to_the_same() {
    let project = Project::of_the_platform();
    project.apply().ended(0);
    let expected = inventory_lines(&project.client);
    let calls = project.proxy.changes().len();
    together((1..=DEATHS).map(|number| number * calls / DEATHS), |number| killed_and_run_again(number, &expected));
}

fn killed_and_run_again(number: usize, expected: &BTreeSet<String>) {
    let project = Project::of_the_platform();
    let is_it = move |call: &Call| call.changes && call.number == number;
    project.proxy.treat(move |call| if is_it(call) { Treatment::KillAfter } else { Treatment::Pass });
    let killed = project.apply();
    // Calls go side by side: another order may need fewer of them.
    assert!(killed.code.is_none() || killed.code == Some(0), "killed at call {number}: {killed}");
    project.proxy.pass();
    project.apply().ended(0);
    let difference = difference(expected, &inventory_lines(&project.client));
    assert_eq!(difference, "", "after it was killed at call {number}");
}

/// The calls by operation, with how many there were of each.
fn told(calls: &[Call]) -> String {
    let mut names: Vec<String> =
        calls.iter().map(|call| format!("{} {} {}", call.service, call.operation, call.path)).collect();
    names.sort();
    names.join("\n")
}
