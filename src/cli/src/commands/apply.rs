//! `infra apply`: carries out the last saved plan, a plan file, or, with `--env`, a new plan. Where a saved plan is not
//! the one that is carried out, that is said.

use std::path::{Path, PathBuf};

use infra_engine::plan::Options;
use jiff::Timestamp;

use crate::args::{Apply, Common, Selection};
use crate::carry_out::{Order, Records, carry_out, whole};
use crate::consent::Purpose;
use crate::environment::environments_folder;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::saved::{Now, SavedEndpoint, SavedPlan, exactly, forget_last_plan, is_a_path, last_plan, last_plans};
use crate::session::{Blueprint, Session};

pub(super) async fn run(arguments: Apply, session: &Session<'_>) -> Result<Exit, Failure> {
    let Common { env, env_by_flag, .. } = session.common;
    let env = env.as_ref().filter(|name| !name.is_empty());
    let selects = !arguments.selection.flags().is_empty();
    let file = match (&arguments.file, env) {
        (Some(file), _) => Some(session.folder.join(file)),
        (None, _) if selects || *env_by_flag => None,
        // INFRA_ENV says which environment is meant, and not that its plan is to be made again.
        (None, Some(env)) => Some(last_plan(&root(&session.folder), env)).filter(|file| file.is_file()),
        (None, None) => Some(only_last_plan(&session.folder)?),
    };
    match file {
        Some(file) => apply_saved(&file, &arguments, session).await,
        None => apply_new(&arguments, session).await,
    }
}

async fn apply_new(arguments: &Apply, session: &Session<'_>) -> Result<Exit, Failure> {
    let Apply { file: _, selection, carrying, allow_destroy, confirm: _ } = arguments;
    let blueprint = session.blueprint().await?;
    say_what_is_not_used(session, &blueprint);
    let cloud = session.connect(&blueprint).await?;
    let order = Order {
        command: "apply",
        again: format!("infra apply --env {}{}", blueprint.name, selection.flags()),
        purpose: Purpose::Apply,
        options: blueprint.options(selection),
        shown: None,
        narrow: whole,
        carrying: *carrying,
        allow_destroy: *allow_destroy,
        confirm: None,
        records: Records::Stay,
    };
    let carried = carry_out(session, &blueprint, &cloud, &order).await?;
    if carried.complete {
        forget_last_plan(&blueprint.environment);
    }
    Ok(carried.exit)
}

/// A new plan is made though one was saved: whoever has read that one must know.
fn say_what_is_not_used(session: &Session<'_>, blueprint: &Blueprint) {
    let last = last_plan(&blueprint.environment.root, blueprint.environment.facts.name.as_str());
    let Ok(saved) = SavedPlan::read(&last) else { return };
    let made = saved.made.strftime("%Y-%m-%d %H:%M:%S UTC");
    session.console.say(&format!(
        "A new plan is made; the one that was saved at {made} is not used. To carry out exactly that one:\n  {}",
        session.console.talk.cyan(exactly(session, blueprint, &last))
    ));
}

/// The plan is computed again, and carried out only if it is still the one that was shown.
async fn apply_saved(file: &Path, arguments: &Apply, session: &Session<'_>) -> Result<Exit, Failure> {
    let saved = SavedPlan::read(file)?;
    let common = of_plan(session.common, &saved, file)?;
    let session = &Session { common: &common, folder: session.folder.clone(), ..*session };
    let blueprint = session.blueprint().await?;
    let options = agreed(&saved, &blueprint, file)?;
    let cloud = session.connect(&blueprint).await?;
    if saved.destroys() {
        session.console.say(&format!("This plan is to delete everything of {}.", blueprint.owner));
    }
    if options.take_over {
        session.console.say(&format!("This plan takes the place of whatever else has made {}.", blueprint.owner));
    }
    let order = Order {
        command: "apply",
        again: format!("infra apply --env {}", blueprint.name),
        purpose: if saved.destroys() { Purpose::Destroy } else { Purpose::Apply },
        options,
        shown: Some(&saved),
        narrow: whole,
        carrying: arguments.carrying,
        allow_destroy: arguments.allow_destroy,
        confirm: arguments.confirm.clone(),
        records: Records::Stay,
    };
    let carried = carry_out(session, &blueprint, &cloud, &order).await?;
    if carried.complete {
        forget_last_plan(&blueprint.environment);
    }
    Ok(carried.exit)
}

/// A saved plan brings the name of its environment, and nothing else; a flag that says something else is a mistake.
fn of_plan(common: &Common, saved: &SavedPlan, file: &Path) -> Result<Common, Failure> {
    let environment = &saved.environment;
    match common.env.as_ref().filter(|_| common.env_by_flag) {
        Some(env) if env == environment => Ok(common.clone()),
        Some(env) => Err(Failure::new(format!("--env says {env}, and {} was made for {environment}", file.display()))
            .because("nothing was called")
            .way_out("leave --env out, or make a new plan")),
        // A path leads anywhere, and what lies there says where calls go: that is not for a plan to say.
        None if is_a_path(environment) && common.env.as_ref() != Some(environment) => {
            let wrong = format!("{} was made for the file {environment}; nothing was called", file.display());
            Err(Failure::new(wrong)
                .way_out("say yourself that it is that file:")
                .command(format!("infra apply {} --env {environment}", file.display())))
        }
        None => Ok(Common { env: Some(environment.clone()), ..common.clone() }),
    }
}

/// What is asked for, when the file is about what the environment is about now.
fn agreed(saved: &SavedPlan, blueprint: &Blueprint, file: &Path) -> Result<Options, Failure> {
    let now = Now {
        facts: &blueprint.environment.facts,
        options: blueprint.options(&Selection::default()),
        endpoints: SavedEndpoint::of(&blueprint.detours),
        time: Timestamp::now(),
    };
    saved.agreed(now).map_err(|differences| {
        let wrong = format!("{} is a plan for something else; nothing was called", file.display());
        let failure = differences.into_iter().fold(Failure::new(wrong), Failure::because);
        failure
            .way_out("give the flags that it was made with (--endpoint); if that is not it, look at a new plan:")
            .command(format!("infra plan --env {}", blueprint.name))
    })
}

/// The project's folder, seen from a folder in it.
fn root(folder: &Path) -> PathBuf {
    let root = environments_folder(folder).and_then(|folder| Some(folder.parent()?.to_owned()));
    root.unwrap_or_else(|| folder.to_owned())
}

/// The last saved plan, if it is clear which one.
fn only_last_plan(folder: &Path) -> Result<PathBuf, Failure> {
    let plans = last_plans(&root(folder));
    match &plans[..] {
        [plan] => Ok(plan.clone()),
        [] => Err(Failure::new("there is no saved plan; nothing was called")
            .way_out("make one, or plan and apply in one go with `infra apply --env NAME`:")
            .command("infra plan --env NAME")),
        several => {
            let failure = Failure::new("several environments have a saved plan: which one? nothing was called");
            let shown = several.iter().map(|plan| plan.strip_prefix(folder).unwrap_or(plan).display().to_string());
            Err(shown.fold(failure, |failure, plan| failure.because(format!("infra apply {plan}"))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_plan_or_with_several_it_says_what_to_do() {
        let project = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(project.path().join("environments")).unwrap();
        std::fs::create_dir_all(project.path().join(".infra/plans")).unwrap();
        assert_eq!(only_last_plan(project.path()).unwrap_err().command.as_deref(), Some("infra plan --env NAME"));
        std::fs::write(project.path().join(".infra/plans/dev.json"), "").unwrap();
        assert!(only_last_plan(project.path()).is_ok());
        std::fs::write(project.path().join(".infra/plans/prod.json"), "").unwrap();
        let failure = only_last_plan(project.path()).unwrap_err();
        assert_eq!(failure.because, ["infra apply .infra/plans/dev.json", "infra apply .infra/plans/prod.json"]);
    }
}
