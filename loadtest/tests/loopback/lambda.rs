//! The function, with a stand-in for Lambda's runtime API on this machine.

use std::time::{Duration, SystemTime};

use infra_loadtest::lambda::{RuntimeApi, ServeError, serve};
use infra_loadtest::settings::Settings;
use serde_json::{Value, json};
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

use crate::server::{Deed, Server, read_request};

/// What the function told the API: the path, the whole head, and the body.
#[derive(Debug)]
struct Told {
    path: String,
    head: String,
    body: Value,
}

/// Gives out invocations, one after the other, each with so much time; then it is gone. Returns what it was told and
/// how the function ended.
async fn invoke(environment: Settings, events: &[(&str, Duration)]) -> (Vec<Told>, ServeError) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let api = RuntimeApi::at(listener.local_addr().unwrap().to_string());
    let mut events: Vec<_> = events.iter().rev().map(|(event, time)| ((*event).to_owned(), *time)).collect();
    let stand_in = tokio::spawn(async move {
        let (mut told, mut given) = (Vec::new(), 0);
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let mut stream = BufReader::new(stream);
            let (head, body) = read_request(&mut stream).await.unwrap();
            let path = head.split(' ').nth(1).unwrap().to_owned();
            let answer = if path == "/2018-06-01/runtime/invocation/next" {
                assert!(head.starts_with("GET "), "{head}");
                let Some((event, time)) = events.pop() else { return told };
                given += 1;
                let deadline = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap() + time;
                format!(
                    "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: id-{given}\r\nLambda-Runtime-Deadline-Ms: {}\r\n\
                     content-length: {}\r\n\r\n{event}",
                    deadline.as_millis(),
                    event.len()
                )
            } else {
                assert!(head.starts_with("POST "), "{head}");
                let stop = path.ends_with("/init/error");
                told.push(Told { path, head: head.to_lowercase(), body: serde_json::from_slice(&body).unwrap() });
                if stop {
                    stream.write_all(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n").await.unwrap();
                    return told;
                }
                "HTTP/1.1 202 Accepted\r\ncontent-length: 15\r\n\r\n{\"status\":\"OK\"}".to_owned()
            };
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    let ended = serve(&api, environment, |_| ()).await.unwrap_err();
    (stand_in.await.unwrap(), ended)
}

fn environment(said: &[(&str, &str)]) -> Settings {
    Settings::from_variables(|name| Some(said.iter().find(|(said, _)| *said == name)?.1.to_owned()))
}

const LONG: Duration = Duration::from_secs(900);

#[tokio::test]
async fn a_warm_instance_serves_again_and_an_event_says_otherwise() {
    let server = Server::start(|_| (Duration::from_millis(10), Deed::Answer(200, 3))).await;
    let said = [("TARGET_URL", server.url()), ("TEST_DURATION", "1".into()), ("CONCURRENT_USERS", "3".into())];
    let said: Vec<_> = said.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let scheduled = r#"{"version":"0","detail-type":"Scheduled Event","source":"aws.events","detail":{}}"#;
    let (told, ended) =
        invoke(environment(&said), &[(scheduled, LONG), (r#"{"rate": 20, "duration": "1s"}"#, LONG)]).await;

    assert!(matches!(ended, ServeError::Api(_)));
    let paths: Vec<_> = told.iter().map(|told| told.path.as_str()).collect();
    assert_eq!(paths, ["/2018-06-01/runtime/invocation/id-1/response", "/2018-06-01/runtime/invocation/id-2/response"]);
    assert_eq!((&told[0].body["model"], &told[0].body["full_load"]), (&json!("closed"), &json!(3.0)));
    assert_eq!((&told[1].body["model"], &told[1].body["requests"]["finished"]), (&json!("open"), &json!(20)));
    assert_eq!(told[1].body["ended"], "complete");
    let finished: u64 = told.iter().map(|told| told.body["requests"]["finished"].as_u64().unwrap()).sum();
    assert_eq!(finished, server.counted().all());
}

#[tokio::test]
async fn a_deadline_ends_the_test_in_time_and_what_was_counted_is_told() {
    let server = Server::start(|_| (Duration::from_millis(10), Deed::Answer(200, 3))).await;
    let environment = environment(&[("TARGET_URL", &server.url())]);
    let began = std::time::Instant::now();
    let (told, _) = invoke(environment, &[("null", Duration::from_secs(2))]).await;
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    assert_eq!(told[0].body["ended"], "deadline");
    assert!(told[0].body["requests"]["finished"].as_u64() > Some(50), "{told:?}");
}

#[tokio::test]
async fn what_an_event_says_wrongly_fails_that_invocation_alone() {
    let server = Server::start(|_| (Duration::ZERO, Deed::Answer(500, 3))).await;
    let environment = environment(&[("TARGET_URL", &server.url())]);
    let good = r#"{"users": 1, "duration": 1}"#;
    let events =
        [(r#"{"users": 0, "rate": "x"}"#, LONG), ("[]", LONG), ("{", LONG), (good, Duration::ZERO), (good, LONG)];
    let (told, _) = invoke(environment, &events).await;
    let kinds: Vec<_> = told.iter().map(|told| told.body["errorType"].as_str()).collect();
    assert_eq!(kinds, [Some("Settings"), Some("Event"), Some("Event"), Some("Deadline"), None]);
    assert!(told[0].path.ends_with("/invocation/id-1/error"), "{told:?}");
    assert!(told[0].head.contains("lambda-runtime-function-error-type: loadtest.settings\r\n"), "{told:?}");
    let message = told[0].body["errorMessage"].as_str().unwrap();
    assert!(message.contains("CONCURRENT_USERS") && message.contains("REQUESTS_PER_SECOND"), "{message}");
    // A target that fails is a result, not a failure of the function.
    assert!(told[4].body["errors"]["classes"]["status_5xx"].as_u64() > Some(0), "{told:?}");
}

#[tokio::test]
async fn an_environment_that_cannot_be_right_is_a_failed_start() {
    let (told, ended) = invoke(environment(&[("CONCURRENT_USERS", "many")]), &[]).await;
    assert!(matches!(ended, ServeError::Start(_)));
    assert_eq!(told[0].path, "/2018-06-01/runtime/init/error");
    let message = told[0].body["errorMessage"].as_str().unwrap();
    assert!(message.starts_with("users (CONCURRENT_USERS) is `many`: "), "{message}");
}

#[tokio::test]
async fn without_a_target_the_event_must_name_one() {
    let server = Server::start(|_| (Duration::ZERO, Deed::Answer(200, 3))).await;
    let good = json!({"target_url": server.url(), "users": 1, "duration": 1}).to_string();
    let (told, _) = invoke(Settings::default(), &[("{}", LONG), (&good, LONG)]).await;
    assert!(told[0].body["errorMessage"].as_str().unwrap().contains("TARGET_URL"), "{told:?}");
    assert_eq!(told[1].body["ended"], "complete");
}

#[tokio::test]
async fn a_plan_in_the_event_is_carried_out_and_its_result_given_back() {
    let server = Server::start(|_| (Duration::ZERO, Deed::Answer(200, 3))).await;
    let plan = "name = \"p\"\nload = { rate = 20, phases = \"1s:100\" }\n[[scenario]]\nname = \"s\"\n[[scenario.step]]\nname = \"page\"\nget = \"/\"\n";
    let target = server.url().replace("/some/page?and=query", "");
    let work = json!({"plan": plan, "target": target, "part": {"worker": 1, "of": 4}, "region": "eu-west-1"});
    let scheduled = json!({"version": "0", "detail-type": "Load Test", "source": "x", "detail": work});
    let wrong = json!({"plan": plan.replace("20", "\"fast\"")});
    let unknown = json!({"plan": plan, "workers": 3});
    let events = [work.to_string(), scheduled.to_string(), wrong.to_string(), unknown.to_string()];
    let events: Vec<(&str, Duration)> = events.iter().map(|event| (event.as_str(), LONG)).collect();
    let (told, _) = invoke(Settings::default(), &events).await;

    let result: infra_loadtest::result::WorkerResult = serde_json::from_value(told[0].body.clone()).unwrap();
    assert_eq!((result.measured.whole.finished, result.part.worker), (5, 1));
    assert_eq!(result.region.as_deref(), Some("eu-west-1"));
    assert_eq!(told[1].body["part"]["of"], 4);
    assert_eq!(server.counted().all(), 10);
    let message = |place: usize| told[place].body["errorMessage"].as_str().unwrap().to_owned();
    assert_eq!((&told[2].body["errorType"], &told[3].body["errorType"]), (&json!("Plan"), &json!("Event")));
    assert!(message(2).contains("plan.toml:2:17") && message(2).contains("`load.rate` is a number"), "{}", message(2));
    assert!(message(3).contains("unknown field `workers`"), "{}", message(3));
}
