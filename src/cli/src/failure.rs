//! Why a command ends without having done what it was asked: what is wrong, why, what to do, and the command for it.

use infra_engine::live::{Fault, FaultKind};

use crate::environment::LoadError;
use crate::exit::Exit;
use crate::render::{Paint, wrapped};

/// Why a command ends early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// How the program ends.
    pub exit: Exit,
    /// What is wrong; empty when everything has been said already.
    pub wrong: String,
    /// Why, and what has (not) happened; a line each.
    pub because: Vec<String>,
    /// What to do.
    pub way_out: Option<Box<str>>,
    /// The command that does it.
    pub command: Option<Box<str>>,
    /// Shown as it is, in place of the rest: problems of a file, findings of the rules.
    pub page: Option<Box<str>>,
}

impl Failure {
    /// Something is wrong.
    pub fn new(wrong: impl Into<String>) -> Failure {
        Failure {
            exit: Exit::Failed,
            wrong: wrong.into(),
            because: Vec::new(),
            way_out: None,
            command: None,
            page: None,
        }
    }

    /// Something is wrong, and has been said already.
    pub fn said() -> Failure {
        Failure::new("")
    }

    /// A signal ended it.
    pub fn interrupted(what: impl Into<String>) -> Failure {
        Failure { exit: Exit::Interrupted, ..Failure::new(what) }
    }

    /// The same with a reason more.
    pub fn because(mut self, line: impl Into<String>) -> Failure {
        self.because.push(line.into());
        self
    }

    /// The same with what to do.
    pub fn way_out(mut self, way_out: impl Into<String>) -> Failure {
        self.way_out = Some(way_out.into().into_boxed_str());
        self
    }

    /// The same with the command that does it.
    pub fn command(mut self, command: impl Into<String>) -> Failure {
        self.command = Some(command.into().into_boxed_str());
        self
    }

    /// The same with a page above it.
    pub fn page(mut self, page: impl Into<String>) -> Failure {
        self.page = Some(page.into().into_boxed_str());
        self
    }

    /// For people.
    pub fn text(&self, paint: Paint) -> String {
        let Failure { exit: _, wrong, because, way_out, command, page } = self;
        let mut out = page.as_ref().map(|page| format!("{}\n\n", page.trim_end())).unwrap_or_default();
        if !wrong.is_empty() {
            let sentence = wrapped(&format!("error: {wrong}"), 2);
            out += &sentence.replacen("error", &paint.red("error"), 1);
            out.push('\n');
        }
        because.iter().for_each(|line| out += &format!("{}\n", wrapped(&format!("  {line}"), 4)));
        out += &way_out.as_ref().map(|way_out| wrapped(&format!("  {way_out}"), 2) + "\n").unwrap_or_default();
        out += &command.as_ref().map(|command| format!("    {}\n", paint.cyan(command))).unwrap_or_default();
        out
    }
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Failure {
        match error {
            LoadError::Wrong(problems) => {
                let noun = crate::render::PROBLEMS;
                let count = crate::render::counted(problems.count(), noun);
                Failure::new(format!("the environment has {count}; nothing was called")).page(problems.to_string())
            }
            other => {
                let text = other.to_string();
                let (wrong, rest) = text.split_once('\n').unwrap_or((&text, ""));
                rest.lines().map(str::trim).fold(Failure::new(wrong), Failure::because)
            }
        }
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Failure {
        let wrong = match fault.kind {
            FaultKind::Credentials => "there are no usable credentials",
            FaultKind::Denied => "the caller may not do that",
            FaultKind::Unreachable => "the endpoint does not answer",
            FaultKind::LockLost => "the lock was lost; nothing more was changed",
            FaultKind::Throttled => "too many calls, and repeating them did not help",
            FaultKind::Lost => "no answer came: the call may or may not have been done",
            FaultKind::Broken => "the other side is broken, or its answer makes no sense",
            FaultKind::Refused | FaultKind::Exists | FaultKind::Gone | FaultKind::NotYet | FaultKind::Busy => {
                "the call was refused"
            }
        };
        let mut failure = Failure::new(wrong).because(fault.to_string());
        if let Some(request) = &fault.request {
            failure = failure.because(format!("request {request}"));
        }
        if fault.kind == FaultKind::Lost {
            return failure.way_out("run the same command again: it looks at what is there first");
        }
        match fault.way_out() {
            Some(way_out) => failure.way_out(way_out),
            None => failure,
        }
    }
}

/// Several faults at once: the first of each sort says it all.
impl From<Vec<Fault>> for Failure {
    fn from(faults: Vec<Fault>) -> Failure {
        let mut faults = faults.into_iter();
        let Some(first) = faults.next() else { return Failure::new("it failed without a reason") };
        let kind = first.kind;
        let shared = matches!(kind, FaultKind::Credentials | FaultKind::Unreachable);
        let rest: Vec<Fault> = faults.filter(|fault| !(shared && fault.kind == kind)).collect();
        rest.iter().fold(Failure::from(first), |failure, fault| failure.because(fault.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_what_why_and_what_to_do() {
        let failure =
            Failure::from(Fault::new(FaultKind::Credentials, "sts:GetCallerIdentity", "the token has expired"));
        assert_eq!(
            failure.text(Paint::PLAIN),
            "error: there are no usable credentials\n  sts:GetCallerIdentity: the token has expired\n  \
             set AWS_PROFILE, log in again (`aws sso login`), or give --profile\n"
        );
    }

    #[test]
    fn many_faults_of_one_cause_are_told_once() {
        let fault = |operation: &str| Fault::new(FaultKind::Unreachable, operation, "connection refused");
        let failure = Failure::from(vec![fault("ec2:DescribeVpcs"), fault("iam:ListRoles")]);
        assert_eq!(failure.because, ["ec2:DescribeVpcs: connection refused"]);
    }
}
