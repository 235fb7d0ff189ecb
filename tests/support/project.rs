//! A project folder of a test's own: one environment file, made from the platform's `local.toml`, in an account of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::aws_client::AwsClient;
use super::packages;
use super::program::{self, Run, Running, SECRET, infra};
use super::proxy::Proxy;

/// The platform's environment for the local cloud.
pub const LOCAL: &str = include_str!("../../environments/local.toml");

/// A project in an account of its own, behind a proxy of its own.
pub struct Project {
    folder: TempDir,
    program: PathBuf,
    /// What stands between the program and the cloud.
    pub proxy: Proxy,
    /// Who asks the cloud itself.
    pub client: AwsClient,
    variables: Vec<(String, String)>,
}

impl Project {
    /// The name of its environment.
    pub const ENVIRONMENT: &str = "test";

    /// A project that holds what the platform stands on, 34 resources, in a fresh account: see `programs/foundation.rs`.
    pub fn new() -> Project {
        Project::local(example("foundation"))
    }

    /// A project of the platform's own program, with all that it holds.
    pub fn of_the_platform() -> Project {
        let project = Project::local(infra());
        packages::share(project.folder(), LOCAL);
        project
    }

    /// The same with nothing but its environment: no packages that were made before, and no sources of any.
    pub fn of_the_platform_alone() -> Project {
        Project::local(infra())
    }

    /// A project of the platform's own program with another environment, which stands unprotected in the local cloud.
    pub fn of_the_platform_as(environment: &str) -> Project {
        let project = Project::of(infra(), &infra_local_cloud::account());
        let has_endpoint = environment.lines().any(|line| line.starts_with("endpoint ="));
        let endpoint = if has_endpoint { "region = " } else { "endpoint = \"\"\nregion = " };
        project.write(&environment.replacen("region = ", endpoint, 1));
        project.set("name", "\"test\"");
        project.set("protected", "false");
        packages::share(project.folder(), LOCAL);
        project
    }

    fn local(program: PathBuf) -> Project {
        let project = Project::of(program, &infra_local_cloud::account());
        project.write(LOCAL);
        project.set("project", "\"shop\"");
        project.set("name", "\"test\"");
        project.set("start", "false");
        project
    }

    /// A project of another program, which brings its own environment file.
    pub fn with_program(program: &str, environment: &str) -> Project {
        let project = Project::of(example(program), &infra_local_cloud::account());
        project.write(environment);
        project
    }

    fn of(program: PathBuf, account: &str) -> Project {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("environments")).unwrap();
        let (proxy, client) = (Proxy::start(), AwsClient::new(account));
        let variables = [
            ("AWS_ACCESS_KEY_ID", account),
            ("AWS_SECRET_ACCESS_KEY", SECRET),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("USER", "tester"),
            ("COLUMNS", "80"),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        Project { folder, program, proxy, client, variables }
    }

    /// The project's folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The text of its environment file.
    pub fn environment(&self) -> String {
        fs::read_to_string(self.file()).unwrap()
    }

    /// Writes its environment file, with this project's account and endpoint in it.
    pub fn write(&self, text: &str) {
        fs::write(self.file(), text).unwrap();
        self.set("account", &format!("{:?}", self.client.account));
        self.set("endpoint", &format!("{:?}", self.proxy.endpoint()));
    }

    /// Gives a key of the environment file another value, written as in the file.
    #[track_caller]
    pub fn set(&self, key: &str, value: &str) {
        let text = self.environment();
        let is_it = |line: &&str| line.split_once('=').is_some_and(|(name, _)| name.trim() == key);
        let line = text.lines().find(is_it).unwrap_or_else(|| panic!("the environment has `{key}`"));
        fs::write(self.file(), text.replace(line, &format!("{key} = {value}"))).unwrap();
    }

    /// Where its environment file is.
    pub fn file(&self) -> PathBuf {
        self.folder.path().join("environments/test.toml")
    }

    /// Gives the program another variable.
    pub fn variable(&mut self, name: &str, value: &str) {
        self.variables.retain(|(key, _)| key != name);
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    /// Takes a variable from the program.
    pub fn without_variable(&mut self, name: &str) {
        self.variables.retain(|(key, _)| key != name);
    }

    /// Runs the program to its end.
    pub fn run(&self, arguments: &[&str]) -> Run {
        self.start(arguments).finish()
    }

    /// Starts the program. A call that is to kill it kills this one.
    pub fn start(&self, arguments: &[&str]) -> Running {
        self.proxy.expect();
        let running = program::start(&self.program, self.folder(), &self.variables, arguments);
        self.proxy.aim_at(running.id());
        running
    }

    /// `infra plan`
    pub fn plan(&self) -> Run {
        self.run(&["plan", "--env", Project::ENVIRONMENT])
    }

    /// `infra apply`, whatever it deletes.
    pub fn apply(&self) -> Run {
        self.run(&["apply", "--env", Project::ENVIRONMENT, "--yes", "--allow-destroy", "100"])
    }

    /// `infra destroy`, the history included.
    pub fn destroy(&self) -> Run {
        let name = Project::ENVIRONMENT;
        self.run(&["destroy", "--env", name, "--yes", "--allow-destroy", "1000", "--purge-history"])
    }

    /// Runs the program with its standard output in a file. Gives its exit code, and what it said on standard error.
    pub fn run_into(&self, out: &Path, arguments: &[&str]) -> (Option<i32>, String) {
        let out = fs::OpenOptions::new().write(true).open(out).unwrap();
        let mut command = Command::new(&self.program);
        command.args(arguments).current_dir(self.folder()).env_clear().env("HOME", self.folder());
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        let ended = command.stdin(Stdio::null()).stdout(out).output().unwrap();
        (ended.status.code(), String::from_utf8_lossy(&ended.stderr).into_owned())
    }
}

/// A program beside the platform's: one of `tests/programs`.
fn example(name: &str) -> PathBuf {
    let program = infra().parent().expect("a program is in a folder").join("examples").join(name);
    assert!(program.is_file(), "{} is not built: cargo build -p infra --examples", program.display());
    program
}
