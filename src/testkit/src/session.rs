//! What the command line does, without one: read the scope, look, plan, extend the scope, apply, trim the scope.
//!
//! It asks nobody and takes no lock.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use infra_engine::event::{Event, Listener, Outcome};
use infra_engine::graph::Graph;
use infra_engine::live::{Fault, Live, Registry};
use infra_engine::model::{Definition, Owner, Ownership, Platform, Tags};
use infra_engine::plan::{Options, Plan, Stop, Work, plan};
use infra_engine::record::{History, MemoryStore, Scope, Store};
use infra_engine::run::{Applying, Interrupt, Observing, World, apply, look_again, observe};

/// Somebody at work on one environment.
pub struct Session {
    /// The kinds.
    pub registry: Registry,
    /// Where the records are kept.
    pub store: Arc<dyn Store>,
    /// Whose environment it is.
    pub owner: Owner,
    /// Tags for everything that can bear tags.
    pub common_tags: Tags,
    /// How many steps go on side by side.
    pub parallelism: usize,
    /// Who may ask to stop.
    pub interrupt: Interrupt,
    /// What its runs are called, before their number. Where two sessions share a cloud, it must not be the same.
    pub name: String,
    heard: Arc<Heard>,
    runs: AtomicUsize,
}

/// What became of an apply that was let go.
#[derive(Clone, Debug)]
pub struct Applied {
    /// What was to be done.
    pub plan: Plan,
    /// What was done.
    pub outcome: Outcome,
}

/// Why nothing was applied.
#[derive(Debug)]
pub enum Refusal {
    /// The definitions do not fit together.
    Graph(Vec<String>),
    /// Something could not be read.
    Reading(Vec<Fault>),
    /// A record could not be read or written.
    Record(Fault),
    /// The plan says that it may not be applied.
    Stopped(Vec<Stop>),
}

/// Everything that was heard.
#[derive(Default)]
pub struct Heard(Mutex<Vec<Event>>);

impl Listener for Heard {
    fn hear(&self, event: &Event) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(event.clone());
    }
}

/// A plan, and what it was made of.
struct Planned {
    plan: Plan,
    world: World,
}

impl Session {
    /// A session of `shop/test`, whose records are in memory.
    pub fn new(registry: Registry) -> Session {
        let owner = Owner { project: "shop".to_owned(), environment: "test".to_owned() };
        Session {
            registry,
            store: Arc::new(MemoryStore::default()),
            owner,
            common_tags: Tags::new(),
            parallelism: 8,
            interrupt: Interrupt::new(),
            name: "run".to_owned(),
            heard: Arc::default(),
            runs: AtomicUsize::new(0),
        }
    }

    /// What leads to the definitions and no more.
    pub fn converge(&self) -> Options {
        Options { common_tags: self.common_tags.clone(), ..Options::converge(self.owner.clone()) }
    }

    /// What leads to nothing.
    pub fn destroy(&self) -> Options {
        Options { common_tags: self.common_tags.clone(), ..Options::destroy(self.owner.clone()) }
    }

    /// The plan that leads to the definitions.
    pub async fn plan(&self, definitions: &[Definition]) -> Result<Plan, Refusal> {
        self.plan_with(definitions, &self.converge()).await
    }

    /// A plan of another sort.
    pub async fn plan_with(&self, definitions: &[Definition], options: &Options) -> Result<Plan, Refusal> {
        let graph = joined(definitions)?;
        Ok(self.planned(&graph, options).await?.plan)
    }

    /// Plans and applies.
    pub async fn apply(&self, definitions: &[Definition]) -> Result<Applied, Refusal> {
        self.apply_with(definitions, &self.converge()).await
    }

    /// Plans otherwise, and applies.
    pub async fn apply_with(&self, definitions: &[Definition], options: &Options) -> Result<Applied, Refusal> {
        let graph = joined(definitions)?;
        let Planned { plan, world } = self.planned(&graph, options).await?;
        if !plan.stops.is_empty() {
            return Err(Refusal::Stopped(plan.stops));
        }
        let run = format!("{}-{}", self.name, self.runs.fetch_add(1, Ordering::Relaxed));
        let history = Arc::new(History::begin(&self.owner, &run, "somebody", "apply"));
        let used = used_kinds(&self.registry, &graph, &world);
        Scope::extend(&*self.store, &self.owner, used).await.map_err(Refusal::Record)?;
        let listener: Vec<Arc<dyn Listener>> = vec![Arc::<Heard>::clone(&self.heard), Arc::<History>::clone(&history)];
        let applying = Applying {
            registry: &self.registry,
            parallelism: self.parallelism,
            listener: &listener,
            interrupt: &self.interrupt,
            run: &run,
        };
        let outcome = apply(&plan, &applying).await;
        history.write(&*self.store).await.map_err(Refusal::Record)?;
        if outcome.is_complete() && world.is_complete() {
            Scope::trim(&*self.store, &self.owner, left_kinds(&plan, &world)).await.map_err(Refusal::Record)?;
        }
        Ok(Applied { plan, outcome })
    }

    /// Everything of the owner's that is live, wherever it is.
    pub async fn lives(&self) -> Result<Vec<Live>, Refusal> {
        let (graph, options) = (Graph::default(), self.converge());
        Ok(observe(&self.observing(&graph, &options, None)).await.map_err(Refusal::Reading)?.lives)
    }

    /// What is live of the kinds in use: the owner's, its children, and what these definitions share with others.
    pub async fn lives_of(&self, definitions: &[Definition]) -> Result<Vec<Live>, Refusal> {
        let scope = Scope::read(&*self.store, &self.owner).await.map_err(Refusal::Record)?;
        let (graph, options) = (joined(definitions)?, self.converge());
        let world = observe(&self.observing(&graph, &options, scope.as_ref())).await.map_err(Refusal::Reading)?;
        Ok(self.of_owner(world.lives))
    }

    /// The plan that leads to the definitions, and what was live when it was made, as [`Session::lives_of`] gives it.
    pub async fn plan_and_lives(&self, definitions: &[Definition]) -> Result<(Plan, Vec<Live>), Refusal> {
        let Planned { plan, world } = self.planned(&joined(definitions)?, &self.converge()).await?;
        Ok((plan, self.of_owner(world.lives)))
    }

    fn of_owner(&self, mut lives: Vec<Live>) -> Vec<Live> {
        let owner = self.owner.to_string();
        let tagged = |live: &Live| {
            let kind = self.registry.kind(live.kind);
            kind.is_some_and(|kind| kind.schema().ownership == Ownership::Tags)
        };
        lives.retain(|live| !tagged(live) || live.owner() == Some(&owner));
        lives
    }

    /// Everything that was heard, and forgets it.
    pub fn heard(&self) -> Vec<Event> {
        std::mem::take(&mut *self.heard.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Every record, as text.
    pub async fn records(&self) -> String {
        let mut text = String::new();
        for key in self.store.list("").await.unwrap_or_default() {
            let record = self.store.get(&key).await.ok().flatten();
            text.push_str(
                &record.map(|record| String::from_utf8_lossy(&record.bytes).into_owned()).unwrap_or_default(),
            );
        }
        text
    }

    async fn planned(&self, graph: &Graph, options: &Options) -> Result<Planned, Refusal> {
        let scope = Scope::read(&*self.store, &self.owner).await.map_err(Refusal::Record)?;
        let observing = self.observing(graph, options, scope.as_ref());
        let mut world = observe(&observing).await.map_err(Refusal::Reading)?;
        let mut plan = plan(graph, &world.lives, &self.registry, options);
        while look_again(&observing, &mut world, &plan).await.map_err(Refusal::Reading)? {
            plan = infra_engine::plan::plan(graph, &world.lives, &self.registry, options);
        }
        Ok(Planned { plan, world })
    }

    fn observing<'a>(&'a self, graph: &'a Graph, options: &'a Options, scope: Option<&'a Scope>) -> Observing<'a> {
        Observing {
            registry: &self.registry,
            owner: &self.owner,
            graph,
            adopt: &options.adopt,
            bearing: options.bearing(),
            scope,
            listener: &*self.heard,
        }
    }
}

/// The definitions of a platform, in the order in which they are added.
pub fn definitions(stacks: impl FnOnce(&mut Platform)) -> Vec<Definition> {
    let mut platform = Platform::new();
    stacks(&mut platform);
    platform.finish().expect("the stacks of a test are written right")
}

fn joined(definitions: &[Definition]) -> Result<Graph, Refusal> {
    let told = |problems: Vec<_>| Refusal::Graph(problems.iter().map(ToString::to_string).collect());
    Graph::build(definitions.to_vec()).map_err(told)
}

/// The kinds of which something is, or is about to be; all of them where not everything could be looked through.
fn used_kinds(registry: &Registry, graph: &Graph, world: &World) -> BTreeSet<&'static str> {
    let wanted = graph.definitions().iter().map(|definition| definition.schema.kind);
    let live = world.lives.iter().map(|live| live.kind);
    let all = registry.kinds().map(|kind| kind.schema().kind).filter(|_| !world.is_complete());
    wanted.chain(live).chain(all).collect()
}

/// The kinds of which something is left once a plan has been carried out.
fn left_kinds(plan: &Plan, world: &World) -> BTreeSet<&'static str> {
    let mut gone = BTreeSet::new();
    let mut left = BTreeSet::new();
    for step in &plan.steps {
        match &step.work {
            Work::Create { .. } => drop(left.insert(step.kind)),
            Work::Delete { live } => drop(gone.insert((live.kind, live.id.clone()))),
            Work::Update { .. } | Work::Rotate { .. } | Work::Retire { .. } | Work::Await { .. } => {}
        }
    }
    left.extend(world.lives.iter().filter(|live| !gone.contains(&(live.kind, live.id.clone()))).map(|live| live.kind));
    left
}
