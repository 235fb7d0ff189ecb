//! Baselines: runs that others are measured by, under names that people give.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Entry;

/// Named runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Baselines {
    runs: BTreeMap<String, String>,
}

/// Which run another is measured by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// The last good run of the same plan in the same shape.
    Last,
    /// The run with this name, or with this id.
    Named(String),
    /// None.
    None,
}

impl std::str::FromStr for Choice {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Choice, Self::Err> {
        Ok(match text {
            "last" => Choice::Last,
            "none" => Choice::None,
            name => Choice::Named(name.to_owned()),
        })
    }
}

/// Why there is no baseline.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoBaseline {
    /// `last` and `none` are words of the command line.
    #[error("a baseline cannot be called `{0}`: `last` and `none` have a meaning of their own; choose another name")]
    Reserved(String),
    /// It is incomplete or has broken a threshold.
    #[error("run {0} is no baseline: it is incomplete or has broken a threshold; take a run that has passed")]
    NotGood(String),
    /// Nothing has this name or id.
    #[error("there is no baseline and no run called `{name}`; there are: {known}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// The names that there are.
        known: String,
    },
    /// It is not in the history.
    #[error("baseline `{name}` is run {run}, which is not in the history any more; set it again to a run that is")]
    Gone {
        /// The baseline's name.
        name: String,
        /// The run that it means.
        run: String,
    },
    /// There has been no comparable run.
    #[error("there is no earlier good run of this plan with the same target, workers, memory, regions and generator")]
    NoEarlier,
    /// It is of something else.
    #[error("run {run} measures something else: {what} differs; compare runs of one fingerprint")]
    Other {
        /// The run that was chosen.
        run: String,
        /// The parts of the fingerprint that differ.
        what: String,
    },
}

impl Baselines {
    /// Gives a run a name, in place of the one that had it.
    pub fn set(&mut self, name: &str, entry: &Entry) -> Result<(), NoBaseline> {
        if ["last", "none", ""].contains(&name) {
            return Err(NoBaseline::Reserved(name.to_owned()));
        }
        if !entry.is_good() {
            return Err(NoBaseline::NotGood(entry.run.clone()));
        }
        self.runs.insert(name.to_owned(), entry.run.clone());
        Ok(())
    }

    /// All of them: name and run, by name.
    pub fn list(&self) -> impl Iterator<Item = (&str, &str)> {
        self.runs.iter().map(|(name, run)| (name.as_str(), run.as_str()))
    }

    /// The run that this one is measured by; none where that was chosen.
    pub fn choose<'h>(
        &self,
        choice: &Choice,
        run: &Entry,
        history: &'h [Entry],
    ) -> Result<Option<&'h Entry>, NoBaseline> {
        let found = match choice {
            Choice::None => return Ok(None),
            Choice::Last => {
                let earlier = history
                    .iter()
                    .filter(|entry| entry.is_good() && entry.at < run.at && entry.fingerprint == run.fingerprint);
                earlier.max_by(|one, other| one.at.cmp(&other.at)).ok_or(NoBaseline::NoEarlier)?
            }
            Choice::Named(name) => self.named(name, history)?,
        };
        let differs: Vec<_> =
            found.fingerprint.differences(&run.fingerprint).into_iter().map(|(part, _, _)| part).collect();
        if !differs.is_empty() {
            return Err(NoBaseline::Other { run: found.run.clone(), what: differs.join(", ") });
        }
        Ok(Some(found))
    }

    fn named<'h>(&self, name: &str, history: &'h [Entry]) -> Result<&'h Entry, NoBaseline> {
        let of = |run: &str| history.iter().find(|entry| entry.run == run);
        match self.runs.get(name) {
            Some(run) => of(run).ok_or_else(|| NoBaseline::Gone { name: name.to_owned(), run: run.clone() }),
            None => of(name).ok_or_else(|| {
                let known: Vec<_> = self.runs.keys().map(String::as_str).collect();
                let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                NoBaseline::Unknown { name: name.to_owned(), known }
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::entry::tests::entry;
    use super::*;

    #[test]
    fn the_last_is_the_last_good_one_of_the_same_fingerprint_before_the_run() {
        let mut incomplete = entry("4", 200.0);
        incomplete.complete = false;
        let mut failed = entry("5", 200.0);
        failed.passed = Some(false);
        let mut other = entry("6", 200.0);
        other.fingerprint.workers = 1;
        let history = [entry("1", 200.0), entry("3", 200.0), incomplete, failed, other, entry("8", 200.0)];
        let baselines = Baselines::default();
        let choose = |run: &Entry| {
            baselines.choose(&Choice::Last, run, &history).map(|found| found.map(|entry| entry.run.as_str()))
        };
        assert_eq!(choose(&entry("7", 210.0)), Ok(Some("3")));
        assert_eq!(choose(&entry("1", 210.0)), Err(NoBaseline::NoEarlier));
    }

    #[test]
    fn names_are_set_listed_and_found_or_refused_with_the_reason() {
        let history = [entry("1", 200.0), entry("2", 200.0)];
        let mut baselines = Baselines::default();
        baselines.set("release", &history[0]).unwrap();
        assert_eq!(baselines.list().collect::<Vec<_>>(), [("release", "1")]);
        baselines.set("release", &history[1]).unwrap();
        let run = entry("9", 210.0);
        let named = |name: &str, run: &Entry| {
            let choice: Choice = name.parse().unwrap();
            baselines.choose(&choice, run, &history).map(|found| found.map(|entry| entry.run.clone()))
        };
        assert_eq!(named("release", &run), Ok(Some("2".to_owned())));
        assert_eq!(named("1", &run), Ok(Some("1".to_owned())), "an id is a name");
        assert_eq!(named("none", &run), Ok(None));
        let refused = named("relaese", &run).unwrap_err().to_string();
        assert_eq!(refused, "there is no baseline and no run called `relaese`; there are: release");
        let mut other = run.clone();
        other.fingerprint.regions = vec![];
        other.fingerprint.memory = 256;
        assert_eq!(
            named("release", &other).unwrap_err(),
            NoBaseline::Other { run: "2".to_owned(), what: "memory, regions".to_owned() }
        );
        assert_eq!(
            baselines.choose(&"release".parse().unwrap(), &run, &history[..1]).unwrap_err(),
            NoBaseline::Gone { name: "release".to_owned(), run: "2".to_owned() }
        );
    }

    #[test]
    fn what_is_incomplete_or_has_failed_is_no_baseline() {
        let mut baselines = Baselines::default();
        let mut failed = entry("1", 200.0);
        failed.passed = Some(false);
        assert_eq!(baselines.set("release", &failed), Err(NoBaseline::NotGood("1".to_owned())));
        assert_eq!(baselines.set("last", &entry("2", 200.0)), Err(NoBaseline::Reserved("last".to_owned())));
        assert_eq!(baselines.list().count(), 0);
    }
}
