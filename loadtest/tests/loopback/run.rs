//! What a test tells, against what the server knows. Only this machine is ever asked.

use std::future::pending;
use std::time::{Duration, Instant};

use infra_loadtest::client::Client;
use infra_loadtest::result::{Ended, Part, merge};
use infra_loadtest::settings::Name;
use infra_loadtest::{LoadTest, Report, run};

use crate::server::{Counted, Deed, Server, test_of};

async fn run_whole(test: &LoadTest) -> Report {
    report(test, Client::new(test).unwrap(), pending()).await
}

/// Carries out all of a test, and tells what it found.
pub async fn report(test: &LoadTest, client: Client, stop: impl Future<Output = Ended>) -> Report {
    let result = run(test, client, Part::WHOLE, stop, |_, _| {}).await;
    Report::of(&merge(vec![result]).unwrap())
}

fn check_near(what: &str, told: f64, known: f64) -> Result<(), String> {
    let near = (told - known).abs() <= known * 0.02;
    if near { Ok(()) } else { Err(format!("{what}: {told} told, {known} known")) }
}

/// Within 2 %, all that the server knows as well.
fn check_agrees(report: &Report, known: &Counted) -> Result<(), String> {
    let latency = &report.latency;
    for (name, told, share) in [
        ("p50", latency.p50, 0.5),
        ("p75", latency.p75, 0.75),
        ("p90", latency.p90, 0.9),
        ("p95", latency.p95, 0.95),
        ("p99", latency.p99, 0.99),
        ("p99.9", latency.p99_9, 0.999),
        ("max", latency.max, 1.0),
    ] {
        check_near(name, told.unwrap(), known.percentile(share))?;
    }
    let class = |name: &str| report.errors.classes.get(name).copied().unwrap_or(0) as f64;
    let known_of = |wanted: fn(&Deed) -> bool| known.of(wanted) as f64;
    check_near("requests", report.requests.finished as f64, known.all() as f64)?;
    check_near("4xx", class("status_4xx"), known_of(|deed| matches!(deed, Deed::Answer(400..=499, _))))?;
    check_near("5xx", class("status_5xx"), known_of(|deed| matches!(deed, Deed::Answer(500.., _))))?;
    check_near("protocol", class("protocol"), known_of(|deed| matches!(deed, Deed::HangUp | Deed::Babble)))?;
    check_near("body", class("body"), known_of(|deed| *deed == Deed::BreakOff))
}

/// From 300 ms to 1.5 s, with a long tail, and an error of each kind now and then.
fn troubled(number: u64) -> (Duration, Deed) {
    let scattered = (number * 7919 % 1000) as f64 / 1000.0;
    let wait = Duration::from_secs_f64(0.3 + 0.3 * scattered + 0.9 * scattered.powi(20));
    let deed = match number % 25 {
        3 => Deed::Answer(404, 10),
        7 | 8 => Deed::Answer(503, 10),
        11 => Deed::HangUp,
        13 => Deed::Babble,
        17 => Deed::BreakOff,
        _ => Deed::Answer(200, 2000),
    };
    (wait, deed)
}

/// A machine that is busy with something else delays either side at times, so one of three tries has to agree; what
/// the code did wrong would be wrong in all of them.
async fn check_agrees_in_one_of_three(said: &[(Name, &str)]) {
    let mut wrong = Vec::new();
    for _ in 0..3 {
        let server = Server::start(troubled).await;
        let report = run_whole(&test_of(&server.url(), said)).await;
        assert_eq!(report.ended, Ended::Complete);
        match check_agrees(&report, &server.counted()) {
            Ok(()) => return,
            Err(difference) => wrong.push(difference),
        }
    }
    panic!("{wrong:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_open_test_agrees_with_the_server() {
    check_agrees_in_one_of_three(&[(Name::Rate, "200"), (Name::Phases, "2s:0-100, 3s:100")]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_test_agrees_with_the_server() {
    check_agrees_in_one_of_three(&[(Name::Users, "100"), (Name::Think, "100ms"), (Name::Duration, "5")]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_request_of_a_rate_is_sent_and_counted() {
    let server = Server::start(|_| (Duration::ZERO, Deed::Answer(200, 100))).await;
    let said = [(Name::Rate, "100"), (Name::Phases, "1s:0-100, 1s:100"), (Name::Method, "POST"), (Name::Body, "hello")];
    let report = run_whole(&test_of(&server.url(), &said)).await;
    let known = server.counted();
    assert_eq!((report.requests.started, report.requests.finished, known.all()), (150, 150, 150));
    assert_eq!((report.bytes.sent, report.bytes.received, known.received), (750, 15_000, 750));
    assert_eq!(report.phases.iter().map(|phase| phase.finished).collect::<Vec<_>>(), [50, 100]);
    assert!(known.head.starts_with("POST /some/page?and=query HTTP/1.1\r\n"), "{}", known.head);
    assert!(report.seconds < 3.0, "{report:?}");
}

/// Requests go on beginning while none is answered, up to the limit; those beyond it are not forgotten but told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_server_gets_no_rest_and_the_wait_is_told() {
    let server = Server::start(|_| (Duration::from_secs(1), Deed::Answer(200, 0))).await;
    let said = [(Name::Rate, "50"), (Name::Duration, "2"), (Name::InFlight, "20")];
    let report = run_whole(&test_of(&server.url(), &said)).await;
    assert_eq!(report.requests.started + report.requests.not_sent, 100);
    // Twenty at a time, each for a second, in two seconds and a little.
    assert!((40..=60).contains(&report.requests.started), "{:?}", report.requests);
    assert!(report.latency.p50.unwrap() >= 1000.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_user_has_a_connection_and_keeps_it() {
    let server = Server::start(|_| (Duration::from_millis(20), Deed::Answer(200, 5))).await;
    let said = [(Name::Users, "8"), (Name::Think, "0"), (Name::Duration, "1")];
    let report = run_whole(&test_of(&server.url(), &said)).await;
    assert_eq!(server.counted().connections, 8);
    assert!(report.requests.finished > 80, "{:?}", report.requests);
    assert_eq!(report.errors.total, 0);
}

#[tokio::test]
async fn silence_is_given_up_and_counts_with_the_time_waited() {
    let server = Server::start(|_| (Duration::ZERO, Deed::Silence)).await;
    let said = [(Name::Rate, "10"), (Name::Duration, "1"), (Name::Timeout, "200ms")];
    let report = run_whole(&test_of(&server.url(), &said)).await;
    assert_eq!(report.errors.classes["timeout"], 10);
    assert!(report.latency.min.unwrap() >= 199.0, "{:?}", report.latency);
    assert!(!report.any_good());
}

#[tokio::test]
async fn nobody_there_is_an_error_of_connecting_and_tells_no_latency() {
    // Bound, and closed again: nobody listens there.
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let said = [(Name::Users, "2"), (Name::Think, "0"), (Name::Duration, "1")];
    let report = run_whole(&test_of(&format!("http://{address}/"), &said)).await;
    assert_eq!(report.errors.classes.keys().collect::<Vec<_>>(), ["connect"]);
    assert!(report.errors.examples["connect"].contains("refused"), "{:?}", report.errors);
    assert_eq!(report.latency.p50, None);
    // Those who fail do not spin.
    assert!(report.requests.finished <= 22, "{:?}", report.requests);
}

#[tokio::test]
async fn a_test_that_is_stopped_tells_the_result_so_far() {
    let server = Server::start(|number| (Duration::from_secs(number / 10 * 60), Deed::Answer(200, 0))).await;
    let test = test_of(&server.url(), &[(Name::Rate, "50"), (Name::Duration, "300"), (Name::Timeout, "1h")]);
    let stop = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        Ended::Interrupted
    };
    let began = Instant::now();
    let report = report(&test, Client::new(&test).unwrap(), stop).await;
    assert!(began.elapsed() < Duration::from_secs(5));
    assert_eq!((report.ended, report.requests.finished), (Ended::Interrupted, 10));
    assert!(report.requests.abandoned >= 20, "{:?}", report.requests);
}

/// The next request never waits for the end of somebody's thinking once the test is over.
#[tokio::test]
async fn users_who_think_for_an_hour_do_not_hold_the_end_up() {
    let server = Server::start(|_| (Duration::ZERO, Deed::Answer(200, 0))).await;
    let test = test_of(&server.url(), &[(Name::Users, "5"), (Name::Think, "1h"), (Name::Duration, "1")]);
    let began = Instant::now();
    run_whole(&test).await;
    assert!(began.elapsed() < Duration::from_secs(5));
}
