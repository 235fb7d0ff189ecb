//! Hostile answers: whatever the other side says, looking at what is live ends, and ends in values or in faults. Never in
//! a panic, and never not at all.
//!
//! `hostile/answers.jsonl` is what the local cloud answered when a whole platform was looked at. Each round answers with
//! it again, and spoils some of it: elements go, come twice or are something else, numbers are too large, texts are not
//! what they should be, or not even text. What is done in a round depends on its number alone.

mod spoil;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_smithy_types::base64;
use infra_engine::event::{Event, Listener};
use infra_engine::graph::Graph;
use infra_engine::live::Ask;
use infra_engine::model::{Ledger, Owner, Ownership, Tags};
use infra_engine::plan::{Options, plan};
use infra_engine::run::{Observing, Selected, World, observe};
use serde::Deserialize;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};

use self::spoil::{Chance, spoiled};
use crate::server::{Reply, aws, json, read, write};

/// Rounds that are looked at side by side.
const TOGETHER: u64 = 4;
const ROUNDS: u64 = 40;

/// No round takes longer than this, except by mistake.
const LONGEST: Duration = Duration::from_secs(60);

/// An answer that was given.
#[derive(Deserialize)]
struct Recorded {
    /// `Action` or the target of the request; of REST the method and the path.
    what: String,
    /// What was asked for in the body.
    request: String,
    status: u16,
    #[serde(rename = "type")]
    content: String,
    answer: String,
    /// What is no text, such as CBOR, stands there in base64.
    #[serde(default)]
    base64: bool,
}

impl Recorded {
    fn bytes(&self) -> Vec<u8> {
        if self.base64 { base64::decode(&self.answer).unwrap() } else { self.answer.clone().into_bytes() }
    }
}

type Answers = BTreeMap<String, Vec<Recorded>>;

fn answers() -> Answers {
    let mut answers = Answers::new();
    for line in include_str!("hostile/answers.jsonl").lines() {
        let recorded: Recorded = serde_json::from_str(line).unwrap();
        answers.entry(recorded.what.clone()).or_default().push(recorded);
    }
    answers
}

/// What a request asks for, in the words of [`Recorded::what`], and its body.
fn asked(request: &str) -> (String, &str) {
    let (head, body) = request.split_once("\r\n\r\n").unwrap_or((request, ""));
    let target = head.lines().find_map(|line| line.strip_prefix("x-amz-target: ")?.rsplit('.').next());
    let action = body.split('&').find_map(|pair| pair.strip_prefix("Action="));
    let mut words = head.split(' ');
    let rest = format!("{} {}", words.next().unwrap_or_default(), words.next().unwrap_or_default());
    (target.or(action).map_or(rest, str::to_owned), body)
}

/// What is answered in place of what was recorded: to what, so many times, and this.
type Instead = Mutex<BTreeMap<&'static str, (usize, u16, &'static str)>>;

/// A server that answers as was recorded, and spoils what `round` says. Round 0 spoils nothing.
async fn server(answers: Arc<Answers>, round: u64, unknown: Arc<AtomicUsize>) -> String {
    server_with(answers, round, unknown, Arc::default()).await
}

async fn server_with(answers: Arc<Answers>, round: u64, unknown: Arc<AtomicUsize>, instead: Arc<Instead>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, Arc::clone(&answers), round, Arc::clone(&unknown), Arc::clone(&instead)));
        }
    });
    url
}

/// What is to be answered in place of what was recorded, if anything, this time.
fn answered_instead(instead: &Instead, what: &str) -> Option<Reply> {
    let mut instead = instead.lock().unwrap();
    let (times, status, body) = instead.get_mut(what).filter(|(times, ..)| *times > 0)?;
    *times -= 1;
    Some(json(*status, body))
}

async fn serve(
    mut stream: TcpStream,
    answers: Arc<Answers>,
    round: u64,
    unknown: Arc<AtomicUsize>,
    instead: Arc<Instead>,
) {
    let Some(request) = read(&mut stream).await else { return };
    let (what, body) = asked(&request);
    if let Some(reply) = answered_instead(&instead, &what) {
        return write(&mut stream, &reply).await;
    }
    let mut chance = Chance::of(round, &format!("{what} {body}"));
    let of_it = answers.get(&what);
    if of_it.is_none() {
        unknown.fetch_add(1, Ordering::Relaxed);
    }
    let exact = of_it.and_then(|all| all.iter().find(|one| one.request == body));
    // What was never asked for is answered with something else, which is hostile enough.
    let any = |chance: &mut Chance| chance.one_of(&answers.values().flatten().collect::<Vec<_>>());
    let recorded = exact.or_else(|| of_it.map(|all| &all[0])).unwrap_or_else(|| any(&mut chance));
    let answer = match round {
        0 => recorded.bytes(),
        _ => spoiled(&recorded.bytes(), &mut chance),
    };
    let Recorded { status, content, .. } = recorded;
    let length = answer.len();
    let head = format!(
        "HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-type: {content}\r\ncontent-length: {length}\r\n\r\n"
    );
    // Who has heard enough hangs up.
    let _ = stream.write_all(&[head.as_bytes(), &answer].concat()).await;
}

/// Nobody wants to know how it goes.
struct Nobody;

impl Listener for Nobody {
    fn hear(&self, _: &Event) {}
}

/// Looks at all that a project has, kind by kind, and plans to delete it.
async fn look(url: String) -> (Option<World>, usize) {
    let aws = Arc::new(aws(&url).await);
    let registry = infra_aws::registry(aws);
    let owner = Owner { project: "django-microservices".into(), environment: "local".into() };
    let graph = Graph::build(Vec::new()).unwrap();
    let (adopt, bearing) = (BTreeMap::new(), Tags::new());
    let observing = Observing {
        registry: &registry,
        owner: &owner,
        graph: &graph,
        adopt: &adopt,
        bearing: &bearing,
        ledger: None,
        selected: &Selected::default(),
        listener: &Nobody,
    };
    let found = observe(&observing).await;
    let faults = match &found {
        Ok(world) => world.unread.len(),
        Err(faults) => faults.len(),
    };
    // What a whole account shares is looked for by its name alone, and each kind by identifiers that make no sense.
    for kind in registry.kinds() {
        let names: BTreeSet<String> = ["spot.amazonaws.com", "Project", "é:/", ""].map(str::to_owned).into();
        if matches!(kind.schema().ownership, Ownership::Shared) {
            let _ = kind.read(&Ask { names: names.clone(), ..Ask::default() }).await;
        }
        let _ = kind.read(&Ask::only(names)).await;
    }
    let world = found.ok();
    if let Some(world) = &world {
        let _ = plan(&graph, &world.lives, &Ledger::default(), &registry, &Options::destroy(owner.clone()));
    }
    (world, faults)
}

/// What a look finds where something is answered otherwise than was recorded.
async fn look_with(instead: &[(&'static str, (usize, u16, &'static str))]) -> World {
    let instead: Arc<Instead> = Arc::new(Mutex::new(instead.iter().copied().collect()));
    look(server_with(Arc::new(answers()), 0, Arc::default(), instead).await).await.0.unwrap()
}

/// The other service would not let Application Auto Scaling look at its alarms, for a moment.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn policies_that_cannot_be_read_at_first_are_read_then() {
    let refused = r#"{"__type": "FailedResourceAccessException", "message": "Unable to retrieve alarms"}"#;
    let policies = |world: &World| {
        let kinds = ["autoscaling/step-policy", "autoscaling/target-tracking-policy", "autoscaling/predictive-policy"];
        let lives = world.lives.iter().filter(|live| kinds.contains(&live.kind)).map(|live| live.id.clone());
        (lives.collect::<Vec<_>>(), world.unread.iter().any(|kind| kinds.contains(kind)))
    };
    let world = look_with(&[("DescribeScalingPolicies", (3, 400, refused))]).await;
    let (found, unread) = policies(&world);
    assert!(!unread && !found.is_empty(), "{found:?}");
    assert_eq!(found, policies(&look_with(&[]).await).0);
}

/// An index that is out of order tells nothing, and everything is there without it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_index_that_is_out_of_order_is_none() {
    let broken = look_with(&[("GetResources", (usize::MAX, 500, r#"{"__type": "InternalServiceException"}"#))]).await;
    let denied = look_with(&[("GetResources", (usize::MAX, 400, r#"{"__type": "AccessDeniedException"}"#))]).await;
    assert_eq!((&broken.lives, &broken.unread), (&denied.lives, &denied.unread));
    assert!(broken.lives.len() > 30, "what tells its tags by itself is there: {}", broken.lives.len());
}

/// The same platform with another owner's tags on everything: nothing of it is ours, and looking fails over nothing that it
/// would not fail over otherwise.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_platform_of_strangers_is_nobody_of_ours() {
    const OURS: &str = "django-microservices/local";
    let claimed = async |answers: Answers| {
        let (world, faults) = look(server(Arc::new(answers), 0, Arc::default()).await).await;
        let lives = world.unwrap().lives;
        (lives.iter().filter(|live| live.owner() == Some(OURS)).count(), faults)
    };
    let (ours, faults) = claimed(answers()).await;
    assert!(ours >= 100, "all of it is ours: {ours}");
    let mut strange = answers();
    for recorded in strange.values_mut().flatten().filter(|recorded| !recorded.base64) {
        recorded.answer = recorded.answer.replace(OURS, "django-microservices/strange");
    }
    let (claimed, more) = claimed(strange).await;
    assert!(claimed == 0 && more <= faults, "{claimed} are ours, and {more} faults were {faults}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_answers_end_in_values_or_in_faults() {
    let answers = Arc::new(answers());
    let unknown = Arc::new(AtomicUsize::new(0));
    let (world, _) = look(server(Arc::clone(&answers), 0, Arc::clone(&unknown)).await).await;
    let kinds: BTreeSet<&str> = world.unwrap().lives.iter().map(|live| live.kind).collect();
    assert!(kinds.len() >= 35, "unspoiled, the answers are those of a whole platform: {kinds:?}");

    let (mut faults, mut lives) = (0, 0);
    for first in (1..=ROUNDS).step_by(TOGETHER as usize) {
        let rounds = (first..first + TOGETHER).map(|round| {
            let (answers, unknown) = (Arc::clone(&answers), Arc::clone(&unknown));
            let looking = async move { look(server(answers, round, unknown).await).await };
            (round, tokio::spawn(tokio::time::timeout(LONGEST, looking)))
        });
        for (round, looking) in rounds.collect::<Vec<_>>() {
            let ended = looking.await.unwrap_or_else(|error| panic!("round {round} panics: {error}"));
            let (world, of_it) = ended.unwrap_or_else(|_| panic!("round {round} does not end"));
            faults += of_it;
            lives += world.map_or(0, |world| world.lives.len());
        }
    }
    assert!(faults > 30 && lives > 300, "what is spoiled is noticed, and not everything is: {faults}, {lives}");
}
