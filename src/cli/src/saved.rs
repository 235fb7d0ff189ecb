//! Saved plans: what was shown, and what it was computed from. No secrets, and no power: applying one computes it again.

use std::io::Write;
use std::path::{Path, PathBuf};

use infra_engine::plan::{Fingerprint, Options};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::render::{Picture, Report};

/// The form of saved plans that this program writes and reads.
const VERSION: u32 = 2;

/// A plan as it is saved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SavedPlan {
    /// The form of this file.
    pub version: u32,
    /// What `--env` was given.
    pub environment: String,
    /// `--endpoint`, where one was given.
    pub endpoint: Option<String>,
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
    /// The resources whole, for other forms of it.
    pub picture: Picture,
}

impl SavedPlan {
    /// The form that is written.
    pub const VERSION: u32 = VERSION;

    /// When it was made, for what, and by whom.
    pub fn when_and_by_whom(&self) -> String {
        let SavedPlan { made, environment, by, .. } = self;
        format!("Made at {} for {environment} by {by}", made.strftime("%Y-%m-%d %H:%M:%S UTC"))
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

/// Where an environment's last plan is kept.
pub(crate) fn last_plan(root: &Path, environment: &str) -> PathBuf {
    folder(root).join("plans").join(format!("{environment}.json"))
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

fn folder(root: &Path) -> PathBuf {
    root.join(".infra")
}

/// Writes a file beside its place and moves it there.
pub(crate) fn write_whole(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(parent)?;
    if let Some(infra) = parent.ancestors().find(|above| above.ends_with(".infra")) {
        let ignore = infra.join(".gitignore");
        if !ignore.exists() {
            std::fs::write(ignore, "*\n")?;
        }
    }
    let beside = file.with_extension(format!("{}.tmp", std::process::id()));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut out = options.open(&beside)?;
    out.write_all(bytes)?;
    out.sync_all()?;
    std::fs::rename(beside, file)
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
            endpoint: None,
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
            },
            picture: Picture::default(),
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
