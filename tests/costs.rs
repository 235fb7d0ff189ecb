//! What it costs: the sum of list prices without a call, what a plan does to the bill, what was spent, and the price book.

use std::collections::BTreeSet;
use std::io::BufReader;
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, Mutex};

use infra_operate::cost::{Money, PriceBook};
use serde_json::{Value, json};

use crate::support::{Message, Project};

const PROD: &str = include_str!("../environments/prod.toml");
const OTHER: &str = include_str!("environments/other.toml");

/// Somebody who answers in place of AWS, and remembers what was asked.
struct StandIn {
    url: String,
    asked: Arc<Mutex<Vec<Message>>>,
}

impl StandIn {
    fn start(answer: impl Fn(&Message) -> Option<String> + Send + 'static) -> StandIn {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let remembered = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let Ok(mut writer) = stream.try_clone() else { continue };
                let mut reader = BufReader::new(stream);
                while let Ok(Some(request)) = Message::read_request(&mut reader) {
                    let (status, body) = match answer(&request) {
                        Some(body) => ("HTTP/1.1 200 OK", body),
                        None => ("HTTP/1.1 404 Not Found", String::new()),
                    };
                    remembered.lock().unwrap().push(request);
                    let answer = Message::new(status, &[("content-type", "application/x-amz-json-1.1")], body);
                    if answer.write(&mut writer, false).is_err() {
                        break;
                    }
                }
            }
        });
        StandIn { url, asked }
    }

    fn asked(&self) -> Vec<Message> {
        self.asked.lock().unwrap().clone()
    }
}

fn money(value: &Value) -> Money {
    value.as_str().unwrap().parse().unwrap()
}

/// What is known of a figure: `known(&page["estimate"]["total"], "floor")`.
fn known(figures: &Value, figure: &str) -> Money {
    money(&figures[figure]["known"])
}

#[test]
fn the_cost_of_an_environment_is_told_without_a_call() {
    let project = Project::of_the_platform_as(PROD);
    let cost = |format: &str| project.run(&["cost", "--env", "test", "--format", format]).ended(0);
    let page: Value = serde_json::from_str(&cost("json").out).unwrap();
    let estimate = &page["estimate"];
    for figure in ["floor", "expected", "ceiling"] {
        let stacks = estimate["stacks"].as_array().unwrap().iter();
        assert_eq!(
            stacks.map(|stack| known(&stack["figures"], figure)).sum::<Money>(),
            known(&estimate["total"], figure)
        );
    }
    assert_eq!(
        (page["limit"].as_str(), known(&estimate["total"], "floor").to_string()),
        (Some("2000"), "$1,436.51".into())
    );
    cost("text").saying("cache.redis").saying("Of a limit of $2,000.00").saying("at least $1,436.51 (71 %)");
    cost("text").saying("Unknown, because nobody has seen the price: cloudwatch.alarm.quick.month");
    cost("markdown").saying("| **total** | ≥ $1,436.51 |");
    let csv = cost("csv").out;
    let rows = csv.lines().skip(1).map(|row| row.split(',').nth_back(3).unwrap());
    let sum: Money = rows.filter(|cell| !cell.is_empty()).map(|cell| cell.parse::<Money>().unwrap()).sum();
    assert_eq!(sum, known(&estimate["total"], "floor"));
    let infracost: Value = serde_json::from_str(&cost("infracost").out).unwrap();
    assert_eq!(money(&infracost["totalMonthlyCost"]), known(&estimate["total"], "expected"));
    let html = cost("html").out;
    assert!(html.contains("<svg") && !["http:", "https:", "src=", "url("].iter().any(|word| html.contains(word)));
    assert_eq!(project.proxy.calls(), []);
}

#[test]
fn a_usage_file_makes_known_what_only_usage_tells() {
    let project = Project::of_the_platform_as(PROD);
    let usage = project.folder().join("usage.toml");
    std::fs::write(
        &usage,
        "[\"ec2/nat-gateway\"]\ngb_through_per_month = 100\n\n[\"network.nat-a\"]\ngb_through_per_month = 1_000\n",
    )
    .unwrap();
    let run = ["cost", "--env", "test", "--usage", "usage.toml", "--format", "json"];
    let page: Value = serde_json::from_str(&project.run(&run).ended(0).out).unwrap();
    let of = |address: &str| {
        let resources = page["estimate"]["resources"].as_array().unwrap();
        resources.iter().find(|resource| resource["address"] == address).unwrap()["figures"].clone()
    };
    // 32.85 for the hours, and 0.045 for each gigabyte.
    assert_eq!(known(&of("network.nat-a"), "expected").to_string(), "$77.85");
    assert_eq!(known(&of("network.nat-b"), "expected").to_string(), "$37.35");
    assert_eq!(known(&of("network.nat-b"), "floor").to_string(), "$32.85");
    std::fs::write(&usage, "[\"network.nat-d\"]\ngb_through_per_month = 1\n").unwrap();
    project.run(&run).ended(1).saying("usage.toml:1:").saying("did you mean `network.nat-");
}

#[test]
fn a_region_without_prices_is_unknown_and_never_nought() {
    let project = Project::of_the_platform_as(&OTHER.replace("us-east-1", "eu-central-1"));
    let run = project.run(&["cost", "--env", "test"]).ended(0);
    run.saying("There is no price book of eu-central-1").saying("floor unknown");
}

const SECRETS: &str = r#"project = "shop"
name = "test"
account = ""
region = "us-east-1"
endpoint = ""
"#;

fn secrets(names: &[&str]) -> String {
    let definition = |name: &&str| {
        format!(
            "\n[[definition]]\naddress = \"app.{name}\"\nkind = \"secretsmanager/secret\"\nfields = {{ name = \"shop/{name}\", \
             description = \"\", value = {{ generated = {{ length = 64, characters = \"auth-token\" }} }} }}\n"
        )
    };
    SECRETS.to_owned() + &names.iter().map(definition).collect::<String>()
}

/// What a plan does to the bill, as programs read it. The difference is after less before, of each figure.
fn of_plan(project: &Project, flags: &[&str]) -> Value {
    let run = project.run(&[&["plan", "--env", "test", "--cost", "--json"][..], flags].concat()).ended(0);
    let cost = run.lines().into_iter().find(|line| line["type"] == "cost").expect("a line of the type cost");
    let difference = cost["cost"]["difference"].clone();
    for figure in ["floor", "expected", "ceiling"] {
        let [before, after, moved] = ["before", "after", "difference"].map(|side| known(&difference[side], figure));
        assert_eq!(after - before, moved, "{figure}: {difference}");
    }
    difference
}

fn expected(difference: &Value) -> [String; 3] {
    ["before", "after", "difference"].map(|side| known(&difference[side], "expected").to_string())
}

#[test]
fn a_plan_says_what_each_change_does_to_the_bill() {
    let project = Project::with_program("shape", &secrets(&["one", "two"]));
    assert_eq!(expected(&of_plan(&project, &[])), ["$0.00", "$0.80", "$0.80"], "two are created");
    project.apply().ended(0);
    assert_eq!(of_plan(&project, &[])["changes"], json!([]), "what stands costs what the code costs");
    let replaced = of_plan(&project, &["--replace", "app.one"]);
    assert_eq!(expected(&replaced), ["$0.80", "$0.80", "$0.00"], "one is replaced");
    project.write(&secrets(&["one", "three", "four"]));
    let difference = of_plan(&project, &[]);
    assert_eq!(expected(&difference), ["$0.80", "$1.20", "$0.40"], "one goes, and two come");
    let changes = difference["changes"].as_array().unwrap();
    let moved = changes.iter().map(|change| change["address"].as_str().unwrap());
    assert_eq!(moved.collect::<BTreeSet<_>>(), ["app.four", "app.three", "app.two"].into());
    let told = project.run(&["plan", "--env", "test", "--cost"]).ended(0);
    told.saying("cost: $0.00 → $0.40 a month (+$0.40)").saying("cost: $0.40 → $0.00 a month (-$0.40)");
    project.run(&["plan", "--env", "test"]).ended(0).not_saying("Cost");
    // A plan that was priced is carried out like any other.
    project.run(&["plan", "--env", "test", "--cost", "--out", "a.plan"]).ended(0);
    project
        .run(&["apply", "a.plan", "--yes", "--allow-destroy", "1"])
        .ended(0)
        .saying("2 added, 0 changed, 1 destroyed");
    assert_eq!(expected(&of_plan(&project, &["--destroy"])), ["$1.20", "$0.00", "-$1.20"], "all of it goes");
}

/// One page of an answer of Cost Explorer's.
fn answer(groups: &[(&str, &str, &str)], next: Option<&str>) -> String {
    let group = |(service, environment, amount): &(&str, &str, &str)| {
        let amount = json!({ "Amount": amount, "Unit": "USD" });
        json!({
            "Keys": [service, format!("Environment${environment}")],
            "Metrics": { "UnblendedCost": amount, "NetAmortizedCost": amount },
        })
    };
    let groups: Vec<Value> = groups.iter().map(group).collect();
    let period = json!({ "Start": "2026-10-01", "End": "2026-11-01" });
    let mut body =
        json!({ "ResultsByTime": [{ "TimePeriod": period, "Total": {}, "Groups": groups, "Estimated": true }] });
    if let Some(next) = next {
        body["NextPageToken"] = next.into();
    }
    body.to_string()
}

#[test]
fn what_was_spent_is_asked_once_agreed_to_and_paid_for_by_the_page() {
    let mut project = Project::of_the_platform_as(PROD);
    project.set("name", "\"prod\"");
    std::fs::rename(project.file(), project.folder().join("environments/prod.toml")).unwrap();
    let explorer = StandIn::start(|request| {
        let first = !request.text().contains("page-two");
        Some(match first {
            true => {
                answer(&[("Amazon ElastiCache", "prod", "479.6100000001"), ("Amazon S3", "dev", "9")], Some("page-two"))
            }
            false => answer(&[("Amazon RDS", "prod", "527.25"), ("Tax", "", "12.5")], None),
        })
    });
    project.variable("AWS_ENDPOINT_URL_COST_EXPLORER", &explorer.url);
    let show = ["cost", "show", "--env", "prod", "--month", "2026-10"];
    project.run(&show).ended(1).saying("asking costs money").saying("$0.01 for a request").saying("--yes");
    assert!(explorer.asked().is_empty());
    let told = project.run(&[&show[..], &["--yes"]].concat()).ended(0);
    told.saying("$1,006.86")
        .saying("in the account, without tags")
        .saying("$12.50")
        .saying("estimates")
        .saying("This cost $0.02.");
    assert_eq!(explorer.asked().len(), 2);
    let question = explorer.asked()[0].text();
    assert!(question.contains("NetAmortizedCost") && question.contains("UnblendedCost"), "{question}");
    // The same question is not paid for again.
    project.run(&show).ended(0).saying("$1,006.86").saying("and kept");
    assert_eq!(explorer.asked().len(), 2);
}

/// AWS's index and one offer's file: what a book of two prices needs.
fn price_files(twice: bool) -> impl Fn(&Message) -> Option<String> + Send {
    move |request| {
        let path = request.first.split(' ').nth(1)?;
        let file = "/offers/v1.0/aws/AmazonECS/20260929000000/us-east-1/index.json";
        Some(match path {
            "/offers/v1.0/aws/index.json" => json!({ "offers": { "AmazonECS": {
                "versionIndexUrl": "/offers/v1.0/aws/AmazonECS/index.json",
                "currentRegionIndexUrl": "/offers/v1.0/aws/AmazonECS/current/region_index.json",
            } } }),
            "/offers/v1.0/aws/AmazonECS/current/region_index.json" => {
                json!({ "regions": { "us-east-1": { "regionCode": "us-east-1", "currentVersionUrl": file } } })
            }
            path if path == file => {
                let product = |usage: &str| json!({ "productFamily": "Compute", "attributes": { "usagetype": usage } });
                let term = |usd: &str| {
                    json!({ "T": { "priceDimensions": { "D": { "beginRange": "0", "pricePerUnit": { "USD": usd } } } } })
                };
                let mut products = json!({ "GB": product("USE1-Fargate-GB-Hours"), "CPU": product("USE1-Fargate-vCPU-Hours:perCPU") });
                if twice {
                    products["TWIN"] = product("USE1-Fargate-GB-Hours");
                }
                json!({ "products": products, "terms": { "OnDemand": { "GB": term("0.0044450000"), "CPU": term("0.0500000000") } } })
            }
            _ => return None,
        }
        .to_string())
    }
}

/// A book of two prices of one offer, in a file.
fn small_book(folder: &Path) {
    let mut book = PriceBook::of("us-east-1").unwrap().clone();
    book.prices.retain(|key, _| ["fargate.gb.hour", "fargate.vcpu.hour"].contains(&key.as_str()));
    std::fs::write(folder.join("book.json"), book.written()).unwrap();
}

#[test]
fn the_price_book_is_written_from_the_files_and_holds_against_them() {
    let project = Project::of_the_platform_alone();
    small_book(project.folder());
    let files = StandIn::start(price_files(false));
    let prices = |what: &str, from: &str| project.run(&["cost", "prices", what, "--from", from, "--book", "book.json"]);
    prices("verify", &files.url).ended(1).saying("not pinned to a file of AWS's yet, and not verified: AmazonECS");
    prices("sync", &files.url).ended(0).saying("1 price changed").saying("fargate.vcpu.hour");
    let book = PriceBook::read(&std::fs::read_to_string(project.folder().join("book.json")).unwrap()).unwrap();
    let (cpu, offer) = (&book.prices["fargate.vcpu.hour"], &book.offers["AmazonECS"]);
    assert_eq!((cpu.usd.unwrap().exact(), cpu.sku.as_deref()), ("0.05".into(), Some("CPU")));
    assert_eq!((offer.version.as_str(), offer.sha256.len()), ("20260929000000", 64));
    assert!(
        offer.url.ends_with("/AmazonECS/20260929000000/us-east-1/index.json") && book.is_verified("fargate.gb.hour")
    );
    prices("verify", &files.url).ended(0).saying("Verified: 2 prices against 1 file");
    // The same version with other contents is not the file that was pinned.
    let other = StandIn::start(price_files(true));
    prices("verify", &other.url).ended(1).saying("is another file than it was").saying("2 products match");
}

#[test]
fn two_products_for_one_price_and_a_closed_door_leave_the_book_as_it_is() {
    let project = Project::of_the_platform_alone();
    small_book(project.folder());
    let before = std::fs::read(project.folder().join("book.json")).unwrap();
    let prices = |from: &str| project.run(&["cost", "prices", "sync", "--from", from, "--book", "book.json"]);
    let files = StandIn::start(price_files(true));
    prices(&files.url).ended(1).saying("2 products match, and one must: GB, TWIN").saying("nothing was written");
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    prices(&format!("http://{closed}")).ended(1).saying("does not reach AWS's price files");
    assert_eq!(std::fs::read(project.folder().join("book.json")).unwrap(), before);
}
