//! The faults of the files that this platform was described by before: each is refused by `infra validate`, which says
//! where it is, what is wrong and what to write, and calls nobody.
//!
//! Those that an environment file can hold are written into production's. Those that only code can hold are written
//! as definitions, with `programs/shape.rs`. What no code can hold is not here, because it does not compile or is of no
//! type: the arguments of a spot fleet and identifiers in the place of others (`src/derive/tests/refuses`), families of
//! parameter groups and filters of budgets (enums of `infra-aws`), the database that a replica follows (a reference to
//! one). A network that calls a load balancer where it does not listen is rule V224, with its tests beside it; that
//! nobody fights over a count or a bound is shown in `owners`.

use crate::support::{Project, Run};

const PROD: &str = include_str!("../environments/prod.toml");

/// `infra validate` of production in which a text is another one.
#[track_caller]
fn refused(written: &str, instead: &str) -> Run {
    assert!(PROD.contains(written), "production says {written:?}");
    let project = Project::of_the_platform_as(&PROD.replacen(written, instead, 1));
    validated(&project)
}

/// `infra validate`, which refuses and makes no call.
#[track_caller]
fn validated(project: &Project) -> Run {
    let run = project.run(&["validate", "--env", "test"]).ended(1).saying("nothing was called");
    assert_eq!(project.proxy.calls(), [], "no call was made");
    run
}

/// Where production's file says this, as a message tells it. A line is added before it: the endpoint.
fn place(of: &str) -> String {
    let at = PROD.find(of).unwrap();
    format!("environments/test.toml:{}:", PROD[..at].matches('\n').count() + 2)
}

#[test]
fn production_itself_is_valid_and_asks_nobody() {
    let project = Project::of_the_platform_as(PROD);
    project.run(&["validate", "--env", "test"]).ended(0).saying("nothing was called");
    assert_eq!(project.proxy.calls(), []);
}

#[test]
fn rules_that_fight_and_seasons_that_are_over_are_told_and_stop_nobody() {
    let told = |written: &str, instead: &str| {
        assert!(PROD.contains(written), "production says {written:?}");
        let project = Project::of_the_platform_as(&PROD.replacen(written, instead, 1));
        let run = project.run(&["validate", "--env", "test"]).ended(0).saying("nothing was called");
        assert_eq!(project.proxy.calls(), [], "no call was made");
        run
    };
    let seconds = "out = { above = 2, far = 10, minutes = 2 }";
    let run = told(seconds, &format!("{seconds}\nin = {{ below = 0.5, minutes = 10 }}")).saying("V240");
    let run = run.saying("scaling.order-service-response-time-in-steps").saying("scaling.order-service-cpu");
    run.saying("target tracking scales in when all of its policies agree");
    told("metric = \"requests-per-task\"", "metric = \"requests\"").saying("V241").saying("RequestCount");
    told("minimum = 2, desired = 2, maximum = 4", "minimum = 1, desired = 1, maximum = 4").saying("V243");
    let window = |year: u16| format!("from = \"{year}-11-22\"\nto = \"{year}-11-30\"");
    let run = told(&window(2027), &window(2020)).saying("the time of these is past");
    run.saying("scaling.order-service-black-friday-season");
}

#[test]
fn a_cron_of_five_fields_or_without_a_question_mark() {
    let written = "at = \"0 8 ? * MON-FRI *\"";
    let five = refused(written, "at = \"0 8 * * MON-FRI\"");
    five.saying(&place(written))
        .saying("`scaling.schedules.scale-up.at`")
        .saying("has 5 fields")
        .saying("write `0 8 ? * MON-FRI *`");
    let without = refused(written, "at = \"0 8 * * MON-FRI *\"");
    without.saying(&place(written)).saying("`?` in neither day field").saying("write `0 8 ? * MON-FRI *`");
    let written = "schedule = \"cron(0 2 * * ? *)\"";
    let nightly = refused(written, "schedule = \"cron(0 2 * * *)\"");
    nightly.saying(&place(written)).saying("`loadtest.schedule`").saying("has 5 fields");
}

#[test]
fn a_load_balancers_own_name_over_https() {
    let written = "[loadtest]\n";
    let own = "[loadtest]\ntarget = \"https://alb-1.us-east-1.elb.amazonaws.com/\"\n";
    let run = refused(written, own).saying("target = \"https://alb-1.us-east-1.elb.amazonaws.com/\"");
    run.saying("nobody but AWS can have a certificate for it").saying("or leave it out");

    let written = "host = \"origin.example.com\"";
    let run = refused(written, "host = \"alb-1.us-east-1.elb.amazonaws.com\"").saying(&place(written));
    run.saying("is not a name that a certificate can be for").saying("write a name of your own");
}

#[test]
fn a_rule_by_steps_that_nothing_could_call() {
    let written = "out = { above = 2, far = 10, minutes = 2 }\n";
    refused(written, "").saying("scaling.steps").saying("out");
}

#[test]
fn a_schedule_that_asks_for_more_than_the_most() {
    let written = "at = \"0 8 ? * MON-FRI *\"\nfactor = 2";
    let run = refused(written, "at = \"0 8 ? * MON-FRI *\"\nfactor = 9");
    run.saying("9 times the minimum of api-gateway is more than its maximum");
}

/// A definition beside others that are right.
const HEAD: &str = r#"
project = "shop"
name = "test"
account = ""
region = "us-east-1"
endpoint = ""
"#;

#[test]
fn a_step_policy_without_an_alarm() {
    let policy = r#"
[[definition]]
address = "scaling.web-steps"
kind = "autoscaling/step-policy"
[definition.fields]
target = "service/shop/web"
name = "shop-web-response-time"
adjustment = "change"
steps = [{ from = 0.0, to = 10.0, by = 1 }, { from = 10.0, by = 2 }]
cooldown = 300
aggregation = "average"
"#;
    let project = Project::with_program("shape", &format!("{HEAD}{policy}"));
    let run = validated(&project).saying("scaling.web-steps").saying("name").saying("shop-web-response-time");
    run.saying("V226").saying("no alarm calls it").saying("on_alarm");
}

#[test]
fn a_count_that_a_service_and_autoscaling_fight_over() {
    let both = r#"
[[definition]]
address = "cluster.web"
kind = "ecs/service"
[definition.fields]
cluster = "shop"
name = "shop-web"
task = "arn:aws:ecs:us-east-1:123456789012:task-definition/shop-web:1"
count = 2
capacity = "fargate"
subnets = ["subnet-1"]
security_groups = ["sg-1"]
public_ips = false
load_balancers = []
grace = 0
rollout = { minimum = 100, maximum = 200, breaker = "roll_back" }
execute_command = false
propagate_tags = "service"
connect = "off"
rebalances = true
quick_metrics = false

[[definition]]
address = "scaling.web"
kind = "autoscaling/scalable-target"
[definition.fields]
resource = { "$ref" = "cluster.web", output = "scalable" }
minimum = 2
maximum = 8
suspended = { scaling_in = false, scaling_out = false, schedules = false }
"#;
    let project = Project::with_program("shape", &format!("{HEAD}{both}"));
    let run = validated(&project).saying("scaling.web").saying("resource").saying("V227");
    run.saying("cluster.web has 2 tasks at any time").saying("Count::Autoscaled { from: 2 }");
}

#[test]
fn a_runtime_that_aws_has_retired_and_a_target_whose_certificate_cannot_match() {
    let function = r#"
[[definition]]
address = "loadtest.function"
kind = "lambda/function"
[definition.fields]
name = "shop-load-test"
description = ""
role = "arn:aws:iam::123456789012:role/shop-load-test"
runtime = "python3.9"
handler = "index.handler"
processor = "x86"
code = "olZG52FD1OhrGeQZp+ybh0+X3blL376kqG5uvVhY9oE="
package = "/tmp/load_test.zip"
timeout = 900
memory = 512
environment = { TARGET_URL = "https://alb-1.us-east-1.elb.amazonaws.com/" }
retries = { times = 2, seconds = 21600 }
"#;
    let project = Project::with_program("shape", &format!("{HEAD}{function}"));
    let run = validated(&project).saying("loadtest.function").saying("runtime").saying("python3.9").saying("V135");
    let run = run.saying("AWS has retired it").saying("take a newer one of the same language");
    run.saying("V225").saying("TARGET_URL").saying("alb-1.us-east-1.elb.amazonaws.com");
}
