//! What the tests of the kinds have in common: a rule against a definition in its surroundings.

use infra_engine::check::{Surroundings, Violation};
use infra_engine::live::Behaviour;
use infra_engine::model::{Handle, Platform, Stack};

/// What one rule says.
pub(crate) struct Verdict(Vec<Violation>);

/// Applies one rule of `R` to the definition that `build` gives, in the surroundings that it makes.
pub(crate) fn check<R: Behaviour>(code: &str, build: impl FnOnce(&mut Stack) -> Handle<R>) -> Verdict {
    let mut platform = Platform::new();
    let address = build(&mut platform.stack("network")).address().clone();
    let definitions = platform.finish().unwrap();
    let definition = definitions.iter().find(|definition| definition.address == address).unwrap();
    let definition: R = definition.document.reveal().unwrap();
    let rule = R::rules().iter().find(|rule| rule.code == code).unwrap();
    Verdict(rule.violations(&definition, &Surroundings::new(&definitions, &address)))
}

impl Verdict {
    /// The rule finds nothing wrong.
    #[track_caller]
    pub(crate) fn holds(self) {
        assert_eq!(self.0, []);
    }

    /// The rule finds one thing wrong, in these words, and knows a way out.
    #[track_caller]
    pub(crate) fn refuses(self, wrong: &str) {
        let [violation] = &self.0[..] else { panic!("one violation was expected: {:#?}", self.0) };
        assert!(violation.wrong.contains(wrong), "{}", violation.wrong);
        assert!(!violation.way_out.is_empty());
    }
}
