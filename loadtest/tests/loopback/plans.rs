//! A plan's run against a shop that knows what it was asked.

use std::collections::BTreeSet;
use std::future::pending;
use std::time::Duration;

use infra_loadtest::client::Client;
use infra_loadtest::materials::{Source, gather};
use infra_loadtest::play::load_test;
use infra_loadtest::result::{Ended, Outcome, Part, RunResult, WorkerResult, merge};
use infra_loadtest::scenario::{Going, Scenario, User};
use infra_loadtest::test::{Load, LoadTest, Phase, Request};
use infra_loadtest::{plan, run};

use crate::shop::{Answer, Asked, Shop, says};

const USERS: &str = "name,age\nann,1\nbob,2\ncid,3\ndan,4\neve,5\nfay,6\ngus,7\nhal,8\nida,9\njim,10\n";

/// Carries out one worker's part of a plan.
pub async fn worker(text: &str, shop: &str, part: Part) -> WorkerResult {
    let plan = plan::read(text, "plan.toml").unwrap_or_else(|problems| panic!("{problems}"));
    let file = |name: &str| match name {
        "users.csv" => Ok(USERS.as_bytes().to_vec()),
        "photo.jpg" => Ok(b"JPEG".to_vec()),
        _ => Err("there is no such file".to_owned()),
    };
    let source = Source { file: "plan.toml", text };
    let materials = gather(&plan, source, file, |_| Some("pass word".to_owned())).unwrap_or_else(|e| panic!("{e}"));
    let test = load_test(&plan, &materials, Some(shop), part).unwrap();
    run(&test, Client::new(&test).unwrap(), part, pending(), |_, _| {}).await
}

async fn run_whole(text: &str, shop: &Shop) -> RunResult {
    merge(vec![worker(text, &shop.url(), Part::WHOLE).await]).unwrap()
}

/// A plan with one scenario.
fn buying(load: &str, steps: &str) -> String {
    format!(
        "name = \"shop\"\nload = {load}\n[data.users]\nfile = \"users.csv\"\norder = \"each-once\"\n[[scenario]]\nname = \"buy\"\n{steps}"
    )
}

const STEPS: &str = r#"
[[scenario.step]]
name = "login"
post = "/login"
json = { user = "${users.name}", age = "${users.age}", password = "${secret:LOGIN}", n = 3, list = ["${counter}"] }
expect = { status = 200, body = "token", headers = { "content-type" = "json" }, json = [{ path = "$.id", is = 7 }] }
take.token = { json = "$.token" }
take.id = { json = "$.id" }
take.page = { regex = "page=([a-z]+)" }
take.kind = { header = "x-kind" }
take.nothing = { header = "x-nothing", default = "none" }
group = "begin"

[[scenario.step]]
name = "cart"
get = "/cart/${page}"
headers = { authorization = "Bearer ${token}" }
query = { "a b" = "c&d", kind = "${kind}", no = "${nothing}" }
when = "${token}"
repeat = 3
group = "begin"

[[scenario.step]]
name = "never"
get = "/never"
when = "${kind} == pen"

[[scenario.step]]
name = "pay"
put = "/pay"
form = { id = "${id}", "two words" = "x y" }

[[scenario.step]]
name = "order"
patch = "/order"
json = { id = "${id}" }

[[scenario.step]]
name = "photo"
post = "/photo"
multipart = { note = "${id}", photo = { file = "photo.jpg", type = "image/jpeg" } }
[metrics.total]
json = "$.total"
step = "cart"
unit = "USD"
"#;

fn rules(asked: &Asked, _: usize) -> Answer {
    match asked.line.split([' ', '?']).nth(1).unwrap_or_default() {
        "/login" => Answer {
            headers: "content-type: application/json\r\nx-kind: book\r\nset-cookie: session=s1; Path=/\r\n".into(),
            ..says(200, r#"{"token": "t-1", "id": 7, "link": "page=mine"}"#)
        },
        "/cart/mine" => Answer { after: Duration::from_millis(5), ..says(200, r#"{"total": 12.5}"#) },
        "/pay" | "/order" | "/photo" => says(200, "{}"),
        _ => says(404, ""),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_step_asks_what_the_plan_says() {
    let shop = Shop::open(rules).await;
    let run = run_whole(&buying("{ rate = 10, phases = \"1s:100\" }", STEPS), &shop).await;
    let steps = &run.measured.scenarios["buy"].steps;
    let finished: Vec<_> = steps.iter().map(|(name, step)| (name.as_str(), step.whole.finished)).collect();
    assert_eq!(
        finished,
        [("cart", 30), ("login", 10), ("order", 10), ("pay", 10), ("photo", 10)],
        "{:?}",
        run.measured.errors
    );
    assert_eq!((run.measured.whole.errors, run.measured.iterations.finished), (0, 10), "{:?}", run.measured.errors);
    assert_eq!(run.measured.whole.finished, shop.asked().len() as u64);

    let logins = shop.asked_for("POST /login");
    let names: BTreeSet<String> = logins
        .iter()
        .map(|login| {
            let body: serde_json::Value = serde_json::from_str(&login.body).unwrap();
            assert_eq!((&body["password"], &body["n"]), (&"pass word".into(), &3.into()));
            assert!(body["list"][0].is_u64(), "{body}");
            assert_eq!(login.header("content-type"), "application/json");
            body["user"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(names.len(), 10, "each row once: {names:?}");
    let cart = &shop.asked_for("GET /cart")[0];
    assert_eq!(cart.line, "GET /cart/mine?a%20b=c%26d&kind=book&no=none");
    assert_eq!((cart.header("authorization").as_str(), cart.header("cookie").as_str()), ("Bearer t-1", "session=s1"));
    assert_eq!(shop.asked_for("PUT /pay")[0].body, "id=7&two+words=x+y");
    assert_eq!(shop.asked_for("PATCH /order")[0].body, r#"{"id":7}"#);
    let photo = &shop.asked_for("POST /photo")[0];
    assert!(
        photo.body.contains("filename=\"photo.jpg\"\r\ncontent-type: image/jpeg\r\n\r\nJPEG\r\n"),
        "{}",
        photo.body
    );

    let total = &run.measured.metrics["total"];
    assert_eq!((total.whole.len(), total.missing, total.unit.as_deref()), (30, 0, Some("USD")));
    // Three digits are exact.
    assert!(total.whole.max().is_some_and(|max| (max - 12.5).abs() < 0.0125), "{:?}", total.whole);
    let group = &run.measured.scenarios["buy"].groups["begin"];
    assert_eq!(group.whole.finished, 10);
    assert!(group.whole.latency.min() >= Some(15.0), "three carts of 5 ms each: {:?}", group.whole.latency);
    // What is secret is in no result.
    assert!(!serde_json::to_string(&run).unwrap().contains("pass word"));
}

/// What one step with this expectation comes to: its class of error and the words for it.
async fn told(rest: &str) -> (String, String) {
    let shop = Shop::open(rules).await;
    let step = format!(
        "[[scenario.step]]\nname = \"login\"\npost = \"/login\"\njson = {{ u = \"${{users.name}}\" }}\n{rest}\n[[scenario.step]]\nname = \"next\"\nput = \"/pay\"\n"
    );
    let run = run_whole(&buying("{ rate = 1, phases = \"1s:100\" }", &step), &shop).await;
    let errors = run.measured.errors;
    assert_eq!(errors.classes.len(), 1, "{rest}: {errors:?}");
    let class = *errors.classes.keys().next().unwrap();
    assert_eq!(shop.asked_for("PUT /pay").len(), usize::from(rest.contains("go-on")), "{rest}");
    (class.name().to_owned(), errors.examples.get(&class).cloned().unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_is_not_as_expected_is_an_error_and_ends_the_scenario() {
    for (rest, class, words) in [
        ("expect = { status = [201, \"3xx\"] }", "expectation", "the status is 200, and not 201 or 3xx"),
        ("expect = { body = \"tokens ${secret:X}\" }", "expectation", "the body does not hold `tokens ${secret:X}`"),
        ("expect = { regex = \"^x\" }", "expectation", "the body does not match `^x`"),
        ("expect = { headers = { etag = \"1\" } }", "expectation", "the header `etag` does not hold `1`"),
        ("expect = { json = [{ path = \"$.no\" }] }", "expectation", "the body has nothing at `$.no`"),
        ("expect = { json = [{ path = \"$.id\", is = 8 }] }", "expectation", "what the body has at `$.id` is not `8`"),
        ("take.x = { json = \"$.no\" }", "take", "the answer has nothing for `x`"),
        ("take.x = { json = \"$.no\" }\non_error = \"go-on\"", "take", "the answer has nothing for `x`"),
        ("headers = { x = \"${y}\" }\ntake.y = { json = \"$.id\" }", "", ""),
    ] {
        if class.is_empty() {
            // What is used before it is taken is no run at all.
            assert!(
                plan::read(
                    &buying(
                        "{ rate = 1, phases = \"1s:100\" }",
                        &format!("[[scenario.step]]\nname = \"a\"\nget = \"/\"\n{rest}")
                    ),
                    "p"
                )
                .is_err()
            );
            continue;
        }
        assert_eq!(told(rest).await, (class.to_owned(), words.to_owned()), "{rest}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_is_too_slow_is_an_error_with_its_time() {
    let shop = Shop::open(|_, _| Answer { after: Duration::from_millis(60), ..says(200, "") }).await;
    let step = "[[scenario.step]]\nname = \"slow\"\nget = \"/${users.name}\"\nexpect = { under = \"50ms\" }\n";
    let run = run_whole(&buying("{ rate = 5, phases = \"1s:100\" }", step), &shop).await;
    let slow = &run.measured.scenarios["buy"].steps["slow"].whole;
    assert_eq!((slow.finished, slow.errors, slow.latency.len(), slow.good().len()), (5, 5, 5, 0));
    assert_eq!(run.measured.iterations.broken_off, 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scenarios_come_as_often_as_their_weights_over_all_workers() {
    let shop = Shop::open(|_, _| says(200, "")).await;
    let scenario = |name: &str, weight: u32| {
        format!(
            "[[scenario]]\nname = \"{name}\"\nweight = {weight}\n[[scenario.step]]\nname = \"only\"\nget = \"/{name}\"\n"
        )
    };
    let text = format!(
        "name = \"mix\"\nload = {{ rate = 40, phases = \"1s:100\" }}\n{}{}",
        scenario("often", 3),
        scenario("seldom", 1)
    );
    let mut results = Vec::new();
    for worker_number in 0..3 {
        results.push(worker(&text, &shop.url(), Part { worker: worker_number, of: 3 }).await);
    }
    let run = merge(results).unwrap();
    assert_eq!((shop.asked_for("GET /often").len(), shop.asked_for("GET /seldom").len()), (30, 10));
    assert_eq!(run.measured.scenarios["often"].iterations.finished, 30);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closed_users_and_their_rows_are_split_and_each_row_is_taken_once() {
    let shop = Shop::open(|_, _| says(200, "")).await;
    let step = "[[scenario.step]]\nname = \"row\"\nget = \"/${users.name}\"\nquery = { user = \"${user}\", id = \"${uuid}\" }\n";
    let text = buying("{ users = 4, think = \"10ms\", phases = \"1s:100\" }", step);
    let parts = [Part { worker: 0, of: 2 }, Part { worker: 1, of: 2 }];
    let shop_url = shop.url();
    let (one, other) = tokio::join!(worker(&text, &shop_url, parts[0]), worker(&text, &shop_url, parts[1]));
    let mut asked: Vec<String> =
        shop.asked().iter().map(|asked| asked.line.split('?').next().unwrap().to_owned()).collect();
    asked.sort();
    let names: Vec<String> =
        USERS.lines().skip(1).map(|row| format!("GET /{}", row.split(',').next().unwrap())).collect();
    assert_eq!(asked, names);
    let ids: BTreeSet<String> =
        shop.asked().iter().map(|asked| asked.line.split("id=").nth(1).unwrap()[..36].to_owned()).collect();
    assert_eq!(ids.len(), 10);
    let users: BTreeSet<String> =
        shop.asked().iter().map(|asked| asked.line.split("user=").nth(1).unwrap().to_owned()).collect();
    assert_eq!(users, ["1", "2", "3", "4"].map(str::to_owned).into());
    // Each user's last turn found no row, and that is told.
    let run = merge(vec![one, other]).unwrap();
    assert_eq!((run.measured.iterations.finished, run.measured.iterations.without_row), (10, 4));
    assert_eq!(run.verdict.outcome, Outcome::Incomplete);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_threshold_that_says_so_ends_the_run() {
    let shop = Shop::open(|_, _| says(500, "")).await;
    let text = "name = \"abort\"\nload = { rate = 20, phases = \"60s:100\" }\n[[scenario]]\nname = \"a\"\n[[scenario.step]]\nname = \"a\"\nget = \"/\"\n[[threshold]]\nmetric = \"errors\"\nat = \"rate\"\nunder = \"1%\"\nabort_after = \"1s\"\n";
    let run = run_whole(text, &shop).await;
    assert_eq!((run.ended, run.verdict.outcome), (Ended::Aborted, Outcome::Failed), "{:?}", run.verdict);
    assert!(run.seconds < 10.0, "{}", run.seconds);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn users_who_think_in_a_step_do_not_hold_the_end_up_for_long() {
    let shop = Shop::open(|_, _| says(200, "")).await;
    let text = "name = \"slow\"\ntimeout = \"1s\"\nload = { rate = 5, phases = \"1s:100\" }\n[[scenario]]\nname = \"a\"\n[[scenario.step]]\nname = \"a\"\nget = \"/\"\nthink = \"1h\"\n[[scenario.step]]\nname = \"b\"\nget = \"/\"\n";
    let run = run_whole(text, &shop).await;
    assert_eq!((run.ended, run.measured.whole.finished), (Ended::Complete, 5));
    assert_eq!(run.measured.iterations.abandoned(), 5);
    assert!(run.seconds < 30.0, "{}", run.seconds);
}

/// Asks where nobody listens, and measures a number of its own.
#[derive(Debug)]
struct Summing;

impl Scenario for Summing {
    fn name(&self) -> &str {
        "summing"
    }

    fn go<'u>(&'u self, user: &'u mut User) -> Going<'u> {
        Box::pin(async move {
            let first = user.ask("first", Request::get("http://127.0.0.1:1/".parse().expect("an address"))).await;
            assert!(first.is_err(), "nobody listens there");
            user.measure("sum".into(), Some(3.0));
            first.map(drop)
        })
    }
}

#[tokio::test]
async fn a_scenario_in_rust_is_measured_as_one_of_a_plan() {
    let load = Load::Open { rate: 10.0, in_flight: 10 };
    let phases = vec![Phase::steady(Duration::from_secs(1))];
    let scenarios: Vec<std::sync::Arc<dyn Scenario>> = vec![std::sync::Arc::new(Summing)];
    let test = LoadTest::new("rust", "http://127.0.0.1:1/", scenarios, load, phases, Duration::from_secs(1));
    let result = run(&test, Client::new(&test).unwrap(), Part::WHOLE, pending(), |_, _| {}).await;
    let summing = &result.measured.scenarios["summing"];
    assert_eq!((summing.iterations.broken_off, summing.steps["first"].whole.errors), (10, 10));
    assert_eq!(result.measured.metrics["sum"].whole.len(), 10);
}
