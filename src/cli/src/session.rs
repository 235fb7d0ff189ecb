//! What commands share: from an environment to a graph without a call, from there to what is live and to a plan.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use infra_aws::store::Bucket;
use infra_aws::{Aws, Detour, Endpoints, Identity, Settings};
use infra_engine::check::{Finding, Severity, check};
use infra_engine::event::Listener;
use infra_engine::graph::Graph;
use infra_engine::live::{FaultKind, Registry};
use infra_engine::model::{Announced, Announcement, Home, Owner, Package, Tags, UnixTime};
use infra_engine::plan::{Options, Plan};
use infra_engine::record::{Kept, Lease, Store};
use infra_engine::run::{Interrupt, Surveyed, Surveying, World, look, survey};
use jiff::Timestamp;

use crate::args::{Common, Selection};
use crate::console::Console;
use crate::environment::{Facts, Loaded, environments_folder, names_in};
use crate::failure::Failure;
use crate::program::{Defined, Definer, local_port};
use crate::render::{KINDS, PROBLEMS, Picture, Report, WARNINGS, cost, counted, findings_text};
use crate::{endpoints, local, packages};

/// What a command is given.
pub(crate) struct Session<'a> {
    /// The program.
    pub definer: &'a dyn Definer,
    /// What every command understands.
    pub common: &'a Common,
    /// Where it speaks.
    pub console: &'a Console,
    /// Who may ask to stop.
    pub interrupt: &'a Interrupt,
    /// Where it was started.
    pub folder: PathBuf,
    /// When it was started.
    pub started: Instant,
}

/// What is wanted, known without a call.
pub(crate) struct Blueprint {
    /// What `--env` was given.
    pub name: String,
    /// The environment.
    pub environment: Loaded<()>,
    /// Whose resources.
    pub owner: Owner,
    /// The program.
    pub program: &'static str,
    /// What is wanted.
    pub graph: Graph,
    /// What it tells the world.
    pub outputs: Vec<Announced>,
    /// The kinds.
    pub registry: Registry,
    /// What the rules say.
    pub findings: Vec<Finding>,
    /// What is called elsewhere than at AWS's own addresses.
    pub detours: Vec<Detour>,
    /// What is made on this machine when a plan needs it.
    pub packages: Vec<Package>,
    aws: Arc<Aws>,
}

/// A cloud that has answered, with the expected account.
pub(crate) struct Cloud {
    /// Who is calling.
    pub identity: Identity,
    /// Where the records are.
    pub store: Arc<dyn Store>,
}

/// What was found, and what is to be done about it.
pub(crate) struct Planned {
    /// What is live, what was written down, and what is to be done.
    pub surveyed: Surveyed,
    /// What is wanted, with what was made on this machine.
    pub graph: Graph,
    /// The plan as it is told.
    pub report: Report,
}

impl Planned {
    /// What is live.
    pub fn world(&self) -> &World {
        &self.surveyed.world
    }

    /// What is to be done.
    pub fn plan(&self) -> &Plan {
        &self.surveyed.plan
    }

    /// The plan's resources whole.
    pub fn picture(&self, blueprint: &Blueprint) -> Picture {
        Picture::of(self.plan(), &blueprint.registry, blueprint.environment.facts.region.as_str())
    }
}

impl Session<'_> {
    /// What is wanted, with nothing wrong in it; warnings are said. No call is made.
    pub async fn blueprint(&self) -> Result<Blueprint, Failure> {
        let blueprint = self.unchecked().await?;
        let (errors, warnings): (Vec<_>, Vec<_>) =
            blueprint.findings.iter().cloned().partition(|finding| finding.violation.severity == Severity::Error);
        if !errors.is_empty() {
            let all = findings_text(&blueprint.findings, self.console.talk);
            let count = counted(errors.len(), PROBLEMS);
            return Err(Failure::new(format!("AWS would refuse this: {count}; nothing was called")).page(all));
        }
        if !warnings.is_empty() {
            self.console.warn(&format!(
                "{}\n{}",
                counted(warnings.len(), WARNINGS),
                findings_text(&warnings, self.console.talk)
            ));
        }
        Ok(blueprint)
    }

    /// What is wanted, whatever the rules say of it. No call is made.
    pub async fn unchecked(&self) -> Result<Blueprint, Failure> {
        let name = self.environment_name()?;
        let Defined { environment, platform } = self.definer.define(&name, &self.folder)?;
        let packages = platform.packages();
        let outputs = platform.outputs();
        let definitions = platform.finish().map_err(|problems| defined_wrong(&problems))?;
        let graph = Graph::build(definitions)
            .map_err(|problems| defined_wrong(&problems.iter().map(ToString::to_string).collect::<Vec<_>>()))?;
        let Facts { project, name: own_name, .. } = &environment.facts;
        let owner = Owner { project: project.to_string(), environment: own_name.to_string() };
        let aws = Arc::new(self.aws(&environment.facts).await?);
        let detours = aws.detours();
        endpoints::check(&detours, &environment.facts)?;
        let registry = infra_aws::registry(Arc::clone(&aws));
        let findings = check(&graph, &registry);
        check_outputs(&outputs, &graph)?;
        let program = self.definer.name();
        Ok(Blueprint { name, environment, owner, program, graph, outputs, registry, findings, detours, packages, aws })
    }

    /// Which environment is meant.
    pub fn environment_name(&self) -> Result<String, Failure> {
        if let Some(name) = self.common.env.as_ref().filter(|name| !name.is_empty()) {
            return Ok(name.clone());
        }
        let known = environments_folder(&self.folder).map(|folder| names_in(&folder)).unwrap_or_default();
        let failure = Failure::new("which environment? give --env, or set INFRA_ENV");
        Err(match known.first() {
            Some(first) => {
                failure.because(format!("there are: {}", known.join(", "))).command(format!("--env {first}"))
            }
            None => failure.because(format!("there is no folder `environments` in {} or above", self.folder.display())),
        })
    }

    async fn aws(&self, facts: &Facts) -> Result<Aws, Failure> {
        let endpoints = Endpoints {
            flag: self.common.endpoint.clone(),
            file: facts.endpoint.clone(),
            services: facts.endpoints.clone(),
        };
        let profile = self.common.profile.clone().or_else(|| facts.profile.clone());
        let settings = Settings { region: facts.region.to_string(), profile, endpoints };
        Aws::load(settings).await.map_err(|error| Failure::new(error.to_string()).because("nothing was called"))
    }

    /// The cloud, once the expected account has answered. Starts the local one where the environment says so.
    pub async fn connect(&self, blueprint: &Blueprint) -> Result<Cloud, Failure> {
        let facts = &blueprint.environment.facts;
        endpoints::say(&blueprint.detours, self.console);
        let local = local_port(facts).filter(|_| facts.start_local && self.common.endpoint.is_none());
        if let Some(port) = local {
            self.unless_interrupted(local::ensure(port, &blueprint.environment, self.console)).await??;
        }
        let guarded = self.unless_interrupted(blueprint.aws.guard(Some(&facts.account))).await?;
        let identity = guarded.map_err(|fault| match fault.kind {
            // The guard's own refusal: a refusal of AWS has its code or its status.
            FaultKind::Refused if fault.source.is_none() => {
                Failure::new("the credentials are for another account").because(fault.message)
            }
            _ => fault.into(),
        })?;
        let usual = Bucket::new(Arc::clone(&blueprint.aws), identity.account.clone());
        let store = Arc::new(match &facts.records {
            Some(chosen) => usual.named(chosen),
            None => usual,
        });
        Ok(Cloud { identity, store })
    }

    /// What is live, and the plan for it.
    pub async fn plan(&self, blueprint: &Blueprint, cloud: &Cloud, options: &Options) -> Result<Planned, Failure> {
        let graph = packages::made(self, blueprint, options).await?;
        let listener = self.console.listener();
        let surveying = blueprint.surveying(cloud, &graph, options, &*listener);
        let surveyed = self.unless_interrupted(survey(&surveying)).await??;
        drop(listener);
        self.warn_of_unread(&surveyed.world);
        let report = Report::of(&surveyed.plan, &blueprint.name);
        Ok(Planned { surveyed, graph, report })
    }

    /// What is live, and what was written down of it.
    pub async fn observe(
        &self,
        blueprint: &Blueprint,
        cloud: &Cloud,
        options: &Options,
        listener: &dyn Listener,
    ) -> Result<(World, Kept), Failure> {
        let surveying = blueprint.surveying(cloud, &blueprint.graph, options, listener);
        let (kept, world) = self.unless_interrupted(look(&surveying)).await??;
        self.warn_of_unread(&world);
        Ok((world, kept))
    }

    fn warn_of_unread(&self, world: &World) {
        if let Some(first) = world.unread.first() {
            let kinds = counted(world.unread.len(), KINDS);
            self.console.warn(&format!(
                "{kinds} that the code does not use could not be checked for leftovers ({first} …); --verbose says why"
            ));
        }
    }

    /// What looking cost so far: `105 resources · 41 calls · 0.9 s`.
    pub fn cost(&self, blueprint: &Blueprint, resources: usize) -> String {
        let calls = usize::try_from(blueprint.aws.calls().total()).unwrap_or(usize::MAX);
        cost(resources, calls, self.started.elapsed())
    }

    /// Goes on until it is done, or until somebody asks to stop. For what changes nothing.
    pub async fn unless_interrupted<T>(&self, work: impl Future<Output = T>) -> Result<T, Failure> {
        tokio::select! {
            done = work => Ok(done),
            () = self.interrupt.asked() => Err(match self.interrupt.by_somebody() {
                true => Failure::interrupted("interrupted; nothing was changed"),
                false => Failure::new("the lock was lost; nothing was changed"),
            }),
        }
    }
}

impl Blueprint {
    /// Everything that a plan is asked for.
    pub fn options(&self, selection: &Selection) -> Options {
        let Selection { target, exclude, replace, rotate, adopt, take_over } = selection.clone();
        let facts = &self.environment.facts;
        let home = Home {
            program: self.program.to_owned(),
            account: facts.account.to_string(),
            region: facts.region.to_string(),
        };
        Options {
            common_tags: Tags::from([
                ("Project".to_owned(), self.owner.project.clone()),
                ("Environment".to_owned(), self.owner.environment.clone()),
            ]),
            target,
            exclude,
            replace,
            now: UnixTime(Timestamp::now().as_second()),
            rotate,
            home: Some(home),
            take_over,
            adopt: adopt.into_iter().map(|adoption| (adoption.address, adoption.id)).collect(),
            ..Options::converge(self.owner.clone())
        }
    }

    /// The clients, for what is asked beside resources.
    pub fn aws(&self) -> &Arc<Aws> {
        &self.aws
    }

    /// From now on no resource is changed without this lease's leave.
    pub fn guard_changes(&self, lease: Lease) {
        self.aws.guard_changes(lease);
    }

    fn surveying<'a>(
        &'a self,
        cloud: &'a Cloud,
        graph: &'a Graph,
        options: &'a Options,
        listener: &'a dyn Listener,
    ) -> Surveying<'a> {
        let Blueprint { owner, registry, .. } = self;
        Surveying { registry, store: &*cloud.store, owner, graph, options, listener }
    }
}

/// Every output that is announced is one that its definition has.
fn check_outputs(outputs: &[Announced], graph: &Graph) -> Result<(), Failure> {
    let problem = |output: &Announced| {
        let Announcement::Output(reference) = &output.value else { return None };
        let has = graph.definition(&reference.address).is_some_and(|definition| {
            reference.output == "id" || definition.schema.outputs.iter().any(|field| field.name == reference.output)
        });
        (!has).then(|| format!("the output `{}` is {reference}, which is not in the code", output.name))
    };
    let problems: Vec<String> = outputs.iter().filter_map(problem).collect();
    if problems.is_empty() { Ok(()) } else { Err(defined_wrong(&problems)) }
}

fn defined_wrong(problems: &[String]) -> Failure {
    let page: Vec<String> = problems.iter().map(|problem| format!("error: {problem}")).collect();
    let count = counted(problems.len(), PROBLEMS);
    Failure::new(format!("the stacks have {count}; nothing was called")).page(page.join("\n"))
}
