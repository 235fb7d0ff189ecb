//! Lists of addresses, one a line: each is a step of one scenario.

use std::collections::BTreeSet;

use super::NoImport;
use super::draft::{self, Draft, Steps, escaped};

/// Whether a line is an address, with a method before it or not.
pub(super) fn is_address(line: &str) -> bool {
    let address = line.split_whitespace().last().unwrap_or_default();
    address.starts_with("http://") || address.starts_with("https://")
}

/// Reads a list.
pub(super) fn read(text: &str, draft: &mut Draft) -> Result<(), NoImport> {
    let mut steps = Steps::default();
    for (number, line) in text.lines().enumerate() {
        let (line, number) = (line.trim(), number + 1);
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let words: Vec<_> = line.split_whitespace().collect();
        let (method, address) = match words.as_slice() {
            [address] => ("GET", *address),
            [method, address] => (*method, *address),
            _ => {
                draft.taking.not(line, number, "it is more than a method and an address", "write it as a step");
                continue;
            }
        };
        let Some((base, path)) = split(address) else {
            draft.taking.not(line, number, "it is no address with http:// or https://", "write the whole address");
            continue;
        };
        let target = draft.plan.target.get_or_insert_with(|| base.to_owned());
        let path = if target == base { path.to_owned() } else { format!("{base}{path}") };
        match path_step(method, &path) {
            Some(step) => {
                steps.add(step);
                draft.taking.took();
            }
            None => draft.taking.not(line, number, format!("a plan has no method {method}"), "ask with another method"),
        }
    }
    draft.scenario("addresses", 1, steps);
    Ok(())
}

fn path_step(method: &str, path: &str) -> Option<crate::plan::Step> {
    let name = path.split('?').next().unwrap_or(path);
    draft::step(name, method, escaped(path).parse().ok()?)
}

/// An address as its beginning and its path.
pub(super) fn split(address: &str) -> Option<(&str, &str)> {
    let after = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://"))?;
    let host = after.find(['/', '?', '#']).unwrap_or(after.len());
    let length = address.len() - after.len() + host;
    let (base, rest) = address.split_at(length);
    let path = rest.split('#').next().unwrap_or_default();
    (host > 0).then_some((base, if path.is_empty() { "/" } else { path }))
}

/// The beginning of addresses that most have.
pub(super) fn commonest<'a>(bases: impl Iterator<Item = &'a str>) -> Option<String> {
    let all: Vec<_> = bases.collect();
    let different: BTreeSet<_> = all.iter().collect();
    // Of equals the first that was asked.
    let count = |base: &str| all.iter().filter(|other| **other == base).count();
    let most = different.iter().map(|base| count(base)).max()?;
    all.iter().find(|base| count(base) == most).map(|base| (*base).to_owned())
}
