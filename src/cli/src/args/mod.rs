//! What the command line says. Reading it looks at nothing else; what it means is decided by the commands.

mod cost;
mod habits;
mod policy;
mod selection;
mod spelling;
mod values;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use cost::{
    Cost, CostAction, CostCommit, CostEstimate, CostFormat, CostPrices, CostShow, Grouping, Month, Prices, PricesFrom,
};
pub(crate) use habits::{Here, habit};
pub use policy::{Policy, Provider, RepositoryIds, RepositoryName, RoleName};
pub use selection::Selection;
pub(crate) use spelling::spelled;
pub use values::{Adoption, GivenPackage, Wait};

use crate::exit::Exit;

/// Infrastructure on AWS from Rust definitions: reads what is live, shows the difference, applies it.
#[derive(Debug, Parser)]
#[command(name = "infra", version, after_help = Exit::table(), max_term_width = 100)]
#[command(subcommand_required = true, arg_required_else_help = true, disable_help_subcommand = true)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// What every command understands.
    #[command(flatten)]
    pub common: Common,
}

/// What every command understands.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Everywhere")]
pub struct Common {
    /// The environment: a name in `environments/`, or a file.
    #[arg(long, global = true, env = "INFRA_ENV", value_name = "NAME|FILE")]
    pub env: Option<String>,
    /// The environment was named on the command line, and not by `INFRA_ENV`.
    #[arg(skip)]
    pub env_by_flag: bool,
    /// Send every call there, whatever the environment says.
    #[arg(long, global = true, value_name = "URL")]
    pub endpoint: Option<String>,
    /// The profile of credentials, whatever the environment says.
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// A package that was made elsewhere, in place of making it here: its name, its file, and the digest it must have.
    #[arg(long, global = true, value_name = "NAME=FILE[@sha256:DIGEST]")]
    pub package: Vec<GivenPackage>,
    /// Everything for machines, one JSON object a line, on standard output.
    #[arg(long, global = true)]
    pub json: bool,
    /// No colour; `NO_COLOR` says the same.
    #[arg(long, global = true, alias = "no-colour")]
    pub no_color: bool,
    /// Say every call and every try; RUST_LOG chooses more finely.
    #[arg(long, short, global = true)]
    pub verbose: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show what would change, and save the plan for `apply`.
    Plan(Plan),
    /// Carry out the last saved plan, a plan file, or, with --env, a new plan.
    Apply(Apply),
    /// Delete everything of the environment.
    Destroy(Destroy),
    /// Show what has been changed outside of the code.
    Drift(Drift),
    /// Check the environment and the definitions, without a call.
    Validate,
    /// Show what is live, or a saved plan.
    Show(Show),
    /// Print what the platform tells the world: addresses, names, identifiers.
    Outputs(Outputs),
    /// List every live resource that is ours.
    Owned(Owned),
    /// Show what needs what, and why.
    Graph(Graph),
    /// Take over live resources that nobody owns.
    Adopt(Adopt),
    /// Release a live resource and leave it standing.
    Forget(Forget),
    /// Confirm that resources with our tags are ours, where nothing proves that we have made them.
    Confirm(Confirm),
    /// Show who holds the lock, or break it.
    Unlock(Unlock),
    /// Show what earlier runs did.
    History(History),
    /// Explain a rule by its code.
    Explain(Explain),
    /// Print the least IAM policies of a role, who may play it, or who may write tags.
    Policy(Policy),
    /// Write the reference of kinds, made from the code.
    #[command(hide = true)]
    Docs(Docs),
    /// What it costs: at least, as expected, and at most; what was spent; what could be committed to.
    Cost(Cost),
    /// Print the JSON Schema of environment files.
    Schema,
    /// Print completions for a shell.
    Completions(Completions),
}

/// How a plan is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// One JSON document.
    Json,
    /// As Terraform writes its plans, for tools that read those.
    Tfjson,
    /// For pull requests.
    Markdown,
    /// One page for a browser, or for print.
    Html,
}

/// How data is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DataFormat {
    /// For people.
    Text,
    /// One JSON document.
    Json,
}

/// How a graph is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GraphFormat {
    /// For people.
    Text,
    /// For Graphviz.
    Dot,
    /// One JSON document.
    Json,
}

/// `infra plan`
#[derive(Args, Debug)]
pub struct Plan {
    /// What the plan is about.
    #[command(flatten)]
    pub selection: Selection,
    /// Plan to delete everything, as `infra destroy` would.
    #[arg(long)]
    pub destroy: bool,
    /// Save the plan in this file too.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// How to print it.
    #[arg(long, value_enum, default_value = "text", conflicts_with = "json")]
    pub format: Format,
    /// The longest Markdown page; whole resources are left out beyond it.
    #[arg(long, value_name = "BYTES", default_value_t = 65_000, value_parser = clap::value_parser!(u32).range(1_000..))]
    pub max_bytes: u32,
    /// Exit with 2 when there are changes.
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// Say what each change does to the bill, and hold it against the budget.
    #[arg(long)]
    pub cost: bool,
    /// What is used, for what it costs.
    #[arg(long, value_name = "FILE", requires = "cost")]
    pub usage: Option<PathBuf>,
    /// Fail when the plan raises what is expected above the budget.
    #[arg(long, requires = "cost")]
    pub cost_limit: bool,
}

/// How something is carried out.
#[derive(Args, Clone, Copy, Debug)]
pub struct Carrying {
    /// Do not ask.
    #[arg(long, short, alias = "auto-approve")]
    pub yes: bool,
    /// How many steps may be in flight at once.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=500))]
    pub parallelism: u16,
    /// How long to wait for the lock: `30s`, `5m`.
    #[arg(long, value_name = "TIME", default_value = "0s")]
    pub lock_timeout: Wait,
}

/// `infra apply`
#[derive(Args, Debug)]
pub struct Apply {
    /// A saved plan: of `plan --out`, or in `.infra/plans`. Without it and without --env: the last one.
    #[arg(value_name = "FILE", conflicts_with_all = ["target", "exclude", "replace", "rotate", "adopt"])]
    pub file: Option<PathBuf>,
    /// What the plan is about.
    #[command(flatten)]
    pub selection: Selection,
    /// How it is carried out.
    #[command(flatten)]
    pub carrying: Carrying,
    /// Without a terminal, and with --yes in a protected environment: delete or replace at most N resources.
    #[arg(long, value_name = "N")]
    pub allow_destroy: Option<usize>,
    /// With --yes, where a saved plan deletes everything of a protected environment: its name.
    #[arg(long, value_name = "NAME")]
    pub confirm: Option<String>,
}

/// `infra destroy`
#[derive(Args, Debug)]
pub struct Destroy {
    /// Only these: addresses, stacks, or kinds.
    #[arg(long, value_name = "ADDRESS")]
    pub target: Vec<String>,
    /// Not these: addresses, or stacks.
    #[arg(long, value_name = "ADDRESS")]
    pub exclude: Vec<String>,
    /// With --yes: delete at most so many resources.
    #[arg(long, value_name = "N")]
    pub allow_destroy: Option<usize>,
    /// With --yes, where the environment is protected: its name.
    #[arg(long, value_name = "NAME")]
    pub confirm: Option<String>,
    /// Delete what this program knows, though the ledger names kinds that it does not know.
    #[arg(long)]
    pub leave_unknown: bool,
    /// Delete the history too, when nothing else is left; a copy of it stays on this machine.
    #[arg(long, conflicts_with_all = ["target", "exclude"])]
    pub purge_history: bool,
    /// How it is carried out.
    #[command(flatten)]
    pub carrying: Carrying,
}

/// `infra drift`
#[derive(Args, Debug)]
pub struct Drift {
    /// How to print it.
    #[arg(long, value_enum, default_value = "text", conflicts_with = "json")]
    pub format: Format,
    /// Exit with 2 when something has drifted.
    #[arg(long)]
    pub detailed_exitcode: bool,
}

/// `infra show`
#[derive(Args, Debug)]
pub struct Show {
    /// An address, a stack, or the file of a saved plan; all that is ours when left out.
    #[arg(value_name = "ADDRESS|FILE")]
    pub what: Option<String>,
    /// How to print it.
    #[arg(long, value_enum, default_value = "text", conflicts_with = "json")]
    pub format: Format,
}

/// `infra outputs`
#[derive(Args, Debug)]
pub struct Outputs {
    /// One of them: its value alone is printed. All of them when left out.
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// How to print it.
    #[arg(long, value_enum, default_value = "text", conflicts_with = "json")]
    pub format: DataFormat,
}

/// `infra owned`
#[derive(Args, Debug)]
pub struct Owned {
    /// How to print it.
    #[arg(long, value_enum, default_value = "text", conflicts_with = "json")]
    pub format: DataFormat,
}

/// `infra graph`
#[derive(Args, Debug)]
pub struct Graph {
    /// How to print it.
    #[arg(long, value_enum, default_value = "text", conflicts_with = "json")]
    pub format: GraphFormat,
}

/// `infra adopt`
#[derive(Args, Debug)]
pub struct Adopt {
    /// The definition that is to have it.
    #[arg(value_name = "ADDRESS", required_unless_present = "all")]
    pub address: Option<infra_engine::model::Address>,
    /// The live resource's identifier; needed where it has no name of its own.
    #[arg(value_name = "ID")]
    pub id: Option<String>,
    /// Everything that bears a wanted name and has no owner.
    #[arg(long, conflicts_with_all = ["address", "id"])]
    pub all: bool,
    /// Take it from this other owner: `project/environment`.
    #[arg(long, value_name = "OWNER", requires = "address", value_parser = owner)]
    pub from: Option<infra_engine::model::Owner>,
    /// How it is carried out.
    #[command(flatten)]
    pub carrying: Carrying,
}

/// `infra forget`
#[derive(Args, Debug)]
pub struct Forget {
    /// An address, or a kind and an identifier: `ec2/vpc/vpc-123`.
    #[arg(value_name = "ADDRESS|KIND/ID")]
    pub what: String,
    /// How it is carried out.
    #[command(flatten)]
    pub carrying: Carrying,
}

/// `infra confirm`
#[derive(Args, Debug)]
pub struct Confirm {
    /// Addresses, or kinds and identifiers: `ec2/vpc/vpc-123`; all that have our tags when left out.
    #[arg(value_name = "ADDRESS|KIND/ID")]
    pub what: Vec<String>,
    /// How it is carried out.
    #[command(flatten)]
    pub carrying: Carrying,
}

/// `infra unlock`
#[derive(Args, Debug)]
pub struct Unlock {
    /// The lock's identifier; without it, who holds the lock is shown.
    #[arg(value_name = "ID")]
    pub id: Option<String>,
}

/// `infra history`
#[derive(Args, Debug)]
pub struct History {
    /// The run; without it, all runs are listed.
    #[arg(value_name = "RUN")]
    pub run: Option<String>,
    /// How to print it.
    #[arg(long, value_enum, default_value = "text", conflicts_with = "json")]
    pub format: DataFormat,
}

/// `infra explain`
#[derive(Args, Debug)]
pub struct Explain {
    /// The rule's code: `V01`. All rules when left out.
    #[arg(value_name = "CODE")]
    pub code: Option<String>,
}

/// `infra docs`
#[derive(Args, Debug)]
pub struct Docs {
    /// Where the pages go.
    #[arg(value_name = "FOLDER")]
    pub folder: PathBuf,
}

/// `infra completions`
#[derive(Args, Debug)]
pub struct Completions {
    /// The shell.
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

fn owner(text: &str) -> Result<infra_engine::model::Owner, String> {
    text.parse().map_err(|()| format!("`{text}` is not an owner: an owner is `project/environment`"))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_does_not_contradict_itself() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_plan_file_brings_its_own_environment_and_options() {
        assert!(Arguments::try_parse_from(["infra", "apply", "a.plan", "--target", "network"]).is_err());
        assert!(Arguments::try_parse_from(["infra", "apply", "a.plan", "--yes"]).is_ok());
    }

    #[test]
    fn flags_that_contradict_are_refused() {
        assert!(Arguments::try_parse_from(["infra", "plan", "--json", "--format", "markdown"]).is_err());
        assert!(Arguments::try_parse_from(["infra", "adopt"]).is_err());
        assert!(Arguments::try_parse_from(["infra", "adopt", "network.vpc", "--all"]).is_err());
    }
}
