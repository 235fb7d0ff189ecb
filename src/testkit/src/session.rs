//! What the command line does, without one: survey, and perform what was planned. It asks nobody.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use infra_engine::event::{Event, Listener, Outcome};
use infra_engine::graph::Graph;
use infra_engine::live::{Fault, Live, Registry};
use infra_engine::model::{Definition, Owner, Ownership, Platform, Tags};
use infra_engine::plan::{Options, Plan, Stop, confirm};
use infra_engine::record::{Holder, Kept, Lease, Lock, MemoryStore, Store, Timing};
use infra_engine::run::{
    Interrupt, Locking, NotLocked, Observing, Performing, Selected, Surveyed, Surveying, locked, look, observe,
    perform, survey,
};

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
    /// Whether it works under the lock, as the program does. Who dies under it leaves it behind: see [`Session::bury`].
    pub locks: bool,
    /// Whether a platform may take the place of quite another one.
    pub take_over: bool,
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
    /// Somebody else holds the lock.
    Locked(String),
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
            locks: false,
            take_over: false,
            name: "run".to_owned(),
            heard: Arc::default(),
            runs: AtomicUsize::new(0),
        }
    }

    /// What leads to the definitions and no more.
    pub fn converge(&self) -> Options {
        let (common_tags, take_over) = (self.common_tags.clone(), self.take_over);
        Options { common_tags, take_over, ..Options::converge(self.owner.clone()) }
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
        Ok(self.surveyed(&graph, options).await?.plan)
    }

    /// Plans and applies.
    pub async fn apply(&self, definitions: &[Definition]) -> Result<Applied, Refusal> {
        self.apply_with(definitions, &self.converge()).await
    }

    /// Plans otherwise, and applies.
    pub async fn apply_with(&self, definitions: &[Definition], options: &Options) -> Result<Applied, Refusal> {
        let run = format!("{}-{}", self.name, self.runs.fetch_add(1, Ordering::Relaxed));
        if !self.locks {
            return self.carry_out(definitions, options, &run, None).await;
        }
        let locking = Locking {
            store: &self.store,
            owner: &self.owner,
            options,
            holder: Holder::this(run.as_str(), "apply"),
            patience: Duration::ZERO,
            timing: Timing::USUAL,
            listener: Arc::<Heard>::clone(&self.heard),
            interrupt: &self.interrupt,
        };
        let work = async |lock: &Lock| self.carry_out(definitions, options, &run, Some(&lock.lease())).await;
        match locked(locking, work).await {
            Ok((done, None)) => done,
            Ok((_, Some(fault))) => Err(Refusal::Record(fault)),
            Err(NotLocked::Away(stop)) => Err(Refusal::Stopped(vec![*stop])),
            Err(error) => Err(Refusal::Locked(error.to_string())),
        }
    }

    /// The lock of a run that has died is broken: on one machine, the next one sees that at once.
    pub async fn bury(&self) {
        if let Ok(Some(dead)) = Lock::look(&*self.store, &self.owner).await {
            Lock::break_open(&*self.store, &self.owner, &dead.id).await.expect("what holds the lock is dead");
        }
    }

    async fn carry_out(
        &self,
        definitions: &[Definition],
        options: &Options,
        run: &str,
        lease: Option<&Lease>,
    ) -> Result<Applied, Refusal> {
        let graph = joined(definitions)?;
        let surveyed = self.surveyed(&graph, options).await?;
        let plan = surveyed.plan.clone();
        if !plan.stops.is_empty() {
            return Err(Refusal::Stopped(plan.stops));
        }
        let performing = Performing {
            registry: &self.registry,
            store: &*self.store,
            story: &*self.store,
            graph: &graph,
            options,
            listener: &*self.heard,
            interrupt: &self.interrupt,
            parallelism: self.parallelism,
            run,
            who: "somebody",
            command: "apply",
            lease,
        };
        let performed = perform(surveyed, &plan, &performing).await.map_err(Refusal::Record)?;
        match performed.unwritten {
            None => Ok(Applied { plan, outcome: performed.outcome }),
            Some(fault) => Err(Refusal::Record(fault)),
        }
    }

    /// Everything of the owner's that is live, wherever it is.
    pub async fn lives(&self) -> Result<Vec<Live>, Refusal> {
        let (graph, options, selected) = (Graph::default(), self.converge(), Selected::default());
        let observing = Observing {
            registry: &self.registry,
            owner: &self.owner,
            graph: &graph,
            adopt: &options.adopt,
            bearing: options.bearing(),
            ledger: None,
            selected: &selected,
            listener: &*self.heard,
        };
        Ok(observe(&observing).await.map_err(Refusal::Reading)?.lives)
    }

    /// What is live of the kinds in use: the owner's, its children, and what these definitions share with others.
    pub async fn lives_of(&self, definitions: &[Definition]) -> Result<Vec<Live>, Refusal> {
        let (graph, options) = (joined(definitions)?, self.converge());
        let (_, world) = look(&self.surveying(&graph, &options)).await.map_err(Refusal::Reading)?;
        Ok(self.of_owner(world.lives))
    }

    /// The plan that leads to the definitions, and what was live when it was made, as [`Session::lives_of`] gives it.
    pub async fn plan_and_lives(&self, definitions: &[Definition]) -> Result<(Plan, Vec<Live>), Refusal> {
        let (graph, options) = (joined(definitions)?, self.converge());
        let Surveyed { plan, world, .. } = self.surveyed(&graph, &options).await?;
        Ok((plan, self.of_owner(world.lives)))
    }

    /// What is written down of what was made.
    pub async fn kept(&self) -> Result<Kept, Refusal> {
        Kept::read(&*self.store, &self.owner).await.map_err(Refusal::Record)
    }

    /// A person confirms that everything that says that it is ours, is.
    pub async fn confirm(&self) -> Result<(), Refusal> {
        let (graph, options) = (Graph::default(), self.converge());
        let surveyed = self.surveyed(&graph, &options).await?;
        let mut kept = surveyed.kept;
        confirm(&mut kept.ledger, &self.registry, &self.owner, &surveyed.world.lives, "confirmed");
        kept.write(&*self.store, &self.owner).await.map_err(Refusal::Record)
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

    async fn surveyed(&self, graph: &Graph, options: &Options) -> Result<Surveyed, Refusal> {
        survey(&self.surveying(graph, options)).await.map_err(Refusal::Reading)
    }

    fn surveying<'a>(&'a self, graph: &'a Graph, options: &'a Options) -> Surveying<'a> {
        let Session { registry, store, owner, heard, .. } = self;
        Surveying { registry, store: &**store, owner, graph, options, listener: &**heard }
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
