//! Words that follow a number.

/// A noun in both its forms.
#[derive(Clone, Copy, Debug)]
pub struct Plural(pub &'static str, pub &'static str);

/// Resources.
pub const RESOURCES: Plural = Plural("resource", "resources");
/// Calls to a cloud.
pub const CALLS: Plural = Plural("call", "calls");
/// Changes of a plan.
pub const CHANGES: Plural = Plural("change", "changes");
/// Steps of a plan.
pub const STEPS: Plural = Plural("step", "steps");
/// Kinds of resources.
pub const KINDS: Plural = Plural("kind", "kinds");
/// Problems.
pub const PROBLEMS: Plural = Plural("problem", "problems");
/// Warnings.
pub const WARNINGS: Plural = Plural("warning", "warnings");
/// Definitions.
pub const DEFINITIONS: Plural = Plural("definition", "definitions");

/// `1 resource`, `2 resources`.
pub fn counted(count: usize, noun: Plural) -> String {
    let Plural(one, many) = noun;
    format!("{count} {}", if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_is_one() {
        assert_eq!([0, 1, 2].map(|count| counted(count, CALLS)), ["0 calls", "1 call", "2 calls"]);
    }
}
