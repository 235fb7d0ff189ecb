//! How the program ends: one table, printed by `--help`.

use std::process::ExitCode;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done, or nothing to do.
    Done,
    /// Something is wrong; standard error says what.
    Failed,
    /// With `--detailed-exitcode`: there are changes, or drift.
    Changes,
    /// Ended by a signal before it was through.
    Interrupted,
}

impl Exit {
    /// All of them, in the order of their codes.
    pub const ALL: [Exit; 4] = [Exit::Done, Exit::Failed, Exit::Changes, Exit::Interrupted];

    /// The code that a shell sees.
    pub fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Changes => 2,
            Exit::Interrupted => 130,
        }
    }

    /// What it means.
    pub fn meaning(self) -> &'static str {
        match self {
            Exit::Done => "done, or nothing to do",
            Exit::Failed => "something is wrong or was refused; standard error says what",
            Exit::Changes => "with --detailed-exitcode: there are changes (plan) or drift (drift)",
            Exit::Interrupted => "ended by a signal before it was through",
        }
    }

    /// The table.
    pub fn table() -> String {
        let line = |exit: Exit| format!("  {:>3}  {}\n", exit.code(), exit.meaning());
        format!("Exit codes:\n{}", Exit::ALL.map(line).concat())
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_rely_on_these_codes() {
        assert_eq!(Exit::ALL.map(Exit::code), [0, 1, 2, 130]);
    }
}
