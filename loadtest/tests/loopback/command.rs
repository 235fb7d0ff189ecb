//! The command, as a person or a script starts it.

use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::server::{Deed, Server};

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_loadtest"));
    command.args(arguments).env_clear().stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

async fn output(mut command: Command) -> Output {
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

async fn server(status: u16) -> Server {
    match status {
        200 => Server::start(|_| (Duration::ZERO, Deed::Answer(200, 10))).await,
        _ => Server::start(|_| (Duration::ZERO, Deed::Answer(500, 10))).await,
    }
}

#[tokio::test]
async fn flags_win_over_the_environment_and_the_file_holds_the_result() {
    let server = server(200).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("result.json");
    let mut command = command(&["--rate", "10", "-H", "One: 1", "-H", "Two: 2", "--out"]);
    command.arg(&file).env("TARGET_URL", server.url()).env("TEST_DURATION", "1").env("REQUESTS_PER_SECOND", "99999");
    let output = output(command).await;
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{text}");
    assert!(text.contains("10 finished") && !text.contains("query"), "{text}");
    let result: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    assert_eq!(result["statuses"]["200"], 10);
    let head = server.counted().head.to_lowercase();
    assert!(head.contains("one: 1\r\n") && head.contains("two: 2\r\n"), "{head}");
}

#[tokio::test]
async fn wrong_settings_are_all_told_and_nothing_is_asked() {
    let server = server(200).await;
    let output = output(command(&[&server.url(), "--users", "-1", "--think", "long"])).await;
    let talk = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
    assert_eq!(talk.lines().filter(|line| line.starts_with("error: ")).count(), 2, "{talk}");
    assert_eq!(server.counted().all(), 0);
}

#[tokio::test]
async fn no_good_answer_at_all_is_a_failure_with_a_result() {
    let server = server(500).await;
    let output = output(command(&[&server.url(), "--rate", "5", "--duration", "1", "--json"])).await;
    let result: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &result["errors"]["classes"]["status_5xx"]), (Some(1), &Value::from(5)));
}

#[cfg(unix)]
#[tokio::test]
async fn an_interrupt_ends_with_the_result_so_far() {
    let server = server(200).await;
    let child = command(&[&server.url(), "--rate", "50", "--json"]).spawn().unwrap();
    while server.counted().all() < 5 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let interrupt = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(interrupt.success());
    let output = tokio::task::spawn_blocking(|| child.wait_with_output().unwrap()).await.unwrap();
    let result: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &result["ended"]), (Some(130), &Value::from("interrupted")));
    assert!(result["requests"]["finished"].as_u64() >= Some(5));
}

/// Every field of a result is in the schema, with its words.
#[tokio::test]
async fn the_schema_documents_the_result() {
    let schema: Value = serde_json::from_slice(&output(command(&["--schema"])).await.stdout).unwrap();
    let server = server(200).await;
    let result = output(command(&[&server.url(), "--rate", "1", "--duration", "1", "--json"])).await;
    let result: Value = serde_json::from_slice(&result.stdout).unwrap();
    for field in result.as_object().unwrap().keys() {
        assert!(schema["properties"][field]["description"].is_string(), "{field}");
    }
}
