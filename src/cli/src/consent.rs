//! Who must say yes before anything is changed, and when nobody can. Pure.

use crate::failure::Failure;

/// What is about to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Carry out a plan of changes.
    Apply,
    /// Delete everything.
    Destroy,
    /// Write or remove tags, nothing else.
    Tags,
}

/// What is known when it is asked.
#[derive(Clone, Debug)]
pub(crate) struct Asked<'a> {
    /// What is about to be done.
    pub purpose: Purpose,
    /// How many resources are deleted or replaced.
    pub deletions: usize,
    /// `--yes`.
    pub yes: bool,
    /// `--allow-destroy`.
    pub allow_destroy: Option<usize>,
    /// `--confirm`.
    pub confirm: Option<&'a str>,
    /// Somebody is there to answer.
    pub somebody: bool,
    /// The environment's name, where it says that deleting is hard to make good again.
    pub protected: Option<&'a str>,
}

/// What follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Consent {
    /// Go on.
    Given,
    /// Ask for this word.
    Ask(String),
}

/// Whether to go on, to ask, or to refuse.
pub(crate) fn consent(asked: &Asked<'_>) -> Result<Consent, Failure> {
    let Asked { purpose, deletions, yes, allow_destroy, confirm, somebody, protected } = asked;
    if let Some(allowed) = allow_destroy.filter(|allowed| deletions > allowed) {
        return Err(too_many(*deletions, Some(allowed)));
    }
    // Where `--yes` stands in for a person, what is lost must be said.
    let stands_in = *purpose != Purpose::Tags && *deletions > 0 && (!somebody || protected.is_some());
    match (yes, somebody) {
        (true, _) if stands_in && allow_destroy.is_none() => Err(too_many(*deletions, None)),
        (true, _)
            if stands_in
                && *purpose == Purpose::Destroy
                && let Some(name) = protected
                && *confirm != Some(*name) =>
        {
            Err(Failure::new(format!("{name} is protected; nothing was changed"))
                .because("with --yes, its name must be given to delete everything in it")
                .way_out(format!("if that is meant: --confirm {name}")))
        }
        (true, _) => Ok(Consent::Given),
        (false, true) => {
            let name = protected.filter(|_| *deletions > 0);
            Ok(Consent::Ask(name.unwrap_or("yes").to_owned()))
        }
        (false, false) => Err(Failure::new("cannot ask for confirmation: there is no terminal; nothing was changed")
            .way_out("read the plan, then confirm it on the command line: --yes")),
    }
}

fn too_many(deletions: usize, allowed: Option<usize>) -> Failure {
    let resources = crate::render::counted(deletions, crate::render::RESOURCES);
    let limit = match allowed {
        Some(allowed) => format!("--allow-destroy allows {allowed}"),
        None => {
            "with --yes that must be allowed by number, without a terminal and in a protected environment".to_owned()
        }
    };
    Failure::new(format!("the plan deletes or replaces {resources}: nothing was changed"))
        .because(limit)
        .way_out(format!("if that is meant: --allow-destroy {deletions}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOBODY: Asked<'static> = Asked {
        purpose: Purpose::Apply,
        deletions: 0,
        yes: false,
        allow_destroy: None,
        confirm: None,
        somebody: false,
        protected: None,
    };

    #[test]
    fn without_a_terminal_and_without_yes_nothing_is_changed() {
        assert!(consent(&NOBODY).is_err());
        assert_eq!(consent(&Asked { yes: true, ..NOBODY }), Ok(Consent::Given));
    }

    #[test]
    fn a_machine_deletes_only_as_many_as_it_was_told() {
        let machine = Asked { yes: true, deletions: 2, ..NOBODY };
        assert!(consent(&machine).is_err());
        assert!(consent(&Asked { allow_destroy: Some(1), ..machine.clone() }).is_err());
        assert_eq!(consent(&Asked { allow_destroy: Some(2), ..machine.clone() }), Ok(Consent::Given));
        assert!(consent(&Asked { purpose: Purpose::Destroy, ..machine.clone() }).is_err());
        let destroy = Asked { purpose: Purpose::Destroy, allow_destroy: Some(2), ..machine };
        assert_eq!(consent(&destroy), Ok(Consent::Given));
        assert_eq!(consent(&Asked { confirm: Some("dev"), ..destroy.clone() }), Ok(Consent::Given), "not asked for");
        let protected = Asked { protected: Some("prod"), ..destroy };
        assert!(consent(&protected).is_err() && consent(&Asked { confirm: Some("dev"), ..protected.clone() }).is_err());
        assert_eq!(consent(&Asked { confirm: Some("prod"), ..protected }), Ok(Consent::Given));
    }

    #[test]
    fn in_a_protected_environment_yes_stands_in_for_nobody_even_at_a_terminal() {
        let person = Asked { yes: true, somebody: true, deletions: 2, protected: Some("prod"), ..NOBODY };
        assert!(consent(&person).is_err());
        assert_eq!(consent(&Asked { allow_destroy: Some(2), ..person }), Ok(Consent::Given));
    }

    #[test]
    fn a_limit_that_was_given_holds_in_a_terminal_too() {
        let person = Asked { somebody: true, deletions: 2, allow_destroy: Some(1), ..NOBODY };
        assert!(consent(&person).is_err());
    }

    #[test]
    fn deleting_in_a_protected_environment_asks_for_its_name() {
        let person = Asked { somebody: true, protected: Some("prod"), ..NOBODY };
        assert_eq!(consent(&person), Ok(Consent::Ask("yes".into())));
        assert_eq!(consent(&Asked { deletions: 1, ..person }), Ok(Consent::Ask("prod".into())));
    }
}
