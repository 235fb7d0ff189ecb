//! Words that other programs have for what this one does: who types one of them is told the word that holds here. Pure.

/// What holds here: a sentence, and the command, where there is one.
pub(crate) struct Here {
    /// What there is instead.
    pub says: &'static str,
    /// The command to type.
    pub command: Option<&'static str>,
}

/// What holds for a command of another program, given with the words after it.
pub(crate) fn habit(words: &[&str]) -> Option<Here> {
    let command = |command| Some(Here { says: "here that is:", command: Some(command) });
    let none = |says| Some(Here { says, command: None });
    match words {
        ["state", "list" | "ls", ..] => command("infra owned"),
        ["state", "show", ..] => command("infra show ADDRESS"),
        ["state", "rm", ..] => command("infra forget ADDRESS"),
        ["state", "mv", ..] => none("there is no state: add `.renamed_from(\"old-name\")` to the definition"),
        ["state" | "stack", ..] => none("there is no state: what exists is what AWS says; `infra owned` lists it"),
        ["up" | "deploy" | "update" | "converge", ..] => command("infra apply"),
        ["down" | "delete" | "remove", ..] => command("infra destroy"),
        ["preview" | "diff", ..] => command("infra plan"),
        ["refresh" | "detect-drift", ..] => command("infra drift"),
        ["import", ..] => command("infra adopt ADDRESS ID"),
        ["taint" | "replace", ..] => command("infra apply --replace ADDRESS"),
        ["untaint", ..] => none("nothing is ever marked for replacement: leave --replace out"),
        ["output", ..] => command("infra outputs"),
        ["list" | "ls" | "resources", ..] => command("infra owned"),
        ["force-unlock" | "cancel", ..] => command("infra unlock"),
        ["check" | "lint" | "test", ..] => command("infra validate"),
        ["log" | "logs" | "runs", ..] => command("infra history"),
        ["workspace" | "env" | "select", ..] => none("an environment is a file in environments/: name it with --env"),
        ["init" | "login" | "bootstrap", ..] => none("nothing has to be set up: `infra plan` is the first command"),
        ["fmt" | "format", ..] => none("definitions are Rust: cargo fmt"),
        ["console" | "repl", ..] => none("there is none: definitions are Rust, and `infra show` tells what is live"),
        ["providers" | "get" | "modules", ..] => none("there are none: kinds are part of the program; see docs/kinds"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::super::Arguments;
    use super::*;

    #[test]
    fn every_word_that_is_recommended_is_a_command() {
        let own: Vec<String> = Arguments::command().get_subcommands().map(|own| own.get_name().to_owned()).collect();
        let habits: &[&[&str]] = &[
            &["up"],
            &["down"],
            &["preview"],
            &["refresh"],
            &["import", "a.b", "x"],
            &["taint", "a.b"],
            &["output"],
            &["list"],
            &["force-unlock"],
            &["check"],
            &["log"],
            &["state", "list"],
            &["state", "show"],
            &["state", "rm"],
        ];
        for words in habits {
            let command = habit(words).unwrap().command.unwrap();
            let word = command.split(' ').nth(1).unwrap();
            assert!(own.iter().any(|own| own == word), "{command}");
            assert!(!own.iter().any(|own| own == words[0]), "{words:?} is a command of its own");
        }
        assert!(habit(&["frobnicate"]).is_none());
    }
}
