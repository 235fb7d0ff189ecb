//! What a plan is about.

use clap::Args;

use super::values::Adoption;

/// What a plan is about.
#[derive(Args, Clone, Debug, Default)]
pub struct Selection {
    /// Only these and what they need: addresses, stacks, or kinds.
    #[arg(long, value_name = "ADDRESS")]
    pub target: Vec<String>,
    /// Not these, and not what needs them: addresses, or stacks.
    #[arg(long, value_name = "ADDRESS")]
    pub exclude: Vec<String>,
    /// Replace these though nothing differs; what cannot stand twice under one name is written again in its place, if it can be.
    #[arg(long, value_name = "ADDRESS")]
    pub replace: Vec<String>,
    /// Make these values anew: a secret that is generated, and what sends it on with it.
    #[arg(long, value_name = "ADDRESS")]
    pub rotate: Vec<String>,
    /// Take over a live resource of that name, or of that identifier.
    #[arg(long, value_name = "ADDRESS[=ID]")]
    pub adopt: Vec<Adoption>,
    /// Take the place of another program, or of another platform of this name.
    #[arg(long)]
    pub take_over: bool,
}

impl Selection {
    /// The selection as flags, for a command that continues.
    pub fn flags(&self) -> String {
        let Selection { target, exclude, replace, rotate, adopt, take_over } = self;
        let named = |flag: &'static str, values: &[String]| {
            values.iter().map(|value| format!(" --{flag} {value}")).collect::<String>()
        };
        let adopt: Vec<String> = adopt.iter().map(ToString::to_string).collect();
        let named =
            [("target", target), ("exclude", exclude), ("replace", replace), ("rotate", rotate), ("adopt", &adopt)]
                .map(|(flag, values)| named(flag, values));
        named.concat() + if *take_over { " --take-over" } else { "" }
    }
}
