//! Workers that are given nothing but addresses: they begin together, tell of themselves, stop when they are told to,
//! and leave their results.

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use infra_loadtest::result::{Ended, Part, WorkerResult, merge};
use infra_loadtest::worker::{Exchange, File, Go, NoResult, Progress, Ready, Work, work};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use tokio::task::JoinHandle;

use crate::shop::{Asked, Shop, says};

/// Documents by their addresses. What is not there is forbidden, as in a store to who may not list it.
struct Store {
    shop: Shop,
    documents: Arc<Mutex<BTreeMap<String, String>>>,
}

impl Store {
    async fn open() -> Store {
        let documents = Arc::<Mutex<BTreeMap<String, String>>>::default();
        let kept = Arc::clone(&documents);
        let shop = Shop::open(move |asked: &Asked, _| {
            let (method, path) = asked.line.split_once(' ').unwrap();
            let mut kept = kept.lock().unwrap();
            if method == "PUT" {
                kept.insert(path.to_owned(), asked.body.clone());
                return says(200, "");
            }
            kept.get(path).map_or_else(|| says(403, "forbidden"), |document| says(200, document))
        })
        .await;
        Store { shop, documents }
    }

    fn put(&self, path: &str, document: &impl serde::Serialize) {
        self.documents.lock().unwrap().insert(path.to_owned(), serde_json::to_string(document).unwrap());
    }

    fn get<T: DeserializeOwned>(&self, path: &str) -> Option<T> {
        self.documents.lock().unwrap().get(path).map(|document| serde_json::from_str(document).unwrap())
    }

    async fn wait_for<T: DeserializeOwned>(&self, path: &str) -> T {
        for _ in 0..600 {
            if let Some(document) = self.get(path) {
                return document;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("nobody left {path}");
    }

    /// A worker that has begun its work.
    fn worker(&self, target: &Shop, phases: &str, worker: u32, of: u32) -> JoinHandle<Result<WorkerResult, NoResult>> {
        let address = |what: &str| format!("{}/{what}", self.shop.url());
        let exchange = Exchange {
            ready: address(&format!("ready/{worker}")),
            go: address("go"),
            stop: address("stop"),
            progress: address(&format!("progress/{worker}")),
            result: address(&format!("result/{worker}")),
        };
        let given = Work {
            plan: format!(
                "name = \"p\"\nload = {{ rate = 60, phases = \"{phases}\" }}\n[data.u]\nfile = \"u.csv\"\n[[scenario]]\nname = \"s\"\n[[scenario.step]]\nname = \"r\"\nget = \"/${{u.a}}\"\n"
            ),
            target: Some(target.url()),
            files: BTreeMap::from([("u.csv".to_owned(), File::Bytes { base64: "YQoxCg==".to_owned() })]),
            part: Part { worker, of },
            region: Some("eu-west-1".to_owned()),
            exchange: Some(exchange),
        };
        tokio::spawn(async move { work(&given, |_| None, Duration::from_secs(60), pending()).await })
    }

    fn go(&self, after: f64, places: &[(u32, u32)]) {
        let now = Timestamp::try_from(SystemTime::now()).unwrap();
        let start_at = now + jiff::SignedDuration::from_secs_f64(after);
        self.put("/go", &Go { start_at, of: places.len() as u32, places: places.iter().copied().collect() });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_begins_before_all_are_ready_and_those_that_are_there_do_all_the_work() {
    let (store, target) = (Store::open().await, Shop::open(|_, _| says(200, "")).await);
    // Of three workers the second never comes.
    let tasks = [store.worker(&target, "1s:100", 0, 3), store.worker(&target, "1s:100", 2, 3)];
    let ready: Ready = store.wait_for("/ready/2").await;
    assert_eq!(ready.part, Part { worker: 2, of: 3 });
    let _: Ready = store.wait_for("/ready/0").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(target.asked().len(), 0);

    store.go(1.5, &[(0, 0), (2, 1)]);
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    let results = ["/result/0", "/result/2"].map(|path| store.get::<WorkerResult>(path).unwrap());
    let run = merge(results.into()).unwrap();
    assert_eq!((run.measured.whole.finished, target.asked().len(), run.missing.len()), (60, 60, 0));
    assert_eq!(run.regions["eu-west-1"].finished, 60);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_tells_its_progress_and_stops_with_its_result_when_it_is_told_to() {
    let (store, target) = (Store::open().await, Shop::open(|_, _| says(200, "")).await);
    let task = store.worker(&target, "50s:100", 0, 1);
    store.go(0.5, &[(0, 0)]);
    let progress: Progress = store.wait_for("/progress/0").await;
    assert!(progress.whole.finished > 60 && progress.seconds >= 2.0, "{progress:?}");
    store.put("/stop", &true);
    let result = task.await.unwrap().unwrap();
    assert_eq!(result.ended, Ended::Stopped);
    assert_eq!(store.get::<WorkerResult>("/result/0"), Some(result.clone()));
    // Those that were under way when it stopped were asked, and not counted.
    let asked = target.asked().len() as u64;
    assert!((result.measured.whole.finished..=result.measured.started + 1).contains(&asked), "{asked}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_late_or_not_needed_does_not_begin() {
    let (store, target) = (Store::open().await, Shop::open(|_, _| says(200, "")).await);
    store.go(-5.0, &[(0, 0)]);
    let late = store.worker(&target, "1s:100", 0, 2).await.unwrap().unwrap_err();
    assert!(matches!(late, NoResult::Late { worker: 0, .. }), "{late}");
    let not_needed = store.worker(&target, "1s:100", 1, 2).await.unwrap().unwrap_err();
    assert!(matches!(not_needed, NoResult::NotWanted { worker: 1 }), "{not_needed}");
    let stopped = {
        let store = Store::open().await;
        store.put("/stop", &true);
        store.worker(&target, "1s:100", 0, 1).await.unwrap().unwrap_err()
    };
    assert!(matches!(stopped, NoResult::NotWanted { worker: 0 }), "{stopped}");
    assert_eq!(target.asked().len(), 0);
}

#[tokio::test]
async fn a_store_that_refuses_is_told() {
    let refusing = Shop::open(|_, _| says(403, "expired")).await;
    let store = Store { shop: refusing, documents: Arc::default() };
    let target = Shop::open(|_, _| says(200, "")).await;
    let error = store.worker(&target, "1s:100", 0, 1).await.unwrap().unwrap_err();
    assert_eq!(error.to_string(), "worker 0 cannot leave its ready: the answer is 403");
}
