//! Once the lock is lost nothing is changed any more, whoever is in the middle of what; reading and records go on.

#![expect(clippy::unwrap_used, reason = "what a test prepares may fail it like anything else in it")]

use std::sync::Arc;
use std::time::Duration;

use infra_aws::store::Bucket;
use infra_aws::{Aws, Endpoints, Settings, Sorted};
use infra_engine::event::{Event, Listener};
use infra_engine::live::{Fault, FaultKind};
use infra_engine::model::Owner;
use infra_engine::record::{Holder, Lock, MemoryStore, Put, Store, Timing, When};
use infra_engine::run::Interrupt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

struct Silent;

impl Listener for Silent {
    fn hear(&self, _: &Event) {}
}

async fn lock() -> Lock {
    let (store, owner) = (Arc::<MemoryStore>::default(), Owner { project: "p".into(), environment: "e".into() });
    let (holder, timing) = (Holder::this("r", "apply"), Timing::USUAL);
    Lock::take(store, &owner, holder, Duration::ZERO, timing, Arc::new(Silent), Interrupt::new()).await.unwrap()
}

/// Five calls that change something, one after the other, as in an update of a kind. Gives how many went through.
async fn changes(aws: &Aws, lock: &mut Option<Lock>, lost_after: usize) -> (usize, Option<Fault>) {
    for done in 0..5 {
        if done == lost_after {
            lock.take().unwrap().release().await.unwrap();
        }
        let call = aws.logs().create_log_group().log_group_name(format!("guard-{}-{done}", std::process::id()));
        if let Err(fault) = call.send().await.sorted("logs:CreateLogGroup") {
            return (done, Some(fault));
        }
    }
    (5, None)
}

#[tokio::test]
async fn a_lost_lock_stops_whoever_is_in_the_middle_of_several_calls() {
    let url = infra_local_cloud::endpoint().to_owned();
    let endpoints = Endpoints { file: Some(url), ..Endpoints::default() };
    let settings = Settings { region: "ap-south-1".into(), profile: None, endpoints };
    let aws = Arc::new(Aws::load(settings).await.unwrap());
    let mut held = Some(lock().await);
    aws.guard_changes(held.as_ref().unwrap().lease());

    let (done, fault) = changes(&aws, &mut held, 3).await;
    let fault = fault.unwrap();
    assert_eq!((done, fault.kind), (3, FaultKind::LockLost), "{fault}");
    assert!(fault.message.contains("the lock is not ours any more"), "{fault}");
    assert_eq!(aws.calls().changes, [("logs:CreateLogGroup".to_owned(), 3)].into(), "the fourth was not sent");

    // Looking is free, and so is what is written down of the run.
    aws.logs().describe_log_groups().send().await.sorted("logs:DescribeLogGroups").unwrap();
    let bucket = Bucket::new(Arc::clone(&aws), aws.identity().await.unwrap().account);
    let Put::Done(version) = bucket.put("p/e/history/1-r.jsonl", b"{}".into(), When::Always).await.unwrap() else {
        panic!("nobody else writes it")
    };
    bucket.delete("p/e/history/1-r.jsonl", &version).await.unwrap();
    bucket.sweep("").await.unwrap();

    // And with the next lock everything goes on.
    let next = lock().await;
    aws.guard_changes(next.lease());
    for done in 0..3 {
        let call = aws.logs().delete_log_group().log_group_name(format!("guard-{}-{done}", std::process::id()));
        call.send().await.sorted("logs:DeleteLogGroup").unwrap();
    }
    next.release().await.unwrap();
}

#[tokio::test]
async fn a_call_that_waits_for_an_outage_to_pass_is_not_sent_once_the_lock_is_lost() {
    // A service that answers once, and then not even to connections.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let once = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 8192];
        assert!(stream.read(&mut request).await.unwrap() > 0);
        let answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
        stream.write_all(answer.as_bytes()).await.unwrap();
    });
    let endpoints = Endpoints { file: Some(url), ..Endpoints::default() };
    let aws = Aws::load(Settings { region: "us-east-1".into(), profile: None, endpoints }).await.unwrap();
    aws.logs().describe_log_groups().send().await.sorted("logs:DescribeLogGroups").unwrap();
    once.await.unwrap();

    let lock = lock().await;
    aws.guard_changes(lock.lease());
    let begun = std::time::Instant::now();
    let call = aws.logs().create_log_group().log_group_name("never").send();
    let losing = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        lock.release().await.unwrap();
    };
    let (answer, ()) = futures::join!(call, losing);
    let fault = answer.sorted("logs:CreateLogGroup").unwrap_err();
    assert_eq!(fault.kind, FaultKind::LockLost, "{fault}");
    assert!(begun.elapsed() > Duration::from_millis(300) && begun.elapsed() < Duration::from_secs(10));
}
