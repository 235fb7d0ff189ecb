//! Saved plans: what was shown, and what it was computed from. No secrets, and no power: applying one computes it again.
//!
//! Nor is a file believed. What it is about comes from the environment when it is applied; a file that says otherwise is
//! refused. Only what its maker chose is taken from it, and that is shown again: the goal and the selection.

use std::path::{Path, PathBuf};

use infra_aws::Detour;
use infra_engine::model::Tags;
use infra_engine::plan::{Fingerprint, Goal, Options};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::args::Common;
use crate::environment::{Facts, Loaded};
use crate::failure::Failure;
use crate::files::{folder, write_whole};
use crate::render::{Picture, Report, word};
use crate::session::{Blueprint, Session};

/// The form of saved plans that this program writes and reads.
const VERSION: u32 = 3;

/// No plan takes longer to make, in seconds.
const LONGEST: i64 = 86_400;

/// So much may the clocks of two machines differ, in seconds.
const SKEW: i64 = 300;

/// A plan as it is saved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SavedPlan {
    /// The form of this file.
    pub version: u32,
    /// What `--env` was given.
    pub environment: String,
    /// The account.
    pub account: String,
    /// The region.
    pub region: String,
    /// Where calls went, if not to AWS's own addresses. Only told: they go where the environment and the flags say.
    pub endpoints: Vec<SavedEndpoint>,
    /// When it was made.
    pub made: Timestamp,
    /// By whom: the caller's ARN.
    pub by: String,
    /// What was asked for.
    pub options: Options,
    /// What it was computed from.
    pub fingerprint: Fingerprint,
    /// What was shown.
    pub report: Report,
    /// The resources whole, for other forms of it; only in a file that somebody has asked for.
    pub picture: Option<Picture>,
}

/// Where calls went when a plan was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SavedEndpoint {
    /// Of these services; of all when there are none here.
    pub services: Vec<String>,
    /// There.
    pub url: String,
}

/// What a plan would be about if it were made now, with the flags that are given now.
pub(crate) struct Now<'a> {
    /// The environment.
    pub facts: &'a Facts,
    /// Everything that does not depend on a selection.
    pub options: Options,
    /// Where calls go.
    pub endpoints: Vec<SavedEndpoint>,
    /// The time.
    pub time: Timestamp,
}

impl SavedPlan {
    /// The form that is written.
    pub const VERSION: u32 = VERSION;

    /// When it was made, for what, and by whom.
    pub fn when_and_by_whom(&self) -> String {
        let SavedPlan { made, environment, by, .. } = self;
        format!("Made at {} for {environment} by {by}", made.strftime("%Y-%m-%d %H:%M:%S UTC"))
    }

    /// What is asked for: what its maker chose, and everything else as it is now. A file that says something else about
    /// that is not carried out; all of it is told.
    pub fn agreed(&self, now: Now<'_>) -> Result<Options, Vec<String>> {
        let Now { facts, options, endpoints, time } = now;
        let Options {
            owner,
            common_tags,
            adopt_named,
            adopt_from,
            leave_unknown,
            // Where it works is known here.
            home: _,
            now: moment,
            goal,
            target,
            exclude,
            replace,
            rotate,
            adopt,
            take_over,
        } = self.options.clone();
        let mut wrong = Vec::new();
        let mut same = |what: &str, saved: &str, is: &str| {
            if saved != is {
                wrong.push(format!("{what}: {saved}, and now {is}"));
            }
        };
        same("owner", &owner.to_string(), &options.owner.to_string());
        same("owner in what was shown", &self.report.owner, &options.owner.to_string());
        same("account", &self.account, &facts.account.to_string());
        same("region", &self.region, facts.region.as_str());
        same("common tags", &tags(&common_tags), &tags(&options.common_tags));
        same("endpoint", &places(&self.endpoints), &places(&endpoints));
        let never = [
            (adopt_named, "takes over whatever bears a wanted name"),
            (adopt_from.is_some(), "takes over what belongs to another owner"),
            (leave_unknown, "deletes all that it knows though there is more"),
        ];
        let found = never.into_iter().filter(|(is, _)| *is);
        wrong.extend(found.map(|(_, does)| format!("it {does}, which no plan of `infra plan` does")));
        let made = self.made.as_second();
        if made > time.as_second() + SKEW || moment.0 > made || moment.0 < made - LONGEST {
            wrong.push(format!("it says that it was made at {}, for {}", self.made, moment.0));
        }
        match wrong.is_empty() {
            true => Ok(Options { goal, target, exclude, replace, rotate, adopt, take_over, now: moment, ..options }),
            false => Err(wrong),
        }
    }

    /// True when it is to delete everything.
    pub fn destroys(&self) -> bool {
        self.options.goal == Goal::Destroy
    }

    /// Writes it so that a reader sees either all of it or nothing, and nobody else may read it.
    pub fn write(&self, file: &Path) -> Result<(), Failure> {
        let text = serde_json::to_vec_pretty(self).unwrap_or_default();
        write_whole(file, &text).map_err(|error| {
            Failure::new(format!("the plan cannot be saved in {}", file.display())).because(error.to_string())
        })
    }

    /// Reads it.
    pub fn read(file: &Path) -> Result<SavedPlan, Failure> {
        let not_read = |why: String| {
            Failure::new(format!("{} is not a plan that can be read", file.display()))
                .because(why)
                .way_out("plan again; a plan is saved with `infra plan --env NAME --out FILE`")
        };
        let text = std::fs::read_to_string(file).map_err(|error| not_read(error.to_string()))?;
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let Version { version } = serde_json::from_str(&text).map_err(|error| not_read(error.to_string()))?;
        if version != VERSION {
            return Err(not_read(format!("it was saved in form {version}, and this infra reads form {VERSION}")));
        }
        serde_json::from_str(&text).map_err(|error| not_read(error.to_string()))
    }
}

impl SavedEndpoint {
    /// Where calls go. An address that AWS has for a service is as good as any other of AWS's.
    pub fn of(detours: &[Detour]) -> Vec<SavedEndpoint> {
        let services = |detour: &Detour| match detour.everything {
            true => Vec::new(),
            false => detour.services.iter().map(|service| (*service).to_owned()).collect(),
        };
        let one = |detour: &Detour| SavedEndpoint { services: services(detour), url: detour.url.clone() };
        detours.iter().filter(|detour| !detour.at_aws).map(one).collect()
    }
}

fn tags(tags: &Tags) -> String {
    let all: Vec<String> = tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
    if all.is_empty() { "none".to_owned() } else { all.join(", ") }
}

fn places(endpoints: &[SavedEndpoint]) -> String {
    let one = |SavedEndpoint { services, url }: &SavedEndpoint| match &services[..] {
        [] => url.clone(),
        services => format!("{url} for {}", services.join(", ")),
    };
    let all: Vec<String> = endpoints.iter().map(one).collect();
    if all.is_empty() { "AWS's own".to_owned() } else { all.join("; ") }
}

/// Where an environment's last plan is kept.
pub(crate) fn last_plan(root: &Path, environment: &str) -> PathBuf {
    folder(root).join("plans").join(format!("{environment}.json"))
}

/// What was planned has been done, or is not to be: the next bare `infra apply` must not find it.
pub(crate) fn forget_last_plan(environment: &Loaded<()>) {
    // One that stays is refused later, because what is live has moved.
    let _ = std::fs::remove_file(last_plan(&environment.root, environment.facts.name.as_str()));
}

/// The command that carries out exactly the plan in a file, wherever calls went when it was made.
pub(crate) fn exactly(session: &Session<'_>, blueprint: &Blueprint, file: &Path) -> String {
    let Common { endpoint, profile, package, .. } = session.common;
    let file = file.strip_prefix(&session.folder).unwrap_or(file);
    let mut command = format!("infra apply {}", word(file.display()));
    let mut flag = |flag: &str, value: &dyn std::fmt::Display| command += &format!(" --{flag} {}", word(value));
    if is_a_path(&blueprint.name) {
        flag("env", &blueprint.name);
    }
    endpoint.iter().for_each(|endpoint| flag("endpoint", endpoint));
    profile.iter().for_each(|profile| flag("profile", profile));
    package.iter().for_each(|package| flag("package", package));
    command
}

/// True for an environment that is named by its file.
pub(crate) fn is_a_path(environment: &str) -> bool {
    environment.ends_with(".toml") || environment.contains(std::path::is_separator)
}

/// Every last plan of a project.
pub(crate) fn last_plans(root: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder(root).join("plans")).into_iter().flatten().flatten();
    let mut plans: Vec<PathBuf> =
        entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|end| end == "json")).collect();
    plans.sort();
    plans
}

/// Where the history of an environment is kept once everything of it is gone.
pub(crate) fn history_folder(root: &Path, environment: &str) -> PathBuf {
    folder(root).join("history").join(environment)
}

#[cfg(test)]
mod tests {
    use infra_engine::model::Owner;

    use super::*;

    fn saved() -> SavedPlan {
        let owner = Owner { project: "shop".into(), environment: "dev".into() };
        SavedPlan {
            version: VERSION,
            environment: "dev".into(),
            account: "000000000000".into(),
            region: "eu-central-1".into(),
            endpoints: Vec::new(),
            made: Timestamp::UNIX_EPOCH,
            by: "arn:aws:iam::000000000000:user/ann".into(),
            options: Options::converge(owner),
            fingerprint: Fingerprint::default(),
            report: Report {
                owner: "shop/dev".into(),
                counts: Default::default(),
                unchanged: 3,
                changes: Vec::new(),
                stops: Vec::new(),
                notes: Vec::new(),
                cost: None,
            },
            picture: Some(Picture::default()),
        }
    }

    #[test]
    fn a_saved_plan_reads_back_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let file = last_plan(folder.path(), "dev");
        saved().write(&file).unwrap();
        assert_eq!(SavedPlan::read(&file).unwrap(), saved());
        assert_eq!(last_plans(folder.path()), [file]);
        assert_eq!(std::fs::read_to_string(folder.path().join(".infra/.gitignore")).unwrap(), "*\n");
    }

    fn now(facts: &Facts) -> Now<'_> {
        Now { facts, options: saved().options, endpoints: Vec::new(), time: Timestamp::UNIX_EPOCH }
    }

    fn facts() -> Facts {
        Facts {
            project: "shop".parse().unwrap(),
            name: "dev".parse().unwrap(),
            account: "000000000000".parse().unwrap(),
            region: "eu-central-1".parse().unwrap(),
            profile: None,
            endpoint: None,
            endpoints: Default::default(),
            records: None,
            start_local: false,
            protected: false,
        }
    }

    #[test]
    fn what_its_maker_chose_is_taken_from_it_and_nothing_else() {
        let mut plan = saved();
        plan.options.target = vec!["network".into()];
        plan.options.goal = Goal::Destroy;
        let agreed = plan.agreed(now(&facts())).unwrap();
        assert_eq!((&agreed.target, agreed.goal), (&plan.options.target, Goal::Destroy));
        assert_eq!(Options { target: Vec::new(), goal: Goal::Converge, ..agreed }, saved().options);
    }

    #[test]
    fn a_file_that_is_about_something_else_is_refused_with_all_that_differs() {
        let facts = facts();
        let refused = |change: &dyn Fn(&mut SavedPlan)| {
            let mut plan = saved();
            change(&mut plan);
            plan.agreed(now(&facts)).expect_err("it is refused")
        };
        let other = || Owner { project: "other".into(), environment: "prod".into() };
        assert_eq!(refused(&|plan| plan.options.owner = other()), ["owner: other/prod, and now shop/dev"]);
        assert_eq!(refused(&|plan| plan.report.owner = "x/y".into()).len(), 1);
        assert!(
            refused(&|plan| plan.account = "111111111111".into())[0]
                .contains("account: 111111111111, and now 000000000000")
        );
        assert!(refused(&|plan| plan.region = "us-east-1".into())[0].contains("region: us-east-1"));
        let tagged = refused(&|plan| plan.options.common_tags = Tags::from([("Project".into(), "x".into())]));
        assert_eq!(tagged, ["common tags: Project=x, and now none"]);
        assert!(refused(&|plan| plan.options.adopt_named = true)[0].contains("a wanted name"));
        assert!(refused(&|plan| plan.options.adopt_from = Some(other()))[0].contains("another owner"));
        assert!(refused(&|plan| plan.options.leave_unknown = true)[0].contains("though there is more"));
        let elsewhere = SavedEndpoint { services: vec!["s3".into()], url: "https://evil.example.com".into() };
        let said = refused(&|plan| plan.endpoints = vec![elsewhere.clone()]);
        assert_eq!(said, ["endpoint: https://evil.example.com for s3, and now AWS's own"]);
        for moment in [5, -100_000] {
            assert_eq!(refused(&|plan| plan.options.now.0 = moment).len(), 1);
        }
        assert_eq!(refused(&|plan| plan.made = Timestamp::from_second(999).unwrap()).len(), 1);
        let both = refused(&|plan| {
            plan.account = "1".into();
            plan.options.adopt_named = true;
        });
        assert_eq!(both.len(), 2);
    }

    #[test]
    fn another_form_or_another_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("plan.json");
        SavedPlan { version: 7, ..saved() }.write(&file).unwrap();
        assert!(SavedPlan::read(&file).unwrap_err().because[0].contains("form 7"));
        std::fs::write(&file, "<html>").unwrap();
        assert!(SavedPlan::read(&file).is_err());
    }
}
