//! `infra apply`: carries out the last saved plan, a plan file, or, with `--env`, a new plan.

use std::path::{Path, PathBuf};

use crate::args::{Apply, Common};
use crate::carry_out::{Order, Records, carry_out, whole};
use crate::consent::Purpose;
use crate::environment::environments_folder;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::saved::{SavedPlan, last_plan, last_plans};
use crate::session::Session;

pub(super) async fn run(arguments: Apply, session: &Session<'_>) -> Result<Exit, Failure> {
    let bare = arguments.file.is_none() && session.common.env.is_none();
    let file = match &arguments.file {
        Some(file) => Some(session.folder.join(file)),
        None if bare && arguments.selection.flags().is_empty() => Some(only_last_plan(&session.folder)?),
        None => None,
    };
    match file {
        Some(file) => apply_saved(&file, &arguments, session).await,
        None => apply_new(&arguments, session).await,
    }
}

async fn apply_new(arguments: &Apply, session: &Session<'_>) -> Result<Exit, Failure> {
    let Apply { file: _, selection, carrying, allow_destroy } = arguments;
    let blueprint = session.blueprint().await?;
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
    Ok(carry_out(session, &blueprint, &cloud, &order).await?.exit)
}

/// The plan is computed again, and carried out only if it is still the one that was shown.
async fn apply_saved(file: &Path, arguments: &Apply, session: &Session<'_>) -> Result<Exit, Failure> {
    let saved = SavedPlan::read(file)?;
    let common = of_plan(session.common, &saved, file)?;
    let session = &Session { common: &common, folder: session.folder.clone(), ..*session };
    let blueprint = session.blueprint().await?;
    let cloud = session.connect(&blueprint).await?;
    let order = Order {
        command: "apply",
        again: format!("infra apply --env {}", blueprint.name),
        purpose: Purpose::Apply,
        options: saved.options.clone(),
        shown: Some(&saved),
        narrow: whole,
        carrying: arguments.carrying,
        allow_destroy: arguments.allow_destroy,
        confirm: None,
        records: Records::Stay,
    };
    let carried = carry_out(session, &blueprint, &cloud, &order).await?;
    let last = last_plan(&blueprint.environment.root, blueprint.environment.facts.name.as_str());
    if carried.complete && SavedPlan::read(&last).is_ok_and(|kept| kept == saved) {
        // It is done: the next bare `infra apply` should ask for a new plan, and not refuse this one.
        let _ = std::fs::remove_file(last);
    }
    Ok(carried.exit)
}

/// A saved plan brings its environment and endpoint; a flag that says something else is a mistake.
fn of_plan(common: &Common, saved: &SavedPlan, file: &Path) -> Result<Common, Failure> {
    let other = |flag: &str, given: &str, has: &str| {
        Failure::new(format!("{flag} says {given}, and {} was made for {has}", file.display()))
            .because("nothing was called")
            .way_out(format!("leave {flag} out, or make a new plan"))
    };
    match (&common.env, &common.endpoint) {
        (Some(env), _) if *env != saved.environment => Err(other("--env", env, &saved.environment)),
        (_, Some(endpoint)) if Some(endpoint) != saved.endpoint.as_ref() => {
            Err(other("--endpoint", endpoint, saved.endpoint.as_deref().unwrap_or("the environment's own")))
        }
        _ => Ok(Common { env: Some(saved.environment.clone()), endpoint: saved.endpoint.clone(), ..common.clone() }),
    }
}

/// The last saved plan, if it is clear which one.
fn only_last_plan(folder: &Path) -> Result<PathBuf, Failure> {
    let root = environments_folder(folder).and_then(|folder| Some(folder.parent()?.to_owned()));
    let plans = last_plans(root.as_deref().unwrap_or(folder));
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
