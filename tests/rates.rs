//! How often AWS lets itself be called: the program waits for its turns, so that next to nothing is refused, and what is
//! refused all the same is sent again. A local cloud that is as strict as AWS shows it.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::{Message, Project, send};

/// A local cloud of its own that lets itself be called as fast as AWS does, and no faster.
struct Strict {
    port: String,
}

impl Strict {
    fn start() -> Strict {
        let output = local_cloud("up").args(["--port", "0", "--rates"]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let port =
            said.lines().find_map(|line| line.split_once("is up: http://localhost:")).map(|(_, port)| port.trim());
        Strict { port: port.unwrap_or_else(|| panic!("it does not start: {said}")).to_owned() }
    }

    fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What its gateway counted.
    fn counted(&self) -> Value {
        let address = format!("127.0.0.1:{}", self.port);
        let asked = Message::new("GET /_infra/checks HTTP/1.1", &[("host", "localhost"), ("connection", "close")], "");
        serde_json::from_slice(&send(&address, &asked).unwrap().body).unwrap()
    }
}

impl Drop for Strict {
    fn drop(&mut self) {
        let _ = local_cloud("down").args(["--quiet", "--port", &self.port]).output();
    }
}

fn local_cloud(command: &str) -> Command {
    let mut command = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("../localstack").join(command));
    command.stdin(Stdio::null());
    command
}

/// The alarms of the platform and all that they watch: some fifty alarms, of which AWS takes three a second, and a balancer,
/// tasks and roles below them.
#[test]
fn what_is_sent_in_its_turn_is_hardly_ever_refused() {
    let cloud = Strict::start();
    let mut project = Project::of_the_platform();
    project.variable("INFRA_RATES", "aws");
    let endpoint = cloud.endpoint();
    let place = ["--env", Project::ENVIRONMENT, "--endpoint", endpoint.as_str(), "--target", "observability"];
    project.run(&[&["apply", "--yes"][..], &place].concat()).ended(0);
    project.run(&[&["plan"][..], &place].concat()).ended(0).saying("No changes.");
    project.run(&[&["destroy", "--yes", "--allow-destroy", "1000"][..], &place[..4]].concat()).ended(0);

    let counted = cloud.counted();
    let sum = |of: &str| counted[of].as_object().unwrap().values().filter_map(Value::as_u64).sum::<u64>();
    let most = counted["most_in_a_row"].as_object().unwrap().values().filter_map(Value::as_u64).max();
    assert!(
        counted["passed"]["cloudwatch PutMetricAlarm"].as_u64() > Some(30),
        "the rates are those of alarms: {counted}"
    );
    assert!(sum("throttled") <= 30, "{} of {} calls were refused: {counted}", sum("throttled"), sum("passed"));
    assert!(most <= Some(5), "the same call was refused again and again: {counted}");
}
